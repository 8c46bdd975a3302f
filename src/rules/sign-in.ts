// The second step of a sign-in: whether it is asked for, whether a code may be sent, whether a code is right (R6…R11, R14).
import { judge } from './attempts.ts';
import { type Channel, type Code, type CodeEnd, codeExpiresAt, isOutstanding, takesPlace } from './code.ts';
import { codeLifetimeMs, outstandingCodesMax, repeatWindowMs, trustLifetimeMs } from './constants.ts';
import { type Location, type TrustEnd, type TrustedLocation, trustedUntil } from './location.ts';
import { maskContact } from './mask.ts';
import { type Instant, within } from './time.ts';

/** The state of a user on which the second step is decided. */
export interface SignInState {
  /** When 2FA was turned on for the account, or null. */
  enabledAt: Instant | null;
  active: boolean;
  attemptsLeft: number;
  lockedAt: Instant | null;
  lastVerifiedAt: Instant | null;
  /** Well-formed addresses only; null when a channel cannot be used. */
  email: string | null;
  phone: string | null;
  /** Outstanding codes, and those that ended in the last 24 hours. */
  codes: readonly Code[];
  /** What is known of the location that this sign-in comes from; null without one. */
  trust: TrustedLocation | null;
  /** A recorded answer for this application's request id; null when there is none. */
  repeat: RecordedAnswer | null;
}

/** The answer that an earlier request with the same id was given. */
export interface RecordedAnswer {
  userId: number;
  action: string;
  answer: unknown;
  createdAt: Instant;
}

/** What is to be saved, with the answer, in one piece. Absent means unchanged. */
export interface SignInChange {
  attemptsLeft?: number;
  lockedAt?: Instant;
  lastVerifiedAt?: Instant;
  /** Ends all outstanding codes for this reason. */
  endCodes?: CodeEnd;
  /** A new code that goes this way. */
  newCode?: { via: Channel };
  /** Trusts the location of this sign-in (R11). */
  trust?: { location: string; trustedAt: Instant; expiresAt: Instant };
  /** Ends all trusted locations for this reason. */
  endTrust?: TrustEnd;
  /** The channel that a verified code proved to reach the user (checklist: reachable). */
  proved?: Channel;
}

export interface Method {
  via: Channel;
  /** The masked address. */
  to: string;
}

export type GrantReason = 'not-enabled' | 'trusted-location';
export type ChallengeReason = 'first' | 'new-location' | 'trust-expired' | 'trust-ended';

export interface LoginAnswer {
  result: 'granted' | 'challenge' | 'locked' | 'inactive';
  reason: GrantReason | ChallengeReason | null;
  trustedUntil: Instant | null;
  methods: Method[];
  attemptsLeft: number;
}

/** Channels by which the user can get a code, with masked addresses (R6). */
export function methodsOf(state: Pick<SignInState, 'email' | 'phone'>): Method[] {
  const methods: Method[] = [];
  if (state.email !== null) methods.push({ via: 'email', to: maskContact('email', state.email) });
  if (state.phone !== null) methods.push({ via: 'sms', to: maskContact('sms', state.phone) });
  return methods;
}

function challengeReason(state: SignInState): ChallengeReason {
  if (state.trust?.endedAt != null) return 'trust-ended';
  if (state.trust) return 'trust-expired';
  return state.lastVerifiedAt === null ? 'first' : 'new-location';
}

/**
 * Decides whether the second step is needed (R9, R11, R14), in the order inactive, locked, not enabled,
 * trusted, challenge. It changes nothing.
 */
export function decideLogin(state: SignInState, location: Location, now: Instant): LoginAnswer {
  const answer: LoginAnswer = {
    result: 'challenge',
    reason: null,
    trustedUntil: null,
    methods: [],
    attemptsLeft: state.attemptsLeft,
  };
  if (!state.active) return { ...answer, result: 'inactive' };
  if (state.lockedAt !== null) return { ...answer, result: 'locked' };
  if (state.enabledAt === null) return { ...answer, result: 'granted', reason: 'not-enabled' };
  const until = location.trustable ? trustedUntil(state.trust, now) : null;
  if (until !== null) {
    return { ...answer, result: 'granted', reason: 'trusted-location', trustedUntil: until };
  }
  return { ...answer, reason: challengeReason(state), methods: methodsOf(state) };
}

export type SendDecision =
  | {
      outcome: 'sent';
      to: string;
      expiresAt: Instant;
      outstanding: number;
      attemptsLeft: number;
      change: SignInChange;
    }
  | { outcome: 'repeated'; answer: unknown }
  | { outcome: 'request-id-reused' | 'inactive' | 'locked' | 'not-enabled' | 'channel-unavailable' }
  | { outcome: 'too-many-codes'; retryAt: Instant };

