// twofa user show
import type { Command } from 'commander';
import type { UserView } from '../../../actions/views.ts';
import { userPairs } from '../../describe.ts';
import type { Run } from '../../run.ts';

export function show(program: Command, run: Run): void {
  program
    .command('show')
    .description('show a user')
    .argument('<user>', 'username or id')
    .action(
      run(async ({ request, out }, name: string) => {
        const user = await request<UserView>('user.show', { user: name });
        await out.document(user, () => out.pairs(userPairs(user)));
      }),
    );
}
