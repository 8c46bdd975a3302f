// The seven attempts and the lock (R8, R9).
import { attemptsMax } from './constants.ts';
import type { Instant } from './time.ts';

/** What the attempts of one user are: `lockedAt` is set exactly when none is left. */
export interface AttemptState {
  /** 0…7. */
  attemptsLeft: number;
  lockedAt: Instant | null;
}

export type Verdict = 'verified' | 'rejected' | 'locked';

/**
 * Judges one well-formed code of a user who is not locked (R8, R9): a match gives seven attempts again, a
 * failure uses one, and the seventh failure locks. Time never unlocks, so `now` only stamps the lock.
 * A locked user stays as they are, whatever was entered.
 */
export function judge(
  state: AttemptState,
  matched: boolean,
  now: Instant,
): { verdict: Verdict; next: AttemptState } {
  if (state.lockedAt !== null) return { verdict: 'locked', next: state };
  if (matched) return { verdict: 'verified', next: { attemptsLeft: attemptsMax, lockedAt: null } };
  const attemptsLeft = Math.max(0, state.attemptsLeft - 1);
  return attemptsLeft === 0
    ? { verdict: 'locked', next: { attemptsLeft: 0, lockedAt: now } }
    : { verdict: 'rejected', next: { attemptsLeft, lockedAt: null } };
}

/** The attempts of a user whom a System Administrator reactivated (R10). */
export function reactivated(): AttemptState {
  return { attemptsLeft: attemptsMax, lockedAt: null };
}
