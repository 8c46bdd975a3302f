// The second step of a sign-in: login, asking for a code, entering one (R6…R11, R14).
import { describe, expect, test } from 'vitest';
import type { Code } from '../../src/rules/code.ts';
import type { Location, TrustedLocation } from '../../src/rules/location.ts';
import {
  decideLogin,
  decideSend,
  decideVerify,
  methodsOf,
  type SignInState,
  type VerifyDecision,
} from '../../src/rules/sign-in.ts';

const minute = 60_000;
const day = 24 * 60 * minute;
const now = 1000 * day;
const office: Location = { key: '203.0.113.7', trustable: true };
const loopback: Location = { key: '127.0.0.1', trustable: false };

const jane: SignInState = {
  enabledAt: 500 * day,
  active: true,
  attemptsLeft: 7,
  lockedAt: null,
  lastVerifiedAt: null,
  email: 'jane@northside.example',
  phone: '+12015550125',
  codes: [],
  trust: null,
  repeat: null,
};
const trust: TrustedLocation = {
  location: office.key,
  trustedAt: now - day,
  expiresAt: now + 6 * day,
  endedAt: null,
  endedReason: null,
};
const bars = [
  ['inactive', { active: false, lockedAt: 5, attemptsLeft: 0, enabledAt: null }],
  ['locked', { lockedAt: 5, attemptsLeft: 0, enabledAt: null }],
] as const;

/** A code whose digest is its digits. */
function code(digest: string, age: number, ended: Partial<Code> = {}): Code {
  return {
    id: 1,
    via: 'sms',
    digest,
    keyId: 'k1',
    createdAt: now - age,
    endedAt: null,
    endedReason: null,
    ...ended,
  };
}

function enter(state: SignInState, digits: string, location = office, at = now): VerifyDecision {
  return decideVerify(state, 1, location, (each) => each.digest === digits, at);
}

describe('login', () => {
  const challenge = {
    result: 'challenge',
    trustedUntil: null,
    methods: [
      { via: 'email', to: 'j•••@northside.example' },
      { via: 'sms', to: '•••0125' },
    ],
    attemptsLeft: 7,
  };

  test('R6: without trust the user is asked for a code, and shown where it can go, masked', () => {
    expect(decideLogin(jane, office, now)).toEqual({ ...challenge, reason: 'first' });
  });

  test('R11: a trusted location needs no code', () => {
    expect(decideLogin({ ...jane, trust }, office, now)).toEqual({
      result: 'granted',
      reason: 'trusted-location',
      trustedUntil: now + 6 * day,
      methods: [],
      attemptsLeft: 7,
    });
  });

  test('R11: loopback is never trusted, whatever a row says', () => {
    const state = { ...jane, trust: { ...trust, location: loopback.key } };
    expect(decideLogin(state, loopback, now).result).toBe('challenge');
  });

  const ended = { ...trust, endedAt: now - 5, endedReason: 'forgotten' } as const;
  test.each([
    ['first', {}],
    ['new-location', { lastVerifiedAt: now - day }],
    ['trust-expired', { lastVerifiedAt: now - 9 * day, trust: { ...trust, expiresAt: now } }],
    ['trust-ended', { lastVerifiedAt: now - day, trust: ended }],
  ] as const)('R11: a challenge says why: %s', (reason, more) => {
    expect(decideLogin({ ...jane, ...more }, office, now)).toEqual({ ...challenge, reason });
  });

  test('R14: without 2FA the second step is skipped', () => {
    const answer = decideLogin({ ...jane, enabledAt: null }, office, now);
    expect(answer).toMatchObject({ result: 'granted', reason: 'not-enabled', methods: [] });
  });

  test.each(bars)('R9, R14: %s is refused before all else, trusted or not, 2FA or not', (result, bar) => {
    const answer = decideLogin({ ...jane, trust, ...bar }, office, now);
    expect(answer).toEqual({ result, reason: null, trustedUntil: null, methods: [], attemptsLeft: 0 });
  });
});

test('R6: a channel without a usable address is not offered', () => {
  expect(methodsOf({ ...jane, phone: null }).map(({ via }) => via)).toEqual(['email']);
  expect(methodsOf({ ...jane, email: null }).map(({ via }) => via)).toEqual(['sms']);
  expect(methodsOf({ email: null, phone: null })).toEqual([]);
});

