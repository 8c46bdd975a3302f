// The installation, accounts, practices and users, with what must always hold of them.
import type { Knex } from 'knex';
import { holdCheck, refuse, refuseReplacing } from './triggers.ts';

/** Where a subject's chain of events stands, and the head that seals the row (see src/rules/chain.ts). */
function chainColumns(table: Knex.CreateTableBuilder): void {
  table.bigInteger('chain_count').notNullable();
  table.text('chain_link').notNullable();
  table.text('key_id').notNullable();
  table.text('head').notNullable();
}

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('installation', (table) => {
    table.integer('id').primary().checkIn(['1']);
    table.boolean('sandbox').notNullable();
    table.text('key_fingerprint').notNullable();
    table.text('oldest_program').notNullable();
    table.bigInteger('created_at').notNullable();
    chainColumns(table);
  });
  await refuse(knex, {
    name: 'sandbox_is_stored_once',
    table: 'installation',
    when: 'BEFORE UPDATE OF sandbox',
    condition: 'NEW.sandbox <> OLD.sandbox',
    message: 'Whether an installation is a sandbox never changes.',
  });
  await refuse(knex, {
    name: 'installation_stays',
    table: 'installation',
    when: 'BEFORE DELETE',
    message: 'The installation is never deleted.',
  });
  await refuseReplacing(knex, 'installation', [['id']]);

  await knex.schema.createTable('accounts', (table) => {
    table.text('kid').primary();
    table.text('name').notNullable();
    table.text('name_key').notNullable();
    table.text('country').notNullable();
    table.bigInteger('enabled_at');
    table.text('enabled_by');
    table.boolean('wanted').notNullable().defaultTo(false);
    table.bigInteger('created_at').notNullable();
    table.text('recovery_codes');
    chainColumns(table);
    table.check('(enabled_at IS NULL) = (enabled_by IS NULL)');
  });
  await refuse(knex, {
    name: 'two_factor_stays_on',
    table: 'accounts',
    when: 'BEFORE UPDATE OF enabled_at, enabled_by',
    condition:
      'OLD.enabled_at IS NOT NULL AND (NEW.enabled_at IS NULL OR NEW.enabled_at <> OLD.enabled_at OR NEW.enabled_by <> OLD.enabled_by)',
    message: '2FA is never turned off.',
  });
  await refuse(knex, {
    name: 'account_kid_stays',
    table: 'accounts',
    when: 'BEFORE UPDATE OF kid',
    condition: 'NEW.kid <> OLD.kid',
    message: 'The KID of an account never changes.',
  });
  await refuse(knex, {
    name: 'account_stays',
    table: 'accounts',
    when: 'BEFORE DELETE',
    message: 'An account is never deleted.',
  });
  await refuseReplacing(knex, 'accounts', [['kid']]);

  await knex.schema.createTable('practices', (table) => {
    table.bigIncrements('id');
    table.text('account_kid').notNullable().references('kid').inTable('accounts');
    table.text('name').notNullable();
    table.text('name_key').notNullable();
    table.bigInteger('created_at').notNullable();
    table.unique(['account_kid', 'name_key']);
  });

  await knex.schema.createTable('users', (table) => {
    table.bigIncrements('id');
    table.text('account_kid').notNullable().references('kid').inTable('accounts');
    table.text('username').notNullable();
    table.text('username_key').notNullable();
    table.text('name').notNullable();
    table.text('name_key').notNullable();
    table.text('email');
    table.text('email_key');
    table.text('email_problem');
    table.text('phone');
    table.text('phone_key');
    table.text('phone_problem');
    table.text('language');
    table.boolean('looks_shared').notNullable();
    table.boolean('system_administrator').notNullable();
    table.boolean('active').notNullable();
    table.integer('attempts_left').notNullable();
    table.bigInteger('locked_at');
    table.bigInteger('last_verified_at');
    table.bigInteger('email_proved_at');
    table.bigInteger('phone_proved_at');
    table.bigInteger('contact_changed_at');
    table.bigInteger('reminded_at');
    table.bigInteger('created_at').notNullable();
    table.bigInteger('codes_after').notNullable();
    table.bigInteger('trust_after').notNullable();
    chainColumns(table);
    table.unique(['account_kid', 'username_key']);
    table.index(['account_kid', 'email_key']);
    table.index(['account_kid', 'phone_key']);
    table.check('attempts_left BETWEEN 0 AND 7');
    table.check('(locked_at IS NULL) = (attempts_left > 0)');
    table.check("language IN ('en', 'es')");
    table.check('(email IS NULL) = (email_key IS NULL)');
    table.check('(phone IS NULL) = (phone_key IS NULL)');
  });
  await knex.raw(
    'CREATE INDEX users_locked ON users (account_kid, username_key) WHERE locked_at IS NOT NULL',
  );
  await knex.raw('CREATE INDEX users_administrators ON users (account_kid) WHERE system_administrator');
  await refuse(knex, {
    name: 'user_account_stays',
    table: 'users',
    when: 'BEFORE UPDATE OF id, account_kid',
    condition: 'NEW.id <> OLD.id OR NEW.account_kid <> OLD.account_kid',
    message: 'A user stays the same user of the same account.',
  });
  await refuse(knex, {
    name: 'user_stays',
    table: 'users',
    when: 'BEFORE DELETE',
    message: 'A user is never deleted.',
  });
  await refuseReplacing(knex, 'users', [['account_kid', 'username_key']]);
  await holdCheck(knex, {
    name: 'attempts_stay_in_bounds',
    table: 'users',
    columns: ['attempts_left', 'locked_at'],
    holds: 'NEW.attempts_left BETWEEN 0 AND 7 AND (NEW.locked_at IS NULL) = (NEW.attempts_left > 0)',
    message: 'A user has 0 to 7 attempts, and none exactly when locked.',
  });

  await knex.schema.createTable('former_usernames', (table) => {
    table.text('account_kid').notNullable().references('kid').inTable('accounts');
    table.text('username_key').notNullable();
    table.bigInteger('user_id').notNullable().references('id').inTable('users');
    table.primary(['account_kid', 'username_key']);
  });

  await knex.schema.createTable('user_practices', (table) => {
    table.bigInteger('user_id').notNullable().references('id').inTable('users');
    table.bigInteger('practice_id').notNullable().references('id').inTable('practices');
    table.primary(['user_id', 'practice_id']);
    table.index(['practice_id']);
  });
}

export async function down(knex: Knex): Promise<void> {
  for (const table of [
    'user_practices',
    'former_usernames',
    'users',
    'practices',
    'accounts',
    'installation',
  ]) {
    await knex.schema.dropTable(table);
  }
}
