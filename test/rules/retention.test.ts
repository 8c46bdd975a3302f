// How long is kept what nobody needs any more, and message ids that are in the order of time.
import { describe, expect, test } from 'vitest';
import { messageIdAt } from '../../src/rules/message-id.ts';
import { anyPruned, nonePruned, retentionAt, sumPruned } from '../../src/rules/retention.ts';

const now = Date.parse('2026-03-02T09:00:00Z');

test('what can go was made or ended before these instants', () => {
  const { today, ...instants } = retentionAt(now);
  const times = Object.fromEntries(
    Object.entries(instants).map(([kind, at]) => [kind, new Date(at).toISOString()]),
  );
  expect(times).toEqual({
    codes: '2026-03-01T08:45:00.000Z',
    requests: '2026-03-02T08:45:00.000Z',
    checkWords: '2026-03-01T09:00:00.000Z',
    history: '2025-12-02T09:00:00.000Z',
  });
  expect(today).toBe('2026-03-02');
});

test('counts are added kind by kind', () => {
  const some = { ...nonePruned(), codes: 2, notices: 1 };
  expect(anyPruned(nonePruned())).toBe(false);
  expect(anyPruned(some)).toBe(true);
  expect(sumPruned(some, some)).toEqual({ ...nonePruned(), codes: 4, notices: 2 });
});

describe('the id of a message', () => {
  const random = (byte: number) => Buffer.alloc(32, byte);

  test('is in the order of time, whatever is random in it', () => {
    const times = [0, 1, 999, now, now + 1, now + 16, now + 86_400_000, 8_640_000_000_000_000 / 1000];
    const ids = times.map((at, index) => messageIdAt(at, random(255 - index)));
    expect([...ids].sort()).toEqual(ids);
  });

  test('is as hard to guess as 128 bits', () => {
    const one = messageIdAt(now, random(1));
    expect(one).toMatch(/^msg_[0-9a-f]{12}[A-Za-z0-9_-]{22}$/);
    expect(messageIdAt(now, random(2))).not.toBe(one);
  });
});
