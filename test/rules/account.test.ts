// Turning 2FA on, and what must not happen to the last System Administrator (R3, R4, R13).
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decideEnable, isLastAdministrator, overdueDays, statusOf } from '../../src/rules/account.ts';
import { evaluateChecklist } from '../../src/rules/checklist.ts';
import { arbitraryChecklist, prepared } from './prepared.ts';

const ready = evaluateChecklist(prepared);
const unready = evaluateChecklist({
  ...prepared,
  practices: 0,
  phoneMissing: { count: 1, users: ['jane'] },
});

describe('turning 2FA on', () => {
  test('R4: an account that is ready gets 2FA from now on', () => {
    expect(decideEnable(null, ready, 1000)).toEqual({ outcome: 'enabled', enabledAt: 1000 });
  });

  test('R4: a failed blocker keeps it off, and each is named', () => {
    expect(decideEnable(null, unready, 1000)).toEqual({
      outcome: 'not-ready',
      failed: ['practices', 'phone-present'],
    });
  });

  test('R4: warnings alone do not keep it off', () => {
    const warned = evaluateChecklist({ ...prepared, unproven: { count: 3, users: ['jane'] } });
    expect(warned.warnings).toBe(1);
    expect(decideEnable(null, warned, 1000).outcome).toBe('enabled');
  });

  test('R3: 2FA that is on stays on, however the account is now', () => {
    expect(decideEnable(500, unready, 1000)).toEqual({ outcome: 'already-on' });
    expect(decideEnable(0, unready, 1000)).toEqual({ outcome: 'already-on' });
  });

  test('R3: once enabled, no checklist and no time changes when it was', () => {
    const decisions = fc.array(fc.record({ checklist: arbitraryChecklist, now: fc.nat() }));
    fc.assert(
      fc.property(fc.nat(), decisions, (enabledAt, later) => {
        let kept: number | null = enabledAt;
        for (const { checklist, now } of later) {
          const decision = decideEnable(kept, checklist, now);
          expect(decision).toEqual({ outcome: 'already-on' });
          if (decision.outcome === 'enabled') kept = decision.enabledAt;
        }
        expect(kept).toBe(enabledAt);
      }),
    );
  });

  test('R4: it is turned on exactly when no blocker failed', () => {
    fc.assert(
      fc.property(arbitraryChecklist, fc.nat(), (checklist, now) => {
        const failed = checklist.items.filter((item) => item.status === 'fail').map((item) => item.id);
        expect(decideEnable(null, checklist, now)).toEqual(
          failed.length === 0 ? { outcome: 'enabled', enabledAt: now } : { outcome: 'not-ready', failed },
        );
      }),
    );
  });
});

const day = 86_400_000;

test.each([
  [0, 0],
  [day - 1, 0],
  [day, 1],
  [10 * day + 5, 10],
  [-day, 0],
])('R4: %d ms after its creation an account without 2FA is %d days overdue', (age, days) => {
  expect(overdueDays({ enabledAt: null, createdAt: 5 * day }, 5 * day + age)).toBe(days);
});

test('R4: an account with 2FA is never overdue', () => {
  expect(overdueDays({ enabledAt: 3 * day, createdAt: 0 }, 100 * day)).toBeNull();
});

describe('the last System Administrator', () => {
  const administrator = { systemAdministrator: true, active: true, lockedAt: null };

  test('R13: an active, unlocked one without others is the last', () => {
    expect(isLastAdministrator(administrator, 0)).toBe(true);
  });

  test.each([
    ['there is another', administrator, 1],
    ['the user has not the role', { ...administrator, systemAdministrator: false }, 0],
    ['the user is inactive already', { ...administrator, active: false }, 0],
    ['the user is locked', { ...administrator, lockedAt: 5 }, 0],
  ])('R13: nobody is kept when %s', (_, user, others) => {
    expect(isLastAdministrator(user, others)).toBe(false);
  });
});

test.each([
  [true, null, 'active'],
  [true, 0, 'locked'],
  [false, null, 'inactive'],
  [false, 5, 'inactive'],
] as const)('a user with active %j and lockedAt %j is shown as %s', (active, lockedAt, status) => {
  expect(statusOf({ active, lockedAt })).toBe(status);
});
