// Reads users, with what their sign-ins left.
import type { BusyLocation, EmailHolder, User, UserFilter, UserWithPractices } from '../actions/store.ts';
import { emailKey } from '../rules/email.ts';
import type { TrustedLocation } from '../rules/location.ts';
import { foldKey, userIdShape } from '../rules/text.ts';
import { containing, int, text, trustOf, userOf } from './rows.ts';
import { behind, sealedUser } from './sealed.ts';
import { first, on, type Query, rows, type Session, sql } from './session.ts';
import { isIn, setOf } from './sets.ts';

async function withPractices(session: Session, users: User[]): Promise<UserWithPractices[]> {
  if (users.length === 0) return [];
  const names = new Map<number, string[]>(users.map((user) => [user.id, []]));
  const found = await sql(
    session,
    `SELECT user_practices.user_id, practices.name FROM user_practices
      JOIN practices ON practices.id = user_practices.practice_id
      WHERE ${isIn(session, 'user_practices.user_id', 'users', 'id')} ORDER BY practices.name_key`,
    { users: setOf(names.keys()) },
  );
  for (const row of found) names.get(int(row, 'user_id'))?.push(text(row, 'name'));
  return users.map((user) => ({ ...user, practices: names.get(user.id) ?? [] }));
}

async function oneUser(session: Session, query: Query): Promise<UserWithPractices | null> {
  const row = await first(query.select('users.*', session.knex.raw(behind('users'))));
  return row ? ((await withPractices(session, [sealedUser(session.keyring, row)]))[0] ?? null) : null;
}

export async function user(session: Session, kid: string, name: string): Promise<UserWithPractices | null> {
  const found = await userByKey(session, kid, name);
  if (found?.username === name) return found;
  const id = userIdShape.exec(name)?.[1];
  if (id === undefined) return null;
  return oneUser(session, on(session, 'users').where({ account_kid: kid, id: Number(id) }));
}

export function userByKey(
  session: Session,
  kid: string,
  username: string,
): Promise<UserWithPractices | null> {
  return oneUser(session, on(session, 'users').where({ account_kid: kid, username_key: foldKey(username) }));
}

export async function usersByKeys(
  session: Session,
  kid: string,
  usernames: readonly string[],
): Promise<Map<string, UserWithPractices>> {
  const found = await sql(
    session,
    `SELECT users.*, ${behind('users')} FROM users
      WHERE account_kid = :kid AND ${isIn(session, 'username_key', 'keys', 'text')}`,
    { kid, keys: setOf(usernames.map(foldKey)) },
  );
  const users = found.map((row) => sealedUser(session.keyring, row));
  const all = await withPractices(session, users);
  return new Map(all.map((user) => [foldKey(user.username), user]));
}

export async function formerUsernames(
  session: Session,
  kid: string,
  usernames: readonly string[],
): Promise<Set<string>> {
  // Few accounts have one: a million additions need not look for each.
  if (!(await first(on(session, 'former_usernames').where({ account_kid: kid })))) return new Set();
  const found = await sql(
    session,
    `SELECT username_key FROM former_usernames
      WHERE account_kid = :kid AND ${isIn(session, 'username_key', 'keys', 'text')}`,
    { kid, keys: setOf(usernames.map(foldKey)) },
  );
  return new Set(found.map((row) => text(row, 'username_key')));
}

function searchUsers(query: Query, search: string, wholeContacts: boolean): void {
  const pattern = containing(foldKey(search));
  const digits = search.replace(/[^0-9]/g, '');
  query.where((any) => {
    any.whereRaw("username_key LIKE ? ESCAPE '\\'", [pattern]);
    any.orWhereRaw("users.name_key LIKE ? ESCAPE '\\'", [pattern]);
    if (wholeContacts) {
      any.orWhere('email_key', emailKey(search.trim()));
      if (digits.length >= 7) any.orWhereIn('phone_key', [`+${digits}`, `+1${digits}`]);
    } else {
      any.orWhereRaw("email_key LIKE ? ESCAPE '\\'", [pattern]);
      if (digits.length >= 3) any.orWhereRaw("phone_key LIKE ? ESCAPE '\\'", [containing(digits)]);
    }
  });
}

