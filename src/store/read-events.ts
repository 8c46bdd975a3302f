// Reads the audit trail, and the lockouts that it tells of.
import type { AuditEvent, EventFilter, Lockout, Reading, UserWithPractices } from '../actions/store.ts';
import { attemptsMax } from '../rules/constants.ts';
import { users } from './read-users.ts';
import { eventOf } from './rows.ts';
import { first, on, rows, type Session, sql } from './session.ts';

/** The event that locked the user: where the seventh failure came from. */
async function lockEvent(session: Session, userId: number): Promise<AuditEvent | null> {
  const row = await first(
    on(session, 'audit_events')
      .where({ subject: `user:${userId}`, action: 'user.locked' })
      .orderBy('place', 'desc'),
  );
  return row ? eventOf(row) : null;
}

export async function lockout(session: Session, user: UserWithPractices): Promise<Lockout> {
  const event = await lockEvent(session, user.id);
  const { app, ip } = (event?.details ?? {}) as { app?: string; ip?: string };
  return { user, lastApp: app ?? null, lastIp: ip ?? null };
}

export async function lockouts(
  session: Session,
  filter: Parameters<Reading['lockouts']>[0],
): Promise<Lockout[]> {
  const locked = await users(session, { ...filter, status: 'locked' });
  const found: Lockout[] = [];
  for (const each of locked) found.push(await lockout(session, each));
  return found;
}

export async function userHistory(session: Session, userId: number, limit: number): Promise<AuditEvent[]> {
  const query = on(session, 'audit_events')
    .where({ subject: `user:${userId}` })
    .orderBy('place', 'desc')
    .limit(limit);
  return (await rows(query)).map(eventOf).reverse();
}

/** Of a lockout at most so many messages with codes are read, two events each, and so many verified codes of a user. */
const messagesRead = 150;
const verifiedRead = 100;

/** The newest events of some actions in a user's chain, newest first; not refusals to a user who was barred already. */
export async function newest(
  session: Session,
  userId: number,
  actions: readonly string[],
  limit: number,
): Promise<AuditEvent[]> {
  const query = on(session, 'audit_events')
    .where({ subject: `user:${userId}` })
    .whereIn('action', actions)
    .whereNot('outcome', 'refused')
    .orderBy('place', 'desc')
    .limit(limit);
  return (await rows(query)).map(eventOf);
}

/** Failures are read apart from messages, so that no flood of requests for codes pushes one of them out. */
export async function lockoutEvents(session: Session, userId: number): Promise<AuditEvent[]> {
  const fresh = ['code.verified', 'user.reactivated'];
  // Seven failures lock, and only a success or a reactivation gives attempts again: it is among these.
  const judged = await newest(session, userId, ['code.rejected', 'user.locked', ...fresh], attemptsMax + 1);
  const end = judged.findIndex(({ action }) => fresh.includes(action));
  const failures = end < 0 ? judged : judged.slice(0, end);
  const since = end < 0 ? 0 : (judged[end]?.seq ?? 0);
  const messages = ['code.issued', 'code.sent', 'code.undelivered'];
  const sent = await newest(session, userId, messages, 2 * messagesRead);
  return [...failures, ...sent.filter(({ seq }) => seq > since)].sort((a, b) => a.seq - b.seq);
}

export async function verifiedFrom(session: Session, userId: number): Promise<string[]> {
  const found = await newest(session, userId, ['code.verified', 'location.forgotten'], verifiedRead);
  const forgotten = found.findIndex(({ action }) => action === 'location.forgotten');
  const since = forgotten < 0 ? found : found.slice(0, forgotten);
  return [...new Set(since.flatMap(({ details }) => (typeof details.ip === 'string' ? details.ip : [])))];
}

/**
 * Which events concern an account: those that name it, and those of its own tokens, whatever they name. It is asked of each
 * event in the order of the trail, so that a page costs no more in an account of a million users.
 */
const ofAccount = `CASE WHEN account = :kid THEN true
  WHEN subject LIKE 'token:%' THEN EXISTS (SELECT 1 FROM tokens
    WHERE id = CAST(substr(subject, 7) AS BIGINT) AND account_kid = :kid)
  ELSE false END`;

/** Events of a user are those of their chain, and what the account's chain and the operators' tokens say of them. */
const ofUser = `(subject = :userSubject OR (subject = :accountSubject AND "user" = :user)
  OR (subject LIKE 'token:%' AND account = :kid AND "user" = :user))`;

export async function events(session: Session, filter: EventFilter): Promise<AuditEvent[]> {
  const { kid = '', userId, user = '', action, since, after = 0, until, limit } = filter;
  const conditions: string[] = ['seq > :after'];
  const bindings: Record<string, unknown> = { after, limit };
  const only = (condition: string, more: Record<string, unknown>) => {
    conditions.push(condition);
    Object.assign(bindings, more);
  };
  if (userId !== undefined) {
    const subjects = { userSubject: `user:${userId}`, accountSubject: `account:${kid}` };
    only(ofUser, { ...subjects, user, kid });
  } else if (filter.kid !== undefined) only(ofAccount, { kid });
  if (action !== undefined) only('action = :action', { action });
  if (since !== undefined) only('at >= :since', { since });
  if (until !== undefined) only('seq <= :until', { until });
  const found = await sql(
    session,
    `SELECT * FROM audit_events WHERE ${conditions.join(' AND ')} ORDER BY seq LIMIT :limit`,
    bindings,
  );
  return found.map(eventOf);
}
