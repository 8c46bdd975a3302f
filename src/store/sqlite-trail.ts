// The trail as SQLite gives it: in portions, through statements that are prepared once; and its newest event.
import type { Database, Statement } from 'better-sqlite3';
import type { KnownEvent, Standing } from '../actions/store.ts';
import { TwofaError } from '../errors.ts';
import { headOf, installationState } from '../rules/chain.ts';
import type { Keyring } from '../rules/keyring.ts';
import { iso } from '../rules/time.ts';
import { bool, chainOf, int, type Row, text } from './rows.ts';
import { subjectOf } from './trail.ts';
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

function knownOf(row: Row | undefined): KnownEvent | null {
  if (!row) return null;
  return {
    seq: int(row, 'seq'),
    subject: text(row, 'subject'),
    place: int(row, 'place'),
    link: text(row, 'link'),
    at: int(row, 'at'),
  };
}

const event = 'SELECT seq, subject, place, link, at FROM audit_events';

/**
 * Which store this is, its newest event, and the one of a number.
 * @throws TwofaError `audit-broken` when the installation's row, which says which store it is, was changed.
 */
export function standingOf(database: Database, keyring: Keyring, seq: number | null): Standing {
  const row = database.prepare('SELECT * FROM installation WHERE id = 1').get() as Row;
  const createdAt = int(row, 'created_at');
  const state = { sandbox: bool(row, 'sandbox'), keyFingerprint: text(row, 'key_fingerprint'), createdAt };
  const key = keyring.get(text(row, 'key_id'));
  if (
    !key ||
    headOf(key.trail, subjectOf.installation, chainOf(row), installationState(state)) !== row.head
  ) {
    throw new TwofaError('audit-broken', 'The row of the installation is not the one that twofa wrote.', {
      hint: '"twofa audit verify" names what is broken. Restore the store from a backup, or ask who has written to it.',
      details: { subject: subjectOf.installation },
    });
  }
  return {
    store: iso(createdAt),
    newest: knownOf(database.prepare(`${event} ORDER BY seq DESC LIMIT 1`).get() as Row | undefined),
    known:
      seq === null ? null : knownOf(database.prepare(`${event} WHERE seq = ?`).get(seq) as Row | undefined),
  };
}
