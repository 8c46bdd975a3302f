// The seven attempts and the lock (R8, R9, R10).
import { describe, expect, test } from 'vitest';
import { type AttemptState, judge, reactivated } from '../../src/rules/attempts.ts';

const fresh: AttemptState = { attemptsLeft: 7, lockedAt: null };

function fail(times: number, from: AttemptState = fresh): AttemptState {
  let state = from;
  for (let each = 1; each <= times; each += 1) state = judge(state, false, each * 1000).next;
  return state;
}

describe('a failure', () => {
  test.each([1, 2, 3, 4, 5, 6])('R8: failure %d uses one attempt and does not lock', (times) => {
    expect(fail(times)).toEqual({ attemptsLeft: 7 - times, lockedAt: null });
    expect(judge(fail(times - 1), false, 5).verdict).toBe('rejected');
  });

  test('R8: the seventh failure locks, with the time of it', () => {
    expect(judge(fail(6), false, 7000)).toEqual({
      verdict: 'locked',
      next: { attemptsLeft: 0, lockedAt: 7000 },
    });
  });

  test('R9: a lock at the epoch is a lock', () => {
    const { next } = judge(fail(6), false, 0);
    expect(next).toEqual({ attemptsLeft: 0, lockedAt: 0 });
    expect(judge(next, true, 1).verdict).toBe('locked');
  });
});

describe('a success', () => {
  test.each([0, 1, 6])('R8: after %d failures it sets the attempts to seven', (failures) => {
    expect(judge(fail(failures), true, 9)).toEqual({ verdict: 'verified', next: fresh });
  });

  test('R8: after it, seven failures are needed again', () => {
    const { next } = judge(fail(6), true, 9);
    expect(fail(6, next)).toEqual({ attemptsLeft: 1, lockedAt: null });
    expect(fail(7, next).attemptsLeft).toBe(0);
  });
});

describe('a locked user', () => {
  const locked = fail(7);

  test.each([true, false])('R9: stays as they are when the code matches: %j', (matched) => {
    expect(judge(locked, matched, 8000)).toEqual({ verdict: 'locked', next: locked });
  });

  test('R9: is not unlocked by time', () => {
    expect(judge(locked, true, Number.MAX_SAFE_INTEGER).next).toEqual({ attemptsLeft: 0, lockedAt: 7000 });
  });

  test('R10: has seven attempts after a reactivation', () => {
    expect(reactivated()).toEqual(fresh);
  });
});
