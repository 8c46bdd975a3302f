// twofa db prune
import type { Command } from 'commander';
import type { PrunedCounts } from '../../../rules/retention.ts';
import { changeLine, prunedLine } from '../../describe.ts';
import type { Run } from '../../run.ts';

const more = `
Codes go 24 hours after their end; answers that a repeat of a request would get, after
15 minutes; a roll call's words, a day after 2FA is on; ended trusted locations,
messages and notices, after 90 days, those that never went out included. Users, tokens,
recovery codes and the audit trail stay for ever; the trail says what was removed.

It removes a few rows at a time, so that sign-ins go on meanwhile; "twofa maintain"
does it once an hour.`;

export function prune(program: Command, run: Run): void {
  program
    .command('prune')
    .description('remove what nobody needs any more; never an event of the audit trail')
    .option('--dry-run', 'say what would be removed, and remove nothing')
    .addHelpText('after', more)
    .action(
      run(async ({ request, out }, { dryRun }: { dryRun?: true }) => {
        const pruned = await request<PrunedCounts & { changed: boolean }>('db.prune', { dryRun });
        await out.document(pruned, () =>
          dryRun
            ? [prunedLine('Would be removed', pruned)]
            : [
                changeLine(
                  out,
                  pruned.changed,
                  prunedLine('Removed', pruned),
                  'There is nothing to be removed.',
                ),
              ],
        );
      }),
    );
}
