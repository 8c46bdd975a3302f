// Where a store has moved to. From then on it is sealed: nothing happens in it any more.
import type { Knex } from 'knex';
import { refuse } from './triggers.ts';

const once = 'a_move_has_one_place';
const sealed = 'nothing_happens_after_a_move';

export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('installation', (table) => {
    table.text('moved_to');
  });
  await refuse(knex, {
    name: once,
    table: 'installation',
    when: 'BEFORE UPDATE OF moved_to',
    condition: 'NEW.moved_to <> OLD.moved_to',
    message: 'A store that has moved is in one other place.',
  });
  // What moves is on SQLite: on PostgreSQL every event would ask in vain.
  if (knex.client.dialect === 'postgresql') return;
  await refuse(knex, {
    name: sealed,
    table: 'audit_events',
    when: 'BEFORE INSERT',
    condition: 'EXISTS (SELECT 1 FROM installation WHERE moved_to IS NOT NULL)',
    message: 'The store has moved: nothing happens in it any more.',
    onSqliteAlone: true,
  });
}

export async function down(knex: Knex): Promise<void> {
  if (knex.client.dialect === 'postgresql') await knex.raw(`DROP TRIGGER ${once} ON installation`);
  else for (const name of [once, sealed]) await knex.raw(`DROP TRIGGER ${name}`);
  await knex.raw('ALTER TABLE installation DROP COLUMN moved_to');
}
