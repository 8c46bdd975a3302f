// Reads operators' access tokens.
import type { Reading, Token } from '../actions/store.ts';
import { tokenOf } from './rows.ts';
import { first, on, type Query, rows, type Session } from './session.ts';

function tokenQuery(session: Session): Query {
  return on(session, 'tokens')
    .leftJoin('users', 'users.id', 'tokens.user_id')
    .select('tokens.*', 'users.username as user_username');
}

export async function tokens(session: Session, filter: Parameters<Reading['tokens']>[0]): Promise<Token[]> {
  const query = tokenQuery(session).orderBy('tokens.id').limit(filter.limit);
  if (filter.kid !== undefined) query.where('tokens.account_kid', filter.kid);
  if (filter.after !== undefined) query.where('tokens.id', '>', filter.after);
  return (await rows(query)).map(tokenOf);
}

export async function token(session: Session, id: number): Promise<Token | null> {
  const row = await first(tokenQuery(session).where('tokens.id', id));
  return row ? tokenOf(row) : null;
}

export async function hasOwner(session: Session): Promise<boolean> {
  const query = on(session, 'tokens')
    .where({ role: 'owner' })
    .whereNull('revoked_at')
    .where((valid) => valid.whereNull('expires_at').orWhere('expires_at', '>', session.now));
  return (await first(query)) !== null;
}
