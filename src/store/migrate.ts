// Brings a store's tables to this program's version.
import type { Knex } from 'knex';
import { migrations } from '../../migrations/index.ts';

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
