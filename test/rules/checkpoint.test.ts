// A checkpoint's root is over the ends of all chains, and its signature over all of it.
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type Checkpoint, checkpointSignature, isSigned, RootHash } from '../../src/rules/checkpoint.ts';
import { deriveKeys } from '../../src/rules/keyring.ts';

function rootOf(ends: [subject: string, count: number, link: string][]): RootHash {
  const hash = new RootHash();
  for (const [subject, count, link] of ends) hash.add(subject, { count, link });
  return hash;
}

describe('the root', () => {
  test('is SHA-256 over a line for each chain: subject, count, last link', () => {
    const lines = '["account:1",3,"abc"]\n["user:2",1,"def"]\n';
    expect(
      rootOf([
        ['account:1', 3, 'abc'],
        ['user:2', 1, 'def'],
      ]).value(9),
    ).toEqual({ seq: 9, subjects: 2, events: 4, root: createHash('sha256').update(lines).digest('hex') });
  });

  test('is another one when a count, a link or a subject is another', () => {
    const roots = [
      rootOf([['user:2', 1, 'def']]),
      rootOf([['user:2', 2, 'def']]),
      rootOf([['user:2', 1, 'dee']]),
      rootOf([['user:3', 1, 'def']]),
      rootOf([]),
    ].map((hash) => hash.value(1).root);
    expect(new Set(roots).size).toBe(5);
  });
});

describe('the signature', () => {
  const key = deriveKeys('k1', Buffer.alloc(32, 1));
  const unsigned = {
    account: null,
    at: '2026-03-02T09:00:00.000Z',
    seq: 9,
    subjects: 2,
    events: 4,
    root: 'ab',
    keyId: 'k1',
  };
  const signed: Checkpoint = { ...unsigned, signature: checkpointSignature(key, unsigned) };

  test('fits what was signed, with the key that signed it', () => {
    expect(isSigned(key, signed)).toBe(true);
    expect(isSigned(deriveKeys('k1', Buffer.alloc(32, 2)), signed)).toBe(false);
  });

  test.each<Partial<Checkpoint>>([
    { account: '10482' },
    { at: '2026-03-02T09:00:00.001Z' },
    { seq: 8 },
    { subjects: 3 },
    { events: 5 },
    { root: 'ac' },
    { keyId: 'k2' },
    { signature: '' },
    { signature: `${signed.signature.slice(0, -1)}é` },
  ])('does not fit %j', (change) => {
    expect(isSigned(key, { ...signed, ...change })).toBe(false);
  });

  test('is not the seal of anything in the trail: the keys are derived apart', () => {
    expect(key.checkpoints.equals(key.trail)).toBe(false);
  });
});
