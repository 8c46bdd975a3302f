// Notices on SQL: kept in the transaction of what they tell of, settled when they went out.
import type { Account, KeptNotice, Receipt } from '../actions/store.ts';
import { defaultLanguage } from '../rules/language.ts';
import type { Notice, Reader } from '../rules/notice.ts';
import { languageOf, type Row, text } from './rows.ts';
import { on, rows, type Session } from './session.ts';

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
  for (const notice of kept) {
    await on(session, 'notices').insert({ id: notice.id, ...noticeRow(account.kid, notice, session.now) });
  }
  return kept;
}

export async function administrators(session: Session, kid: string): Promise<Reader[]> {
  const query = on(session, 'users')
    .where({ account_kid: kid, system_administrator: true, active: true })
    .whereNotNull('email')
    .whereNull('email_problem')
    .orderBy('id');
  return (await rows(query)).map((row) => ({
    username: text(row, 'username'),
    email: text(row, 'email'),
    language: languageOf(row) ?? defaultLanguage,
  }));
}

export async function settleNotice(session: Session, id: number, receipt: Receipt): Promise<void> {
  await on(session, 'notices')
    .where({ id })
    .update({ status: receipt.status, reason: receipt.reason, settled_at: session.now });
}
