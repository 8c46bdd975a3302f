// Notices by email: what administrators and users are told of. Each is kept until it went out.
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('notices', (table) => {
    table.bigIncrements('id');
    table.text('account_kid').notNullable().references('kid').inTable('accounts');
    table.text('kind').notNullable();
    table.text('about').notNullable();
    table.text('recipient').notNullable();
    table.text('email').notNullable();
    table.text('language').notNullable();
    table.text('details').notNullable();
    table.text('status').notNullable();
    table.text('reason');
    table.integer('tries').notNullable();
    table.bigInteger('tried_at').notNullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('settled_at');
    table.check("status IN ('pending', 'accepted', 'delivered', 'undelivered', 'unknown')");
  });
  await knex.raw(
    "CREATE INDEX notices_open ON notices (tried_at) WHERE status IN ('pending', 'undelivered', 'unknown')",
  );
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('notices');
}
