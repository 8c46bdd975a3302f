// The ceiling of text messages: a day in UTC, and so many for each user.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ceilingResetsAt, dayStart, usersForOneMore } from '../../src/rules/text-ceiling.ts';

test('a day is one of UTC', () => {
  const now = Date.parse('2026-03-02T23:59:59.999Z');
  expect(dayStart(now)).toBe(Date.parse('2026-03-02T00:00:00Z'));
  expect(ceilingResetsAt(now)).toBe(Date.parse('2026-03-03T00:00:00Z'));
  expect(dayStart(now + 1)).toBe(Date.parse('2026-03-03T00:00:00Z'));
});

test('an account may have exactly so many for each of its users', () => {
  fc.assert(
    fc.property(fc.nat(10_000), fc.integer({ min: 1, max: 50 }), fc.nat(1000), (sent, perUser, users) => {
      expect(users >= usersForOneMore(sent, perUser)).toBe(sent < users * perUser);
    }),
  );
});
