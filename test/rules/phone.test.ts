// Which phone numbers are valid, and which surely take no text messages.
import { describe, expect, test } from 'vitest';
import { checkPhone, isCountry } from '../../src/rules/phone.ts';

describe('a number that can take text messages', () => {
  test.each([
    ['+12015550123', 'US', '+12015550123'],
    ['+1 (201) 555-0123', 'US', '+12015550123'],
    ['(201) 555-0123', 'US', '+12015550123'],
    ['201.555.0123', 'US', '+12015550123'],
    ['201/555/0123', 'US', '+12015550123'],
    ['201\u00a0555\u00a00123', 'US', '+12015550123'],
    ['12015550123', 'US', '+12015550123'],
    ['2015550123', 'CA', '+12015550123'],
    ['011 44 7911 123456', 'US', '+447911123456'],
    ['+44 7911 123456', 'US', '+447911123456'],
    ['07911 123456', 'GB', '+447911123456'],
    ['0151 11234567', 'DE', '+4915111234567'],
    ['+12015550123', 'XX', '+12015550123'],
  ])('%j in %s is %s', (text, country, e164) => {
    expect(checkPhone(text, country)).toEqual({ e164, problem: null });
  });

  test('an ordinary North American number passes, since its type cannot be told', () => {
    expect(checkPhone('+1 212 555 0123', 'US')).toEqual({ e164: '+12125550123', problem: null });
  });
});

describe('a number of a type that surely takes none is told by its type', () => {
  test.each([
    ['+1 800 555 0199', '+18005550199', 'toll-free'],
    ['+1 888 555 0199', '+18885550199', 'toll-free'],
    ['+800 1234 5678', '+80012345678', 'toll-free'],
    ['+44 20 7946 0018', '+442079460018', 'fixed-line'],
    ['+49 30 901820', '+4930901820', 'fixed-line'],
    ['+1 900 555 0199', '+19005550199', 'premium-rate'],
    ['+44 909 879 0000', '+449098790000', 'premium-rate'],
    ['+43 828 123456', '+43828123456', 'shared-cost'],
    ['+44 7640 123456', '+447640123456', 'pager'],
    ['+41 860 79 123 45 67', '+41860791234567', 'voicemail'],
  ])('%s', (text, e164, problem) => {
    expect(checkPhone(text, 'US')).toEqual({ e164, problem });
  });

  test('in national format, too', () => {
    expect(checkPhone('020 7946 0018', 'GB')).toEqual({ e164: '+442079460018', problem: 'fixed-line' });
    expect(checkPhone('(800) 555-0199', 'US')).toEqual({ e164: '+18005550199', problem: 'toll-free' });
  });
});

describe('malformed', () => {
  test.each([
    ['nothing', '', 'US'],
    ['a plus alone', '+', 'US'],
    ['a local number', '555-0123', 'US'],
    ['a digit too many', '+1 201 555 01234', 'US'],
    ['an area code that is not in use', '+1 999 555 0123', 'US'],
    ['an emergency number', '112', 'GB'],
    ['an extension', '+1 201 555 0123 ext 4', 'US'],
    ['an extension in short', '+12015550123x4', 'US'],
    ['an extension as in a link', '+12015550123;ext=4', 'US'],
    ['a link', 'tel:+12015550123', 'US'],
    ['words', 'call 201 555 0123', 'US'],
    ['two numbers', '+12015550123 +12015550124', 'US'],
    ['two pluses', '++12015550123', 'US'],
    ['letters on the keys', '1-800-FLOWERS', 'US'],
    ['Arabic digits', '٢٠١٥٥٥٠١٢٣', 'US'],
    ['Arabic digits with a plus', '+٤٤٧٩١١١٢٣٤٥٦', 'US'],
    ['fullwidth digits', '２０１５５５０１２３', 'US'],
    ['a fullwidth plus', '＋12015550123', 'US'],
    ['a direction mark', '2015550123\u202c', 'US'],
    ['a line break', '2015550123\n', 'US'],
    ['a national number of another country', '07911 123456', 'US'],
    ['a national number of no country', '2015550123', 'XX'],
    ['a national number without a country', '2015550123', ''],
  ])('%s', (_, text, country) => {
    expect(checkPhone(text, country)).toEqual({ e164: null, problem: 'malformed' });
  });
});

test.each([
  ['US', true],
  ['GB', true],
  ['UK', false],
  ['us', false],
  ['XX', false],
  ['', false],
])('%j is a country: %j', (code, known) => {
  expect(isCountry(code)).toBe(known);
});
