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
  /** Whether only SQLite needs it. */
  onSqliteAlone?: true;
}

/** Writes the trigger. A connection that is given a list of `refusals` has it noted there. */
export async function refuse(knex: Knex, refusal: Refusal): Promise<void> {
  (knex.userParams?.refusals as Refusal[] | undefined)?.push(refusal);
  const { name, table, when, condition, message } = refusal;
  const guard = condition ? `WHEN (${condition})` : '';
  const text = message.replaceAll("'", "''");
  if (knex.client.dialect === 'postgresql') {
    await knex.raw(`CREATE OR REPLACE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS
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

/**
 * SQLite's `OR REPLACE`, at an insert and at an update, deletes the row in its way without asking the delete
 * triggers, and knows a row by its number as well as by its keys: refuse it where a row may not go.
 * @param keys the columns of each unique key.
 */
export async function refuseReplacing(
  knex: Knex,
  table: string,
  keys: readonly (readonly string[])[],
): Promise<void> {
  if (knex.client.dialect === 'postgresql') return;
  const message = `${table}: a row is never replaced`;
  const same = ['rowid = NEW.rowid'];
  for (const key of keys) same.push(`(${key.map((column) => `${column} = NEW.${column}`).join(' AND ')})`);
  const inTheWay = `SELECT 1 FROM ${table} WHERE (${same.join(' OR ')})`;
  await refuse(knex, {
    name: `${table}_not_replaced`,
    table,
    when: 'BEFORE INSERT',
    condition: `EXISTS (${inTheWay})`,
    message,
    onSqliteAlone: true,
  });
  await refuse(knex, {
    name: `${table}_not_displaced`,
    table,
    // SQLite goes by the names in the statement, and these four may name a row's number.
    when: `BEFORE UPDATE OF rowid, oid, _rowid_, ${[...new Set(['id', ...keys.flat()])].join(', ')}`,
    condition: `NEW.rowid <> OLD.rowid OR EXISTS (${inTheWay} AND rowid <> OLD.rowid)`,
    message,
    onSqliteAlone: true,
  });
}

/** A check that a table has already. */
export interface Check {
  name: string;
  table: string;
  /** The columns of which it speaks. */
  columns: readonly string[];
  /** The condition over NEW that holds. */
  holds: string;
  message: string;
}

/** SQLite leaves checks out for whoever asks it to (`PRAGMA ignore_check_constraints`): hold one by triggers as well. */
export async function holdCheck(knex: Knex, check: Check): Promise<void> {
  if (knex.client.dialect === 'postgresql') return;
  const { name, table, columns, holds, message } = check;
  const refusal = { table, condition: `NOT (${holds})`, message, onSqliteAlone: true as const };
  // After the statement's own check, so that this speaks only where that one was left out.
  await refuse(knex, { name: `${name}_when_added`, when: 'AFTER INSERT', ...refusal });
  await refuse(knex, { name, when: `AFTER UPDATE OF ${columns.join(', ')}`, ...refusal });
}
