// What is written where a person waits. Every write appends its event and seals the head of its row.
import type {
  Account,
  NewEvent,
  NewToken,
  NewUser,
  Token,
  User,
  UserChange,
  Writing,
} from '../actions/store.ts';
import type { CodeEnd } from '../rules/code.ts';
import { attemptsMax } from '../rules/constants.ts';
import { looksShared } from '../rules/email.ts';
import type { TrustEnd } from '../rules/location.ts';
import { foldKey } from '../rules/text.ts';
import { readingOf } from './reading.ts';
import { chainOf } from './rows.ts';
import { insertBatch, on, type Session } from './session.ts';
import { append, sealAccount, sealInstallation, sealToken, sealUser, subjectOf } from './trail.ts';

async function recordOnInstallation(session: Session, event: NewEvent): Promise<void> {
  const row = await on(session, 'installation').where({ id: 1 }).first();
  const installation = await readingOf(session).installation();
  const position = await append(session, subjectOf.installation, chainOf(row), event);
  await on(session, 'installation')
    .where({ id: 1 })
    .update(sealInstallation(session.keyring, installation, position));
}

async function recordOnAccount(
  session: Session,
  account: Account,
  event: NewEvent,
  change: { enabledAt?: number; enabledBy?: string } = {},
): Promise<Account> {
  const chain = await append(session, subjectOf.account(account.kid), account.chain, {
    account: account.kid,
    ...event,
  });
  const next: Account = { ...account, ...change, chain };
  await on(session, 'accounts')
    .where({ kid: account.kid })
    .update({
      ...sealAccount(session.keyring, next, chain),
      ...(change.enabledAt === undefined ? {} : { enabled_at: next.enabledAt, enabled_by: next.enabledBy }),
    });
  return next;
}

async function addAccount(
  session: Session,
  values: { kid: string; name: string; country: string },
  event: NewEvent,
): Promise<Account> {
  const account: Account = {
    ...values,
    enabledAt: null,
    enabledBy: null,
    wanted: false,
    createdAt: session.now,
    chain: { count: 0, link: '' },
  };
  await on(session, 'accounts').insert({
    kid: values.kid,
    name: values.name,
    name_key: foldKey(values.name),
    country: values.country,
    wanted: false,
    created_at: session.now,
    ...sealAccount(session.keyring, account),
  });
  await recordOnInstallation(session, { account: values.kid, ...event });
  return account;
}

async function addPractice(
  session: Session,
  account: Account,
  name: string,
  event: NewEvent,
): Promise<Account> {
  await on(session, 'practices').insert({
    account_kid: account.kid,
    name,
    name_key: foldKey(name),
    created_at: session.now,
  });
  return recordOnAccount(session, account, event);
}

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
    looks_shared: looksShared(user.username, user.email),
    system_administrator: user.systemAdministrator,
    active: user.active,
    attempts_left: user.attemptsLeft,
    locked_at: user.lockedAt,
    contact_changed_at: user.contactChangedAt,
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
    createdAt: session.now,
  };
}

async function insertAll(session: Session, table: string, rows: Record<string, unknown>[]): Promise<void> {
  for (let from = 0; from < rows.length; from += insertBatch) {
    await on(session, table).insert(rows.slice(from, from + insertBatch));
  }
}

async function addUsers(
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

async function endTrust(
  session: Session,
  userId: number,
  reason: TrustEnd,
  location: string | null = null,
): Promise<number> {
  const query = on(session, 'trusted_locations')
    .where({ user_id: userId })
    .whereNull('ended_at')
    .where('expires_at', '>', session.now);
  if (location !== null) query.where({ location });
  return query.update({ ended_at: session.now, ended_reason: reason });
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

async function saveUser(session: Session, user: User, change: UserChange, event: NewEvent): Promise<User> {
  const { practiceIds, endCodes: codesEnd, endTrust: trustEnd, ...values } = change;
  const chain = await append(session, subjectOf.user(user.id), user.chain, {
    account: user.accountKid,
    user: user.username,
    ...event,
  });
  const next: User = { ...user, ...values, chain };
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

async function addToken(session: Session, values: NewToken, event: NewEvent): Promise<Token> {
  const [id = 0] = await session.reserveIds('tokens', 1);
  const token = { ...values, id, user: null, createdAt: session.now, revokedAt: null };
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
    expires_at: token.expiresAt,
    ...sealToken(session.keyring, token),
  });
  const said: NewEvent = { ...event, details: { ...event.details, id } };
  if (token.accountKid === null) await recordOnInstallation(session, said);
  else {
    const account = await readingOf(session).account(token.accountKid);
    if (!account) throw new Error('A token is narrowed to an account that does not exist.');
    await recordOnAccount(session, account, said);
  }
  const added = await readingOf(session).token(id);
  if (!added) throw new Error('A token that was just added is not there.');
  return added;
}

async function saveToken(
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

async function record(
  session: Session,
  subject: Parameters<Writing['record']>[0],
  event: NewEvent,
): Promise<void> {
  if ('account' in subject) await recordOnAccount(session, subject.account, event);
  else if ('user' in subject) await saveUser(session, subject.user, {}, event);
  else await saveToken(session, subject.token, {}, event);
}

/** The writings of one transaction, beside its readings. */
export function writingOf(session: Session): Writing {
  return {
    ...readingOf(session),
    addAccount: (account, event) => addAccount(session, account, event),
    saveAccount: (account, change, event) => recordOnAccount(session, account, event, change),
    addPractice: (account, name, event) => addPractice(session, account, name, event),
    addUsers: (account, values, event) => addUsers(session, account, values, event),
    saveUser: (user, change, event) => saveUser(session, user, change, event),
    forgetLocations: async (user, location, event) => {
      const ended = await endTrust(session, user.id, 'forgotten', location);
      if (ended > 0) await saveUser(session, user, {}, event);
      return ended;
    },
    addToken: (token, event) => addToken(session, token, event),
    saveToken: (token, change, event) => saveToken(session, token, change, event),
    record: (subject, event) => record(session, subject, event),
  };
}
