// The audit trail: append-only, each subject's events chained.
import type { Knex } from 'knex';
import { refuse, refuseReplacing } from './triggers.ts';

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('audit_events', (table) => {
    table.bigIncrements('seq');
    table.text('subject').notNullable();
    table.bigInteger('place').notNullable();
    table.bigInteger('at').notNullable();
    table.text('actor').notNullable();
    table.text('role').notNullable();
    table.bigInteger('token_id');
    table.text('action').notNullable();
    table.text('account');
    table.text('user');
    table.text('outcome').notNullable();
    table.text('details').notNullable();
    table.text('key_id').notNullable();
    table.text('link').notNullable();
    table.unique(['subject', 'place']);
  });
  await knex.raw(
    "CREATE INDEX audit_events_of_tokens ON audit_events (account, seq) WHERE subject LIKE 'token:%' AND account IS NOT NULL",
  );
  await refuse(knex, {
    name: 'audit_events_not_changed',
    table: 'audit_events',
    when: 'BEFORE UPDATE',
    message: 'Audit events are never changed.',
  });
  await refuse(knex, {
    name: 'audit_events_not_deleted',
    table: 'audit_events',
    when: 'BEFORE DELETE',
    message: 'Audit events are never deleted.',
  });
  await refuseReplacing(knex, 'audit_events', [['subject', 'place']]);
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('audit_events');
}
