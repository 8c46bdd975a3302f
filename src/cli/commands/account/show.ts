// twofa account show
import type { Command } from 'commander';
import type { AccountView } from '../../../actions/views.ts';
import { accountPairs } from '../../describe.ts';
import type { Run } from '../../run.ts';

export function show(program: Command, run: Run): void {
  program
    .command('show')
    .description('show an account')
    .action(
      run(async ({ request, out }) => {
        const account = await request<AccountView>('account.show');
        await out.document(account, () => out.pairs(accountPairs(account)));
      }),
    );
}
