// Reads events as they were linked, for a copy that is verified elsewhere.
import type { ExportedEvent, Reading } from '../actions/store.ts';
import type { Instant } from '../rules/time.ts';
import { int, intOrNull, type Row, text, textOrNull } from './rows.ts';
import { first, on, type Session, sql } from './session.ts';

function exportedOf(row: Row): ExportedEvent {
  return {
    seq: int(row, 'seq'),
    subject: text(row, 'subject'),
    place: int(row, 'place'),
    at: int(row, 'at'),
    actor: text(row, 'actor'),
    role: text(row, 'role'),
    tokenId: intOrNull(row, 'token_id'),
    action: text(row, 'action'),
    account: textOrNull(row, 'account'),
    user: textOrNull(row, 'user'),
    outcome: text(row, 'outcome'),
    details: text(row, 'details'),
    keyId: text(row, 'key_id'),
    link: text(row, 'link'),
  };
}

/** Whose chain an event is in is asked of each event, so that a page costs as much in a large account as in a small one. */
const ofAccount = `AND CASE
  WHEN subject LIKE 'user:%' THEN EXISTS (SELECT 1 FROM users
    WHERE id = CAST(substr(subject, 6) AS BIGINT) AND account_kid = :kid)
  WHEN subject LIKE 'token:%' THEN EXISTS (SELECT 1 FROM tokens
    WHERE id = CAST(substr(subject, 7) AS BIGINT) AND account_kid = :kid)
  ELSE subject = 'account:' || :kid END`;

export async function exported(
  session: Session,
  { kid, after, until, limit }: Parameters<Reading['exported']>[0],
): Promise<ExportedEvent[]> {
  const found = await sql(
    session,
    `SELECT * FROM audit_events WHERE seq > :after AND seq <= :until ${kid === undefined ? '' : ofAccount}
      ORDER BY seq LIMIT :limit`,
    { after, until, limit, ...(kid === undefined ? {} : { kid }) },
  );
  return found.map(exportedOf);
}

export async function linkOf(session: Session, seq: number): Promise<string | null> {
  const row = await first(on(session, 'audit_events').where({ seq }).select('link'));
  return row && text(row, 'link');
}

export async function newestBefore(session: Session, at: Instant): Promise<number> {
  const row = await first(on(session, 'audit_events').where('at', '<=', at).max({ seq: 'seq' }));
  return row ? int(row, 'seq') : 0;
}
