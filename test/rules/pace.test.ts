// How many messages go out at a time, and that no minute has more of them than a channel takes.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { paceOf, perMinuteOf, roomOf } from '../../src/rules/pace.ts';

const minute = 60_000;

describe('the rate', () => {
  const none = { email: null, sms: null };

  test('is what is configured, or what is usual where messages leave the installation', () => {
    const given = { configured: { email: 300, sms: null }, leaves: true, asked: null };
    expect(perMinuteOf('email', given)).toBe(300);
    expect(perMinuteOf('sms', given)).toBe(60);
    expect(perMinuteOf('email', { ...given, configured: none })).toBe(120);
  });

  test("has no bound for a sandbox's file, unless one is configured or asked for", () => {
    const file = { configured: none, leaves: false, asked: null };
    expect(perMinuteOf('sms', file)).toBeNull();
    expect(perMinuteOf('sms', { ...file, asked: 5 })).toBe(5);
    expect(perMinuteOf('sms', { ...file, configured: { email: null, sms: 30 } })).toBe(30);
  });

  test('is only ever lowered by what is asked for', () => {
    const given = { configured: { email: 300, sms: 60 }, leaves: true };
    expect(perMinuteOf('email', { ...given, asked: 10 })).toBe(10);
    expect(perMinuteOf('email', { ...given, asked: 1000 })).toBe(300);
  });
});

describe('the pace', () => {
  test.each([
    [1, 1, 60_000],
    [6, 1, 10_000],
    [59, 1, 60_000 / 59],
    [60, 10, 10_000],
    [100, 16, 10_000],
    [300, 50, 10_000],
  ])('of %d a minute is %d in %d ms', (perMinute, quota, windowMs) => {
    expect(paceOf(perMinute)).toEqual({ quota, windowMs });
  });

  test('says how many may go out now, and else when', () => {
    const pace = paceOf(60);
    expect(roomOf(pace, { count: 0, since: null }, 0)).toEqual({ left: 10, retryAfterMs: 0 });
    expect(roomOf(pace, { count: 7, since: 1000 }, 5000)).toEqual({ left: 3, retryAfterMs: 0 });
    expect(roomOf(pace, { count: 10, since: 1000 }, 5000)).toEqual({ left: 0, retryAfterMs: 6000 });
    expect(roomOf(pace, { count: 12, since: 1000 }, 11_000)).toEqual({ left: 0, retryAfterMs: 1 });
  });

  test('no minute has more messages than the rate, however often one asks', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1000 }),
        fc.array(fc.integer({ min: 1, max: 20_000 }), { maxLength: 60 }),
        (perMinute, steps) => {
          const pace = paceOf(perMinute);
          const sent: number[] = [];
          let now = 0;
          for (const step of steps) {
            const window = sent.filter((at) => at > now - pace.windowMs);
            const room = roomOf(pace, { count: window.length, since: window[0] ?? null }, now);
            for (let each = 0; each < room.left; each += 1) sent.push(now);
            now += room.left > 0 ? step : room.retryAfterMs;
          }
          for (const from of sent) {
            const ofMinute = sent.filter((at) => at >= from && at < from + minute);
            expect(ofMinute.length).toBeLessThanOrEqual(perMinute);
          }
        },
      ),
    );
  });

  test('waiting as long as one is told gives room', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), fc.nat(100_000), (perMinute, ago) => {
        const pace = paceOf(perMinute);
        const now = 1_000_000;
        const since = now - Math.min(ago, Math.floor(pace.windowMs) - 1);
        const { retryAfterMs } = roomOf(pace, { count: pace.quota, since }, now);
        expect(retryAfterMs).toBeGreaterThan(0);
        expect(since).toBeLessThanOrEqual(now + retryAfterMs - pace.windowMs);
      }),
    );
  });
});
