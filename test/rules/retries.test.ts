// Notices that failed are tried again less and less often.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isDue, retryDelayMaxMs, retryDelayMinMs } from '../../src/rules/retries.ts';

test('the second try is due five minutes after the first', () => {
  expect(isDue({ tries: 1, triedAt: 1000 }, 1000 + retryDelayMinMs - 1)).toBe(false);
  expect(isDue({ tries: 1, triedAt: 1000 }, 1000 + retryDelayMinMs)).toBe(true);
});

test('no try waits longer than twelve hours, and none less than the one before it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), fc.nat(2 * retryDelayMaxMs), (tries, waited) => {
      if (waited >= retryDelayMaxMs) expect(isDue({ tries, triedAt: 0 }, waited)).toBe(true);
      if (!isDue({ tries, triedAt: 0 }, waited)) {
        expect(isDue({ tries: tries + 1, triedAt: 0 }, waited)).toBe(false);
      }
    }),
  );
});
