// Who makes a call: the operator behind a token, or why the token is worth nothing (R10, R15).
import { storeMoved, TwofaError } from '../errors.ts';
import { tokenVerificationMs } from '../rules/constants.ts';
import { type Instant, within } from '../rules/time.ts';
import { isTokenShaped, tokenDigest } from '../rules/token-format.ts';
import { outletOf } from './delivery.ts';
import type { Operator } from './operation.ts';
import type { Authentication, SignInAhead, Store } from './store.ts';

/** A token that exists but does not count: the refusal, with the operator to record it for. */
export interface Refused {
  operator: Operator;
  refusal: TwofaError;
}

function refusalOf({ token, user, now }: Authentication): TwofaError | null {
  if (token.revokedAt !== null) {
    return new TwofaError('token-revoked', 'The access token was revoked.', {
      hint: 'Ask the owner of the installation for a new one, and store it with "twofa auth login".',
    });
  }
  if (token.expiresAt !== null && token.expiresAt <= now) {
    return new TwofaError('token-expired', 'The access token has expired.', {
      hint: 'Ask the owner of the installation for a new one, and store it with "twofa auth login".',
    });
  }
  if (user && (!user.active || !user.systemAdministrator)) {
    return new TwofaError(
      'operator-inactive',
      `${user.username} is no active System Administrator of the account any more.`,
    );
  }
  return null;
}

/** Until when a System Administrator's token works by the code verified for it, or null when it does not (R15). */
function verifiedUntil({ token, user, now }: Authentication): Instant | null {
  const { verifiedAt, verifiedPlace } = token;
  if (verifiedAt === null || verifiedPlace === null || !user) return null;
  // What ends the user's trusted locations, such as changed contact data, ends this too.
  if (verifiedPlace <= user.trustAfter) return null;
  const until = verifiedAt + tokenVerificationMs;
  return within(now, verifiedAt, until) ? until : null;
}

function operatorOf(found: Authentication): Operator {
  const { token, user } = found;
  const outlet = outletOf(found);
  return {
    actor: user?.username ?? token.name,
    role: token.role,
    tokenId: token.id,
    token,
    kid: token.accountKid,
    username: user?.username ?? null,
    app: token.app,
    mayContacts: token.mayContacts,
    sandbox: outlet !== 'live',
    outlet,
    restoredAt: found.restoredAt,
    locked: user !== null && user.lockedAt !== null,
    needsSecondFactor: found.enabledAt !== null,
    verifiedUntil: verifiedUntil(found),
    loaded: found.loaded,
  };
}

/** What is said of a token that is none of this store. */
export function invalidToken(secret: string): TwofaError {
  const copied = isTokenShaped(secret) ? 'is not known to this store' : 'is incomplete or mistyped';
  return new TwofaError('token-invalid', `The access token ${copied}.`, {
    hint: 'Store a valid one with "twofa auth login".',
  });
}

/**
 * The operator of a token, or the refusal of one that is worth nothing any more.
 * @param options.ahead the step of a sign-in that they ask for, where they ask for one.
 * @param options.moved whether the call is served also by a store that has moved.
 * @throws TwofaError `token-invalid` for what is no token of this store, `store-moved`.
 */
export async function authenticate(
  store: Store,
  secret: string,
  { ahead, moved = false }: { ahead?: SignInAhead | undefined; moved?: boolean } = {},
): Promise<Operator | Refused> {
  const found = isTokenShaped(secret) ? await store.authenticate(tokenDigest(secret), ahead) : null;
  if (!found) throw invalidToken(secret);
  if (found.movedTo !== null && !moved) throw storeMoved(found.movedTo);
  const operator = operatorOf(found);
  const refusal = refusalOf(found);
  return refusal ? { operator, refusal } : operator;
}

/** What keeps an operator from a call, unless the call waives it: their own lock (R9), a missing second factor (R15). */
export function barOf(
  operator: Operator,
  waived: { lock?: boolean; secondFactor?: boolean },
): TwofaError | null {
  if (operator.locked && !waived.lock) {
    return new TwofaError('operator-locked', `${operator.actor} is locked, and so is their token.`, {
      hint: 'Another System Administrator of the account can reactivate them, or a recovery code: "twofa reactivate USER --recovery-code".',
    });
  }
  if (operator.needsSecondFactor && operator.verifiedUntil === null && !waived.secondFactor) {
    return new TwofaError(
      'second-factor-required',
      '2FA is on for the account: this token works only within 12 hours of a code verified for it.',
      {
        hint: 'Get a code with "twofa auth challenge --via email" (or sms), and enter it with "twofa auth verify".',
      },
    );
  }
  return null;
}
