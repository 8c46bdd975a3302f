// Whether the tables, triggers and views of a store are those that twofa makes: what holds the invariants, and nothing beside.
import type { Knex } from 'knex';
import type { Refusal } from '../../migrations/triggers.ts';
import { migrate } from './migrate.ts';
import { type Row, text } from './rows.ts';
import { connectFile } from './sqlite-file.ts';
import { unknownIn } from './version.ts';

/** An object of a schema, by its kind and name, as the database has it. */
type Objects = ReadonlyMap<string, string>;

/** The first object that is missing, changed or not twofa's, in words; null where all is as it was made. */
function firstFault(made: Objects, found: Objects): string | null {
  for (const [name, definition] of made) {
    const present = found.get(name);
    if (present === undefined) return `the ${name} is missing`;
    if (present !== definition) return `the ${name} is not as twofa made it`;
  }
  const foreign = [...found.keys()].find((name) => !made.has(name));
  return foreign === undefined ? null : `the ${foreign} is not one that twofa made`;
}

type All = (query: string) => readonly Row[] | Promise<readonly Row[]>;

/** The migrations that a program of twofa has applied after the store was made, by the trail. */
const migrated = `SELECT details FROM audit_events WHERE subject = 'installation' AND action = 'store.migrated'`;

/** What is newer than this program: the migrations that it does not know, and those that the trail vouches for. */
async function newerIn(all: All): Promise<{ unknown: string[]; applied: ReadonlySet<string> }> {
  const names = (await all('SELECT name FROM migrations')).map((row) => text(row, 'name'));
  const told = (await all(migrated)).flatMap((row) => JSON.parse(text(row, 'details')).applied as string[]);
  return { unknown: unknownIn({ applied: names }), applied: new Set(told) };
}

/**
 * Where a newer program has expanded the store, this one does not know what for: then its own triggers have to be there and
 * as it made them, and that is all it can tell.
 */
async function faultIn(all: All, made: Objects, found: Objects): Promise<string | null> {
  const { unknown, applied } = await newerIn(all);
  const stray = unknown.find((name) => !applied.has(name));
  if (stray !== undefined) return `the migration ${stray} is not one that twofa applied`;
  if (unknown.length === 0) return firstFault(made, found);
  const own = new Map([...made].filter(([name]) => name.startsWith('trigger ')));
  return firstFault(own, new Map([...found].filter(([name]) => own.has(name))));
}

const objects = `SELECT type, name, sql FROM sqlite_master
  WHERE name NOT LIKE 'sqlite_%' AND name NOT LIKE 'migrations%' ORDER BY name`;

function objectsOf(rows: readonly Row[]): Objects {
  return new Map(rows.map((row) => [`${text(row, 'type')} ${text(row, 'name')}`, text(row, 'sql')]));
}

/** Makes a store in memory, which nothing was done to. */
async function asMade<T>(work: (knex: Knex, refusals: readonly Refusal[]) => Promise<T>): Promise<T> {
  const refusals: Refusal[] = [];
  const knex = connectFile(':memory:').withUserParams({ refusals });
  try {
    await migrate(knex);
    return await work(knex, refusals);
  } finally {
    await knex.destroy();
  }
}

/** What is wrong with the schema of a store on SQLite. @param all runs a query on it. */
export async function sqliteSchemaFault(all: All): Promise<string | null> {
  const made = await asMade(async (knex) => objectsOf(await knex.raw(objects)));
  return faultIn(all, made, objectsOf(await all(objects)));
}

const triggers = `SELECT 'trigger ' || t.tgname::text AS name, c.relname || ' ' || t.tgenabled::text || ' ' || p.prosrc AS definition
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
    JOIN pg_namespace n ON n.oid = c.relnamespace WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND pg_table_is_visible(c.oid)
  UNION ALL SELECT 'view ' || c.relname::text, '' FROM pg_class c WHERE c.relkind IN ('v', 'm') AND pg_table_is_visible(c.oid)
    AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
  UNION ALL SELECT 'rule ' || r.rulename::text, '' FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
    WHERE c.relkind = 'r' AND pg_table_is_visible(c.oid)
  ORDER BY 1`;

/** The function that a refusal is on PostgreSQL. */
function bodyOf({ message }: Refusal): string {
  return ` BEGIN RAISE EXCEPTION '${message.replaceAll("'", "''")}'; END `;
}

/** What is wrong with the triggers of a store on PostgreSQL. @param all runs a query on it. */
export async function postgresSchemaFault(all: All): Promise<string | null> {
  const made = await asMade(
    async (_, refusals) =>
      new Map(
        refusals
          .filter(({ onSqliteAlone }) => !onSqliteAlone)
          .map((refusal) => [`trigger ${refusal.name}`, `${refusal.table} O ${bodyOf(refusal)}`]),
      ),
  );
  const found = await all(triggers);
  const objects = new Map(found.map((row) => [text(row, 'name'), text(row, 'definition')]));
  return faultIn(all, made, objects);
}
