// twofa lockouts
import type { Command } from 'commander';
import { type LockoutRow, lockoutColumns } from '../columns.ts';
import type { Run } from '../run.ts';
import { remind } from './lockouts/remind.ts';
import { show } from './lockouts/show.ts';

export function lockouts(program: Command, run: Run): void {
  const group = program
    .command('lockouts')
    .description('who is locked')
    .option('--limit <n>', 'at most so many')
    .option('--after <username>', 'only those after this username')
    .action(
      run(async ({ pages, out }, { limit, after }: { limit?: string; after?: string }) => {
        const found = pages<LockoutRow>('lockouts', {}, { limit, after, keyOf: (row) => row.username });
        await out.list(found, lockoutColumns, 'Nobody is locked.');
      }),
    );
  for (const declare of [show, remind]) declare(group, run);
}
