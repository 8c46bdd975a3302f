// twofa announce
import type { Command } from 'commander';
import { changeLine, count } from '../describe.ts';
import { type Run, wholeNumber } from '../run.ts';

interface Options {
  on?: string;
  again?: boolean;
  perMinute?: string;
}

const more = `
Each active user gets an email in which stands what will happen, to which of their
addresses (masked) codes will go, and whom to ask. It can be interrupted and run again:
nobody is told of the same day twice, unless --again says so.`;

export function announce(program: Command, run: Run): void {
  program
    .command('announce')
    .description('tell each user by email that 2FA will be turned on')
    .option('--on <date>', 'the day on which it will be, such as 2027-01-31')
    .option('--again', 'tell those again as well who were told of this day before')
    .option('--per-minute <n>', 'at most so many emails a minute')
    .addHelpText('after', more)
    .action(
      run(async (context, { perMinute, ...options }: Options) => {
        const { sendToMany, unsentLines } = await import('../to-many.ts');
        const totals = await sendToMany(context, {
          operation: 'announce',
          options: {
            ...options,
            ...(perMinute === undefined ? {} : { perMinute: wholeNumber('per-minute', perMinute) }),
          },
          counts: ['sent', 'alreadyTold'],
          what: 'email',
        });
        const { out } = context;
        await out.document(totals, () => [
          changeLine(
            out,
            totals.sent > 0,
            `${count(totals.sent, 'email')} went out.`,
            totals.changed ? 'No email went out.' : 'Nobody is left to be told.',
          ),
          ...(totals.alreadyTold > 0 ? [`Told before: ${totals.alreadyTold}.`] : []),
          ...unsentLines(totals),
        ]);
      }),
    );
}
