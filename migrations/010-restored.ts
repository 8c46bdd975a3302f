// What a store keeps of having been put back from a backup, or of being a copy that sends nothing.
import type { Knex } from 'knex';
import { refuse } from './triggers.ts';

export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('installation', (table) => {
    table.bigInteger('restored_at');
    table.boolean('staging').notNullable().defaultTo(false);
  });
  await refuse(knex, {
    name: 'staging_stays',
    table: 'installation',
    when: 'BEFORE UPDATE OF staging',
    condition: 'OLD.staging AND NOT NEW.staging',
    message: 'A copy for staging stays one.',
  });
}

export async function down(knex: Knex): Promise<void> {
  if (knex.client.dialect === 'postgresql') {
    await knex.raw('DROP TRIGGER staging_stays ON installation');
    await knex.raw('DROP FUNCTION staging_stays()');
  } else await knex.raw('DROP TRIGGER staging_stays');
  for (const column of ['restored_at', 'staging'])
    await knex.raw(`ALTER TABLE installation DROP COLUMN ${column}`);
}
