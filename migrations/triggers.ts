// How a migration writes a trigger that refuses a change, on SQLite and on PostgreSQL.
import type { Knex } from 'knex';

export interface Refusal {
  name: string;
  table: string;
  /** Such as `BEFORE UPDATE OF enabled_at` or `BEFORE DELETE`. */
  when: string;
  /** The condition over OLD and NEW under which the change is refused; absent means always. */
  condition?: string;
  message: string;
}

export async function refuse(knex: Knex, refusal: Refusal): Promise<void> {
  const { name, table, when, condition, message } = refusal;
  const guard = condition ? `WHEN (${condition})` : '';
  const text = message.replaceAll("'", "''");
  if (knex.client.config.client === 'pg') {
    await knex.raw(`CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION '${text}'; END $$`);
    await knex.raw(
      `CREATE TRIGGER ${name} ${when} ON ${table} FOR EACH ROW ${guard} EXECUTE FUNCTION ${name}()`,
    );
    return;
  }
  await knex.raw(
    `CREATE TRIGGER ${name} ${when} ON ${table} ${guard} BEGIN SELECT RAISE(ABORT, '${text}'); END`,
  );
}

/** SQLite's `INSERT OR REPLACE` deletes without asking the delete triggers: refuse it where a row may not go. */
export async function refuseReplacing(knex: Knex, table: string, key: string): Promise<void> {
  if (knex.client.config.client === 'pg') return;
  await refuse(knex, {
    name: `${table}_not_replaced`,
    table,
    when: 'BEFORE INSERT',
    condition: `EXISTS (SELECT 1 FROM ${table} WHERE ${key})`,
    message: `${table}: a row is never replaced`,
  });
}
