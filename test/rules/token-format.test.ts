// The shape of an access token, and what is kept of it.
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatToken, isTokenShaped, tokenDigest } from '../../src/rules/token-format.ts';

const token = formatToken(Buffer.alloc(32, 0xa7));

test('a token is the prefix, 43 characters for 256 bits and 6 of a checksum', () => {
  expect(token).toMatch(/^twofa_[0-9A-Za-z]{49}$/);
  expect(formatToken(Buffer.alloc(32))).toMatch(/^twofa_0{43}[0-9A-Za-z]{6}$/);
  expect(formatToken(Buffer.alloc(32, 0xff))).toMatch(/^twofa_[0-9A-Za-z]{49}$/);
});

test('any 256 bits make a token, and different ones different tokens', () => {
  const bits = fc.uint8Array({ minLength: 32, maxLength: 32 });
  fc.assert(
    fc.property(bits, bits, (one, other) => {
      const [first, second] = [formatToken(Buffer.from(one)), formatToken(Buffer.from(other))];
      expect(isTokenShaped(first)).toBe(true);
      expect(first === second).toBe(Buffer.from(one).equals(Buffer.from(other)));
    }),
  );
  const last = Buffer.alloc(32);
  last[31] = 1;
  expect(formatToken(last)).not.toBe(formatToken(Buffer.alloc(32)));
});

test('one changed character anywhere is found', () => {
  for (let place = 0; place < token.length; place += 1) {
    const other = token[place] === 'x' ? 'y' : 'x';
    expect(isTokenShaped(`${token.slice(0, place)}${other}${token.slice(place + 1)}`)).toBe(false);
  }
});

describe('what was not copied whole, or is something else, is no token', () => {
  test.each([
    ['nothing', ''],
    ['the prefix alone', 'twofa_'],
    ['a character less', token.slice(0, -1)],
    ['a character more', `${token}0`],
    ['a line break after', `${token}\n`],
    ['a space before', ` ${token}`],
    ['no prefix', token.slice('twofa_'.length)],
    ['the prefix in capitals', token.replace('twofa_', 'TWOFA_')],
    ['two of them', token + token],
    ['two neighbours exchanged', token.replace(/^(.{20})(.)(.)/, '$1$3x')],
  ])('%s', (_, text) => {
    expect(isTokenShaped(text)).toBe(false);
  });
});

test('what is kept is a hash, from which the token does not come back', () => {
  expect(tokenDigest(token)).toBe(createHash('sha256').update(token).digest('base64url'));
  expect(tokenDigest(token)).toHaveLength(43);
  expect(tokenDigest(token)).not.toContain(token.slice(6, 20));
});
