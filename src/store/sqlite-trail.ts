// The trail as SQLite gives it: in portions, through statements that are prepared once; and its newest event.
import type { Database, Statement } from 'better-sqlite3';
import type { Standing } from '../actions/store.ts';
import type { Keyring } from '../rules/keyring.ts';
import type { Row } from './rows.ts';
import { standingFrom } from './standing.ts';
import type { TrailSource } from './verify.ts';

/** Rows held in memory at a time. */
const portionRows = 1000;

function* portions(statement: Statement, bindings: Record<string, unknown>): Generator<Row[]> {
  let rows: Row[] = [];
  for (const row of statement.iterate(bindings)) {
    rows.push(row as Row);
    if (rows.length < portionRows) continue;
    yield rows;
    rows = [];
  }
  if (rows.length > 0) yield rows;
}

const given = "SELECT seq FROM sqlite_sequence WHERE name = 'audit_events'";

/** The trail on a connection, inside a transaction, so that all of it is of one moment. */
export function trailSource(database: Database): TrailSource {
  const chains = database.prepare(
    'SELECT * FROM audit_events WHERE subject IN (SELECT value FROM json_each(:subjects)) ORDER BY subject, place',
  );
  return {
    // Numbers are given inside immediate transactions, and one that is rolled back gives its numbers back.
    numbered: Number(database.prepare(given).pluck().get() ?? 0),
    rows: (query, bindings) => portions(database.prepare(query), bindings),
    chains: (subjects) => portions(chains, { subjects: JSON.stringify(subjects) }),
  };
}

const event = 'SELECT seq, subject, place, link, at FROM audit_events';

/**
 * Which store this is, its newest event, and the one of a number.
 * @throws TwofaError `audit-broken` when the installation's row, which says which store it is, was changed.
 */
export function standingOf(database: Database, keyring: Keyring, seq: number | null): Standing {
  const one = (query: string, ...bindings: number[]) =>
    database.prepare(query).get(...bindings) as Row | undefined;
  const installation = one('SELECT * FROM installation WHERE id = 1');
  const newest = one(`${event} ORDER BY seq DESC LIMIT 1`);
  const known = seq === null ? undefined : one(`${event} WHERE seq = ?`, seq);
  return standingFrom(keyring, installation ?? {}, newest, known);
}
