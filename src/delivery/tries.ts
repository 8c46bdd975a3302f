// When to try again: while a try surely sent nothing, with growing pauses, and as long as there is time for another.
import { setTimeout as sleep } from 'node:timers/promises';
import type { TryOutcome } from './sms-gateway.ts';

const firstPauseMs = 200;
const longestPauseMs = 2000;
/** The share of the time that has to be left for another try: one that is cut short may have sent the message. */
const leastShare = 0.1;

/**
 * Tries until the outcome is settled, or no time is left for another try.
 * @param tryOnce a try that ends within the milliseconds that are left.
 * @returns the last outcome.
 */
export async function tryWithin(
  budgetMs: number,
  tryOnce: (remainingMs: number) => Promise<TryOutcome>,
): Promise<TryOutcome> {
  const started = performance.now();
  const remaining = () => budgetMs - (performance.now() - started);
  for (let pause = firstPauseMs; ; pause = Math.min(pause * 2, longestPauseMs)) {
    const outcome = await tryOnce(remaining());
    const wait = Math.max(pause, outcome.waitMs ?? 0);
    if (outcome.status !== 'transient' || remaining() - wait < budgetMs * leastShare) return outcome;
    await sleep(wait);
  }
}
