// Writes users, and what their changes end: codes and trusted locations.
import type { Account, NewEvent, NewUser, User, UserChange, UserSave } from '../actions/store.ts';
import type { CodeEnd } from '../rules/code.ts';
import { attemptsMax } from '../rules/constants.ts';
import { looksShared } from '../rules/email.ts';
import type { TrustEnd } from '../rules/location.ts';
import { foldKey } from '../rules/text.ts';
import type { Row } from './rows.ts';
import { on, type Session, sql } from './session.ts';
import { insertRows, isIn, setOf, updateRows } from './sets.ts';
import { bodyOf, linkedRow, sealUser, subjectOf } from './trail.ts';
import { recordOnAccount } from './write-accounts.ts';

/** The columns of a user's row that come from its values. */
function userColumns(user: Omit<User, 'chain'>): Record<string, unknown> {
  return {
    username: user.username,
    username_key: foldKey(user.username),
    name: user.name,
    name_key: foldKey(user.name),
    email: user.email,
    email_key: user.emailKey,
    email_problem: user.emailProblem,
    phone: user.phone,
    phone_key: user.phoneKey,
    phone_problem: user.phoneProblem,
    language: user.language,
    looks_shared: looksShared(user.username, user.email),
    system_administrator: user.systemAdministrator,
    active: user.active,
    attempts_left: user.attemptsLeft,
    locked_at: user.lockedAt,
    contact_changed_at: user.contactChangedAt,
    reminded_at: user.remindedAt,
    codes_after: user.codesAfter,
    trust_after: user.trustAfter,
  };
}

function newUser(session: Session, account: Account, values: NewUser, id: number): Omit<User, 'chain'> {
  // Written out, here and below: of a million users, a copy of each with something changed takes most of the time.
  return {
    id,
    accountKid: account.kid,
    username: values.username,
    name: values.name,
    email: values.email,
    emailKey: values.emailKey,
    emailProblem: values.emailProblem,
    phone: values.phone,
    phoneKey: values.phoneKey,
    phoneProblem: values.phoneProblem,
    language: values.language,
    systemAdministrator: values.systemAdministrator,
    active: true,
    attemptsLeft: attemptsMax,
    lockedAt: null,
    lastVerifiedAt: null,
    contactChangedAt: null,
    remindedAt: null,
    createdAt: session.now,
    codesAfter: 0,
    trustAfter: 0,
  };
}

function newRow(session: Session, user: Omit<User, 'chain'>): Row {
  const row = userColumns(user);
  row.id = user.id;
  row.account_kid = user.accountKid;
  row.created_at = user.createdAt;
  return Object.assign(row, sealUser(session.keyring, user));
}

function* newRows(
  session: Session,
  account: Account,
  values: readonly NewUser[],
  ids: readonly number[],
): Generator<Row> {
  for (const [index, each] of values.entries()) {
    yield newRow(session, newUser(session, account, each, ids[index] ?? 0));
  }
}

function* newMemberships(values: readonly NewUser[], ids: readonly number[]): Generator<Row> {
  for (const [index, each] of values.entries()) yield* memberships(ids[index] ?? 0, each.practiceIds);
}

export async function addUsers(
  session: Session,
  account: Account,
  values: readonly NewUser[],
  event: NewEvent,
): Promise<{ ids: number[]; account: Account }> {
  const ids = await session.reserveIds('users', values.length);
  await insertRows(session, 'users', newRows(session, account, values, ids));
  await insertRows(session, 'user_practices', newMemberships(values, ids));
  const details = { ...event.details, ids };
  return { ids, account: await recordOnAccount(session, account, { ...event, details }) };
}

function memberships(userId: number, practiceIds: readonly number[]): Row[] {
  return practiceIds.map((practice) => ({ user_id: userId, practice_id: practice }));
}

async function endCodes(session: Session, userIds: readonly number[], reason: CodeEnd): Promise<void> {
  const open = `UPDATE codes SET ended_at = :at, ended_reason = :reason
    WHERE ended_at IS NULL AND ${isIn(session, 'user_id', 'users', 'id')}`;
  const users = setOf(userIds);
  const { now } = session;
  const expired = open.replace(':at', 'expires_at');
  await sql(session, `${expired} AND expires_at <= :now`, { users, now, reason: 'expired' });
  await sql(session, open, { users, at: now, reason });
}

