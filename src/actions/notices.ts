// Tells administrators and users what was done. A notice is kept with what it tells of, and goes out after that is durable.
import { defaultLanguage } from '../rules/language.ts';
import { type Notice, type NoticeKind, noticesTo, type Reader } from '../rules/notice.ts';
import type { Call } from './operation.ts';
import type { Account, KeptNotice, Receipt, User, Writing } from './store.ts';

interface Telling {
  kind: NoticeKind;
  about: string;
  details?: Record<string, string>;
}

async function keep(
  call: Call,
  tables: Writing,
  account: Account,
  readers: readonly Reader[],
  except: string | null,
  { kind, about, details = {} }: Telling,
): Promise<number> {
  const notices = noticesTo(readers, except, {
    kind,
    about,
    details: { by: call.operator.actor, ...details },
  });
  if (notices.length > 0) await tables.addNotices(account, notices);
  return notices.length;
}

/**
 * Tells all administrators of the account but the one who did it.
 * @param except another than that one; null tells all of them.
 * @returns how many are told.
 */
export async function tellAdministrators(
  call: Call,
  tables: Writing,
  account: Account,
  telling: Telling,
  except: string | null = call.operator.username,
): Promise<number> {
  const readers = await tables.administrators(account.kid);
  return keep(call, tables, account, readers, except, telling);
}

/** The addresses of a user at which they can be told. */
export function addressesOf(...states: readonly User[]): Reader[] {
  return states.flatMap((user) =>
    user.email !== null && user.emailProblem === null
      ? [{ username: user.username, email: user.email, language: user.language ?? defaultLanguage }]
      : [],
  );
}

/** Tells a user, at the given addresses. */
export async function tellUser(
  call: Call,
  tables: Writing,
  account: Account,
  addresses: readonly Reader[],
  telling: Telling,
): Promise<void> {
  await keep(call, tables, account, addresses, null, telling);
}

/** Sends kept notices. One that fails is kept with the reason, and fails nothing else. @returns what became of each. */
export async function sendNotices(call: Call, notices: readonly KeptNotice[]): Promise<Receipt[]> {
  const delivery = await call.delivery();
  const store = await call.store();
  return Promise.all(
    notices.map(async (notice): Promise<Receipt> => {
      const { to, ...rest } = notice;
      const message = { ...rest, kind: 'notice' as const, notice: notice.kind, via: 'email' as const };
      const receipt = await delivery
        .send({ ...message, to: to.email, user: to.username, language: to.language }, call.operator.sandbox)
        .catch((error: Error) => ({ status: 'unknown' as const, reason: error.message }));
      await store.settleNotice(notice.id, receipt);
      return receipt;
    }),
  );
}

/** What an update made of a user. */
export interface Updated {
  before: User;
  after: User;
  fields: readonly string[];
}

/** What is told of an update, each thing by itself. */
function tellingsOf({ before, after, fields }: Updated, by: string): Omit<Notice, 'to'>[] {
  const about = after.username;
  const contact = fields.filter((field) => field === 'email' || field === 'phone').join(' ');
  const tellings: Omit<Notice, 'to'>[] = [];
  if (contact !== '') tellings.push({ kind: 'contact-changed', about, details: { by, fields: contact } });
  if (after.systemAdministrator !== before.systemAdministrator) {
    const role = after.systemAdministrator ? 'granted' : 'removed';
    tellings.push({ kind: 'role-changed', about, details: { by, role } });
  }
  return tellings;
}

/**
 * Tells of updates of users once 2FA is on: each user at old and new address; the administrators when another than
 * the user themselves did it.
 * @param administrators who they are, and where the updates are of several users, who they were before.
 */
export async function tellOfUpdates(
  call: Call,
  tables: Writing,
  account: Account,
  updates: readonly Updated[],
  administrators: readonly Reader[],
): Promise<void> {
  if (account.enabledAt === null) return;
  const { username: by, actor } = call.operator;
  const others = administrators.filter(({ username }) => username !== by);
  const notices = updates.flatMap((update) => {
    // In one go, so that nobody is told twice: as the user, and as an administrator.
    const readers = [
      ...addressesOf(update.before, update.after),
      ...(by === update.before.username ? [] : others),
    ];
    return tellingsOf(update, actor).flatMap((telling) => noticesTo(readers, null, telling));
  });
  if (notices.length > 0) await tables.addNotices(account, notices);
}

/** Tells of an update of one user, as {@link tellOfUpdates} does of many. */
export async function tellOfUpdate(
  call: Call,
  tables: Writing,
  account: Account,
  updated: Updated,
): Promise<void> {
  if (account.enabledAt === null) return;
  await tellOfUpdates(call, tables, account, [updated], await tables.administrators(account.kid));
}
