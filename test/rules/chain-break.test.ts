// What a break vouches for: each part of each event before it, and their order.
import { expect, test } from 'vitest';
import { breakOf, chainDigest, type LinkedEvent } from '../../src/rules/chain-break.ts';

const event: LinkedEvent = {
  keyId: 'k1',
  link: 'first',
  body: {
    at: 1,
    actor: 'maria',
    role: 'system-administrator',
    tokenId: 3,
    action: 'user.updated',
    account: '10482',
    user: 'jane',
    outcome: 'ok',
    details: '{}',
  },
};
const second: LinkedEvent = { ...event, link: 'second' };

function digestOf(...events: LinkedEvent[]): string {
  const digest = chainDigest();
  for (const each of events) digest.add(each);
  return digest.value();
}

test('the digest of a chain differs by each part of each event', () => {
  const changes: Partial<LinkedEvent['body']>[] = [
    { at: 2 },
    { actor: 'nina' },
    { role: 'owner' },
    { tokenId: null },
    { action: 'user.added' },
    { account: null },
    { user: null },
    { outcome: 'refused' },
    { details: '{"a":1}' },
  ];
  const digests = [
    digestOf(event),
    digestOf({ ...event, keyId: 'k2' }),
    digestOf({ ...event, link: 'other' }),
    ...changes.map((change) => digestOf({ ...event, body: { ...event.body, ...change } })),
  ];
  expect(new Set(digests).size).toBe(12);
});

test('it differs by their number and their order', () => {
  const digests = [digestOf(), digestOf(event), digestOf(event, second), digestOf(second, event)];
  expect(new Set(digests).size).toBe(4);
});

test('it can be had on the way', () => {
  const digest = chainDigest();
  digest.add(event);
  expect(digest.value()).toBe(digestOf(event));
  digest.add(second);
  expect(digest.value()).toBe(digestOf(event, second));
});

test('the details of an event tell of a break, or of none', () => {
  const from = { count: 2, link: 'second', digest: digestOf(event, second) };
  expect(breakOf(JSON.stringify({ reason: 'gone', from }))).toEqual(from);
  for (const other of [undefined, null, {}, { ...from, count: '2' }, { count: 2, link: 'second' }]) {
    expect(breakOf(JSON.stringify({ reason: 'gone', from: other }))).toBeNull();
  }
});
