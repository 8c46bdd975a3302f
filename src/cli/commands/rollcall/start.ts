// twofa rollcall start
import type { Command } from 'commander';
import { changeLine, count } from '../../describe.ts';
import type { Out } from '../../out.ts';
import { type Run, wholeNumber } from '../../run.ts';
import type { Totals } from '../../to-many.ts';

interface Options {
  via?: string;
  practice?: string;
  perMinute?: string;
}

const counts = ['called', 'alreadyReachable', 'alreadyCalled'] as const;

const more = `
Each active user gets two words by email and two by text message, with which nobody
can sign in. A user proves a channel by telling its words: in the application, which
has them confirmed, or to you ("twofa rollcall confirm"). They can be told for 14 days.

It can be interrupted and run again: nobody is called twice, except those whose message
failed, whose words ran out, or whose address was changed. "twofa rollcall status" shows
who is reachable.`;

function lines(out: Out, totals: Totals<(typeof counts)[number]>, unsent: string[]): string[] {
  const { called, alreadyReachable, alreadyCalled, changed } = totals;
  return [
    changeLine(
      out,
      called > 0,
      `${count(called, 'message')} with check words went out.`,
      changed ? 'No message went out.' : 'Nobody is left to be called.',
    ),
    ...(alreadyCalled > 0 ? [`Sent before, and not confirmed yet: ${alreadyCalled}.`] : []),
    ...(alreadyReachable > 0 ? [`Proved in the last 90 days: ${alreadyReachable}.`] : []),
    ...unsent,
    ...(called + alreadyCalled > 0
      ? ['Have them told: twofa rollcall confirm USER --via CHANNEL. Who has: twofa rollcall status']
      : []),
  ];
}

export function start(program: Command, run: Run): void {
  program
    .command('start')
    .description('send check words to each active user who has not proved a channel')
    .option('--via <channel>', 'email, sms or both (unless given, both)')
    .option('--practice <practice>', 'only users of a practice')
    .option('--per-minute <n>', 'at most so many messages a minute by each channel')
    .addHelpText('after', more)
    .action(
      run(async (context, { perMinute, ...options }: Options) => {
        const { sendToMany, unsentLines } = await import('../../to-many.ts');
        const totals = await sendToMany(context, {
          operation: 'rollcall.start',
          options: {
            ...options,
            ...(perMinute === undefined ? {} : { perMinute: wholeNumber('per-minute', perMinute) }),
          },
          counts,
          what: 'message',
        });
        await context.out.document(totals, () => lines(context.out, totals, unsentLines(totals)));
      }),
    );
}
