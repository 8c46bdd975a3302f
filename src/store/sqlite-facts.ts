// What a store on SQLite takes and holds, counted: the whole file is read.
import { statSync } from 'node:fs';
import type { Database } from 'better-sqlite3';
import type { StoreFacts } from '../actions/store-facts.ts';
import { keysUsed, kindFacts, newestEvent, schemaFacts, trailFacts } from './facts.ts';
import { int, type Row, text } from './rows.ts';

/** Pages of tables and of their indexes, those of a table together. */
const sizes = `SELECT tbl_name AS name, sum(pgsize) AS bytes FROM dbstat
  JOIN sqlite_schema ON sqlite_schema.name = dbstat.name
  WHERE aggregate = TRUE AND tbl_name NOT LIKE 'sqlite\\_%' ESCAPE '\\' GROUP BY tbl_name ORDER BY tbl_name`;

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** Inside a transaction, so that all of it is of one moment. */
export function factsOfFile(database: Database, file: string): StoreFacts {
  const all = (query: string) => database.prepare(query).all() as Row[];
  const one = (query: string): Row => all(query)[0] ?? {};
  const rowsOf = (table: string) => int(one(`SELECT count(*) AS count FROM "${table}"`), 'count');
  const tables = all(sizes).map((row) => {
    const name = text(row, 'name');
    return { name, rows: rowsOf(name), bytes: int(row, 'bytes') };
  });
  const events = tables.find(({ name }) => name === 'audit_events')?.rows ?? 0;
  const installation = one('SELECT * FROM installation');
  return {
    engine: 'sqlite',
    version: text(one('SELECT sqlite_version() AS version'), 'version'),
    place: `sqlite:${file}`,
    schema: schemaFacts(all('SELECT name FROM migrations ORDER BY id'), installation),
    ...kindFacts(installation),
    bytes: sizeOf(file),
    walBytes: sizeOf(`${file}-wal`),
    counted: 'exact',
    tables,
    trail: trailFacts(events, one(newestEvent)),
    keys: all(keysUsed).map((row) => text(row, 'key_id')),
  };
}
