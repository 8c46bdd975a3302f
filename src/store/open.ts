// Opens or makes the store that a database URL names.
import { existsSync, linkSync, rmSync } from 'node:fs';
import type { Store } from '../actions/store.ts';
import { TwofaError } from '../errors.ts';
import type { Keyring } from '../rules/keyring.ts';
import type { Instant } from '../rules/time.ts';
import { SqliteStore } from './sqlite.ts';
import { connectFile, createPrivateFile, storeError } from './sqlite-file.ts';
import { sealInstallation } from './trail.ts';

export interface StoreOptions {
  /** `sqlite:/path` */
  url: string;
  keyring: Keyring;
  clock(): Instant;
  /** Is told of each commit. */
  committed?(): void;
}

/** The file of a `sqlite:` URL. @throws TwofaError for another kind of database. */
export function sqliteFile(url: string): string {
  if (url.startsWith('sqlite:')) return url.slice('sqlite:'.length);
  throw new TwofaError(
    'invalid-configuration',
    `This version of twofa keeps its store in SQLite, not in ${url.split(':')[0]}.`,
    {
      hint: 'Give a database such as sqlite:/var/lib/twofa/twofa.sqlite.',
    },
  );
}

/** @throws TwofaError `not-initialised` where there is no store, before its key is looked for. */
export function requireStore(url: string): void {
  const file = sqliteFile(url);
  if (existsSync(file)) return;
  throw new TwofaError('not-initialised', `There is no store at ${file} yet.`, {
    hint: 'Make one with "twofa init".',
  });
}

/** Opens a store that exists. That it is of this version and was made with this key is seen at the first authentication. */
export async function openStore(options: StoreOptions): Promise<Store> {
  const file = sqliteFile(options.url);
  const store = SqliteStore.open({ ...options, file });
  return store;
}

/** What a store says of itself before any key is known. */
export interface StoreIdentity {
  sandbox: boolean;
  keyFingerprint: string;
}

/** What an existing store says of itself, or null where there is none. */
export async function identify(url: string): Promise<StoreIdentity | null> {
  const file = sqliteFile(url);
  if (!existsSync(file)) return null;
  const knex = connectFile(file);
  try {
    const [row] = await knex('installation').where({ id: 1 }).select('sandbox', 'key_fingerprint');
    if (!row) return null;
    return { sandbox: row.sandbox === true || row.sandbox === 1, keyFingerprint: row.key_fingerprint };
  } catch (error) {
    throw storeError(error, file);
  } finally {
    await knex.destroy();
  }
}

/** The ids of all keys that have sealed something in an existing store. */
export async function keyIdsOf(url: string): Promise<string[]> {
  const file = sqliteFile(url);
  const knex = connectFile(file);
  try {
    const found = await knex('audit_events').distinct('key_id').union(knex('installation').select('key_id'));
    return found.map((row) => String(row.key_id));
  } catch (error) {
    throw storeError(error, file);
  } finally {
    await knex.destroy();
  }
}

/**
 * Makes a new store: its tables, and the row of its installation. It is made under another name and appears whole;
 * one that another process made in the meantime stays.
 * @returns whether it is this one.
 */
export async function createStore(options: StoreOptions, sandbox: boolean): Promise<boolean> {
  const { migrate } = await import('./migrate.ts');
  const file = sqliteFile(options.url);
  const draft = `${file}.${process.pid}.new`;
  const remove = () => {
    for (const each of [draft, `${draft}-wal`, `${draft}-shm`]) rmSync(each, { force: true });
  };
  remove();
  try {
    createPrivateFile(draft);
    const knex = connectFile(draft);
    try {
      await knex.raw('PRAGMA journal_mode = WAL');
      await migrate(knex);
      const row = {
        sandbox,
        keyFingerprint: options.keyring.current.fingerprint,
        createdAt: options.clock(),
      };
      await knex('installation').insert({
        id: 1,
        sandbox,
        key_fingerprint: row.keyFingerprint,
        created_at: row.createdAt,
        ...sealInstallation(options.keyring, row),
      });
    } finally {
      await knex.destroy();
    }
    return publish(draft, file);
  } catch (error) {
    throw storeError(error, file);
  } finally {
    remove();
  }
}

function publish(draft: string, file: string): boolean {
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
