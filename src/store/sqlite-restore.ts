// Puts a backup in the place of a store on SQLite, whatever has that open: its content is exchanged in one transaction.
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from 'better-sqlite3';
import type { CopyWatch, KnownEvent } from '../actions/store.ts';
import { TwofaError } from '../errors.ts';
import { createPrivateFile, nameFile } from '../new-file.ts';
import type { Keyring } from '../rules/keyring.ts';
import type { Instant } from '../rules/time.ts';
import type { StoreIdentity } from './open.ts';
import { identityOf, type Row, text } from './rows.ts';
import { copyDatabase, faultsOf, onFile, requireStoreOf, requireWanted } from './sqlite-backup.ts';
import { migrateFile } from './sqlite-open.ts';
import { standingOf } from './sqlite-trail.ts';

/** Pages exchanged between two looks at what else there is to do. */
const pagesAtOnce = 1000;

/** How long others may hold the store before it counts as busy, in milliseconds. */
const patienceMs = 30_000;

function unusable(place: string, problem: string, cause?: unknown): TwofaError {
  return new TwofaError('file-malformed', `${place} ${problem}.`, {
    hint: 'Name a file that "twofa db backup" made; an older one, if this one is damaged.',
    details: { field: 'file' },
    cause,
  });
}

export interface Examined extends StoreIdentity {
  /** The newest event that it has of what happened before it was put back. */
  newest: KnownEvent | null;
  /** Migrations that were applied to it. */
  applied: string[];
}

/**
 * Makes sure that a copy of a backup is a whole store of this key, and brings it to this program's version.
 * @param place the backup, as errors name it.
 * @throws TwofaError `file-malformed`, `key-unavailable`, `store-incompatible` or `audit-broken`
 */
export async function examineBackup(
  copy: string,
  place: string,
  { keyring, clock }: { keyring: Keyring; clock(): Instant },
): Promise<Examined> {
  const newest = await opened(copy, place, (database) => {
    const faults = faultsOf(database);
    if (faults !== null) throw unusable(place, `is damaged: ${faults}`);
    requireStoreOf(database, keyring, place);
    database.pragma('journal_mode = WAL');
    return standingOf(database, keyring, null).newest;
  });
  const { applied } = await migrateFile({ url: `sqlite:${copy}`, keyring, clock }, false);
  const { sqliteSchemaFault } = await import('./schema.ts');
  return opened(copy, place, async (database) => {
    const all = (query: string) => database.prepare(query).all() as Row[];
    const fault = await sqliteSchemaFault(all);
    if (fault !== null) {
      throw new TwofaError('audit-broken', `${place} was changed: ${fault}.`, {
        hint: 'Name another backup, and ask who has written to this one.',
      });
    }
    return { newest, ...identityOf(all('SELECT * FROM installation WHERE id = 1')[0] ?? {}), applied };
  });
}

async function opened<T>(
  copy: string,
  place: string,
  work: (database: Database) => T | Promise<T>,
): Promise<T> {
  try {
    return await onFile(copy, work);
  } catch (error) {
    if (error instanceof TwofaError && error.code !== 'store-unavailable') throw error;
    throw unusable(place, 'is no store of twofa, or damaged', error);
  }
}

/** Makes a file, or the names in a folder, durable; of folders Windows needs no such thing. */
function syncPath(path: string): void {
  const folder = statSync(path).isDirectory();
  if (folder && process.platform === 'win32') return;
  const descriptor = openSync(path, folder ? 'r' : 'r+');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** A log left beside a file that is gone, or put aside, would be taken for the new one's. */
function moveLogs(file: string, aside: string): void {
  if (existsSync(`${file}-wal`)) renameSync(`${file}-wal`, `${aside}-wal`);
  for (const end of ['-shm', '-journal']) rmSync(`${file}${end}`, { force: true });
}

/** What cannot be read as a database is put aside as it is; the new file takes its name at once, where there are hard links. */
function exchangeFiles(draft: string, file: string, aside: string): void {
  nameFile(file, aside);
  moveLogs(file, aside);
  renameSync(draft, file);
}

/** The store that is there while it is copied aside; what a process left that was killed is removed by its number. */
function draftOf(aside: string): string {
  return `${aside}.${process.pid}.restoring`;
}

/** Of a store that was not exchanged after all, no copy is left. */
function forget(aside: string): void {
  for (const file of [aside, draftOf(aside)]) rmSync(file, { force: true });
}

/**
 * Copies the store that is there aside, and the draft in its place, while nobody else can write: others find the new content
 * at their next transaction. What ends the process in the middle leaves the store as it was.
 * @returns false when the store is busy.
 */
async function exchangeContents(
  from: Database,
  present: Database,
  { file, aside, watch }: { file: string; aside: string; watch: CopyWatch },
): Promise<boolean> {
  let former: 'to be kept' | 'being kept' | 'kept' | Error = 'to be kept';
  const keep = async () => {
    const draft = draftOf(aside);
    rmSync(draft, { force: true });
    createPrivateFile(draft);
    await copyDatabase(present, draft, watch);
    // What is about to be replaced survives a loss of power.
    syncPath(draft);
    nameFile(draft, aside);
    rmSync(draft, { force: true });
    syncPath(dirname(aside));
  };
  const begin = () => {
    former = 'being kept';
    keep().then(
      () => {
        former = 'kept';
      },
      (error: Error) => {
        former = error;
      },
    );
  };
  // The first look comes when the lock for writing is held, before the first page is exchanged.
  const { totalPages } = await from.backup(file, {
    progress: () => {
      requireWanted(watch.signal);
      if (former instanceof Error) throw former;
      if (former === 'to be kept') begin();
      return former === 'kept' ? pagesAtOnce : 0;
    },
  });
  return totalPages > 0;
}

/** By what the content of a store is told from another's. */
function contentOf(database: Database): string {
  return text(database.prepare('SELECT head FROM installation WHERE id = 1').get() as Row, 'head');
}

async function exchange(draft: string, file: string, aside: string, watch: CopyWatch): Promise<void> {
  const until = performance.now() + patienceMs;
  await onFile(draft, (from) =>
    onFile(file, async (present) => {
      const exchanged = () =>
        exchangeContents(from, present, { file, aside, watch }).catch((error) => {
          forget(aside);
          throw error;
        });
      while (!(await exchanged())) {
        forget(aside);
        if (performance.now() > until) {
          throw new TwofaError('store-busy', `The store ${file} is busy; nothing was changed.`, {
            hint: 'Stop the applications first.',
          });
        }
        await sleep(100);
      }
      // Durable, also where the exchange itself was not yet.
      present.pragma('wal_checkpoint(TRUNCATE)');
      if (contentOf(present) === contentOf(from)) return;
      throw new TwofaError('store-unavailable', `The store ${file} did not take the backup.`, {
        hint: 'Stop the applications, and try again.',
      });
    }),
  );
}

/**
 * Gives a prepared copy the place of the store: all of it, or nothing.
 * @param aside a new file, for the store that is there.
 * @param usable whether what is there is a database that others may have open.
 * @returns where the store that was there is now; null where there was none.
 */
export async function putInPlace(
  draft: string,
  { file, aside, usable, watch }: { file: string; aside: string; usable: boolean; watch: CopyWatch },
): Promise<string | null> {
  if (!existsSync(file)) {
    moveLogs(file, aside);
    nameFile(draft, file);
    return null;
  }
  if (!usable) exchangeFiles(draft, file, aside);
  else await exchange(draft, file, aside, watch);
  return aside;
}
