// The file of a SQLite store: opened with what durability asks for, its errors in words.
import type { Database } from 'better-sqlite3';
import type { Knex } from 'knex';
import { TwofaError } from '../errors.ts';
import { connect } from './knex.ts';
import { driverOptions, SqliteClient } from './sqlite-driver.ts';

/** How long a statement waits for another process's transaction before the store counts as busy, in milliseconds. */
const busyTimeoutMs = 30_000;

/** What SQLite says of an event where there is one already, by the trigger or without it. */
const placeTaken = /^audit_events: a row is never replaced$|audit_events\.subject, audit_events\.place$/;

/** Turns what SQLite says into what twofa says. */
export function storeError(error: unknown, file: string): unknown {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code !== 'string' || !code.startsWith('SQLITE_')) return error;
  if (code.startsWith('SQLITE_BUSY') || code === 'SQLITE_LOCKED') {
    return new TwofaError('store-busy', `The store ${file} is busy.`, {
      hint: 'Try again; if it lasts, find the process that holds the file open.',
      cause: error,
    });
  }
  if (code.startsWith('SQLITE_CONSTRAINT')) {
    if (!placeTaken.test((error as Error).message)) return error;
    return new TwofaError('audit-broken', 'A row was put back to what it was before its newest events.', {
      hint: '"twofa audit verify" names it. Restore the store from a backup, or ask who has written to it.',
      cause: error,
    });
  }
  return new TwofaError(
    'store-unavailable',
    `The store ${file} cannot be used: ${(error as Error).message}.`,
    {
      hint: 'Check that the file is the store of twofa, that its folder is writable and that the disk is not full.',
      cause: error,
    },
  );
}

export function connectFile(file: string): Knex {
  return connect({
    client: SqliteClient,
    useNullAsDefault: true,
    connection: { filename: file, options: driverOptions() } as never,
    pool: {
      min: 1,
      max: 1,
      afterCreate: (database: Database, ready: (error: Error | null, database: Database) => void) => {
        try {
          database.pragma(`busy_timeout = ${busyTimeoutMs}`);
          database.pragma('synchronous = FULL');
          database.pragma('wal_autocheckpoint = 10000');
          database.pragma('foreign_keys = ON');
          database.pragma('trusted_schema = OFF');
          ready(null, database);
        } catch (error) {
          ready(error as Error, database);
        }
      },
    },
  });
}
