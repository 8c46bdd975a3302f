// What turning 2FA on means for people: who would be kept out, and the first morning.
import { describe, expect, test } from 'vitest';
import { type Admission, firstMorningOf, whyKeptOut } from '../../src/rules/impact.ts';

const reachable: Admission = {
  lockedAt: null,
  email: 'jane@northside.example',
  emailProblem: null,
  phone: '+12015550124',
  phoneProblem: null,
};

describe('kept out', () => {
  test.each<[string, Partial<Admission>, string[]]>([
    ['nobody who can be reached', {}, []],
    ['nobody whom email alone reaches', { phone: null }, []],
    ['nobody whom a text message alone reaches', { email: 'jane@', emailProblem: 'no domain' }, []],
    ['who is locked', { lockedAt: 0 }, ['locked']],
    ['who has neither', { email: null, phone: null }, ['email-missing', 'phone-missing']],
    [
      'who has two that are of no use',
      { emailProblem: 'malformed', phoneProblem: 'fixed-line' },
      ['email-invalid', 'phone-invalid'],
    ],
    [
      'who is locked and has one missing, one of no use',
      { lockedAt: 5, email: null, phoneProblem: 'fixed-line' },
      ['locked', 'email-missing', 'phone-invalid'],
    ],
  ])('is %s', (_, change, why) => {
    expect(whyKeptOut({ ...reachable, ...change })).toEqual(why);
  });
});

describe('the first morning', () => {
  test.each([
    [0, 0],
    [1, 1],
    [60, 1],
    [61, 2],
    [1200, 20],
    [1_000_000, 16_667],
  ])('of %d users asks for %d codes a minute', (users, codesPerMinute) => {
    const morning = firstMorningOf(users, { email: null, sms: null });
    expect(morning).toMatchObject({ codes: users, codesPerMinute });
    expect(morning.assumes).toContain('between 08:00 and 09:00');
  });

  test('says of a gateway whose rate is not configured nothing', () => {
    const { email, sms } = firstMorningOf(1200, { email: null, sms: null });
    expect(email).toEqual({ perMinute: null, enough: null, lateMinutes: null });
    expect(sms).toEqual(email);
  });

  test('says whether a rate is enough, and by how much the last code comes late', () => {
    expect(firstMorningOf(1200, { email: 20, sms: 19 })).toMatchObject({
      email: { perMinute: 20, enough: true, lateMinutes: 0 },
      sms: { perMinute: 19, enough: false, lateMinutes: 4 },
    });
    expect(firstMorningOf(1200, { email: 1, sms: 5 })).toMatchObject({
      email: { enough: false, lateMinutes: 1140 },
      sms: { enough: false, lateMinutes: 180 },
    });
    expect(firstMorningOf(0, { email: 1, sms: 1 }).email).toEqual({
      perMinute: 1,
      enough: true,
      lateMinutes: 0,
    });
  });
});
