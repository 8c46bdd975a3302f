// twofa user deactivate
import type { Command } from 'commander';
import type { UserView } from '../../../actions/views.ts';
import { changeLine } from '../../describe.ts';
import type { Run } from '../../run.ts';

export function deactivate(program: Command, run: Run): void {
  program
    .command('deactivate')
    .description('keep a user out; only a System Administrator of the account brings them back')
    .argument('<user>', 'username or id')
    .action(
      run(async ({ request, out }, user: string) => {
        const result = await request<UserView & { changed: boolean }>('user.deactivate', { user });
        const name = result.username;
        await out.document(result, () => [
          changeLine(out, result.changed, `Deactivated ${name}.`, `${name} is deactivated already.`),
        ]);
      }),
    );
}
