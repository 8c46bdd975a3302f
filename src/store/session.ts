// One connection during one transaction, through which the tables are read and written.
import type { Knex } from 'knex';
import type { Actor } from '../actions/store.ts';
import type { Keyring } from '../rules/keyring.ts';
import type { Instant } from '../rules/time.ts';
import type { Row } from './rows.ts';

export interface Session {
  knex: Knex;
  connection: unknown;
  keyring: Keyring;
  /** The clock that goes with the state, read when the transaction began. */
  now: Instant;
  actor: Actor;
  /** Takes the next ids of a table that numbers its rows. */
  reserveIds(table: string, count: number): Promise<number[]>;
}

/** Whether the session is with PostgreSQL, for what the two databases say in different words. */
export function onPostgres({ knex }: Session): boolean {
  return knex.client.dialect === 'postgresql';
}

/** A query on a table, on the session's own connection. */
export function on(session: Session, table: string): Knex.QueryBuilder {
  return session.knex(table).connection(session.connection);
}

export type Query = ReturnType<typeof on>;

export async function rows(query: Query): Promise<Row[]> {
  return (await query) as Row[];
}

export async function first(query: Query): Promise<Row | null> {
  return ((await query.first()) as Row | undefined) ?? null;
}

/** Rows of a query written as SQL, on the session's own connection. */
export async function sql(session: Session, text: string, bindings: Record<string, unknown>): Promise<Row[]> {
  const result = await session.knex.raw(text, bindings as never).connection(session.connection);
  return Array.isArray(result) ? result : result.rows;
}

/** Bound for multi-row inserts, below SQLite's limits on variables and compound terms. */
export const insertBatch = 200;
