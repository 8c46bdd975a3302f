// Operators' access tokens, kept as hashes.
import type { Knex } from 'knex';
import { refuse, refuseReplacing } from './triggers.ts';

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('tokens', (table) => {
    table.bigIncrements('id');
    table.text('digest').notNullable().unique();
    table.text('role').notNullable();
    table.text('account_kid').references('kid').inTable('accounts');
    table.bigInteger('user_id').references('id').inTable('users');
    table.text('app');
    table.text('name').notNullable();
    table.boolean('may_contacts').notNullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('lifetime_ms');
    table.bigInteger('expires_at');
    table.bigInteger('revoked_at');
    table.bigInteger('verified_at');
    table.bigInteger('verified_place');
    table.bigInteger('chain_count').notNullable();
    table.text('chain_link').notNullable();
    table.text('key_id').notNullable();
    table.text('head').notNullable();
    table.check("role IN ('owner', 'system-administrator', 'customer-care', 'provisioner', 'application')");
    table.check("(role = 'system-administrator') = (user_id IS NOT NULL)");
    table.check('user_id IS NULL OR account_kid IS NOT NULL');
    table.index(['account_kid']);
  });
  await refuse(knex, {
    name: 'revocation_stays',
    table: 'tokens',
    when: 'BEFORE UPDATE OF revoked_at',
    condition: 'OLD.revoked_at IS NOT NULL AND (NEW.revoked_at IS NULL OR NEW.revoked_at > OLD.revoked_at)',
    message: 'A revoked token stays revoked.',
  });
  await refuse(knex, {
    name: 'token_stays',
    table: 'tokens',
    when: 'BEFORE DELETE',
    message: 'A token is revoked, never deleted.',
  });
  await refuseReplacing(knex, 'tokens', [['digest']]);
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('tokens');
}
