// Brings a store's tables to this program's version.
import type { Knex } from 'knex';
import { migrations } from '../../migrations/index.ts';
import { storeMoved } from '../errors.ts';
import type { Keyring } from '../rules/keyring.ts';
import { newestOf, programVersion } from '../rules/program-version.ts';
import type { Instant } from '../rules/time.ts';
import { installationOf, type Row, text } from './rows.ts';
import { standingFrom } from './standing.ts';
import { checkKey } from './store-key.ts';
import { missingIn, oldestProgram, refuseTooNew } from './version.ts';
import { recordOnInstallation } from './write-accounts.ts';

const migrationSource: Knex.MigrationSource<(typeof migrations)[number]> = {
  getMigrations: async () => [...migrations],
  getMigrationName: (migration) => migration.name,
  getMigration: async (migration) => migration,
};

const settings: Knex.MigratorConfig = { migrationSource, tableName: 'migrations' };

/** Applies the migrations that the store lacks. @returns their names. */
export async function migrate(knex: Knex): Promise<string[]> {
  const [, applied] = (await knex.migrate.latest(settings)) as [number, string[]];
  return applied;
}

/** What a store needs to be brought to another version. */
export interface Migrating {
  keyring: Keyring;
  now: Instant;
  /** Which store it is, in words. */
  place: string;
  /** Says what would be done, and does nothing. */
  dryRun: boolean;
}

export interface Migrated {
  /** The migrations that were applied; in a dry run, that would be. */
  applied: string[];
  /** The oldest twofa that can use the store from now on. */
  oldestProgram: string;
}

/**
 * Brings a store to this program's version, with its event. The key proves that this is for the store's owner to do: the
 * store may not have come so far that a token could be read.
 * @param transaction one that holds the lock by which others who migrate wait.
 * @throws TwofaError for a store of another key, or one that needs a newer program.
 */
export async function migrateStore(transaction: Knex.Transaction, migrating: Migrating): Promise<Migrated> {
  const { keyring, now, place, dryRun } = migrating;
  const row = (await transaction('installation').where({ id: 1 }).first()) as Row;
  checkKey(text(row, 'key_fingerprint'), keyring, place);
  // A row that somebody has changed is not sealed again.
  standingFrom(keyring, row, undefined, undefined);
  const { movedTo } = installationOf(row);
  if (movedTo !== null) throw storeMoved(movedTo);
  const names = (await transaction('migrations').select('name')).map(({ name }) => String(name));
  const before = text(row, 'oldest_program');
  refuseTooNew({ applied: names, oldestProgram: before });
  const missing = missingIn({ applied: names });
  const after = newestOf([before, oldestProgram(missing)]);
  if (dryRun || missing.length === 0) return { applied: missing, oldestProgram: dryRun ? after : before };
  await migrate(transaction);
  await transaction('installation').where({ id: 1 }).update({ oldest_program: after });
  const session = {
    ...{ knex: transaction, connection: undefined, keyring, now, reserveIds: async () => [] },
    actor: { actor: 'migrate', role: 'owner', tokenId: null },
  };
  await recordOnInstallation(session, {
    action: 'store.migrated',
    details: { applied: missing, program: programVersion, oldestProgram: after },
  });
  return { applied: missing, oldestProgram: after };
}
