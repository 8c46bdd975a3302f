// How many messages may go out at a time, so that no channel gets more a minute than it takes, over all processes.
import type { Channel } from './code.ts';
import type { Rates } from './impact.ts';
import type { Instant } from './time.ts';

/** Messages a minute to many users by a channel that is configured without a rate of its own. */
export const defaultPerMinute: Readonly<Record<Channel, number>> = { email: 120, sms: 60 };

/**
 * Messages a minute that go out to many users by a channel.
 * @param configured what the channel takes; null where that is not configured.
 * @param leaves whether messages leave the installation; a sandbox's file takes any number.
 * @param asked what the operator asked for, which only ever lowers it.
 * @returns null for no bound.
 */
export function perMinuteOf(
  via: Channel,
  { configured, leaves, asked }: { configured: Rates; leaves: boolean; asked: number | null },
): number | null {
  const taken = configured[via] ?? (leaves ? defaultPerMinute[via] : null);
  if (taken === null || asked === null) return taken ?? asked;
  return Math.min(taken, asked);
}

/** So many messages in so many milliseconds. */
export interface Pace {
  quota: number;
  windowMs: number;
}

/**
 * A rate in portions: one message at a time, or of a message a second and more, those of ten seconds. Windows divide the
 * minute, so that none has more than the rate, wherever it begins.
 */
export function paceOf(perMinute: number): Pace {
  if (perMinute < 60) return { quota: 1, windowMs: 60_000 / perMinute };
  return { quota: Math.floor(perMinute / 6), windowMs: 10_000 };
}

/** Messages of the window that ends now. */
export interface SentLately {
  count: number;
  /** When the first of them was made; null where there is none. */
  since: Instant | null;
}

/** How many may go out now, and in how many milliseconds more may; 0 where some may now. */
export function roomOf(pace: Pace, lately: SentLately, now: Instant): { left: number; retryAfterMs: number } {
  const left = Math.max(0, pace.quota - lately.count);
  if (left > 0 || lately.since === null) return { left, retryAfterMs: 0 };
  return { left, retryAfterMs: Math.max(1, Math.ceil(lately.since + pace.windowMs - now)) };
}
