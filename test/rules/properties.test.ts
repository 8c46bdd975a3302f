// What no sequence of calls does, whatever its order, with a clock that runs on and is set back (R3, R5, R7…R11).
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { enteredInTime, inTime, isFailure, isSuccess, said, userIn } from './history.ts';
import { type Model, newModel, snapshot, userOf } from './model.ts';
import { day, type Moment, minute, play, type Step, sequences, start } from './sequences.ts';

/** Checks a property of the history of every sequence. */
function always(steps: fc.Arbitrary<Step[]>, check: (history: Moment[]) => void): void {
  fc.assert(
    fc.property(steps, (sequence) => check(play(sequence))),
    { numRuns: 120 },
  );
}

test('the sequences reach every answer that the properties are about', () => {
  const samples = fc.sample(sequences(), { numRuns: 300, seed: 7 });
  const heard = new Set(
    samples.flatMap((steps) => play(steps).map((moment) => `${moment.do}: ${said(moment)}`)),
  );
  expect([...heard].sort()).toEqual([
    'changeContact: changeContact',
    'login: first',
    'login: locked',
    'login: new-location',
    'login: trust-ended',
    'login: trust-expired',
    'login: trusted-location',
    'reactivate: reactivate',
    'send: locked',
    'send: repeated',
    'send: request-id-reused',
    'send: sent',
    'send: too-many-codes',
    'setBack: setBack',
    'verify: expired',
    'verify: locked',
    'verify: none',
    'verify: repeated',
    'verify: request-id-reused',
    'verify: used',
    'verify: verified',
    'verify: wrong',
    'wait: wait',
  ]);
});

describe('attempts and the lock', () => {
  test('R9: time alone never unlocks, nor does anything else but a reactivation', () => {
    const lock = Array.from(
      { length: 7 },
      (): Step => ({ do: 'verify', user: 0, app: 'desktop', from: 0, requestId: null, guess: '999999' }),
    );
    fc.assert(
      fc.property(sequences('reactivating'), (steps) => {
        const model = newModel(start);
        play(lock, model);
        expect(userOf(model, 0)).toMatchObject({ attemptsLeft: 0, lockedAt: start });
        for (const moment of play(steps, model)) {
          expect(userOf(moment.after, 0)).toMatchObject({ attemptsLeft: 0, lockedAt: start });
          const asked = moment.do === 'send' || moment.do === 'verify' || moment.do === 'login';
          if (asked && userIn(moment) === 0) expect(said(moment)).toBe('locked');
        }
      }),
      { numRuns: 120 },
    );
  });

  test('R8, R9: no sequence compares an eighth guess between two resets, and never one of a locked user', () => {
    always(sequences(), (history) => {
      const failures = [0, 0];
      for (const moment of history) {
        const user = userIn(moment);
        if (user === null) continue;
        const wasLocked = userOf(moment.before, user).lockedAt !== null;
        if (moment.do === 'verify' && wasLocked) expect(moment.compared).toEqual([]);
        if (isSuccess(moment) || (moment.do === 'reactivate' && wasLocked)) failures[user] = 0;
        if (isFailure(moment)) failures[user] = (failures[user] ?? 0) + 1;
        expect(failures[user]).toBeLessThanOrEqual(7);
        const { attemptsLeft, lockedAt } = userOf(moment.after, user);
        expect(attemptsLeft).toBe(7 - (failures[user] ?? 0));
        expect(lockedAt !== null).toBe(failures[user] === 7);
      }
    });
  });

  test('R8: sending a code, logging in, a new address and the time never give an attempt back', () => {
    always(sequences('verifying', 'reactivating'), (history) => {
      for (const { after } of history) expect(after.users.map((user) => user.attemptsLeft)).toEqual([7, 7]);
      expect(history.length).toBeGreaterThan(0);
    });
    always(sequences(), (history) => {
      for (const moment of history) {
        if (moment.do === 'verify' || moment.do === 'reactivate') continue;
        const attempts = (model: Model) =>
          model.users.map(({ attemptsLeft, lockedAt }) => [attemptsLeft, lockedAt]);
        expect(attempts(moment.after)).toEqual(attempts(moment.before));
      }
    });
  });

  test('R8: a call about one user changes nothing of another', () => {
    always(sequences(), (history) => {
      for (const moment of history) {
        const user = userIn(moment);
        if (user !== null) expect(userOf(moment.after, 1 - user)).toEqual(userOf(moment.before, 1 - user));
      }
    });
  });
});