export async function users(session: Session, filter: UserFilter): Promise<UserWithPractices[]> {
  const query = on(session, 'users').select('users.*').limit(filter.limit);
  if (filter.kid === undefined) query.orderBy('id');
  else query.where('users.account_kid', filter.kid).orderBy('username_key');
  if (filter.after !== undefined) query.where('username_key', '>', foldKey(filter.after));
  if (filter.afterId !== undefined) query.where('id', '>', filter.afterId);
  if (filter.status === 'inactive') query.where('active', false);
  if (filter.status === 'active') query.where('active', true).whereNull('locked_at');
  if (filter.status === 'locked') query.where('active', true).whereNotNull('locked_at');
  if (filter.practice !== undefined) {
    const members = session
      .knex('user_practices')
      .join('practices', 'practices.id', 'user_practices.practice_id')
      .where({ 'practices.account_kid': filter.kid ?? '', 'practices.name_key': foldKey(filter.practice) })
      .select('user_practices.user_id');
    query.whereIn('users.id', members);
  }
  if (filter.search !== undefined) searchUsers(query, filter.search, filter.wholeContacts ?? false);
  return withPractices(session, (await rows(query)).map(userOf));
}

export async function usernameHolder(
  session: Session,
  kid: string,
  username: string,
): Promise<number | null> {
  const key = { account_kid: kid, username_key: foldKey(username) };
  const row =
    (await first(on(session, 'users').where(key).select('id as user_id'))) ??
    (await first(on(session, 'former_usernames').where(key).select('user_id')));
  return row ? int(row, 'user_id') : null;
}

export async function outstandingCodes(session: Session, userId: number): Promise<number> {
  const query = on(session, 'codes')
    .where({ user_id: userId })
    .whereNull('ended_at')
    .where('created_at', '<=', session.now)
    .where('expires_at', '>', session.now)
    .count({ count: '*' });
  const row = await first(query);
  return row ? int(row, 'count') : 0;
}

export async function otherAdministrators(
  session: Session,
  kid: string,
  exceptUserId: number,
): Promise<number> {
  const query = on(session, 'users')
    .where({ account_kid: kid, active: true })
    // So written, the index of administrators serves: with a bound value it would not.
    .whereRaw('system_administrator')
    .whereNull('locked_at')
    .whereNot('id', exceptUserId)
    .count({ count: '*' });
  const row = await first(query);
  return row ? int(row, 'count') : 0;
}

export async function emailHolder(
  session: Session,
  kid: string,
  key: string,
  exceptUserId: number | null,
): Promise<string | null> {
  const query = on(session, 'users')
    .where({ account_kid: kid, email_key: key, active: true })
    .select('username');
  if (exceptUserId !== null) query.whereNot('id', exceptUserId);
  const row = await first(query);
  return row ? text(row, 'username') : null;
}

export async function emailHolders(
  session: Session,
  kid: string,
  keys: readonly string[],
): Promise<EmailHolder[]> {
  const found = await sql(
    session,
    `SELECT email_key, username FROM users
      WHERE account_kid = :kid AND ${isIn(session, 'email_key', 'keys', 'text')} AND active`,
    { kid, keys: setOf(keys) },
  );
  return found.map((row) => ({ emailKey: text(row, 'email_key'), username: text(row, 'username') }));
}

export async function locations(session: Session, userId: number): Promise<TrustedLocation[]> {
  const query = on(session, 'trusted_locations').where({ user_id: userId }).orderBy('trusted_at', 'desc');
  return (await rows(query)).map(trustOf);
}

export async function busyLocations(
  session: Session,
  moreThanUsers: number,
  limit: number,
): Promise<BusyLocation[]> {
  const found = await sql(
    session,
    `SELECT location, count(*) AS users, count(DISTINCT users.account_kid) AS accounts
      FROM trusted_locations JOIN users ON users.id = trusted_locations.user_id
      WHERE trusted_locations.expires_at > :now GROUP BY location
      HAVING count(*) > :moreThanUsers AND count(DISTINCT users.account_kid) > 1
      ORDER BY count(*) DESC, location LIMIT :limit`,
    { now: session.now, moreThanUsers, limit },
  );
  return found.map((row) => ({
    location: text(row, 'location'),
    users: int(row, 'users'),
    accounts: int(row, 'accounts'),
  }));
}