async function endTrust(session: Session, userIds: readonly number[], reason: TrustEnd): Promise<void> {
  await sql(
    session,
    `UPDATE trusted_locations SET ended_at = :at, ended_reason = :reason
      WHERE ended_at IS NULL AND ${isIn(session, 'user_id', 'users', 'id')}`,
    { users: setOf(userIds), at: session.now, reason },
  );
}

/** The users of whom something ends, by the reason for which it does. */
function endedBy<R>(
  saves: readonly UserSave[],
  reasonOf: (change: UserChange) => R | undefined,
): Map<R, number[]> {
  const ended = new Map<R, number[]>();
  for (const { user, change } of saves) {
    const reason = reasonOf(change);
    if (reason === undefined) continue;
    const users = ended.get(reason);
    if (users) users.push(user.id);
    else ended.set(reason, [user.id]);
  }
  return ended;
}

async function endAll(session: Session, saves: readonly UserSave[]): Promise<void> {
  for (const [reason, ids] of endedBy(saves, (change) => change.endCodes))
    await endCodes(session, ids, reason);
  for (const [reason, ids] of endedBy(saves, (change) => change.endTrust))
    await endTrust(session, ids, reason);
}

async function replacePractices(session: Session, saves: readonly UserSave[]): Promise<void> {
  const moved = saves.filter(({ change }) => change.practiceIds !== undefined);
  if (moved.length === 0) return;
  const users = setOf(moved.map(({ user }) => user.id));
  await sql(session, `DELETE FROM user_practices WHERE ${isIn(session, 'user_id', 'users', 'id')}`, {
    users,
  });
  const rows = moved.flatMap(({ user, change }) => memberships(user.id, change.practiceIds ?? []));
  await insertRows(session, 'user_practices', rows);
}

/** Keeps the usernames that users had until now, so that nobody else gets them. */
async function keepFormer(session: Session, saves: readonly UserSave[]): Promise<void> {
  for (const { user, change } of saves) {
    if (foldKey(change.username ?? user.username) === foldKey(user.username)) continue;
    await on(session, 'former_usernames')
      .insert({ account_kid: user.accountKid, username_key: foldKey(user.username), user_id: user.id })
      .onConflict()
      .ignore();
  }
}

/** The event of a save as its row, and the user as they are to be. */
function saved(session: Session, { user, change, event }: UserSave): { event: Row; next: User } {
  const { practiceIds: _, endCodes, endTrust, ...values } = change;
  const named = { account: user.accountKid, user: user.username, ...event };
  const body = bodyOf(session.actor, named, session.now);
  const { row, position } = linkedRow(session.keyring, subjectOf.user(user.id), user.chain, body);
  const next: User = {
    ...user,
    ...values,
    ...(endCodes === undefined ? {} : { codesAfter: position.count }),
    ...(endTrust === undefined ? {} : { trustAfter: position.count }),
    chain: position,
  };
  return { event: row, next };
}

function changedRow(session: Session, change: UserChange, next: User): Row {
  return {
    id: next.id,
    ...userColumns(next),
    ...(change.emailKey === undefined ? {} : { email_proved_at: null }),
    ...(change.phoneKey === undefined ? {} : { phone_proved_at: null }),
    ...sealUser(session.keyring, next, next.chain),
  };
}

/** Saves changes of users, each with its event. @param saves each of another user. @returns the users as they are now. */
export async function saveUsers(session: Session, saves: readonly UserSave[]): Promise<User[]> {
  const all = saves.map((save) => ({ ...saved(session, save), change: save.change }));
  await insertRows(
    session,
    'audit_events',
    all.map(({ event }) => event),
  );
  await keepFormer(session, saves);
  await updateRows(
    session,
    'users',
    all.map(({ change, next }) => changedRow(session, change, next)),
  );
  await replacePractices(session, saves);
  await endAll(session, saves);
  return all.map(({ next }) => next);
}

export async function saveUser(
  session: Session,
  user: User,
  change: UserChange,
  event: NewEvent,
): Promise<User> {
  const [next] = await saveUsers(session, [{ user, change, event }]);
  return next as User;
}
