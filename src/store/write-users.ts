// Writes users, and what their changes end: codes and trusted locations.
import type { Account, NewEvent, NewUser, User, UserChange } from '../actions/store.ts';
import type { CodeEnd } from '../rules/code.ts';
import { attemptsMax } from '../rules/constants.ts';
import { looksShared } from '../rules/email.ts';
import type { TrustEnd } from '../rules/location.ts';
import { foldKey } from '../rules/text.ts';
import { insertBatch, on, type Session } from './session.ts';
import { append, sealUser, subjectOf } from './trail.ts';
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
  const { practiceIds: _, ...rest } = values;
  return {
    ...rest,
    id,
    accountKid: account.kid,
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

async function insertAll(session: Session, table: string, rows: Record<string, unknown>[]): Promise<void> {
  for (let from = 0; from < rows.length; from += insertBatch) {
    await on(session, table).insert(rows.slice(from, from + insertBatch));
  }
}

export async function addUsers(
  session: Session,
  account: Account,
  values: readonly NewUser[],
  event: NewEvent,
): Promise<{ ids: number[]; account: Account }> {
  const ids = await session.reserveIds('users', values.length);
  const added = values.map((each, index) => newUser(session, account, each, ids[index] ?? 0));
  await insertAll(
    session,
    'users',
    added.map((user) => ({
      id: user.id,
      account_kid: user.accountKid,
      created_at: user.createdAt,
      ...userColumns(user),
      ...sealUser(session.keyring, user),
    })),
  );
  await insertAll(
    session,
    'user_practices',
    values.flatMap((each, index) =>
      each.practiceIds.map((practice) => ({ user_id: ids[index], practice_id: practice })),
    ),
  );
  const details = { ...event.details, ids };
  return { ids, account: await recordOnAccount(session, account, { ...event, details }) };
}

async function endCodes(session: Session, userId: number, reason: CodeEnd): Promise<void> {
  const open = () => on(session, 'codes').where({ user_id: userId }).whereNull('ended_at');
  await open()
    .where('expires_at', '<=', session.now)
    .update({ ended_at: session.knex.ref('expires_at'), ended_reason: 'expired' });
  await open().update({ ended_at: session.now, ended_reason: reason });
}

async function endTrust(session: Session, userId: number, reason: TrustEnd): Promise<void> {
  await on(session, 'trusted_locations')
    .where({ user_id: userId })
    .whereNull('ended_at')
    .update({ ended_at: session.now, ended_reason: reason });
}

async function replacePractices(
  session: Session,
  userId: number,
  practiceIds: readonly number[],
): Promise<void> {
  await on(session, 'user_practices').where({ user_id: userId }).delete();
  await insertAll(
    session,
    'user_practices',
    practiceIds.map((practice) => ({ user_id: userId, practice_id: practice })),
  );
}

export async function saveUser(
  session: Session,
  user: User,
  change: UserChange,
  event: NewEvent,
): Promise<User> {
  const { practiceIds, endCodes: codesEnd, endTrust: trustEnd, ...values } = change;
  const chain = await append(session, subjectOf.user(user.id), user.chain, {
    account: user.accountKid,
    user: user.username,
    ...event,
  });
  const next: User = {
    ...user,
    ...values,
    ...(codesEnd === undefined ? {} : { codesAfter: chain.count }),
    ...(trustEnd === undefined ? {} : { trustAfter: chain.count }),
    chain,
  };
  const unproved = {
    ...(values.emailKey === undefined ? {} : { email_proved_at: null }),
    ...(values.phoneKey === undefined ? {} : { phone_proved_at: null }),
  };
  if (foldKey(next.username) !== foldKey(user.username)) {
    await on(session, 'former_usernames')
      .insert({
        account_kid: user.accountKid,
        username_key: foldKey(user.username),
        user_id: user.id,
      })
      .onConflict()
      .ignore();
  }
  await on(session, 'users')
    .where({ id: user.id })
    .update({ ...userColumns(next), ...unproved, ...sealUser(session.keyring, next, chain) });
  if (practiceIds !== undefined) await replacePractices(session, user.id, practiceIds);
  if (codesEnd !== undefined) await endCodes(session, user.id, codesEnd);
  if (trustEnd !== undefined) await endTrust(session, user.id, trustEnd);
  return next;
}
