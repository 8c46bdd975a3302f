// twofa account list
import type { Command } from 'commander';
import type { AccountView } from '../../../actions/views.ts';
import { accountColumns } from '../../columns.ts';
import type { Run } from '../../run.ts';

interface Options {
  overdue?: boolean;
  awaiting?: boolean;
  search?: string;
  limit?: string;
  after?: string;
}

export function list(program: Command, run: Run): void {
  program
    .command('list')
    .description('list the accounts that you may see')
    .option('--overdue', 'only those without the mandatory 2FA')
    .option('--awaiting', 'only those that wait for their administrator to enable it')
    .option('--search <text>', 'only those whose name or KID contains this')
    .option('--limit <n>', 'at most so many')
    .option('--after <kid>', 'only those after this KID')
    .action(
      run(async ({ pages, out }, { limit, after, ...filter }: Options) => {
        const found = pages<AccountView>(
          'account.list',
          { ...filter },
          { limit, after, keyOf: (row) => row.kid },
        );
        await out.list(found, accountColumns, 'No account.');
      }),
    );
}