describe('codes', () => {
  test('R7: a code never verifies twice, and none after a success, a lock or a new address ended it', () => {
    always(sequences(), (history) => {
      const used = new Set<number>();
      const ended = new Set<number>();
      for (const moment of history) {
        const user = userIn(moment);
        if (user === null) continue;
        if (isSuccess(moment)) {
          const works = enteredInTime(moment).filter((id) => !ended.has(id));
          expect(works).not.toEqual([]);
          expect(works.filter((id) => used.has(id))).toEqual([]);
          for (const id of works) used.add(id);
        }
        const locks = userOf(moment.before, user).lockedAt !== userOf(moment.after, user).lockedAt;
        const moves = userOf(moment.before, user).email !== userOf(moment.after, user).email;
        if (isSuccess(moment) || locks || moves) for (const id of inTime(moment.before, user)) ended.add(id);
      }
    });
  });

  test('R7: a code works only within its 15 minutes, also with a clock set back', () => {
    always(sequences(), (history) => {
      for (const moment of history) {
        if (isSuccess(moment)) expect(enteredInTime(moment)).not.toEqual([]);
      }
    });
  });

  test('R7: any outstanding code works, as long as the clock runs on', () => {
    always(sequences('backward'), (history) => {
      for (const moment of history.filter(isFailure)) {
        const { codes } = userOf(moment.before, moment.call.user);
        const outstanding = codes.filter((code) => code.endedAt === null).map((code) => code.id);
        expect(enteredInTime(moment).filter((id) => outstanding.includes(id))).toEqual([]);
      }
    });
  });

  test('R7: at most 5 codes are outstanding, also with a clock set back', () => {
    always(sequences('verifying', 'loggingIn', 'changing', 'reactivating'), (history) => {
      for (const { after } of history) {
        for (const user of after.users) {
          const open = user.codes.filter((code) => code.endedAt === null).map((code) => code.id);
          expect(inTime(after, user.id).filter((id) => open.includes(id)).length).toBeLessThanOrEqual(5);
        }
      }
    });
  });

  test('R7: a refused request says when to try again, and then a code is sent', () => {
    const send = (): Step[] => [
      { do: 'send', user: 0, via: 'sms', app: 'platform', requestId: null, digits: '000001' },
    ];
    always(sequences('reactivating', 'backward'), (history) => {
      const full = history.find((moment) => said(moment) === 'too-many-codes');
      if (full?.do !== 'send' || full.decision.outcome !== 'too-many-codes') return;
      const { retryAt } = full.decision;
      expect(retryAt).toBeGreaterThan(full.after.now);
      const model = snapshot(full.after);
      model.now = retryAt;
      if (full.call.user === 0) expect(play(send(), model).map(said)).toEqual(['sent']);
    });
  });
});

describe('trust', () => {
  test('R11: trust never lasts longer than 7 days and never reaches another location', () => {
    always(sequences(), (history) => {
      history.forEach((moment, index) => {
        if (moment.do !== 'login' || moment.answer.reason !== 'trusted-location') return;
        const { now } = moment.before;
        expect(moment.place).not.toBeNull();
        const source = history.slice(0, index).findLast((earlier) => {
          const here = isSuccess(earlier) && earlier.call.user === moment.user;
          return here && earlier.place === moment.place;
        });
        const trustedAt = source?.before.now ?? Number.NaN;
        expect(now - trustedAt).toBeGreaterThanOrEqual(0);
        expect(now - trustedAt).toBeLessThan(7 * day);
        expect(moment.answer.trustedUntil).toBe(trustedAt + 7 * day);
      });
    });
  });

  test('R5, R9: a new address and a lock end the trust of every location', () => {
    always(sequences('backward'), (history) => {
      const untrusted = [true, true];
      for (const moment of history) {
        const user = userIn(moment);
        if (user === null) continue;
        if (moment.do === 'login' && untrusted[user])
          expect(moment.answer.reason).not.toBe('trusted-location');
        const [before, after] = [userOf(moment.before, user), userOf(moment.after, user)];
        if (isSuccess(moment)) untrusted[user] = false;
        if (before.email !== after.email || before.lockedAt !== after.lockedAt) untrusted[user] = true;
      }
    });
  });

  test('R11: logging in changes nothing, so that use does not extend trust', () => {
    always(sequences(), (history) => {
      for (const moment of history) if (moment.do === 'login') expect(moment.after).toEqual(moment.before);
    });
  });
});

describe('repeats', () => {
  test('a repeat with the same request id changes nothing, compares nothing and returns the recorded answer', () => {
    always(sequences(), (history) => {
      const recorded = new Map<string, { who: string; at: number; answer: unknown }>();
      for (const moment of history) {
        if ((moment.do !== 'send' && moment.do !== 'verify') || moment.call.requestId === null) continue;
        const { call, decision, before } = moment;
        const key = `${call.app} ${call.requestId}`;
        const who = `${moment.do} ${call.user}`;
        const first = recorded.get(key);
        const remembered = first && before.now >= first.at && before.now - first.at < 15 * minute;
        const answer = first?.answer as { result?: string } | undefined;
        const locking = moment.do === 'verify' && first?.who === who && answer?.result === 'locked';
        if (remembered && (userOf(before, call.user).lockedAt === null || locking)) {
          const same = first.who === who;
          expect(decision).toEqual(
            same ? { outcome: 'repeated', answer: first.answer } : { outcome: 'request-id-reused' },
          );
          expect(moment.after).toEqual(before);
          if (moment.do === 'verify') expect(moment.compared).toEqual([]);
        } else {
          expect(['repeated', 'request-id-reused']).not.toContain(decision.outcome);
        }
        if (decision.outcome === 'sent') recorded.set(key, { who, at: before.now, answer: decision });
        if (decision.outcome === 'judged')
          recorded.set(key, { who, at: before.now, answer: decision.answer });
      }
    });
  });
});

test('R3: no sequence of calls turns 2FA off', () => {
  always(sequences(), (history) => {
    for (const { after } of history) expect(after.enabledAt).toBe(start);
  });
});
