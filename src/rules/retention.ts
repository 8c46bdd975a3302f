// How long is kept what nobody needs any more. The trail, users and tokens are kept for ever.
import { codeLifetimeMs, dayMs, endedCodeRetentionMs, repeatWindowMs } from './constants.ts';
import { dayOf, type Instant } from './time.ts';

/** What is removed in the course of time. */
export const prunedKinds = [
  'codes',
  'requests',
  'locations',
  'announcements',
  'checkWords',
  'messages',
  'notices',
] as const;
export type PrunedKind = (typeof prunedKinds)[number];

/** How many of each kind. */
export type PrunedCounts = Record<PrunedKind, number>;

/** How long it is kept what became of a message, a notice, an ended location, in milliseconds. */
export const historyMs = 90 * dayMs;
/** How often `maintain` prunes, in milliseconds. */
export const pruneIntervalMs = 60 * 60_000;

/** Codes made before this are forgotten: their 15 minutes, and the 24 hours after their end, are over. */
export function codesKeptSince(now: Instant): Instant {
  return now - codeLifetimeMs - endedCodeRetentionMs;
}

/** The instants before which something is of no use any more. */
export interface Retention {
  /** When a code was made. */
  codes: Instant;
  /** When a request with an id was answered. */
  requests: Instant;
  /** When a roll call's words were ended, since 2FA was turned on. */
  checkWords: Instant;
  /** When a message or notice was made, or a location ended. */
  history: Instant;
  /** Announcements of a day before this one are over, `YYYY-MM-DD`. */
  today: string;
}

export function retentionAt(now: Instant): Retention {
  return {
    codes: codesKeptSince(now),
    requests: now - repeatWindowMs,
    checkWords: now - endedCodeRetentionMs,
    history: now - historyMs,
    today: dayOf(now),
  };
}

export function nonePruned(): PrunedCounts {
  return Object.fromEntries(prunedKinds.map((kind) => [kind, 0])) as PrunedCounts;
}

export function sumPruned(one: PrunedCounts, other: PrunedCounts): PrunedCounts {
  return Object.fromEntries(prunedKinds.map((kind) => [kind, one[kind] + other[kind]])) as PrunedCounts;
}

export function anyPruned(counts: PrunedCounts): boolean {
  return prunedKinds.some((kind) => counts[kind] > 0);
}
