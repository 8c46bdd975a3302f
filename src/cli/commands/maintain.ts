// twofa maintain
import type { Command } from 'commander';
import { count } from '../describe.ts';
import type { Run } from '../run.ts';

interface Maintained {
  messages: { abandoned: number; settled: number };
  notices: { retried: number; sent: number; failed: number };
  changed: boolean;
}

const more = `
For cron, every few minutes, with an owner's token in TWOFA_TOKEN_FILE:

  */5 * * * *  twofa maintain --quiet --json >/dev/null

It tries notices again that did not go out, less and less often for 7 days; asks the
gateway what became of the text messages that it accepted, and ends the codes of those
that failed after all; and records of messages whose sending was cut short (the program
was killed) that their outcome is unknown. It is safe beside sign-ins, and safe to repeat.`;

function lines({ messages, notices, changed }: Maintained): string[] {
  if (!changed) return ['There is nothing to be done.'];
  return [
    `Messages whose sending was cut short: ${messages.abandoned} recorded as unknown.`,
    `Messages that the gateway had accepted: ${messages.settled} have a final outcome now.`,
    `Notices: ${count(notices.retried, 'notice')} tried again, ${notices.sent} went out, ${notices.failed} did not.`,
  ];
}

export function maintain(program: Command, run: Run): void {
  program
    .command('maintain')
    .description('see to what is left over: the one line for cron')
    .addHelpText('after', more)
    .action(
      run(async ({ request, out }) => {
        const maintained = await request<Maintained>('maintain');
        await out.document(maintained, () => lines(maintained));
      }),
    );
}