describe('asking for a code', () => {
  test.each([
    ['email', 'jane@northside.example'],
    ['sms', '+12015550125'],
  ] as const)('R6, R7: by %s it goes to the whole address and works for 15 minutes', (via, to) => {
    expect(decideSend({ ...jane, attemptsLeft: 3 }, 1, via, now)).toEqual({
      outcome: 'sent',
      to,
      expiresAt: now + 15 * minute,
      outstanding: 1,
      attemptsLeft: 3,
      change: { newCode: { via } },
    });
  });

  test.each(bars)('R9: %s gets none, 2FA or not', (outcome, bar) => {
    expect(decideSend({ ...jane, ...bar }, 1, 'sms', now)).toEqual({ outcome });
  });

  test('without 2FA there is none', () => {
    expect(decideSend({ ...jane, enabledAt: null }, 1, 'sms', now)).toEqual({ outcome: 'not-enabled' });
  });

  test('a channel without a usable address is unavailable', () => {
    expect(decideSend({ ...jane, phone: null }, 1, 'sms', now)).toEqual({ outcome: 'channel-unavailable' });
    expect(decideSend({ ...jane, email: null }, 1, 'email', now)).toEqual({ outcome: 'channel-unavailable' });
  });

  const held = [14, 9, 5, 3].map((age) => code('000000', age * minute));

  test('R7: the fifth outstanding code is sent, the sixth is refused until the oldest expires', () => {
    expect(decideSend({ ...jane, codes: held }, 1, 'sms', now)).toMatchObject({
      outcome: 'sent',
      outstanding: 5,
    });
    const codes = [...held, code('000000', 0)];
    expect(decideSend({ ...jane, codes }, 1, 'sms', now)).toEqual({
      outcome: 'too-many-codes',
      retryAt: now + minute,
    });
    expect(decideSend({ ...jane, codes }, 1, 'sms', now + minute)).toMatchObject({ outcome: 'sent' });
  });

  test('R7: codes that expired or ended take no place', () => {
    const ended = code('000000', 0, { endedAt: now, endedReason: 'undelivered' });
    const codes = [...held, ended, ended, code('000000', 15 * minute)];
    expect(decideSend({ ...jane, codes }, 1, 'sms', now)).toMatchObject({ outcome: 'sent', outstanding: 5 });
  });

  test('R7: after the clock was set back, codes that start later than now take their places, too', () => {
    const codes = [1, 2, 3, 4, 5].map((minutes) => code('000000', -minutes * minute));
    expect(decideSend({ ...jane, codes }, 1, 'sms', now)).toEqual({
      outcome: 'too-many-codes',
      retryAt: now + 16 * minute,
    });
    expect(decideSend({ ...jane, codes }, 1, 'sms', now - 11 * minute)).toMatchObject({ outcome: 'sent' });
    const one = { ...jane, codes: codes.slice(0, 1) };
    expect(decideSend(one, 1, 'sms', now)).toMatchObject({ outcome: 'sent', outstanding: 1 });
  });
});

