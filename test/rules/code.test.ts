// What a code looks like as typed, and which codes work (R7, R8).
import { describe, expect, test } from 'vitest';
import { type Code, codeExpiresAt, isOutstanding, parseCode, takesPlace } from '../../src/rules/code.ts';

const minute = 60_000;
const code: Code = {
  id: 1,
  via: 'email',
  digest: 'd',
  keyId: 'k1',
  createdAt: 100 * minute,
  endedAt: null,
  endedReason: null,
};

describe('reading what was typed', () => {
  test.each([
    ['123456', '123456'],
    ['000000', '000000'],
    ['123 456', '123456'],
    ['123-456', '123456'],
    ['1 2 3 4 5 6', '123456'],
    ['12 - 34 -- 56', '123456'],
  ])('R8: %j is the code %s', (typed, digits) => {
    expect(parseCode(typed)).toBe(digits);
  });

  test.each([
    ['empty', ''],
    ['five digits', '12345'],
    ['seven digits', '1234567'],
    ['a letter', '12345a'],
    ['a space before', ' 123456'],
    ['a space after', '123456 '],
    ['a hyphen before', '-123456'],
    ['a line break after', '123456\n'],
    ['a tab between', '123\t456'],
    ['a no-break space between', '123\u00a0456'],
    ['a dash between', '123\u2013456'],
    ['a dot between', '123.456'],
    ['a zero width joiner between', '123\u200d456'],
    ['a right-to-left override before', '\u202e123456'],
    ['Arabic digits', '١٢٣٤٥٦'],
    ['one Arabic digit', '12345٦'],
    ['fullwidth digits', '１２３４５６'],
    ['mathematical digits', '𝟏𝟐𝟑𝟒𝟓𝟔'],
    ['superscripts', '¹²³⁴⁵⁶'],
    ['an exponent', '1e5000'],
    ['a sign', '+12345'],
    ['a hundred spaces', `123${' '.repeat(100)}456`],
  ])('R8: %s is invalid input', (_, typed) => {
    expect(parseCode(typed)).toBeNull();
  });
});

describe('the 15 minutes of a code', () => {
  test.each([
    ['just made', 0, true],
    ['in its last millisecond', 15 * minute - 1, true],
    ['after 15 minutes', 15 * minute, false],
    ['a day later', 24 * 60 * minute, false],
    ['before it was made, by a clock set back', -1, false],
  ])('R7: %s it works: %j', (_, age, works) => {
    expect(isOutstanding(code, code.createdAt + age)).toBe(works);
  });

  test('R7: it expires 15 minutes after it was made', () => {
    expect(codeExpiresAt(code)).toBe(115 * minute);
  });

  test.each([
    'verified',
    'expired',
    'contact-changed',
    'locked',
    'undelivered',
    'deactivated',
    'restored',
  ] as const)('R7: a code that ended (%s) never works', (endedReason) => {
    const ended = { ...code, endedAt: code.createdAt, endedReason };
    expect(isOutstanding(ended, code.createdAt)).toBe(false);
    expect(takesPlace(ended, code.createdAt)).toBe(false);
  });
});

test.each([
  ['now', 0, true],
  ['a moment ago', 15 * minute - 1, true],
  ['15 minutes ago', 15 * minute, false],
  ['later, by a clock set back, while a code sent now still works', 1 - 15 * minute, true],
  ['later than a code sent now works', -15 * minute, false],
])('R7: a code made %s takes a place: %j', (_, age, takes) => {
  expect(takesPlace(code, code.createdAt + age)).toBe(takes);
});
