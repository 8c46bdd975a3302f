// Makes and recognises a store on PostgreSQL: tables that appear together.
import type { Knex } from 'knex';
import { migrationNames } from '../../migrations/names.ts';
import type { Migrated } from './migrate.ts';
import type { StoreIdentity, StoreOptions } from './open.ts';
import { connectDatabase, namedDatabase, postgresError } from './postgres-connect.ts';
import { serverNow } from './postgres-statements.ts';
import { identityOf } from './rows.ts';
import { sealInstallation } from './trail.ts';
import { oldestProgram } from './version.ts';

/** Whoever makes or migrates a store in a database holds this lock, so that the others wait. */
export const migrationLock = 7_203_914_116;

export async function withDatabase<T>(url: string, work: (knex: Knex) => Promise<T>): Promise<T> {
  const knex = connectDatabase(url, 1);
  try {
    return await work(knex);
  } catch (error) {
    throw postgresError(error, url);
  } finally {
    await knex.destroy();
  }
}

/** What an existing store says of itself, or null where there is none. */
export function identifyDatabase(url: string): Promise<StoreIdentity | null> {
  return withDatabase(url, async (knex) => {
    const { rows } = await knex.raw("SELECT to_regclass('installation') IS NOT NULL AS exists");
    if (!rows[0]?.exists) return null;
    const row = await knex('installation').where({ id: 1 }).first();
    return row ? identityOf(row) : null;
  });
}

/** The ids of all keys that have sealed something in an existing store. */
export function keyIdsOfDatabase(url: string): Promise<string[]> {
  return withDatabase(url, async (knex) => {
    const found = await knex('audit_events').distinct('key_id').union(knex('installation').select('key_id'));
    return found.map((row) => String(row.key_id));
  });
}

/**
 * Makes a new store in one transaction; of several who make one at once, one does.
 * @returns whether it is this one.
 */
export function createDatabase(options: StoreOptions, sandbox: boolean): Promise<boolean> {
  return withDatabase(options.url, (knex) =>
    knex.transaction(async (transaction) => {
      const { migrate } = await import('./migrate.ts');
      await transaction.raw('SELECT pg_advisory_xact_lock(?)', [migrationLock]);
      await migrate(transaction);
      const { rows } = await transaction.raw(
        `SELECT ${serverNow} AS now, (SELECT count(*) FROM installation) AS made`,
      );
      if (Number(rows[0]?.made) > 0) return false;
      const row = {
        sandbox,
        keyFingerprint: options.keyring.current.fingerprint,
        createdAt: Number(rows[0]?.now),
        movedTo: null,
        restoredAt: null,
        staging: false,
      };
      await transaction('installation').insert({
        id: 1,
        sandbox,
        key_fingerprint: row.keyFingerprint,
        oldest_program: oldestProgram(migrationNames),
        created_at: row.createdAt,
        ...sealInstallation(options.keyring, row),
      });
      return true;
    }),
  );
}

/** How long a migration waits for what a running transaction holds, in milliseconds; whoever comes later waits behind it. */
const lockTimeoutMs = 5000;

/** Brings a store to this program's version, in one transaction: of several who do it at once, one does. */
export function migrateDatabase(options: StoreOptions, dryRun: boolean): Promise<Migrated> {
  const { url, keyring } = options;
  return withDatabase(url, (knex) =>
    knex.transaction(async (transaction) => {
      const { migrateStore } = await import('./migrate.ts');
      await transaction.raw('SELECT pg_advisory_xact_lock(?)', [migrationLock]);
      // A large table may take longer than any statement of every day.
      await transaction.raw(`SET LOCAL statement_timeout = 0`);
      await transaction.raw(`SET LOCAL lock_timeout = ${lockTimeoutMs}`);
      const { rows } = await transaction.raw(`SELECT ${serverNow} AS now`);
      const now = Number(rows[0]?.now);
      return migrateStore(transaction, { keyring, now, place: namedDatabase(url), dryRun });
    }),
  );
}
