// The shape of a recovery code, what is kept of it, and how its wrong tries are slowed.
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decideRecovery,
  formatRecoveryCode,
  isToldOfFailure,
  noTries,
  parseRecoveryCode,
  type RecoveryTries,
  recoveryCodeDigest,
  recoveryDelayMs,
  recoveryRetryAt,
  workingCodesDigest,
} from '../../src/rules/recovery-code.ts';

const bytes = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((each) => Buffer.from(each));
const code = formatRecoveryCode(Buffer.alloc(16, 0xa7));
const minute = 60_000;
const now = Date.parse('2026-03-02T09:00:00Z');

describe('a recovery code', () => {
  test('is seven groups of four symbols, and stays what it is', () => {
    expect(code).toBe('MYKT-F9X7-MYKT-F9X7-MYKT-F9X7-MXPQ');
    expect(formatRecoveryCode(Buffer.alloc(16))).toBe('0000-0000-0000-0000-0000-0000-0000');
    expect(formatRecoveryCode(Buffer.alloc(32, 0xa7)), 'only 128 bits count').toBe(code);
  });

  test('is read as it was written, and different bits make different codes', () => {
    fc.assert(
      fc.property(bytes, bytes, (one, other) => {
        const written = formatRecoveryCode(one);
        expect(written).toMatch(/^([0-9A-HJKMNP-TV-Z]{4}-){6}[0-9A-HJKMNP-TV-Z]{4}$/);
        expect(parseRecoveryCode(written)).toBe(written);
        expect(written === formatRecoveryCode(other)).toBe(one.equals(other));
      }),
    );
  });

  test('is read however it is typed: small letters, spaces, no hyphens, O for 0, I and L for 1', () => {
    fc.assert(
      fc.property(bytes, fc.infiniteStream(fc.nat(7)), (one, draws) => {
        const written = formatRecoveryCode(one);
        const draw = () => Number(draws.next().value);
        const typed = [...written]
          .map((symbol) => {
            if (symbol === '-') return ['', '-', ' ', ' – '][draw() % 4];
            if (symbol === '0') return ['0', 'O', 'o'][draw() % 3];
            if (symbol === '1') return ['1', 'I', 'i', 'L', 'l'][draw() % 5];
            return draw() % 2 ? symbol : symbol.toLowerCase();
          })
          .join('');
        expect(parseRecoveryCode(` ${typed}\n`)).toBe(written);
      }),
    );
  });

  test('with one symbol wrong, anywhere, is none', () => {
    fc.assert(
      fc.property(bytes, fc.nat(27), fc.integer({ min: 1, max: 31 }), (one, place, by) => {
        const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
        const symbols = [...formatRecoveryCode(one).replaceAll('-', '')];
        const wrong = alphabet[(alphabet.indexOf(symbols[place] ?? '') + by) % 32] ?? '';
        expect(parseRecoveryCode(symbols.with(place, wrong).join(''))).toBeNull();
      }),
      { numRuns: 1000 },
    );
  });

  test("with two symbols in each other's place, anywhere, is none", () => {
    fc.assert(
      fc.property(bytes, fc.nat(27), fc.nat(27), (one, first, second) => {
        const symbols = [...formatRecoveryCode(one).replaceAll('-', '')];
        const [a = '', b = ''] = [symbols[first], symbols[second]];
        fc.pre(a !== b);
        expect(parseRecoveryCode(symbols.with(first, b).with(second, a).join(''))).toBeNull();
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    ['nothing', ''],
    ['a symbol less', code.slice(0, -1)],
    ['a symbol more', `${code}0`],
    ['two of them', code + code],
    ['U, which is no symbol', code.replace('P', 'U')],
    ['a dotless i, whose capital is I', formatRecoveryCode(Buffer.alloc(16, 1)).replace('1', 'ı')],
    ['letters of another script', code.replace('K', 'К')],
    ['digits of another script', formatRecoveryCode(Buffer.alloc(16)).replace('0', '٠')],
    ['six digits', '123456'],
    ['a million spaces', `${' '.repeat(1_000_000)}${code}`],
  ])('is not: %s', (_, typed) => {
    expect(parseRecoveryCode(typed)).toBeNull();
  });

  test('is kept as a hash of its own kind, from which it does not come back', () => {
    expect(recoveryCodeDigest(code)).toHaveLength(43);
    expect(recoveryCodeDigest(code)).not.toBe(createHash('sha256').update(code).digest('base64url'));
    expect(recoveryCodeDigest(code)).toBe(recoveryCodeDigest(code));
    expect(recoveryCodeDigest(code)).not.toBe(recoveryCodeDigest(formatRecoveryCode(Buffer.alloc(16))));
  });

  test('and those of an account are sealed as a set', () => {
    expect(workingCodesDigest([])).toBeNull();
    expect(workingCodesDigest(['a', 'b'])).toBe(workingCodesDigest(['b', 'a']));
    const others = [['a'], ['b'], ['a', 'c'], ['ab'], ['a', 'b', 'c']].map(workingCodesDigest);
    expect(new Set([...others, workingCodesDigest(['a', 'b'])]).size).toBe(6);
  });
});

describe('wrong tries', () => {
  test.each([
    [0, 0],
    [1, 1000],
    [2, 2000],
    [3, 4000],
    [10, 512_000],
    [11, 15 * minute],
    [12, 15 * minute],
    [1_000_000, 15 * minute],
  ])('%d of them make the next one wait for %d ms', (failures, delayMs) => {
    expect(recoveryDelayMs(failures)).toBe(delayMs);
  });

  test('without one, nobody waits', () => {
    expect(recoveryRetryAt(noTries, now)).toBeNull();
  });

  test('the wait ends at its instant, and a clock set back cannot make it long', () => {
    const tries: RecoveryTries = { failures: 3, lastFailedAt: now };
    expect(recoveryRetryAt(tries, now)).toBe(now + 4000);
    expect(recoveryRetryAt(tries, now + 3999)).toBe(now + 4000);
    expect(recoveryRetryAt(tries, now + 4000)).toBeNull();
    expect(recoveryRetryAt(tries, now - 3999)).toBe(now + 4000);
    expect(recoveryRetryAt(tries, now - 4000)).toBeNull();
  });
});

describe('the administrators are told of failures', () => {
  const day = 24 * 60 * minute;
  const told = (failures: number, sinceMs: number) =>
    isToldOfFailure({ failures: failures - 1, lastFailedAt: now - sinceMs }, now);

  test('the first, and of a run the second, the fourth, the eighth …', () => {
    expect(isToldOfFailure(noTries, now)).toBe(true);
    const numbers = Array.from({ length: 100 }, (_, index) => index + 2);
    expect(numbers.filter((each) => told(each, minute))).toEqual([2, 4, 8, 16, 32, 64]);
  });

  test('and the first after a day without one', () => {
    expect(told(7, day - 1)).toBe(false);
    expect(told(7, day)).toBe(true);
    expect(told(7, -day), 'by a clock set back').toBe(true);
  });

  test('so that a year of wrong codes, as fast as they are compared, makes 16 mails', () => {
    let tries = noTries;
    let [at, mails] = [now, 0];
    for (const end = now + 365 * day; at < end; at = recoveryRetryAt(tries, at) ?? at) {
      if (isToldOfFailure(tries, at)) mails += 1;
      tries = { failures: tries.failures + 1, lastFailedAt: at };
    }
    expect(tries.failures).toBeGreaterThan(35_000);
    expect(mails).toBe(16);
  });
});

const live = { id: 1, digest: 'd', usedAt: null, voidAt: null };

describe('a try', () => {
  test('with a code that works is accepted, however many failed before', () => {
    expect(decideRecovery(noTries, live, now)).toEqual({ outcome: 'accepted', code: live });
    const many = { failures: 5000, lastFailedAt: now - 15 * minute };
    expect(decideRecovery(many, live, now)).toEqual({ outcome: 'accepted', code: live });
  });

  test.each([
    ['wrong', null],
    ['used', { ...live, usedAt: now - 1 }],
    ['replaced', { ...live, voidAt: now - 1 }],
    ['used', { ...live, usedAt: now - 2, voidAt: now - 1 }],
  ])('with one that is %s is rejected', (why, found) => {
    expect(decideRecovery({ failures: 1, lastFailedAt: now - 1000 }, found, now)).toEqual({
      outcome: 'rejected',
      why,
      tries: { failures: 2, lastFailedAt: now },
      retryAt: now + 2000,
    });
  });

  test('before its time is not compared at all, and changes nothing', () => {
    const tries = { failures: 2, lastFailedAt: now - 1999 };
    for (const found of [live, null]) {
      expect(decideRecovery(tries, found, now)).toEqual({ outcome: 'too-soon', retryAt: now + 1 });
    }
  });

  test('no sequence of them compares more than one in a delay, or uses a code up', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 * minute }), { maxLength: 60 }), (pauses) => {
        let tries = noTries;
        let at = now;
        let notBefore = at;
        for (const pause of pauses) {
          at += pause;
          const decision = decideRecovery(tries, null, at);
          if (decision.outcome === 'rejected') {
            expect(at).toBeGreaterThanOrEqual(notBefore);
            tries = decision.tries;
            notBefore = decision.retryAt;
          } else {
            expect(decision).toEqual({ outcome: 'too-soon', retryAt: notBefore });
            expect(at).toBeLessThan(notBefore);
          }
        }
        expect(decideRecovery(tries, live, at + 15 * minute)).toEqual({ outcome: 'accepted', code: live });
      }),
    );
  });
});
