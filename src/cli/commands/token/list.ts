// twofa token list
import type { Command } from 'commander';
import type { TokenView } from '../../../actions/views.ts';
import { tokenColumns } from '../../columns.ts';
import type { Run } from '../../run.ts';

export function list(program: Command, run: Run): void {
  program
    .command('list')
    .description('list access tokens')
    .option('--limit <n>', 'at most so many')
    .option('--after <id>', 'only those after this id')
    .action(
      run(async ({ pages, out }, { limit, after }: { limit?: string; after?: string }) => {
        const found = pages<TokenView & { revoked: boolean }>(
          'token.list',
          {},
          { limit, after, keyOf: (row) => row.id },
        );
        await out.list(found, tokenColumns, 'No token.');
      }),
    );
}
