// Who makes a call: the operator behind a token, or why the token is worth nothing (R10, R15).
import { TwofaError } from '../errors.ts';
import { isTokenShaped, tokenDigest } from '../rules/token-format.ts';
import type { Operator } from './operation.ts';
import type { Authentication, Store } from './store.ts';

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

function operatorOf({ token, user, sandbox }: Authentication): Operator {
  return {
    actor: user?.username ?? token.name,
    role: token.role,
    tokenId: token.id,
    token,
    kid: token.accountKid,
    username: user?.username ?? null,
    app: token.app,
    mayContacts: token.mayContacts,
    sandbox,
    verifiedUntil: null,
  };
}

/**
 * The operator of a token.
 * @param lockedMay whether the call is one that a locked System Administrator's token still serves.
 * @throws TwofaError `token-invalid` for what is no token of this store.
 */
export async function authenticate(
  store: Store,
  secret: string,
  lockedMay: boolean,
): Promise<Operator | Refused> {
  const found = isTokenShaped(secret) ? await store.authenticate(tokenDigest(secret)) : null;
  if (!found) {
    const copied = isTokenShaped(secret) ? 'is not known to this store' : 'is incomplete or mistyped';
    throw new TwofaError('token-invalid', `The access token ${copied}.`, {
      hint: 'Store a valid one with "twofa auth login".',
    });
  }
  const operator = operatorOf(found);
  const refusal = refusalOf(found);
  if (refusal) return { operator, refusal };
  if (found.user?.lockedAt != null && !lockedMay) {
    const locked = new TwofaError(
      'operator-locked',
      `${found.user.username} is locked, and so is their token.`,
      {
        hint: 'Another System Administrator of the account can reactivate them.',
      },
    );
    return { operator, refusal: locked };
  }
  return operator;
}