/** Whether an answer recorded for a request id still stands, and whether it was this request's (Repeats). */
function repeatOf(
  state: SignInState,
  userId: number,
  action: string,
  now: Instant,
): { outcome: 'repeated'; answer: unknown } | { outcome: 'request-id-reused' } | null {
  const { repeat } = state;
  if (!repeat || !within(now, repeat.createdAt, repeat.createdAt + repeatWindowMs)) return null;
  if (repeat.userId !== userId || repeat.action !== action) return { outcome: 'request-id-reused' };
  return { outcome: 'repeated', answer: repeat.answer };
}

/** Whether a repeat is of the request that locked: the only answer that a locked user's repeat still gets (R9). */
function saysLocked(repeat: NonNullable<ReturnType<typeof repeatOf>>): boolean {
  return repeat.outcome === 'repeated' && (repeat.answer as { result?: unknown } | null)?.result === 'locked';
}

/** Decides whether a code may go out by a channel (R6, R7, R9). Sending gives no attempt back (R8). */
export function decideSend(state: SignInState, userId: number, via: Channel, now: Instant): SendDecision {
  if (!state.active) return { outcome: 'inactive' };
  if (state.lockedAt !== null) return { outcome: 'locked' };
  if (state.enabledAt === null) return { outcome: 'not-enabled' };
  const repeat = repeatOf(state, userId, 'code.send', now);
  if (repeat) return repeat;
  const to = via === 'email' ? state.email : state.phone;
  if (to === null) return { outcome: 'channel-unavailable' };
  const held = state.codes.filter((code) => takesPlace(code, now));
  if (held.length >= outstandingCodesMax) {
    return { outcome: 'too-many-codes', retryAt: Math.min(...held.map(codeExpiresAt)) };
  }
  return {
    outcome: 'sent',
    to,
    expiresAt: now + codeLifetimeMs,
    outstanding: held.filter((code) => isOutstanding(code, now)).length + 1,
    attemptsLeft: state.attemptsLeft,
    change: { newCode: { via } },
  };
}

export type RejectionReason = 'wrong' | 'expired' | 'used' | 'none';

export interface VerifyAnswer {
  result: 'verified' | 'rejected' | 'locked' | 'inactive';
  why: RejectionReason | null;
  attemptsLeft: number;
  trustedUntil: Instant | null;
}

export type VerifyDecision =
  | { outcome: 'judged'; answer: VerifyAnswer; change: SignInChange; via: Channel | null }
  | { outcome: 'barred'; answer: VerifyAnswer }
  | { outcome: 'repeated'; answer: unknown }
  | { outcome: 'request-id-reused' | 'not-enabled' };

/** Why a code did not verify: what it was, if it was ever one of this user's, else whether there was one at all. */
function rejection(state: SignInState, matches: (code: Code) => boolean, now: Instant): RejectionReason {
  const known = state.codes.filter(matches).at(-1);
  if (known?.endedReason === 'verified') return 'used';
  if (known) return 'expired';
  return state.codes.some((code) => isOutstanding(code, now)) ? 'wrong' : 'none';
}

/**
 * Decides whether a well-formed code is right (R7…R9, R11). A success ends all outstanding codes, gives seven
 * attempts again and trusts the location for seven days; a failure uses an attempt whatever its reason, and
 * the seventh locks, which ends codes and trust.
 * @param matches whether the code entered is the given one, compared in constant time.
 */
export function decideVerify(
  state: SignInState,
  userId: number,
  location: Location,
  matches: (code: Code) => boolean,
  now: Instant,
): VerifyDecision {
  const barred = (result: 'inactive' | 'locked'): VerifyDecision => ({
    outcome: 'barred',
    answer: { result, why: null, attemptsLeft: state.attemptsLeft, trustedUntil: null },
  });
  const repeat = repeatOf(state, userId, 'code.verify', now);
  if (!state.active) return barred('inactive');
  if (state.lockedAt !== null) return repeat && saysLocked(repeat) ? repeat : barred('locked');
  if (state.enabledAt === null) return { outcome: 'not-enabled' };
  if (repeat) return repeat;

  const match = state.codes.find((code) => isOutstanding(code, now) && matches(code));
  const { verdict, next } = judge(state, match !== undefined, now);
  if (verdict === 'verified') {
    const expiresAt = now + trustLifetimeMs;
    return {
      outcome: 'judged',
      via: match?.via ?? null,
      answer: {
        result: 'verified',
        why: null,
        attemptsLeft: next.attemptsLeft,
        trustedUntil: location.trustable ? expiresAt : null,
      },
      change: {
        attemptsLeft: next.attemptsLeft,
        lastVerifiedAt: now,
        endCodes: 'verified',
        ...(match ? { proved: match.via } : {}),
        ...(location.trustable ? { trust: { location: location.key, trustedAt: now, expiresAt } } : {}),
      },
    };
  }
  return {
    outcome: 'judged',
    via: null,
    answer: {
      result: verdict,
      why: rejection(state, matches, now),
      attemptsLeft: next.attemptsLeft,
      trustedUntil: null,
    },
    change:
      next.lockedAt === null
        ? { attemptsLeft: next.attemptsLeft }
        : { attemptsLeft: 0, lockedAt: next.lockedAt, endCodes: 'locked', endTrust: 'locked' },
  };
}
