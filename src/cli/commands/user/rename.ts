// twofa user rename
import type { Command } from 'commander';
import type { UserView } from '../../../actions/views.ts';
import { changeLine } from '../../describe.ts';
import type { Run } from '../../run.ts';

export function rename(program: Command, run: Run): void {
  program
    .command('rename')
    .description('give a user another username; the old one is never reused')
    .argument('<user>', 'username or id')
    .argument('<new>', 'the new username')
    .action(
      run(async ({ request, out }, user: string, newUsername: string) => {
        const renamed = await request<UserView & { changed: boolean }>('user.rename', { user, newUsername });
        await out.document(renamed, () => [
          changeLine(
            out,
            renamed.changed,
            `${user} is now ${renamed.username}.`,
            `${user} has this username already.`,
          ),
        ]);
      }),
    );
}
