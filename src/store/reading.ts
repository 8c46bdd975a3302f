// What is read where a person waits: accounts, practices, users, tokens, lockouts and events.
import type {
  Account,
  AccountCounts,
  AuditEvent,
  EventFilter,
  Installation,
  Lockout,
  Practice,
  Reading,
  Token,
  User,
  UserFilter,
  UserWithPractices,
} from '../actions/store.ts';
import { emailKey } from '../rules/email.ts';
import type { TrustEnd, TrustedLocation } from '../rules/location.ts';
import { foldKey, userIdShape } from '../rules/text.ts';
import { checklistFacts, rosterDigest } from './checklist.ts';
import {
  accountOf,
  bool,
  containing,
  eventOf,
  int,
  intOrNull,
  type Row,
  text,
  textOrNull,
  tokenOf,
  userOf,
} from './rows.ts';
import { on, type Session, sql } from './session.ts';

type Query = ReturnType<typeof on>;

async function rows(query: Query): Promise<Row[]> {
  return (await query) as Row[];
}

async function first(query: Query): Promise<Row | null> {
  return ((await query.first()) as Row | undefined) ?? null;
}

async function installation(session: Session): Promise<Installation> {
  const row = await first(on(session, 'installation').where({ id: 1 }));
  if (!row) throw new Error('The store has no installation row.');
  return {
    sandbox: bool(row, 'sandbox'),
    keyFingerprint: text(row, 'key_fingerprint'),
    createdAt: int(row, 'created_at'),
  };
}

