// What operating an installation keeps: how many events of each kind there were, and when each task was done last.
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('event_counts', (table) => {
    table.text('action').notNullable();
    table.text('outcome').notNullable();
    table.text('via').notNullable();
    table.text('said').notNullable();
    table.bigInteger('count').notNullable();
    table.primary(['action', 'outcome', 'via', 'said']);
    table.check('count > 0');
  });

  await knex.schema.createTable('tasks', (table) => {
    table.text('task').primary();
    table.bigInteger('done_at').notNullable();
    table.bigInteger('seq');
  });
}

export async function down(knex: Knex): Promise<void> {
  for (const table of ['tasks', 'event_counts']) await knex.schema.dropTable(table);
}
