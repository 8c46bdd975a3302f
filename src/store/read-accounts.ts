// Reads the installation, accounts and practices.
import type { Account, AccountCounts, Installation, Practice, Reading } from '../actions/store.ts';
import { foldKey } from '../rules/text.ts';
import { accountOf, bool, containing, int, text } from './rows.ts';
import { first, on, rows, type Session } from './session.ts';

export async function installation(session: Session): Promise<Installation> {
  const row = await first(on(session, 'installation').where({ id: 1 }));
  if (!row) throw new Error('The store has no installation row.');
  return {
    sandbox: bool(row, 'sandbox'),
    keyFingerprint: text(row, 'key_fingerprint'),
    createdAt: int(row, 'created_at'),
  };
}

export async function accounts(
  session: Session,
  filter: Parameters<Reading['accounts']>[0],
): Promise<(Account & AccountCounts)[]> {
  const { knex } = session;
  const activeUsers = knex('users').whereRaw('users.account_kid = accounts.kid').where('active', true);
  const query = on(session, 'accounts')
    .select('accounts.*')
    .select(
      knex('practices').whereRaw('practices.account_kid = accounts.kid').count('*').as('practices'),
      activeUsers.clone().count('*').as('users'),
      activeUsers.clone().whereNotNull('locked_at').count('*').as('locked_users'),
    )
    .orderBy('kid')
    .limit(filter.limit);
  if (filter.kid !== undefined) query.where({ kid: filter.kid });
  if (filter.after !== undefined) query.where('kid', '>', filter.after);
  if (filter.overdue) query.whereNull('enabled_at');
  if (filter.awaiting) query.whereNull('enabled_at').where('wanted', true);
  if (filter.search !== undefined) {
    const pattern = containing(foldKey(filter.search));
    query.whereRaw("(name_key LIKE ? ESCAPE '\\' OR lower(kid) LIKE ? ESCAPE '\\')", [pattern, pattern]);
  }
  return (await rows(query)).map((row) => ({
    ...accountOf(row),
    practices: int(row, 'practices'),
    users: int(row, 'users'),
    lockedUsers: int(row, 'locked_users'),
  }));
}

export async function practices(session: Session, kid: string): Promise<Practice[]> {
  const { knex } = session;
  const members = knex('user_practices')
    .join('users', 'users.id', 'user_practices.user_id')
    .whereRaw('user_practices.practice_id = practices.id')
    .where('users.active', true)
    .count('*');
  const query = on(session, 'practices')
    .select('id', 'name', members.as('users'))
    .where({ account_kid: kid })
    .orderBy('name_key');
  return (await rows(query)).map((row) => ({
    id: int(row, 'id'),
    name: text(row, 'name'),
    users: int(row, 'users'),
  }));
}

export async function practiceNames(session: Session, kid: string): Promise<Pick<Practice, 'id' | 'name'>[]> {
  const query = on(session, 'practices').select('id', 'name').where({ account_kid: kid }).orderBy('name_key');
  return (await rows(query)).map((row) => ({ id: int(row, 'id'), name: text(row, 'name') }));
}
