// How much there is of what somebody watches, by queries that an index answers.
import type { Gauges } from '../rules/metrics.ts';
import { behindMs } from './postgres-statements.ts';
import { int, intOrNull, text } from './rows.ts';
import { onPostgres, type Session, sql } from './session.ts';

async function one(session: Session, query: string): Promise<number> {
  const [row] = await sql(session, query, {});
  return int(row ?? {}, 'count');
}

/** Written as the index of open notices has it, so that it is used. */
const openNotices = `SELECT status, count(*) AS count FROM notices
  WHERE status IN ('pending', 'undelivered', 'unknown') GROUP BY status`;

const storeBytes = {
  sqlite: 'SELECT page_count * page_size AS count FROM pragma_page_count(), pragma_page_size()',
  postgres: 'SELECT pg_database_size(current_database()) AS count',
};

async function standbyBehindMs(session: Session): Promise<number | null> {
  const [row] = await sql(session, `SELECT CASE WHEN pg_is_in_recovery() THEN ${behindMs} END AS behind`, {});
  return intOrNull(row ?? {}, 'behind');
}

export async function gauges(session: Session): Promise<Gauges> {
  const enabled = await one(session, 'SELECT count(*) AS count FROM accounts WHERE enabled_at IS NOT NULL');
  const accounts = await one(session, 'SELECT count(*) AS count FROM accounts');
  const notices = new Map(
    (await sql(session, openNotices, {})).map((row) => [text(row, 'status'), int(row, 'count')]),
  );
  const postgres = onPostgres(session);
  return {
    accounts: { enabled, overdue: accounts - enabled },
    lockedUsers: await one(session, 'SELECT count(*) AS count FROM users WHERE locked_at IS NOT NULL'),
    openNotices: {
      pending: notices.get('pending') ?? 0,
      undelivered: notices.get('undelivered') ?? 0,
      unknown: notices.get('unknown') ?? 0,
    },
    pendingMessages: await one(session, `SELECT count(*) AS count FROM messages WHERE status = 'pending'`),
    storeBytes: await one(session, postgres ? storeBytes.postgres : storeBytes.sqlite),
    standbyBehindMs: postgres ? await standbyBehindMs(session) : null,
  };
}
