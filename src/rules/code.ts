// What a code looks like as typed, and which of a user's codes still work (R7, R8).
import { codeLifetimeMs } from './constants.ts';
import { type Instant, within } from './time.ts';

/** Where a code goes (R6). */
export type Channel = 'email' | 'sms';
export const channels: readonly Channel[] = ['email', 'sms'];

/** Why a code ended before, or instead of, its time. */
export type CodeEnd =
  | 'verified'
  | 'expired'
  | 'contact-changed'
  | 'locked'
  | 'undelivered'
  | 'deactivated'
  | 'restored';

/** A code as the store keeps it: never the digits, an HMAC of them. */
export interface Code {
  id: number;
  via: Channel;
  digest: string;
  keyId: string;
  createdAt: Instant;
  endedAt: Instant | null;
  endedReason: CodeEnd | null;
}

/**
 * Reads what a person typed: six ASCII digits, spaces and hyphens between them allowed (R8).
 * @returns the six digits, or null for invalid input, which uses no attempt.
 */
export function parseCode(typed: string): string | null {
  return /^[0-9](?:[ -]*[0-9]){5}$/.test(typed) && typed.length <= 64 ? typed.replace(/[ -]/g, '') : null;
}

/** Whether a code works now: not ended, and inside its 15 minutes (R7). */
export function isOutstanding(code: Code, now: Instant): boolean {
  return code.endedAt === null && within(now, code.createdAt, code.createdAt + codeLifetimeMs);
}

/**
 * Whether a code takes one of the five places of a code sent now (R7): whether both work at some time. With a clock
 * set back these are also codes that start later than now.
 */
export function takesPlace(code: Code, now: Instant): boolean {
  return code.endedAt === null && Math.abs(now - code.createdAt) < codeLifetimeMs;
}

/** When a code stops working (R7). */
export function codeExpiresAt(code: Pick<Code, 'createdAt'>): Instant {
  return code.createdAt + codeLifetimeMs;
}
