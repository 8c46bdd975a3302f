// twofa user list
import type { Command } from 'commander';
import type { UserView } from '../../../actions/views.ts';
import { userColumns } from '../../columns.ts';
import type { Run } from '../../run.ts';

interface Options {
  status?: string;
  practice?: string;
  search?: string;
  limit?: string;
  after?: string;
}

export function list(program: Command, run: Run): void {
  program
    .command('list')
    .description('list the users of the account')
    .option('--status <status>', 'only active, locked or inactive ones')
    .option('--practice <practice>', 'only those of a practice')
    .option('--search <text>', 'only those whose name, username, email or phone contains this')
    .option('--limit <n>', 'at most so many')
    .option('--after <username>', 'only those after this username')
    .action(
      run(async ({ pages, out }, { limit, after, ...filter }: Options) => {
        const found = pages<UserView>(
          'user.list',
          { ...filter },
          { limit, after, keyOf: (row) => row.username },
        );
        await out.list(found, userColumns, 'No user.');
      }),
    );
}
