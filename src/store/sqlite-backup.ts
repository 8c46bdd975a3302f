// Copies a store on SQLite beside running sign-ins, and finds out whether a file is a whole store that this key opens.
import type { Database } from 'better-sqlite3';
import type { CopyWatch, KnownEvent } from '../actions/store.ts';
import { TwofaError } from '../errors.ts';
import type { Keyring } from '../rules/keyring.ts';
import { int, type Row, text } from './rows.ts';
import { connectFile, storeError } from './sqlite-file.ts';
import { standingOf } from './sqlite-trail.ts';
import { checkKey } from './store-key.ts';
import { refuseTooNew, schemaOf } from './version.ts';

/** Pages copied between two looks at what else there is to do: some milliseconds of work. */
const pagesAtOnce = 1000;

/** The faults that SQLite finds in a file are named up to this many. */
const faultsMax = 3;

/** Works on a file through a connection of its own. */
export async function onFile<T>(file: string, work: (database: Database) => T | Promise<T>): Promise<T> {
  const knex = connectFile(file);
  try {
    const database = (await knex.client.acquireConnection()) as Database;
    try {
      return await work(database);
    } finally {
      await knex.client.releaseConnection(database);
    }
  } catch (error) {
    throw storeError(error, file);
  } finally {
    await knex.destroy();
  }
}

/**
 * Copies a database as it is at one moment; others go on writing to it.
 * @param to a file that is there and empty, so that it has the mode that the caller gave it.
 * @throws TwofaError `interrupted` when the caller gave up.
 */
export async function copyDatabase(
  database: Database,
  to: string,
  { signal, progress }: CopyWatch,
): Promise<void> {
  try {
    await database.backup(to, {
      progress: ({ totalPages, remainingPages }) => {
        requireWanted(signal);
        if (totalPages > 0) progress?.((totalPages - remainingPages) / totalPages);
        return pagesAtOnce;
      },
    });
  } catch (error) {
    if (error instanceof TwofaError) throw error;
    throw new TwofaError('file-unwritable', `The copy cannot be written: ${(error as Error).message}.`, {
      hint: 'Look whether the disk is full.',
      cause: error,
    });
  }
}

/** @throws TwofaError `interrupted` when the caller gave up. */
export function requireWanted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new TwofaError('interrupted', 'Interrupted; no copy was made.');
}

/** What SQLite finds damaged in a database; null where it is whole. */
export function faultsOf(database: Database): string | null {
  const found = database.pragma(`integrity_check(${faultsMax})`) as { integrity_check: string }[];
  const faults = found.map((row) => row.integrity_check).filter((each) => each !== 'ok');
  return faults.length === 0 ? null : faults.join('; ');
}

const identity = `SELECT key_fingerprint, oldest_program, (SELECT group_concat(name) FROM migrations) AS migrations,
  (SELECT max(seq) FROM audit_events) AS newest FROM installation WHERE id = 1`;

/**
 * Makes sure that a database is a store of twofa, of this key, and of no newer program.
 * @throws TwofaError `file-malformed`, `key-unavailable`, `store-incompatible` or `audit-broken`
 */
export function requireStoreOf(database: Database, keyring: Keyring, place: string): void {
  let row: Row | undefined;
  try {
    row = database.prepare(identity).get() as Row | undefined;
  } catch (error) {
    throw noStore(place, error);
  }
  if (!row) throw noStore(place);
  refuseTooNew(schemaOf(row));
  checkKey(text(row, 'key_fingerprint'), keyring, place);
  standingOf(database, keyring, null);
}

function noStore(place: string, cause?: unknown): TwofaError {
  return new TwofaError('file-malformed', `${place} is no whole store of twofa.`, {
    hint: 'Name a file that "twofa db backup" made.',
    details: { field: 'file' },
    cause,
  });
}

/**
 * Copies the store of a file into another one, and looks whether the copy is whole.
 * @returns the newest event of the copy; null where it has none.
 */
export async function copyStore(
  file: string,
  to: string,
  keyring: Keyring,
  watch: CopyWatch,
): Promise<KnownEvent | null> {
  const newest = await onFile(file, async (database) => {
    // One view of the store for as long as it lasts: otherwise each commit of others would begin the copy again.
    database.exec('BEGIN');
    try {
      const standing = standingOf(database, keyring, null);
      await copyDatabase(database, to, watch);
      return standing.newest;
    } finally {
      database.exec('COMMIT');
    }
  });
  await onFile(to, (copy) => {
    const faults = faultsOf(copy);
    if (faults !== null) {
      throw new TwofaError('store-unavailable', `The store ${file} is damaged: ${faults}.`, {
        hint: 'Restore the newest backup that is whole: twofa db restore FILE',
      });
    }
    requireStoreOf(copy, keyring, 'The copy of the store');
    // One file that can be read from where nothing can be written; a store that it is restored to has a log beside it again.
    copy.pragma('journal_mode = DELETE');
    const row = copy.prepare('SELECT coalesce(max(seq), 0) AS seq FROM audit_events').get() as Row;
    if (int(row, 'seq') === (newest?.seq ?? 0)) return;
    throw new TwofaError('store-unavailable', 'The copy is not of the store as it was.', {
      hint: 'Try again.',
    });
  });
  requireWanted(watch.signal);
  return newest;
}
