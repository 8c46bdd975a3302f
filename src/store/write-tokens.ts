// Writes operators' access tokens.
import type { NewEvent, NewToken, Token } from '../actions/store.ts';
import { token as readToken } from './read-tokens.ts';
import { sealedAccount } from './sealed.ts';
import { first, on, type Session } from './session.ts';
import { append, sealToken, subjectOf } from './trail.ts';
import { recordOnAccount, recordOnInstallation } from './write-accounts.ts';

export async function addToken(session: Session, values: NewToken, event: NewEvent): Promise<Token> {
  const [id = 0] = await session.reserveIds('tokens', 1);
  const token = {
    ...values,
    id,
    user: null,
    createdAt: session.now,
    revokedAt: null,
    verifiedAt: null,
    verifiedPlace: null,
  };
  await on(session, 'tokens').insert({
    id,
    digest: token.digest,
    role: token.role,
    account_kid: token.accountKid,
    user_id: token.userId,
    app: token.app,
    name: token.name,
    may_contacts: token.mayContacts,
    created_at: token.createdAt,
    lifetime_ms: token.lifetimeMs,
    expires_at: token.expiresAt,
    ...sealToken(session.keyring, token),
  });
  const said: NewEvent = { ...event, details: { ...event.details, id } };
  if (token.accountKid === null) await recordOnInstallation(session, said);
  else {
    const row = await first(on(session, 'accounts').where({ kid: token.accountKid }));
    if (!row) throw new Error('A token is narrowed to an account that does not exist.');
    await recordOnAccount(session, sealedAccount(session.keyring, row), said);
  }
  const added = await readToken(session, id);
  if (!added) throw new Error('A token that was just added is not there.');
  return added;
}

export async function saveToken(
  session: Session,
  token: Token,
  change: { revokedAt?: number; expiresAt?: number },
  event: NewEvent,
): Promise<Token> {
  const chain = await append(session, subjectOf.token(token.id), token.chain, event);
  const next: Token = { ...token, ...change, chain };
  await on(session, 'tokens')
    .where({ id: token.id })
    .update({
      revoked_at: next.revokedAt,
      expires_at: next.expiresAt,
      ...sealToken(session.keyring, next, chain),
    });
  return next;
}
