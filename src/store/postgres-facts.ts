// What a store on PostgreSQL takes and holds, as the server reckons it: nothing is counted.
import type { StoreFacts } from '../actions/store-facts.ts';
import { keysUsed, kindFacts, newestEvent, schemaFacts, trailFacts } from './facts.ts';
import type { Connection } from './postgres-connect.ts';
import { int, type Row, text } from './rows.ts';

/** Rows as of the last ANALYZE or VACUUM; a table that has seen neither is small, and counted. */
const sizes = `SELECT relname AS name, reltuples::bigint AS rows, pg_total_relation_size(oid) AS bytes FROM pg_class
  WHERE relkind IN ('r', 'p') AND relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'installation'::regclass)
  ORDER BY relname`;

/** Inside a transaction, so that all of it is of one moment. */
export async function factsOfDatabase(connection: Connection, place: string): Promise<StoreFacts> {
  const all = async (query: string) => (await connection.query({ text: query })).rows;
  const one = async (query: string): Promise<Row> => (await all(query))[0] ?? {};
  const tables = [];
  for (const row of await all(sizes)) {
    const name = text(row, 'name');
    const reckoned = int(row, 'rows');
    const rows = reckoned < 0 ? int(await one(`SELECT count(*) AS count FROM "${name}"`), 'count') : reckoned;
    tables.push({ name, rows, bytes: int(row, 'bytes') });
  }
  const events = tables.find(({ name }) => name === 'audit_events')?.rows ?? 0;
  const installation = await one('SELECT * FROM installation');
  return {
    engine: 'postgresql',
    version: text(await one("SELECT current_setting('server_version') AS version"), 'version'),
    place,
    schema: schemaFacts(await all('SELECT name FROM migrations ORDER BY id'), installation),
    ...kindFacts(installation),
    bytes: int(await one('SELECT pg_database_size(current_database()) AS bytes'), 'bytes'),
    walBytes: null,
    counted: 'estimated',
    tables,
    trail: trailFacts(events, await one(newestEvent)),
    keys: (await all(keysUsed)).map((row) => text(row, 'key_id')),
  };
}