async function accounts(
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

async function practices(session: Session, kid: string): Promise<Practice[]> {
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

async function withPractices(session: Session, users: User[]): Promise<UserWithPractices[]> {
  const names = new Map<number, string[]>(users.map((user) => [user.id, []]));
  const ids = [...names.keys()];
  for (let from = 0; from < ids.length; from += 500) {
    const query = on(session, 'user_practices')
      .join('practices', 'practices.id', 'user_practices.practice_id')
      .select('user_practices.user_id', 'practices.name')
      .whereIn('user_practices.user_id', ids.slice(from, from + 500))
      .orderBy('practices.name_key');
    for (const row of await rows(query)) names.get(int(row, 'user_id'))?.push(text(row, 'name'));
  }
  return users.map((user) => ({ ...user, practices: names.get(user.id) ?? [] }));
}

async function oneUser(session: Session, query: Query): Promise<UserWithPractices | null> {
  const row = await first(query);
  return row ? ((await withPractices(session, [userOf(row)]))[0] ?? null) : null;
}

async function user(session: Session, kid: string, name: string): Promise<UserWithPractices | null> {
  const found = await userByKey(session, kid, name);
  if (found?.username === name) return found;
  const id = userIdShape.exec(name)?.[1];
  if (id === undefined) return null;
  return oneUser(session, on(session, 'users').where({ account_kid: kid, id: Number(id) }));
}

function userByKey(session: Session, kid: string, username: string): Promise<UserWithPractices | null> {
  return oneUser(session, on(session, 'users').where({ account_kid: kid, username_key: foldKey(username) }));
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

async function users(session: Session, filter: UserFilter): Promise<UserWithPractices[]> {
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

async function usernameHolder(session: Session, kid: string, username: string): Promise<number | null> {
  const key = { account_kid: kid, username_key: foldKey(username) };
  const row =
    (await first(on(session, 'users').where(key).select('id as user_id'))) ??
    (await first(on(session, 'former_usernames').where(key).select('user_id')));
  return row ? int(row, 'user_id') : null;
}

async function outstandingCodes(session: Session, userId: number): Promise<number> {
  const query = on(session, 'codes')
    .where({ user_id: userId })
    .whereNull('ended_at')
    .where('created_at', '<=', session.now)
    .where('expires_at', '>', session.now)
    .count({ count: '*' });
  const row = await first(query);
  return row ? int(row, 'count') : 0;
}

async function otherAdministrators(session: Session, kid: string, exceptUserId: number): Promise<number> {
  const query = on(session, 'users')
    .where({ account_kid: kid, system_administrator: true, active: true })
    .whereNull('locked_at')
    .whereNot('id', exceptUserId)
    .count({ count: '*' });
  const row = await first(query);
  return row ? int(row, 'count') : 0;
}

async function emailHolder(
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

function tokenQuery(session: Session): Query {
  return on(session, 'tokens')
    .leftJoin('users', 'users.id', 'tokens.user_id')
    .select('tokens.*', 'users.username as user_username');
}

async function tokens(session: Session, filter: Parameters<Reading['tokens']>[0]): Promise<Token[]> {
  const query = tokenQuery(session).orderBy('tokens.id').limit(filter.limit);
  if (filter.kid !== undefined) query.where('tokens.account_kid', filter.kid);
  if (filter.after !== undefined) query.where('tokens.id', '>', filter.after);
  return (await rows(query)).map(tokenOf);
}

async function token(session: Session, id: number): Promise<Token | null> {
  const row = await first(tokenQuery(session).where('tokens.id', id));
  return row ? tokenOf(row) : null;
}

async function hasOwner(session: Session): Promise<boolean> {
  const query = on(session, 'tokens')
    .where({ role: 'owner' })
    .whereNull('revoked_at')
    .where((valid) => valid.whereNull('expires_at').orWhere('expires_at', '>', session.now));
  return (await first(query)) !== null;
}

async function locations(session: Session, userId: number): Promise<TrustedLocation[]> {
  const query = on(session, 'trusted_locations').where({ user_id: userId }).orderBy('trusted_at', 'desc');
  return (await rows(query)).map((row) => ({
    location: text(row, 'location'),
    trustedAt: int(row, 'trusted_at'),
    expiresAt: int(row, 'expires_at'),
    endedAt: intOrNull(row, 'ended_at'),
    endedReason: textOrNull(row, 'ended_reason') as TrustEnd | null,
  }));
}

/** The event that locked the user: where the seventh failure came from. */
async function lockEvent(session: Session, userId: number): Promise<AuditEvent | null> {
  const row = await first(
    on(session, 'audit_events')
      .where({ subject: `user:${userId}`, action: 'user.locked' })
      .orderBy('place', 'desc'),
  );
  return row ? eventOf(row) : null;
}

async function lockout(session: Session, user: UserWithPractices): Promise<Lockout> {
  const event = await lockEvent(session, user.id);
  const { app, ip } = (event?.details ?? {}) as { app?: string; ip?: string };
  return { user, lastApp: app ?? null, lastIp: ip ?? null };
}

async function lockouts(session: Session, filter: Parameters<Reading['lockouts']>[0]): Promise<Lockout[]> {
  const locked = await users(session, { ...filter, status: 'locked' });
  const found: Lockout[] = [];
  for (const each of locked) found.push(await lockout(session, each));
  return found;
}

async function userHistory(session: Session, userId: number, limit: number): Promise<AuditEvent[]> {
  const query = on(session, 'audit_events')
    .where({ subject: `user:${userId}` })
    .orderBy('place', 'desc')
    .limit(limit);
  return (await rows(query)).map(eventOf).reverse();
}

/** Events of an account: of its own chain, of its users' chains, and those of operators' tokens that concern it. */
async function events(session: Session, filter: EventFilter): Promise<AuditEvent[]> {
  const conditions: string[] = ['seq > :after'];
  const bindings: Record<string, unknown> = { after: filter.after ?? 0, limit: filter.limit };
  if (filter.userId !== undefined) {
    conditions.push(`(subject = :userSubject OR (subject = :accountSubject AND "user" = :user)
      OR (subject LIKE 'token:%' AND account = :kid AND "user" = :user))`);
    bindings.userSubject = `user:${filter.userId}`;
    bindings.accountSubject = `account:${filter.kid}`;
    bindings.user = filter.user ?? '';
    bindings.kid = filter.kid ?? '';
  } else if (filter.kid !== undefined) {
    conditions.push(`(subject = :accountSubject
      OR subject IN (SELECT 'user:' || id FROM users WHERE account_kid = :kid)
      OR subject IN (SELECT 'token:' || id FROM tokens WHERE account_kid = :kid)
      OR (subject LIKE 'token:%' AND account = :kid))`);
    bindings.accountSubject = `account:${filter.kid}`;
    bindings.kid = filter.kid;
  }
  if (filter.action !== undefined) {
    conditions.push('action = :action');
    bindings.action = filter.action;
  }
  if (filter.since !== undefined) {
    conditions.push('at >= :since');
    bindings.since = filter.since;
  }
  const found = await sql(
    session,
    `SELECT * FROM audit_events WHERE ${conditions.join(' AND ')} ORDER BY seq LIMIT :limit`,
    bindings,
  );
  return found.map(eventOf);
}

/** The readings of one transaction. */
export function readingOf(session: Session): Reading {
  return {
    now: session.now,
    installation: () => installation(session),
    account: async (kid) => {
      const row = await first(on(session, 'accounts').where({ kid }));
      return row ? accountOf(row) : null;
    },
    accounts: (filter) => accounts(session, filter),
    practices: (kid) => practices(session, kid),
    user: (kid, name) => user(session, kid, name),
    userByKey: (kid, username) => userByKey(session, kid, username),
    users: (filter) => users(session, filter),
    usernameHolder: (kid, username) => usernameHolder(session, kid, username),
    outstandingCodes: (userId) => outstandingCodes(session, userId),
    otherAdministrators: (kid, exceptUserId) => otherAdministrators(session, kid, exceptUserId),
    emailHolder: (kid, key, exceptUserId) => emailHolder(session, kid, key, exceptUserId),
    checklistFacts: (kid) => checklistFacts(session, kid),
    rosterDigest: (kid) => rosterDigest(session, kid),
    tokens: (filter) => tokens(session, filter),
    token: (id) => token(session, id),
    hasOwner: () => hasOwner(session),
    locations: (userId) => locations(session, userId),
    lockouts: (filter) => lockouts(session, filter),
    lockout: (user) => lockout(session, user),
    userHistory: (userId, limit) => userHistory(session, userId, limit),
    events: (filter) => events(session, filter),
  };
}
