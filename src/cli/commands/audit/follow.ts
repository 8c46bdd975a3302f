// twofa audit follow
import type { Command } from 'commander';
import { TwofaError } from '../../../errors.ts';
import type { Run } from '../../run.ts';

interface FollowOptions {
  cursorFile?: string;
  once?: true;
  interval: string;
}

/** @returns milliseconds. */
function intervalOf(text: string): number {
  const [, number, unit] = /^([1-9][0-9]{0,3})([sm])$/.exec(text) ?? [];
  if (number !== undefined) return Number(number) * (unit === 'm' ? 60_000 : 1000);
  throw new TwofaError(
    'invalid-input',
    `interval ${JSON.stringify(text.slice(0, 60))} must be a duration such as 1s or 5m.`,
    { details: { field: 'interval' } },
  );
}

const more = `
Each event is one JSON document on a line of its own, as "audit list -o ndjson" prints
it, in the order of the trail: none is left out, also while others commit.

With --cursor-file it begins with the first event, and goes on where it ended when it
is started again; without, it begins with the next event that comes. The file is
written after the lines were taken by whatever reads them. So no event is ever
skipped; and none is printed twice when it is ended by SIGTERM or Ctrl-C (exit 0).
When it is killed, or the machine fails, between the two, at most the last 500 lines
are printed again: a collector that keeps the highest "seq" drops them.`;

export function follow(program: Command, run: Run): void {
  program
    .command('follow')
    .description('print events as they come, for a log collector')
    .option('--cursor-file <file>', 'where it is kept which event was printed last')
    .option('--once', 'end when there is no event left')
    .option('--interval <duration>', 'how often it looks for events', '1s')
    .addHelpText('after', more)
    .action(
      run(async (context, { cursorFile, once, interval }: FollowOptions) => {
        const intervalMs = intervalOf(interval);
        const { followTrail } = await import('../../follow.ts');
        await followTrail(context, { cursorFile: cursorFile ?? null, once: once ?? false, intervalMs });
      }),
    );
}
