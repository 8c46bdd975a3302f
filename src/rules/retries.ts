// When a notice that did not go out is tried again by itself.
import { dayMs } from './constants.ts';
import type { Instant } from './time.ts';

const minute = 60_000;
/** How long the second try waits after the first, in milliseconds; each further one waits twice as long. */
export const retryDelayMinMs = 5 * minute;
/** How long a try waits at the most, in milliseconds. */
export const retryDelayMaxMs = 12 * 60 * minute;
/** For how long a notice is tried by itself, in milliseconds from what it tells of. */
export const retriedForMs = 7 * dayMs;
/**
 * A message whose outcome is not recorded after this time never gets it recorded by who sent it, in milliseconds: sending
 * ends within ten seconds.
 */
export const abandonedAfterMs = minute;

/** How often and when a message was tried. */
export interface Tried {
  tries: number;
  triedAt: Instant;
}

/** Whether a notice that failed is due for its next try. */
export function isDue({ tries, triedAt }: Tried, now: Instant): boolean {
  const delay = Math.min(retryDelayMinMs * 2 ** Math.max(0, tries - 1), retryDelayMaxMs);
  return triedAt + delay <= now;
}
