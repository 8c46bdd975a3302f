// Notices on SQL: kept in the transaction of what they tell of, settled when they went out.
import type { Account, KeptNotice, NoticeFilter, OpenNotice, Receipt } from '../actions/store.ts';
import { defaultLanguage } from '../rules/language.ts';
import type { Notice, NoticeKind, Reader } from '../rules/notice.ts';
import type { Instant } from '../rules/time.ts';
import { int, languageOf, type Row, text, textOrNull } from './rows.ts';
import { on, type Query, rows, type Session } from './session.ts';
import { insertRows } from './sets.ts';

/** A notice as its row, without its number. */
export function noticeRow(account: string, notice: Notice, now: number): Row {
  return {
    account_kid: account,
    kind: notice.kind,
    about: notice.about,
    recipient: notice.to.username,
    email: notice.to.email,
    language: notice.to.language,
    details: JSON.stringify(notice.details),
    status: 'pending',
    tries: 1,
    tried_at: now,
    created_at: now,
  };
}

export async function addNotices(
  session: Session,
  account: Account,
  notices: readonly Notice[],
): Promise<KeptNotice[]> {
  const ids = await session.reserveIds('notices', notices.length);
  const kept = notices.map((notice, index) => ({
    ...notice,
    id: ids[index] ?? 0,
    account: account.kid,
    accountName: account.name,
    sentAt: session.now,
  }));
  await insertRows(
    session,
    'notices',
    kept.map((notice) => ({ id: notice.id, ...noticeRow(account.kid, notice, session.now) })),
  );
  return kept;
}

/** A user who can be told, as a row of the users says. */
export function readerOf(row: Row): Reader {
  return {
    username: text(row, 'username'),
    email: text(row, 'email'),
    language: languageOf(row) ?? defaultLanguage,
  };
}

export async function administrators(session: Session, kid: string): Promise<Reader[]> {
  const query = on(session, 'users')
    .where({ account_kid: kid, active: true })
    // So written, the index of administrators serves: with a bound value it would not.
    .whereRaw('system_administrator')
    .whereNotNull('email')
    .whereNull('email_problem')
    .orderBy('id');
  return (await rows(query)).map(readerOf);
}

const open = ['pending', 'undelivered', 'unknown'];

function openNoticeOf(row: Row): OpenNotice {
  return {
    id: int(row, 'id'),
    account: text(row, 'account_kid'),
    accountName: text(row, 'account_name'),
    kind: text(row, 'kind') as NoticeKind,
    about: text(row, 'about'),
    to: {
      username: text(row, 'recipient'),
      email: text(row, 'email'),
      language: languageOf(row) ?? defaultLanguage,
    },
    details: JSON.parse(text(row, 'details')),
    sentAt: int(row, 'created_at'),
    status: text(row, 'status') as OpenNotice['status'],
    reason: textOrNull(row, 'reason'),
    tries: int(row, 'tries'),
    triedAt: int(row, 'tried_at'),
  };
}

function openNoticesQuery(session: Session, { kid, ids, limit }: NoticeFilter): Query {
  const query = on(session, 'notices')
    .join('accounts', 'accounts.kid', 'notices.account_kid')
    .select('notices.*', 'accounts.name as account_name')
    .whereIn('notices.status', open)
    .limit(limit);
  if (kid !== undefined) query.where('notices.account_kid', kid);
  if (ids !== undefined) query.whereIn('notices.id', ids);
  return query;
}

/** Notices that did not go out, or of which it is not known, in the order in which they were made. */
export async function openNotices(session: Session, filter: NoticeFilter): Promise<OpenNotice[]> {
  const query = openNoticesQuery(session, filter).orderBy('notices.id');
  if (filter.after !== undefined) query.where('notices.id', '>', filter.after);
  return (await rows(query)).map(openNoticeOf);
}

/** Open notices made since an instant that were last tried longest ago. */
export async function waitingNotices(session: Session, since: Instant, limit: number): Promise<OpenNotice[]> {
  const query = openNoticesQuery(session, { limit })
    .where('notices.created_at', '>', since)
    .orderBy('notices.tried_at');
  return (await rows(query)).map(openNoticeOf);
}

/** Takes notices on for another try, so that nobody else tries them at the same time. */
export async function claimNotices(session: Session, notices: readonly OpenNotice[]): Promise<void> {
  for (const { id } of notices) {
    await on(session, 'notices')
      .where({ id })
      .update({ status: 'pending', tried_at: session.now, tries: session.knex.raw('tries + 1') });
  }
}

export async function settleNotice(session: Session, id: number, receipt: Receipt): Promise<void> {
  await on(session, 'notices')
    .where({ id })
    .update({ status: receipt.status, reason: receipt.reason, settled_at: session.now });
}
