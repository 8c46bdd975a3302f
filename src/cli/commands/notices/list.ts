// twofa notices list
import type { Command } from 'commander';
import type { NoticeView } from '../../../actions/notices-open.ts';
import { noticeColumns } from '../../columns.ts';
import type { Run } from '../../run.ts';

export function list(program: Command, run: Run): void {
  program
    .command('list')
    .description('notices that did not go out, or of which it is not known')
    .option('--limit <n>', 'at most so many')
    .option('--after <id>', 'only those after this notice')
    .action(
      run(async ({ pages, out }, { limit, after }: { limit?: string; after?: string }) => {
        const found = pages<NoticeView>('notices.list', {}, { limit, after, keyOf: (row) => row.id });
        await out.list(found, noticeColumns, 'Every notice went out.');
      }),
    );
}
