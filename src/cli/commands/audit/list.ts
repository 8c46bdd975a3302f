// twofa audit list
import type { Command } from 'commander';
import { type EventRow, eventColumns } from '../../columns.ts';
import { type Run, wholeNumber } from '../../run.ts';

interface ListOptions {
  since?: string;
  user?: string;
  action?: string;
  limit?: string;
  after?: string;
}

export function list(program: Command, run: Run): void {
  program
    .command('list')
    .description('list the events of the audit trail, oldest first')
    .option('--since <time>', 'only from this time on, such as 2026-01-31T09:00:00Z or 7d')
    .option('--user <user>', 'only what concerns a user')
    .option('--action <action>', 'only events of this action')
    .option('--limit <n>', 'at most so many')
    .option('--after <seq>', 'only those after this one')
    .action(
      run(async ({ pages, out }, { limit, after, ...filter }: ListOptions) => {
        const from = after === undefined ? undefined : wholeNumber('after', after);
        const found = pages<EventRow>(
          'audit.list',
          { ...filter },
          { limit, after: from, keyOf: (row) => row.seq },
        );
        await out.list(found, eventColumns, 'No event.');
      }),
    );
}
