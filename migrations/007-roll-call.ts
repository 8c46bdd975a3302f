// The roll call's check words, as HMACs, and who was told of which announcement.
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('check_words', (table) => {
    table.bigInteger('user_id').notNullable().references('id').inTable('users');
    table.text('via').notNullable();
    table.text('account_kid').notNullable().references('kid').inTable('accounts');
    table.text('message_id').notNullable().references('id').inTable('messages');
    table.text('address').notNullable();
    table.text('digest').notNullable();
    table.text('key_id').notNullable();
    table.integer('tries_left').notNullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('proved_at');
    table.bigInteger('ended_at');
    table.primary(['user_id', 'via']);
    table.index(['message_id']);
    table.check("via IN ('email', 'sms')");
    table.check('tries_left BETWEEN 0 AND 5');
  });
  await knex.raw('CREATE INDEX check_words_open ON check_words (account_kid) WHERE ended_at IS NULL');

  await knex.schema.createTable('announcements', (table) => {
    table.bigInteger('user_id').notNullable().references('id').inTable('users');
    table.text('day').notNullable();
    table.text('message_id').notNullable().references('id').inTable('messages');
    table.primary(['user_id', 'day']);
    table.index(['message_id']);
  });

  await knex.raw("CREATE INDEX messages_to_many ON messages (via, created_at) WHERE kind <> 'code'");
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP INDEX messages_to_many');
  for (const table of ['announcements', 'check_words']) await knex.schema.dropTable(table);
}
