// twofa rollcall status
import type { Command } from 'commander';
import type { RollCallView } from '../../../actions/rollcall-status.ts';
import { rollCallColumns } from '../../roll-call-columns.ts';
import type { Run } from '../../run.ts';

interface Options {
  practice?: string;
  summary?: boolean;
  limit?: string;
  after?: string;
}

const more = `
  reachable   proved in the last 90 days that messages reach the present address
  called      check words were sent and wait to be confirmed
  bounced     the message could not be delivered; the reason says why
  not-called  nothing was sent to the present address, or the words ran out
  no-address  there is none, or none that takes messages`;

export function status(program: Command, run: Run): void {
  program
    .command('status')
    .description('who is reachable by email and by text message, who not, and whose message bounced')
    .option('--practice <practice>', 'only users of a practice')
    .option('--summary', 'how many of each practice, in place of the users')
    .option('--limit <n>', 'at most so many users')
    .option('--after <username>', 'only those after this username')
    .addHelpText('after', more)
    .action(
      run(async ({ pages, out }, { practice, summary, limit, after }: Options) => {
        const users = pages<RollCallView>(
          'rollcall.status',
          { practice },
          { limit, after, keyOf: (row) => row.username },
        );
        if (!summary) return out.list(users, rollCallColumns, 'No active user.');
        const { summaryColumns, summaryOf } = await import('../../roll-call-summary.ts');
        await out.list(await summaryOf(users, practice), summaryColumns, 'No active user.');
      }),
    );
}
