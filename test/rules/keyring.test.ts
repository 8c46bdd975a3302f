// The key ring, and the keys derived from each of its keys.
import { describe, expect, test } from 'vitest';
import { codeDigest, deriveKeys, keyringOf, renewableKeyring } from '../../src/rules/keyring.ts';

const old = deriveKeys('k1', Buffer.alloc(32, 1));
const current = deriveKeys('k2', Buffer.alloc(32, 2));

describe('derived keys', () => {
  test('are the same for the same secret, whatever its id', () => {
    expect(deriveKeys('other', Buffer.alloc(32, 1))).toEqual({ ...old, id: 'other' });
  });

  test('differ by secret and by purpose, and none is the secret', () => {
    const keys = [old.codes, old.trail, current.codes, current.trail, Buffer.alloc(32, 1)];
    expect(new Set(keys.map((key) => key.toString('hex'))).size).toBe(5);
    for (const key of keys) expect(key).toHaveLength(32);
    expect(old.fingerprint).not.toBe(current.fingerprint);
  });

  test('stay what they are, or no stored code and no trail could be checked any more', () => {
    expect(old.fingerprint).toBe('f7c3039d53b43817056898a3f386d7b8');
    expect(codeDigest(old, 17, '123456')).toBe('-izAqUpvQGnfFi7g8chkq_SFSp6rMIQUu11WZW5Qozg');
  });
});

describe('the ring', () => {
  const ring = keyringOf([old, current], 'k2');

  test('makes with the current key, and still has the others', () => {
    expect(ring.current).toBe(current);
    expect(ring.get('k1')).toBe(old);
    expect(ring.get('k2')).toBe(current);
  });

  test('has no key of an unknown id', () => {
    expect(ring.get('k3')).toBeUndefined();
    expect(ring.get('__proto__')).toBeUndefined();
    expect(ring.withFingerprint('k1')).toBeUndefined();
  });

  test('recognises each of its keys by the fingerprint', () => {
    expect(ring.withFingerprint(old.fingerprint)).toBe(old);
    expect(ring.withFingerprint(current.fingerprint)).toBe(current);
  });

  test('cannot be without its current key', () => {
    expect(() => keyringOf([old], 'k2')).toThrow('The key ring has no key "k2".');
  });
});

describe('what a code is kept as', () => {
  test('differs by user, by digits and by key', () => {
    const digests = [
      codeDigest(current, 1, '123456'),
      codeDigest(current, 2, '123456'),
      codeDigest(current, 1, '123457'),
      codeDigest(old, 1, '123456'),
    ];
    expect(new Set(digests).size).toBe(4);
  });

  test('does not contain the digits', () => {
    expect(codeDigest(current, 1, '123456')).toMatch(/^[\w-]{43}$/);
    expect(codeDigest(current, 1, '123456')).not.toContain('123456');
  });
});

describe('a ring that is kept elsewhere', () => {
  function kept() {
    const elsewhere = { keys: [old], current: 'k1', reads: 0 };
    const read = () => {
      elsewhere.reads += 1;
      return keyringOf(elsewhere.keys, elsewhere.current);
    };
    return { elsewhere, ring: renewableKeyring(keyringOf([old], 'k1'), read) };
  }

  test('is not read again as long as it has what is asked for', () => {
    const { elsewhere, ring } = kept();
    expect([ring.current, ring.get('k1'), ring.withFingerprint(old.fingerprint)]).toEqual([old, old, old]);
    expect(elsewhere.reads).toBe(0);
  });

  test('is read again for a key that it lacks, by id or by fingerprint, and goes by the current key then', () => {
    for (const ask of ['get', 'withFingerprint'] as const) {
      const { elsewhere, ring } = kept();
      Object.assign(elsewhere, { keys: [old, current], current: 'k2' });
      expect(ring[ask](ask === 'get' ? 'k2' : current.fingerprint)).toBe(current);
      expect(ring.current).toBe(current);
      expect(ring.get('k1')).toBe(old);
      expect(elsewhere.reads).toBe(1);
    }
  });

  test('is read once for a key that is nowhere, however often it is asked for', () => {
    const { elsewhere, ring } = kept();
    for (let each = 0; each < 5; each += 1) expect(ring.get('k9')).toBeUndefined();
    expect(elsewhere.reads).toBe(1);
    expect(ring.withFingerprint('k9')).toBeUndefined();
    expect(elsewhere.reads).toBe(2);
  });

  test('is read again when it is told to be', () => {
    const { elsewhere, ring } = kept();
    Object.assign(elsewhere, { keys: [old, current], current: 'k2' });
    ring.renew();
    expect(ring.current).toBe(current);
  });
});
