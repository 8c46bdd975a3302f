// How many text messages an account may have sent in a day, where that is configured.
import { dayMs } from './constants.ts';
import type { Instant } from './time.ts';

/** The start of the day, in UTC, that an instant is in. */
export function dayStart(now: Instant): Instant {
  return now - (now % dayMs);
}

/** When the count of the day starts again. */
export function ceilingResetsAt(now: Instant): Instant {
  return dayStart(now) + dayMs;
}

/**
 * Active users that an account needs for one text message more.
 * @param sent text messages of the day so far.
 * @param perUser messages a day for each active user.
 */
export function usersForOneMore(sent: number, perUser: number): number {
  return Math.floor(sent / perUser) + 1;
}
