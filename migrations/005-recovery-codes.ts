// Recovery codes, kept as hashes, and the wrong tries of each account.
import type { Knex } from 'knex';
import { refuse, refuseReplacing } from './triggers.ts';

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('recovery_codes', (table) => {
    table.bigIncrements('id');
    table.text('account_kid').notNullable().references('kid').inTable('accounts');
    table.text('digest').notNullable().unique();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('used_at');
    table.text('used_by');
    table.bigInteger('void_at');
    table.check('(used_at IS NULL) = (used_by IS NULL)');
    table.check('used_at IS NULL OR void_at IS NULL');
  });
  await knex.raw(
    'CREATE INDEX recovery_codes_working ON recovery_codes (account_kid) WHERE used_at IS NULL AND void_at IS NULL',
  );
  await refuse(knex, {
    name: 'recovery_code_stays_ended',
    table: 'recovery_codes',
    when: 'BEFORE UPDATE',
    condition:
      'OLD.used_at IS NOT NULL OR OLD.void_at IS NOT NULL OR NEW.digest <> OLD.digest OR NEW.account_kid <> OLD.account_kid',
    message: 'A recovery code that was used or replaced stays so.',
  });
  await refuse(knex, {
    name: 'recovery_code_stays',
    table: 'recovery_codes',
    when: 'BEFORE DELETE',
    message: 'A recovery code is used or replaced, never deleted.',
  });
  await refuseReplacing(knex, 'recovery_codes', [['digest']]);

  await knex.schema.createTable('recovery_tries', (table) => {
    table.text('account_kid').primary().references('kid').inTable('accounts');
    table.integer('failures').notNullable();
    table.bigInteger('last_failed_at').notNullable();
    table.check('failures > 0');
  });
}

export async function down(knex: Knex): Promise<void> {
  for (const table of ['recovery_tries', 'recovery_codes']) await knex.schema.dropTable(table);
}
