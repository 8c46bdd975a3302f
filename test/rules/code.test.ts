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
    ['just made', true, 0],
    ['in its last millisecond', true, 15 * minute - 1],
    ['after 15 minutes', false, 15 * minute],
    ['a day later', false, 24 * 60 * minute],
    ['before it was made, by a clock set back', false, -1],
  ])('R7: %s it works: %j', (_, works, age) => {
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
  ['now', true, 0],
  ['a moment ago', true, 15 * minute - 1],
  ['15 minutes ago', false, 15 * minute],
  ['later, by a clock set back, while a code sent now still works', true, 1 - 15 * minute],
  ['later than a code sent now works', false, -15 * minute],
])('R7: a code made %s takes a place: %j', (_, takes, age) => {
  expect(takesPlace(code, code.createdAt + age)).toBe(takes);
});
