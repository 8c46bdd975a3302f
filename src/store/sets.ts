// Sets of rows in a statement or two, however many they are: prepared statements on SQLite, JSON taken apart by PostgreSQL.
import type { Database } from 'better-sqlite3';
import type { Connection } from './postgres-connect.ts';
import type { Row } from './rows.ts';
import { onPostgres, type Session } from './session.ts';

/**
 * A condition that a column's value is one of a set, which is bound under a name as {@link setOf} it. It is found by the
 * column's index.
 */
export function isIn(session: Session, column: string, name: string, kind: 'text' | 'id'): string {
  if (!onPostgres(session)) return `${column} IN (SELECT value FROM json_each(:${name}))`;
  const value = `json_array_elements_text(CAST(:${name} AS json))`;
  return `${column} = ANY(ARRAY(SELECT ${kind === 'id' ? `CAST(${value} AS bigint)` : value}))`;
}

/** A set as it is bound. */
export function setOf(values: Iterable<string | number>): string {
  return JSON.stringify([...values]);
}

/** better-sqlite3 binds numbers, texts and nulls alone. */
function bound(value: unknown): unknown {
  return typeof value === 'boolean' ? Number(value) : (value ?? null);
}

/** A statement of SQLite, prepared once, and run with the columns of a row in their order. */
function prepared(session: Session, text: string, columns: readonly string[]): (row: Row) => void {
  const statement = (session.connection as Database).prepare(text);
  const values: unknown[] = columns.map(() => null);
  return (row) => {
    for (let at = 0; at < columns.length; at += 1) values[at] = bound(row[columns[at] as string]);
    statement.run(values);
  };
}

/** Has PostgreSQL take rows apart by the types that the table's columns have. */
async function runForAll(session: Session, text: string, rows: readonly Row[]): Promise<void> {
  await (session.connection as Connection).query({ text, values: [JSON.stringify(rows)] });
}

/** Adds rows, which all have the same columns. SQLite takes each as it is made, so that a large set is never there whole. */
export async function insertRows(session: Session, table: string, rows: Iterable<Row>): Promise<void> {
  if (onPostgres(session)) {
    const all = [...rows];
    if (all.length === 0) return;
    const columns = quoted(Object.keys(all[0] as Row));
    const from = `SELECT ${columns} FROM json_populate_recordset(NULL::${table}, $1)`;
    return runForAll(session, `INSERT INTO ${table} (${columns}) ${from}`, all);
  }
  let insert: ((row: Row) => void) | null = null;
  for (const row of rows) {
    if (insert === null) {
      const columns = Object.keys(row);
      const places = columns.map(() => '?').join(', ');
      insert = prepared(session, `INSERT INTO ${table} (${quoted(columns)}) VALUES (${places})`, columns);
    }
    insert(row);
  }
}

/** Changes rows by their `id`: each row's other columns become what they are here. Rows may differ in their columns. */
export async function updateRows(session: Session, table: string, rows: readonly Row[]): Promise<void> {
  const alike = new Map<string, Row[]>();
  for (const row of rows) {
    const columns = Object.keys(row).join();
    const others = alike.get(columns);
    if (others) others.push(row);
    else alike.set(columns, [row]);
  }
  for (const some of alike.values()) await updateAlike(session, table, some);
}

async function updateAlike(session: Session, table: string, rows: readonly Row[]): Promise<void> {
  const columns = Object.keys(rows[0] as Row).filter((column) => column !== 'id');
  if (!onPostgres(session)) {
    const set = columns.map((column) => `${quoted([column])} = ?`).join(', ');
    const update = prepared(session, `UPDATE ${table} SET ${set} WHERE id = ?`, [...columns, 'id']);
    for (const row of rows) update(row);
    return;
  }
  const set = columns.map((column) => `${quoted([column])} = given.${quoted([column])}`).join(', ');
  return runForAll(
    session,
    `UPDATE ${table} SET ${set} FROM json_populate_recordset(NULL::${table}, $1) AS given WHERE ${table}.id = given.id`,
    rows,
  );
}

/** Names of columns, of which some are words of SQL (`user`). */
function quoted(columns: readonly string[]): string {
  return columns.map((column) => `"${column}"`).join(', ');
}
