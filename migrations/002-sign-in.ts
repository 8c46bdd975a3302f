// What sign-ins leave: codes, messages, trusted locations, and the answers to repeated requests.
import type { Knex } from 'knex';

/** The place in the user's chain at which the row was made, and the seal that it is what was made then. */
function sealColumns(table: Knex.CreateTableBuilder): void {
  table.bigInteger('place').notNullable();
  table.text('key_id').notNullable();
  table.text('seal').notNullable();
}

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('messages', (table) => {
    table.text('id').primary();
    table.bigInteger('user_id').notNullable().references('id').inTable('users');
    table.text('account_kid').notNullable().references('kid').inTable('accounts');
    table.text('kind').notNullable();
    table.text('via').notNullable();
    table.text('recipient').notNullable();
    table.text('app');
    table.text('status').notNullable();
    table.text('reason');
    table.text('gateway_id');
    table.bigInteger('created_at').notNullable();
    table.bigInteger('settled_at');
    table.check("status IN ('pending', 'accepted', 'delivered', 'undelivered', 'unknown')");
  });
  await knex.raw("CREATE INDEX messages_pending ON messages (created_at) WHERE status = 'pending'");
  await knex.raw("CREATE INDEX messages_texted ON messages (account_kid, created_at) WHERE via = 'sms'");
  await knex.raw(
    "CREATE INDEX messages_awaited ON messages (created_at) WHERE status = 'accepted' AND gateway_id IS NOT NULL",
  );

  await knex.schema.createTable('codes', (table) => {
    table.bigIncrements('id');
    table.bigInteger('user_id').notNullable().references('id').inTable('users');
    // Without a reference, which would have every message that is pruned looked for among all codes.
    table.text('message_id').notNullable();
    table.text('via').notNullable();
    table.text('app').notNullable();
    table.text('digest').notNullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('expires_at').notNullable();
    sealColumns(table);
    table.bigInteger('ended_at');
    table.text('ended_reason');
    table.index(['user_id', 'created_at']);
    table.check('(ended_at IS NULL) = (ended_reason IS NULL)');
    table.check('expires_at - created_at BETWEEN 1 AND 900000');
  });

  await knex.schema.createTable('trusted_locations', (table) => {
    table.bigInteger('user_id').notNullable().references('id').inTable('users');
    table.text('location').notNullable();
    table.text('app').notNullable();
    table.bigInteger('trusted_at').notNullable();
    table.bigInteger('expires_at').notNullable();
    sealColumns(table);
    table.bigInteger('ended_at');
    table.text('ended_reason');
    table.primary(['user_id', 'location']);
    table.check('(ended_at IS NULL) = (ended_reason IS NULL)');
    table.check('expires_at - trusted_at BETWEEN 1 AND 604800000');
  });

  await knex.schema.createTable('requests', (table) => {
    table.text('app').notNullable();
    table.text('request_id').notNullable();
    table.bigInteger('user_id').notNullable().references('id').inTable('users');
    table.text('action').notNullable();
    table.text('answer').notNullable();
    table.bigInteger('created_at').notNullable();
    sealColumns(table);
    table.primary(['app', 'request_id']);
  });
}

export async function down(knex: Knex): Promise<void> {
  for (const table of ['requests', 'trusted_locations', 'codes', 'messages']) {
    await knex.schema.dropTable(table);
  }
}
