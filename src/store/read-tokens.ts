// Reads operators' access tokens.
import type { Reading, Token } from '../actions/store.ts';
import type { Instant } from '../rules/time.ts';
import { int, tokenOf } from './rows.ts';
import { behind, sealedToken } from './sealed.ts';
import { first, on, type Query, rows, type Session } from './session.ts';

function tokenQuery(session: Session): Query {
  return on(session, 'tokens')
    .leftJoin('users', 'users.id', 'tokens.user_id')
    .select('tokens.*', 'users.username as user_username', session.knex.raw(behind('tokens')));
}

export async function tokens(session: Session, filter: Parameters<Reading['tokens']>[0]): Promise<Token[]> {
  const query = tokenQuery(session).orderBy('tokens.id').limit(filter.limit);
  if (filter.kid !== undefined) query.where('tokens.account_kid', filter.kid);
  if (filter.after !== undefined) query.where('tokens.id', '>', filter.after);
  return (await rows(query)).map(tokenOf);
}

export async function token(session: Session, id: number): Promise<Token | null> {
  const row = await first(tokenQuery(session).where('tokens.id', id));
  return row ? sealedToken(session.keyring, row) : null;
}

export async function expiringTokens(
  session: Session,
  until: Instant,
  limit: number,
): Promise<{ id: number; expiresAt: Instant }[]> {
  const query = on(session, 'tokens')
    .leftJoin('users', 'users.id', 'tokens.user_id')
    .select('tokens.id', 'tokens.expires_at')
    .whereNull('tokens.revoked_at')
    .where('tokens.expires_at', '>', session.now)
    .where('tokens.expires_at', '<=', until)
    .where((own) =>
      own.whereNull('tokens.user_id').orWhere({ 'users.active': true, 'users.system_administrator': true }),
    )
    // A rotated token has another in its place, and ends before the time that it was made for.
    .where((whole) =>
      whole
        .whereNull('tokens.lifetime_ms')
        .orWhereRaw('tokens.expires_at >= tokens.created_at + tokens.lifetime_ms'),
    )
    .orderBy(['tokens.expires_at', 'tokens.id'])
    .limit(limit);
  return (await rows(query)).map((row) => ({ id: int(row, 'id'), expiresAt: int(row, 'expires_at') }));
}

export async function hasOwner(session: Session): Promise<boolean> {
  const query = on(session, 'tokens')
    .where({ role: 'owner', account_kid: null })
    .whereNull('revoked_at')
    .where((valid) => valid.whereNull('expires_at').orWhere('expires_at', '>', session.now));
  return (await first(query)) !== null;
}
