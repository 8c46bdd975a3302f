// Contact data as it is stored: value, key and what is wrong with it (R5, R12).
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { contactProblems, describePhoneProblem, storedEmail, storedPhone } from '../../src/rules/contact.ts';
import { emailKey, emailProblem, isPlainAddress } from '../../src/rules/email.ts';

describe('an email', () => {
  test('R12: is stored as written, beside the key by which it is compared', () => {
    expect(storedEmail('Jane@München.Example')).toEqual({
      email: 'Jane@München.Example',
      emailKey: 'jane@xn--mnchen-3ya.example',
      emailProblem: null,
    });
  });

  test('loses the white space around it', () => {
    expect(storedEmail(' jane@northside.example\u00a0')).toMatchObject({
      email: 'jane@northside.example',
      emailProblem: null,
    });
  });

  test.each([null, '', '   '])('%j is none', (text) => {
    expect(storedEmail(text)).toEqual({ email: null, emailKey: null, emailProblem: null });
  });

  test('R12: a malformed one is stored with its problem, and compared by its folded spelling', () => {
    expect(storedEmail('Jane at Northside')).toEqual({
      email: 'Jane at Northside',
      emailKey: 'jane at northside',
      emailProblem: 'contains white space',
    });
  });
});

describe('a plain address', () => {
  const atom = fc.stringMatching(/^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{0,66}$/);
  const label = fc.oneof(
    fc.stringMatching(/^[A-Za-z0-9-]{0,65}$/),
    fc.constantFrom('xn--mnchen-3ya', 'XN--a', 'ab--cd', '0x7f', '127', '1', 'com', 'example', ''),
  );
  const domain = fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join('.'));
  const address = fc.oneof(
    fc.tuple(atom, domain).map(([local, domain]) => `${local}@${domain}`),
    fc.emailAddress(),
    fc.tuple(fc.emailAddress(), fc.string({ unit: 'grapheme', maxLength: 2 })).map((parts) => parts.join('')),
  );

  test('is judged as one that is taken apart', () => {
    let plain = 0;
    fc.assert(
      fc.property(address, (email) => {
        if (!isPlainAddress(email)) return;
        plain += 1;
        expect({ email, problem: emailProblem(email), key: emailKey(email) }).toEqual({
          email,
          problem: null,
          key: email.toLowerCase(),
        });
      }),
      { numRuns: 5000 },
    );
    expect(plain).toBeGreaterThan(100);
  });

  test.each([
    ...['jane@northside.example', "o'brien+2fa@clinic.example", 'JANE.DOE@Northside.Example'],
    ...[`${'a'.repeat(64)}@x.example`, `a@${'b'.repeat(63)}.example`],
  ])('%j is one', (email) => {
    expect(isPlainAddress(email)).toBe(true);
  });

  test.each([
    ...['jane@münchen.example', 'jane@xn--mnchen-3ya.example', 'jané@northside.example', 'jane@localhost'],
    ...['jane@127.0.0.1', '.jane@x.example', 'jane@x.example\n', `${'a'.repeat(65)}@x.example`],
    `${'a'.repeat(60)}@${'bbbbbbbbb.'.repeat(20)}example`,
  ])('%j is none', (email) => {
    expect(isPlainAddress(email)).toBe(false);
  });
});

describe('a phone', () => {
  test('is stored in E.164, so that two spellings are no change', () => {
    const stored = { phone: '+12015550123', phoneKey: '+12015550123', phoneProblem: null };
    expect(storedPhone('(201) 555-0123', 'US')).toEqual(stored);
    expect(storedPhone(' +1 201 555 0123 ', 'GB')).toEqual(stored);
  });

  test('that takes no text messages is stored in E.164 with its problem', () => {
    expect(storedPhone('020 7946 0018', 'GB')).toEqual({
      phone: '+442079460018',
      phoneKey: '+442079460018',
      phoneProblem: 'fixed-line',
    });
  });

  test('R12: a malformed one is stored as written, and compared by its folded spelling', () => {
    expect(storedPhone('Ask Reception', 'US')).toEqual({
      phone: 'Ask Reception',
      phoneKey: 'ask reception',
      phoneProblem: 'malformed',
    });
  });

  test.each([null, '', ' '])('%j is none', (text) => {
    expect(storedPhone(text, 'US')).toEqual({ phone: null, phoneKey: null, phoneProblem: null });
  });
});

describe('what keeps a user from getting codes', () => {
  const email = storedEmail('jane@northside.example');
  const phone = storedPhone('+12015550123', 'US');

  test('is nothing for a good email and a good phone', () => {
    expect(contactProblems({ ...email, ...phone })).toEqual([]);
  });

  test('is what is missing', () => {
    expect(contactProblems({ ...storedEmail(null), ...storedPhone('', 'US') })).toEqual([
      'The email is missing.',
      'The phone is missing.',
    ]);
  });

  test('is what is malformed or takes no text messages', () => {
    expect(contactProblems({ ...storedEmail('jane'), ...storedPhone('+18005550199', 'US') })).toEqual([
      'The email has no "@".',
      'The phone is a toll-free number, which takes no text messages.',
    ]);
  });
});

test.each([
  ['malformed', 'is no valid phone number'],
  ['fixed-line', 'is a fixed line, which takes no text messages'],
  ['toll-free', 'is a toll-free number, which takes no text messages'],
  ['premium-rate', 'is a premium-rate number, which takes no text messages'],
  ['shared-cost', 'is a shared-cost number, which takes no text messages'],
  ['pager', 'is a pager, which takes no text messages'],
  ['voicemail', 'is a voicemail number, which takes no text messages'],
] as const)('%s: the phone %s', (problem, words) => {
  expect(describePhoneProblem(problem)).toBe(words);
});
