// Opens, makes or recognises the store that a database URL names, on SQLite or on PostgreSQL.
import type { Installation, Store } from '../actions/store.ts';
import { TwofaError } from '../errors.ts';
import type { Keyring } from '../rules/keyring.ts';
import type { Instant } from '../rules/time.ts';
import type { Migrated } from './migrate.ts';
import { SqliteStore } from './sqlite.ts';
import {
  createFile,
  identifyFile,
  keyIdsOfFile,
  migrateFile,
  requireFile,
  sqliteFile,
} from './sqlite-open.ts';

export type { Migrated };

export interface StoreOptions {
  /** `sqlite:/path` or `postgres://…` */
  url: string;
  keyring: Keyring;
  /** The host's clock, which counts on SQLite; on PostgreSQL the server's does. */
  clock(): Instant;
  /** Connections to PostgreSQL at a time: one does for a command. */
  connections?: number;
  /** A standby of PostgreSQL for people to look at; without one the primary is. */
  readUrl?: string | undefined;
  /** Is told how far the standby is behind, in milliseconds, or why the primary is looked at in its place. */
  lookedAt?(standby: { behindMs: number } | { problem: string }): void;
  /** Is told of each commit. */
  committed?(): void;
}

/** What a store says of itself before any key is known. */
export type StoreIdentity = Pick<Installation, 'sandbox' | 'staging' | 'keyFingerprint'>;

/** @throws TwofaError for a database that is neither. */
function isPostgres(url: string): boolean {
  if (url.startsWith('sqlite:')) return false;
  if (/^postgres(ql)?:\/\//.test(url)) return true;
  throw new TwofaError(
    'invalid-configuration',
    `twofa keeps its store in SQLite or PostgreSQL, not in ${url.split(':')[0]}.`,
    {
      hint: 'Give a database such as sqlite:/var/lib/twofa/twofa.sqlite, or postgres://twofa@db.northside.example/twofa.',
    },
  );
}

/** @throws TwofaError `not-initialised` where there plainly is no store, before its key is looked for. */
export function requireStore(url: string): void {
  if (!isPostgres(url)) requireFile(url);
}

/** Opens a store that exists. That it is of this version and was made with this key is seen at the first authentication. */
export async function openStore(options: StoreOptions): Promise<Store> {
  if (!isPostgres(options.url)) return SqliteStore.open({ ...options, file: sqliteFile(options.url) });
  const { PostgresStore } = await import('./postgres.ts');
  return new PostgresStore(options);
}

/** What an existing store says of itself, or null where there is none. */
export async function identify(url: string): Promise<StoreIdentity | null> {
  if (!isPostgres(url)) return identifyFile(url);
  return (await import('./postgres-open.ts')).identifyDatabase(url);
}

/** The ids of all keys that have sealed something in an existing store. */
export async function keyIdsOf(url: string): Promise<string[]> {
  if (!isPostgres(url)) return keyIdsOfFile(url);
  return (await import('./postgres-open.ts')).keyIdsOfDatabase(url);
}

/**
 * Makes a new store: its tables, and the row of its installation. It appears whole; one that another process made in
 * the meantime stays.
 * @returns whether it is this one.
 */
export async function createStore(options: StoreOptions, sandbox: boolean): Promise<boolean> {
  if (!isPostgres(options.url)) return createFile(options, sandbox);
  return (await import('./postgres-open.ts')).createDatabase(options, sandbox);
}

/**
 * Brings an existing store to this program's version, or says what that would take.
 * @throws TwofaError for a store of another key, or one that needs a newer program.
 */
export async function migrateStore(options: StoreOptions, dryRun: boolean): Promise<Migrated> {
  if (!isPostgres(options.url)) return migrateFile(options, dryRun);
  return (await import('./postgres-open.ts')).migrateDatabase(options, dryRun);
}
