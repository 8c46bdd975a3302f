// twofa maintain
import type { Command } from 'commander';
import type { Failed } from '../../actions/maintain.ts';
import type { PrunedCounts } from '../../rules/retention.ts';
import { count, prunedLine } from '../describe.ts';
import { safe } from '../escape.ts';
import type { Context, Run } from '../run.ts';

interface Maintained {
  messages: { abandoned: number; settled: number } | null;
  notices: { retried: number; sent: number; failed: number } | null;
  pruned: PrunedCounts | null;
  counted: number | null;
  checkpoint: string | null;
  failed: Failed[];
  changed: boolean;
}

const more = `
For cron, every few minutes, with an owner's token in TWOFA_TOKEN_FILE:

  */5 * * * *  twofa maintain --quiet --json >/dev/null

It tries notices again that did not go out, less and less often for 7 days; asks the
gateway what became of the text messages that it accepted, and ends the codes of those
that failed after all; records of messages whose sending was cut short (the program was
killed) that their outcome is unknown; once an hour removes what "twofa db prune" does;
counts the events for "twofa metrics"; and once a day keeps a checkpoint of the audit
trail, DATE.json in the folder checkpoints of the data folder, or where you say.

Each of these is done whatever becomes of the others; what failed is named, and gives
the exit code. It is safe beside sign-ins, safe to repeat, and safe twice at once.
"twofa help operations" has units for systemd.`;

async function linesOf(maintained: Maintained): Promise<string[]> {
  const { anyPruned } = await import('../../rules/retention.ts');
  const { messages, notices, pruned, checkpoint, changed, failed } = maintained;
  if (!changed && failed.length === 0) return ['There is nothing to be done.'];
  return [
    ...(messages === null
      ? []
      : [
          `Messages whose sending was cut short: ${messages.abandoned} recorded as unknown.`,
          `Messages that the gateway had accepted: ${messages.settled} have a final outcome now.`,
        ]),
    ...(notices === null
      ? []
      : [
          `Notices: ${count(notices.retried, 'notice')} tried again, ${notices.sent} went out, ${notices.failed} did not.`,
        ]),
    ...(pruned !== null && anyPruned(pruned) ? [prunedLine('Removed', pruned)] : []),
    ...(checkpoint === null
      ? []
      : [`The checkpoint of today is ${safe(checkpoint)}. Keep a copy on another machine.`]),
  ];
}

/** Has checkpoints kept in another folder than usual, here. @throws TwofaError `not-here` in a client of a service */
async function keepCheckpointsIn({ parts }: Context, folder: string): Promise<void> {
  const { checkpointFolder, makeCheckpointFolder } = await import('../checkpoints.ts');
  // One that was mistyped is found out before anything is done.
  makeCheckpointFolder(folder);
  parts.services.checkpoints = checkpointFolder(folder);
}

export function maintain(program: Command, run: Run): void {
  program
    .command('maintain')
    .description('see to what is left over: the one line for cron')
    .option('--checkpoint-folder <folder>', 'keep the checkpoints of the audit trail here')
    .addHelpText('after', more)
    .action(
      run(async (context, options: { checkpointFolder?: string }) => {
        const { request, out, around } = context;
        if (options.checkpointFolder !== undefined)
          await keepCheckpointsIn(context, options.checkpointFolder);
        const maintained = await request<Maintained>('maintain');
        // What failed is said however quiet it is to be: cron mails it.
        for (const { step, message, hint } of maintained.failed) {
          around.stderr.write(`twofa: ${step}: ${safe(message)}${hint === null ? '' : ` ${safe(hint)}`}\n`);
        }
        const lines = await linesOf(maintained);
        await out.document(maintained, () => lines);
      }),
    );
}
