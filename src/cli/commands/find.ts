// twofa find
import type { Command } from 'commander';
import type { UserView } from '../../actions/views.ts';
import { foundColumns } from '../columns.ts';
import type { Run } from '../run.ts';

export function find(program: Command, run: Run): void {
  program
    .command('find')
    .description('find users by name, username, email or phone over the accounts that you may see')
    .argument('<text>')
    .option('--limit <n>', 'at most so many')
    .option('--after <id>', 'only those after this id')
    .action(
      run(
        async (
          { pages, out, common, around },
          text: string,
          { limit, after }: { limit?: string; after?: string },
        ) => {
          const narrowed = (common.account ?? around.env.TWOFA_ACCOUNT) !== undefined;
          const found = pages<UserView>('find', { text }, { limit, after, keyOf: (row) => row.id });
          await out.list(
            found,
            foundColumns,
            narrowed ? 'No user of the account matches.' : 'No user matches.',
          );
        },
      ),
    );
}
