// What turning 2FA on means for people: who would be kept out, and what the first morning asks of the gateways.
import { firstMorningMinutes } from './constants.ts';
import type { Instant } from './time.ts';

/** Messages that a gateway takes a minute; null where that is not configured. */
export interface Rates {
  email: number | null;
  sms: number | null;
}

/** How a gateway fares when everybody chooses it. */
export interface Load {
  perMinute: number | null;
  enough: boolean | null;
  /** By how many minutes the last codes come late; they work for 15 minutes from when they were asked for (R7). */
  lateMinutes: number | null;
}

/** What is asked for on the first morning, and what it assumes. */
export interface FirstMorning {
  assumes: string;
  codes: number;
  codesPerMinute: number;
  email: Load;
  sms: Load;
}

function loadOf(codes: number, codesPerMinute: number, perMinute: number | null): Load {
  if (perMinute === null) return { perMinute, enough: null, lateMinutes: null };
  const lateMinutes = Math.max(0, Math.ceil(codes / perMinute) - firstMorningMinutes);
  return { perMinute, enough: perMinute >= codesPerMinute, lateMinutes };
}

/** What the first morning asks for: each active user one code, spread over an hour, and all by the same channel at worst. */
export function firstMorningOf(activeUsers: number, rates: Rates): FirstMorning {
  const codesPerMinute = Math.ceil(activeUsers / firstMorningMinutes);
  return {
    assumes:
      'every active user asks for one code between 08:00 and 09:00, and all of them by the same channel',
    codes: activeUsers,
    codesPerMinute,
    email: loadOf(activeUsers, codesPerMinute, rates.email),
    sms: loadOf(activeUsers, codesPerMinute, rates.sms),
  };
}

/** What of a user decides whether they could get in. */
export interface Admission {
  lockedAt: Instant | null;
  email: string | null;
  emailProblem: string | null;
  phone: string | null;
  phoneProblem: string | null;
}

export type KeptOut = 'locked' | 'email-missing' | 'email-invalid' | 'phone-missing' | 'phone-invalid';

/** Why a user would get in no more: locked, or no channel reaches them (R6, R9). Empty for those who would. */
export function whyKeptOut(user: Admission): KeptOut[] {
  const why: KeptOut[] = user.lockedAt === null ? [] : ['locked'];
  const email = user.email === null ? 'email-missing' : user.emailProblem && 'email-invalid';
  const phone = user.phone === null ? 'phone-missing' : user.phoneProblem && 'phone-invalid';
  return email && phone ? [...why, email, phone] : why;
}
