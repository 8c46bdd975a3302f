// Sends messages to many users, part by part at the pace that the answers tell: looked ahead first, and asked on a terminal.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Failed, PerMinute, Skipped } from '../actions/many-messages.ts';
import { TwofaError } from '../errors.ts';
import { count } from './describe.ts';
import { safe } from './escape.ts';
import type { Context } from './run.ts';
import { type Progress, withSpinner } from './spinner.ts';

/** What an operation answers for a part of the users, beside its counts. */
interface Part {
  failed: Failed[];
  skipped: Skipped[];
  perMinute: PerMinute;
  after: string | null;
  more: boolean;
  retryAfterMs: number;
  changed: boolean;
}

/** What became of all of them. */
export type Totals<C extends string> = Record<C, number> & Pick<Part, 'failed' | 'skipped' | 'changed'>;

export interface ToMany<C extends string> {
  /** The operation, which sees to a part of the users at a time. */
  operation: string;
  options: Record<string, unknown>;
  /** The names of its counts; the first is that of messages that went out. */
  counts: readonly [C, ...C[]];
  /** What is sent, such as `announcement`. */
  what: string;
}

/** Users whom the text for people names at the most. */
const namedUsers = 20;

function noTotals<C extends string>(counts: readonly C[]): Totals<C> {
  const zeros = Object.fromEntries(counts.map((name) => [name, 0])) as Record<C, number>;
  return { ...zeros, failed: [], skipped: [], changed: false };
}

function added<C extends string>(
  totals: Totals<C>,
  part: Part & Record<C, number>,
  counts: readonly C[],
): Totals<C> {
  totals.failed.push(...part.failed);
  totals.skipped.push(...part.skipped);
  const sums = Object.fromEntries(counts.map((name) => [name, totals[name] + part[name]]));
  return { ...totals, ...sums, changed: totals.changed || part.changed };
}

/** The parts of the operation, one after the other. */
async function* partsOf<C extends string>(
  { request }: Context,
  { operation, options }: ToMany<C>,
  wait: (ms: number) => Promise<void>,
): AsyncGenerator<Part & Record<C, number>> {
  let after: string | undefined;
  for (;;) {
    const part = await request<Part & Record<C, number>>(operation, { ...options, after });
    yield part;
    if (!part.more) return;
    after = part.after ?? undefined;
    if (part.retryAfterMs > 0) await wait(part.retryAfterMs);
  }
}

/** What would be sent, and how fast. */
async function lookAhead<C extends string>(context: Context, toMany: ToMany<C>) {
  let totals = noTotals(toMany.counts);
  let perMinute: PerMinute = { email: null, sms: null };
  const preview = { ...toMany, options: { ...toMany.options, preview: true } };
  for await (const part of partsOf(context, preview, async () => {})) {
    totals = added(totals, part, toMany.counts);
    perMinute = part.perMinute;
  }
  return { totals, perMinute };
}

function paceWords({ email, sms }: PerMinute): string {
  const bounds = [
    ...(email === null ? [] : [count(email, 'email')]),
    ...(sms === null ? [] : [count(sms, 'text message')]),
  ];
  return bounds.length === 0 ? '' : `, at most ${bounds.join(' and ')} a minute`;
}

/** Sends what was looked ahead at. @throws TwofaError `interrupted` on Ctrl-C, once what is being sent is recorded. */
async function sendParts<C extends string>(
  context: Context,
  toMany: ToMany<C>,
  total: number,
  progress: Progress,
): Promise<Totals<C>> {
  const interruption = new AbortController();
  context.onInterrupt(() => interruption.abort());
  const { signal } = interruption;
  const wait = (ms: number) => sleep(ms, undefined, { signal }).catch(() => {});
  const [sent] = toMany.counts;
  let totals = noTotals(toMany.counts);
  for await (const part of partsOf(context, toMany, wait)) {
    totals = added(totals, part, toMany.counts);
    const seenTo = totals[sent] + totals.failed.length;
    progress(`Sent ${seenTo} of ${count(total, toMany.what)}`);
    if (!signal.aborted) continue;
    throw new TwofaError('interrupted', `Interrupted after ${seenTo} of ${count(total, toMany.what)}.`, {
      hint: 'Run it again to go on: nobody is sent anything twice.',
    });
  }
  return totals;
}

/**
 * Sends messages to many users. It says how many and how fast; on a terminal it asks first.
 * @throws TwofaError `confirmation-mismatch` when the answer is no; `interrupted` on Ctrl-C.
 */
export async function sendToMany<C extends string>(context: Context, toMany: ToMany<C>): Promise<Totals<C>> {
  const { totals, perMinute } = await lookAhead(context, toMany);
  const total = totals[toMany.counts[0]];
  if (total === 0) return { ...totals, changed: false };
  const intent = `${count(total, toMany.what)}${total === 1 ? '' : paceWords(perMinute)}`;
  if (context.mayAsk) {
    const { askYes } = await import('./prompt.ts');
    if (!(await askYes(context, `This sends ${intent}. Send now?`)))
      throw new TwofaError('confirmation-mismatch', 'Not confirmed; nothing was sent.');
  } else {
    context.out.say(`Sending ${intent}.`);
  }
  return withSpinner(context, `Sending ${count(total, toMany.what)}`, (progress) =>
    sendParts(context, toMany, total, progress),
  );
}

/** Lines that name who got nothing, and why. */
export function unsentLines({ failed, skipped }: Pick<Part, 'failed' | 'skipped'>): string[] {
  const named = (title: string, lines: readonly string[]): string[] => {
    if (lines.length === 0) return [];
    const more = lines.length > namedUsers ? [`  and ${lines.length - namedUsers} more`] : [];
    return [`${title} (${lines.length}):`, ...lines.slice(0, namedUsers), ...more];
  };
  return [
    ...named(
      'Did not go out, or perhaps did not',
      failed.map(
        ({ username, via, to, reason }) =>
          `  ${safe(username)}  ${via} ${safe(to)}${reason === null ? '' : `: ${safe(reason)}`}`,
      ),
    ),
    ...named(
      'Without an address that takes messages',
      skipped.map(({ username, reason }) => `  ${safe(username)}: ${safe(reason)}`),
    ),
  ];
}
