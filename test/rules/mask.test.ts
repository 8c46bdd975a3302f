// How contact data looks masked, and that a mask says nothing more.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { maskContact, maskEmail, maskPhone } from '../../src/rules/mask.ts';

test.each([
  ['jane@northside.example', 'j•••@northside.example'],
  ['j@northside.example', 'j•••@northside.example'],
  ['Ünal@münchen.example', 'Ü•••@münchen.example'],
  ['𝒿ane@northside.example', '𝒿•••@northside.example'],
  ['jane', 'j•••'],
  ['jane at northside', 'j•••'],
  ['@northside.example', '@•••'],
  ['', '•••'],
])('the email %j is shown as %j', (email, masked) => {
  expect(maskEmail(email)).toBe(masked);
});

test('of several addresses in one field, only what follows the last "@" is shown', () => {
  expect(maskEmail('jane@home.example,omar@northside.example')).toBe('j•••@northside.example');
});

test.each([
  ['+12015550125', '•••0125'],
  ['(201) 555-0125', '•••0125'],
  ['12345678', '•••5678'],
  ['1234567', '•••567'],
  ['12', '•••2'],
  ['1', '•••'],
  ['', '•••'],
  ['none', '•••'],
  ['٢٠١٥٥٥٠١٢٥', '•••'],
])('the phone %j is shown as %j', (phone, masked) => {
  expect(maskPhone(phone)).toBe(masked);
});

test('a contact is masked by its channel', () => {
  expect(maskContact('email', 'jane@northside.example')).toBe('j•••@northside.example');
  expect(maskContact('sms', '+12015550125')).toBe('•••0125');
});

describe('masks never contain the hidden part', () => {
  const line = fc.string({ unit: 'grapheme' });
  const withoutAt = line.filter((text) => !text.includes('@'));

  test('a masked email depends on the first character and the domain alone', () => {
    fc.assert(
      fc.property(line, line, withoutAt, (hidden, other, domain) => {
        const masked = maskEmail(`j${hidden}@${domain}`);
        expect(masked).toBe(`j•••@${domain}`);
        expect(maskEmail(`j${other}@${domain}`)).toBe(masked);
      }),
    );
  });

  test('what has no "@" shows its first character alone', () => {
    fc.assert(
      fc.property(withoutAt, (hidden) => {
        expect(maskEmail(`j${hidden}`)).toBe('j•••');
      }),
    );
  });

  test('a masked phone depends on the last four digits alone, and shows at most half of the digits', () => {
    const digits = (minLength: number, maxLength: number) =>
      fc.array(fc.nat({ max: 9 }), { minLength, maxLength }).map((each) => each.join(''));
    fc.assert(
      fc.property(digits(4, 11), digits(4, 4), (hidden, last) => {
        expect(maskPhone(`+${hidden}${last}`)).toBe(`•••${last}`);
      }),
    );
    fc.assert(
      fc.property(digits(0, 7), (all) => {
        const shown = maskPhone(all).slice('•••'.length);
        expect(shown).toHaveLength(Math.floor(all.length / 2));
        expect(all.endsWith(shown)).toBe(true);
      }),
    );
  });
});
