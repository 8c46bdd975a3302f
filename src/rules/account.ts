// What is decided for an account as a whole: turning 2FA on, and what must not happen to its last administrator (R1…R4, R13).
import type { Checklist } from './checklist.ts';
import { dayMs } from './constants.ts';
import type { Instant } from './time.ts';

export type EnableDecision =
  | { outcome: 'enabled'; enabledAt: Instant }
  | { outcome: 'already-on' }
  | { outcome: 'not-ready'; failed: string[] };

/** Decides whether 2FA is turned on (R4). Once on it stays on: there is no decision that turns it off (R3). */
export function decideEnable(enabledAt: Instant | null, checklist: Checklist, now: Instant): EnableDecision {
  if (enabledAt !== null) return { outcome: 'already-on' };
  const failed = checklist.items.filter((item) => item.status === 'fail').map((item) => item.id);
  return failed.length > 0 ? { outcome: 'not-ready', failed } : { outcome: 'enabled', enabledAt: now };
}

/** Days for which an account has been without the mandatory 2FA, or null when it is on (R4). */
export function overdueDays(
  account: { enabledAt: Instant | null; createdAt: Instant },
  now: Instant,
): number | null {
  if (account.enabledAt !== null) return null;
  return Math.max(0, Math.floor((now - account.createdAt) / dayMs));
}

/**
 * Whether deactivating a user, or taking the role away, would leave the account without an active, unlocked
 * System Administrator (R13). It never prevents a lock, and what is so already cannot be made worse.
 * @param otherAdministrators active, unlocked System Administrators besides this user.
 */
export function isLastAdministrator(
  user: { systemAdministrator: boolean; active: boolean; lockedAt: Instant | null },
  otherAdministrators: number,
): boolean {
  return user.systemAdministrator && user.active && user.lockedAt === null && otherAdministrators === 0;
}

export type UserStatus = 'active' | 'locked' | 'inactive';

/** The status as shown: inactive before locked, in the order of checks. */
export function statusOf(user: { active: boolean; lockedAt: Instant | null }): UserStatus {
  if (!user.active) return 'inactive';
  return user.lockedAt === null ? 'active' : 'locked';
}
