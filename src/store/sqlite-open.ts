// Makes and recognises a store on SQLite: a file that appears whole.
import { existsSync, rmSync } from 'node:fs';
import { migrationNames } from '../../migrations/names.ts';
import { TwofaError } from '../errors.ts';
import { createPrivateFile, nameFile } from '../new-file.ts';
import type { Migrated } from './migrate.ts';
import type { StoreIdentity, StoreOptions } from './open.ts';
import { identityOf } from './rows.ts';
import { connectFile, storeError } from './sqlite-file.ts';
import { sealInstallation } from './trail.ts';
import { oldestProgram } from './version.ts';

/** The file of a `sqlite:` URL. */
export function sqliteFile(url: string): string {
  return url.slice('sqlite:'.length);
}

/** @throws TwofaError `not-initialised` where there is no store, before its key is looked for. */
export function requireFile(url: string): void {
  const file = sqliteFile(url);
  if (existsSync(file)) return;
  throw new TwofaError('not-initialised', `There is no store at ${file} yet.`, {
    hint: 'Make one with "twofa init".',
  });
}

/** What an existing store says of itself, or null where there is none. */
export async function identifyFile(url: string): Promise<StoreIdentity | null> {
  const file = sqliteFile(url);
  if (!existsSync(file)) return null;
  const knex = connectFile(file);
  try {
    const row = await knex('installation').where({ id: 1 }).first();
    return row ? identityOf(row) : null;
  } catch (error) {
    throw storeError(error, file);
  } finally {
    await knex.destroy();
  }
}

/** The ids of all keys that have sealed something in an existing store. */
export async function keyIdsOfFile(url: string): Promise<string[]> {
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
 * Makes a new store under another name, which appears whole; one that another process made in the meantime stays.
 * @returns whether it is this one.
 */
export async function createFile(options: StoreOptions, sandbox: boolean): Promise<boolean> {
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
        movedTo: null,
        restoredAt: null,
        staging: false,
      };
      await knex('installation').insert({
        id: 1,
        sandbox,
        key_fingerprint: row.keyFingerprint,
        oldest_program: oldestProgram(migrationNames),
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
    nameFile(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Brings a store to this program's version, in one transaction: others who write wait, and those who migrate too find it done. */
export async function migrateFile(options: StoreOptions, dryRun: boolean): Promise<Migrated> {
  const { migrateStore } = await import('./migrate.ts');
  const file = sqliteFile(options.url);
  const knex = connectFile(file);
  try {
    return await knex.transaction(async (transaction) => {
      // The first statement writes, so that nobody comes between what is read and what is made of it.
      await transaction.raw('DELETE FROM migrations WHERE FALSE');
      const { keyring, clock } = options;
      return migrateStore(transaction, { keyring, now: clock(), place: file, dryRun });
    });
  } catch (error) {
    throw storeError(error, file);
  } finally {
    await knex.destroy();
  }
}