describe('entering a code', () => {
  test('R7, R8, R11: a success ends all codes, gives seven attempts and trusts the location for 7 days', () => {
    const state = {
      ...jane,
      attemptsLeft: 1,
      codes: [code('111111', minute), code('222222', 0, { id: 2, via: 'email' })],
    };
    expect(enter(state, '222222')).toEqual({
      outcome: 'judged',
      via: 'email',
      answer: { result: 'verified', why: null, attemptsLeft: 7, trustedUntil: now + 7 * day },
      change: {
        attemptsLeft: 7,
        lastVerifiedAt: now,
        endCodes: 'verified',
        proved: 'email',
        trust: { location: office.key, trustedAt: now, expiresAt: now + 7 * day },
      },
    });
    expect(enter(state, '111111')).toMatchObject({ via: 'sms', answer: { result: 'verified' } });
  });

  test('R11: a success from loopback trusts nothing', () => {
    const decision = enter({ ...jane, codes: [code('111111', 0)] }, '111111', loopback);
    expect(decision).toMatchObject({ answer: { result: 'verified', trustedUntil: null } });
    if (decision.outcome !== 'judged') throw new Error('The code was not judged.');
    expect(decision.change).not.toHaveProperty('trust');
  });

  const expired = code('333333', 15 * minute);
  const early = code('444444', -1);
  const used = code('555555', minute, { endedAt: now, endedReason: 'verified' });
  const replaced = code('666666', minute, { endedAt: now, endedReason: 'contact-changed' });
  const good = code('111111', 0);
  test.each([
    ['wrong', 'beside an outstanding one', '999999', [good]],
    ['none', 'when none was ever sent', '999999', []],
    ['none', 'when none is outstanding', '999999', [expired, used]],
    ['expired', 'after its 15 minutes', '333333', [good, expired]],
    ['expired', 'before its start, by a clock set back', '444444', [early]],
    ['expired', 'when a new address ended it', '666666', [replaced]],
    ['used', 'when it verified before', '555555', [good, used]],
  ])('R8: a code that is %s (%s) uses an attempt and changes nothing else', (why, _, digits, codes) => {
    expect(enter({ ...jane, attemptsLeft: 4, codes }, digits)).toEqual({
      outcome: 'judged',
      via: null,
      answer: { result: 'rejected', why, attemptsLeft: 3, trustedUntil: null },
      change: { attemptsLeft: 3 },
    });
  });

  test.each([
    ['wrong', '999999'],
    ['used', '555555'],
  ])('R8, R9: the seventh failure (%s) locks, with 0 left, and ends codes and trust', (why, digits) => {
    expect(enter({ ...jane, attemptsLeft: 1, codes: [good, used], trust }, digits)).toEqual({
      outcome: 'judged',
      via: null,
      answer: { result: 'locked', why, attemptsLeft: 0, trustedUntil: null },
      change: { attemptsLeft: 0, lockedAt: now, endCodes: 'locked', endTrust: 'locked' },
    });
  });

  test.each(bars)('R9, R14: %s is refused the right code, which is not even compared', (result, bar) => {
    const decision = decideVerify(
      { ...jane, codes: [good], ...bar },
      1,
      office,
      () => {
        throw new Error('A code was compared.');
      },
      now,
    );
    expect(decision).toEqual({
      outcome: 'barred',
      answer: { result, why: null, attemptsLeft: 0, trustedUntil: null },
    });
  });

  test.each([
    ['locked', 'repeated'],
    ['verified', 'barred'],
  ])('R9: of a locked user only the request that locked is answered as it was: %s', (result, outcome) => {
    const repeat = { userId: 1, action: 'code.verify', answer: { result }, createdAt: now };
    const decision = decideVerify(
      { ...jane, attemptsLeft: 0, lockedAt: now, repeat },
      1,
      office,
      () => true,
      now,
    );
    expect(decision.outcome).toBe(outcome);
  });

  test('R8: without 2FA nothing is used', () => {
    expect(enter({ ...jane, enabledAt: null, codes: [good] }, '999999')).toEqual({ outcome: 'not-enabled' });
  });
});

describe('repeats', () => {
  const repeat = {
    userId: 1,
    action: 'code.send',
    answer: { recorded: true },
    createdAt: now - 15 * minute + 1,
  };
  const verified = { ...repeat, action: 'code.verify' };

  test('the same request by the same user returns the recorded answer, within 15 minutes', () => {
    const answer = { outcome: 'repeated', answer: { recorded: true } };
    expect(decideSend({ ...jane, repeat }, 1, 'sms', now)).toEqual(answer);
    expect(enter({ ...jane, repeat: verified }, '999999')).toEqual(answer);
  });

  test('after 15 minutes, or before the recorded request by a clock set back, it is a new request', () => {
    for (const at of [now + 1, repeat.createdAt - 1]) {
      expect(decideSend({ ...jane, repeat }, 1, 'sms', at)).toMatchObject({ outcome: 'sent' });
      expect(enter({ ...jane, repeat: verified }, '999999', office, at)).toMatchObject({ outcome: 'judged' });
    }
  });

  test('another user or another request may not use the id', () => {
    const reused = { outcome: 'request-id-reused' };
    expect(decideSend({ ...jane, repeat: { ...repeat, userId: 2 } }, 1, 'sms', now)).toEqual(reused);
    expect(enter({ ...jane, repeat: { ...verified, userId: 2 } }, '999999')).toEqual(reused);
    expect(decideSend({ ...jane, repeat: verified }, 1, 'sms', now)).toEqual(reused);
    expect(enter({ ...jane, repeat }, '999999')).toEqual(reused);
  });

  test.each(bars)('R9: %s is refused before the recorded answer is looked at', (result, bar) => {
    expect(decideSend({ ...jane, repeat, ...bar }, 1, 'sms', now)).toEqual({ outcome: result });
    const decision = enter({ ...jane, repeat: verified, ...bar }, '999999');
    expect(decision).toMatchObject({ outcome: 'barred', answer: { result } });
  });
});
