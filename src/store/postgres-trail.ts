// The trail as PostgreSQL gives it: in portions, by cursors inside one transaction; and its newest event.
import { setTimeout as sleep } from 'node:timers/promises';
import type { KnownEvent, Standing } from '../actions/store.ts';
import { TwofaError } from '../errors.ts';
import type { Keyring } from '../rules/keyring.ts';
import type { Connection } from './postgres-connect.ts';
import type { Row } from './rows.ts';
import { knownOf, standingFrom } from './standing.ts';
import type { TrailSource } from './verify.ts';

/** Rows held in memory at a time. */
const portionRows = 1000;

/** A query with its named bindings as PostgreSQL numbers them. */
function numbered(query: string, bindings: Record<string, unknown>): { text: string; values: unknown[] } {
  const values: unknown[] = [];
  const text = query.replace(/(?<!:):([a-z]\w*)/gi, (whole, name: string) => {
    if (!Object.hasOwn(bindings, name)) return whole;
    values.push(bindings[name]);
    return `$${values.length}`;
  });
  return { text, values };
}

/** The trail on a connection, inside a transaction, so that all of it is of one moment. */
export function trailSource(connection: Connection): TrailSource {
  let cursors = 0;
  async function* portions(text: string, values: unknown[]): AsyncGenerator<Row[]> {
    const name = `portions_${++cursors}`;
    await connection.query({ text: `DECLARE ${name} NO SCROLL CURSOR FOR ${text}`, values });
    try {
      for (;;) {
        const { rows } = await connection.query({ text: `FETCH ${portionRows} FROM ${name}` });
        if (rows.length > 0) yield rows;
        if (rows.length < portionRows) return;
      }
    } finally {
      await connection.query({ text: `CLOSE ${name}` }).catch(() => undefined);
    }
  }
  return {
    // A transaction that is rolled back leaves a gap in the numbers.
    numbered: null,
    rows: (query, bindings) => {
      const { text, values } = numbered(query, bindings);
      return portions(text, values);
    },
    chains: (subjects) =>
      portions('SELECT * FROM audit_events WHERE subject = ANY($1) ORDER BY subject, place', [[...subjects]]),
  };
}

const event = 'SELECT seq, subject, place, link, at FROM audit_events';

/**
 * Which store this is, its newest event, and the one of a number.
 * @throws TwofaError `audit-broken` when the installation's row, which says which store it is, was changed.
 */
export async function standingOf(
  connection: Connection,
  keyring: Keyring,
  seq: number | null,
): Promise<Standing> {
  const one = async (text: string, values: unknown[] = []) =>
    (await connection.query({ text, values })).rows[0];
  const installation = await one('SELECT * FROM installation WHERE id = 1');
  const newest = await one(`${event} ORDER BY seq DESC LIMIT 1`);
  const known = seq === null ? undefined : await one(`${event} WHERE seq = $1`, [seq]);
  return standingFrom(keyring, installation ?? {}, newest, known);
}

/** A transaction that does not end for so long, in milliseconds, is not waited for any more. */
const patienceMs = 15_000;
const lookAgainMs = 5;

/** Transactions that have begun to write events: each holds this lock before it takes a number, and until it ends. */
async function writers(connection: Connection): Promise<Set<string>> {
  const { rows } = await connection.query({
    text: `SELECT virtualtransaction AS writer FROM pg_locks WHERE locktype = 'relation' AND mode = 'RowExclusiveLock'
      AND relation = 'audit_events'::regclass AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  });
  return new Set(rows.map((row) => String(row.writer)));
}

/**
 * The newest event before which none can come any more. Numbers are given in the order of writing, not of commits: who took
 * one up to the last that is given now, and has not ended, is waited for.
 * @throws TwofaError `store-busy`
 */
export async function settledEvent(connection: Connection): Promise<KnownEvent | null> {
  const given = await connection.query({
    text: 'SELECT CASE WHEN is_called THEN last_value END AS seq FROM audit_events_seq_seq',
  });
  const seq = given.rows[0]?.seq ?? null;
  if (seq === null) return null;
  const until = performance.now() + patienceMs;
  for (let waiting = await writers(connection); waiting.size > 0; ) {
    if (performance.now() > until) {
      throw new TwofaError('store-busy', 'Another transaction has been writing events for too long.', {
        hint: 'Look in pg_stat_activity who holds it open. Nothing was read, so that no event is left out.',
      });
    }
    await sleep(lookAgainMs);
    const now = await writers(connection);
    waiting = new Set([...waiting].filter((writer) => now.has(writer)));
  }
  const text = `${event} WHERE seq <= $1 ORDER BY seq DESC LIMIT 1`;
  return knownOf((await connection.query({ text, values: [seq] })).rows[0]);
}
