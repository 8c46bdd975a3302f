// The source of a copy: a store on SQLite, which is sealed, and read as it was then.
import type { Database } from 'better-sqlite3';
import type { Knex } from 'knex';
import type { Actor, Installation, TrailVerdict } from '../actions/store.ts';
import { storeMoved } from '../errors.ts';
import type { Keyring } from '../rules/keyring.ts';
import type { Instant } from '../rules/time.ts';
import { type CopiedColumn, linesOf } from './copy-lines.ts';
import { chainOf, installationOf, type Row, text } from './rows.ts';
import type { Session } from './session.ts';
import { connectFile, storeError } from './sqlite-file.ts';
import { trailSource } from './sqlite-trail.ts';
import { verifyTrail } from './verify.ts';
import { recordOnInstallation } from './write-accounts.ts';

export interface SourceOptions {
  file: string;
  keyring: Keyring;
  clock(): Instant;
  committed?(): void;
}

/** A table of the source, with the columns of its key. */
export interface SourceTable {
  name: string;
  key: readonly string[];
  rows: number;
}

/** Not the migrations: those of the copy are applied there. */
const tableNames = `SELECT name FROM sqlite_schema WHERE type = 'table'
  AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE 'migrations%' ORDER BY name`;

/** The tables in an order in which each comes after those that it refers to. */
function inOrder(references: ReadonlyMap<string, readonly string[]>): string[] {
  const ordered = new Set<string>();
  const add = (name: string) => {
    for (const other of references.get(name) ?? []) if (other !== name && !ordered.has(other)) add(other);
    ordered.add(name);
  };
  for (const name of references.keys()) add(name);
  return [...ordered];
}

export class CopySource {
  readonly #knex: Knex;
  readonly #database: Database;
  readonly #options: SourceOptions;

  constructor(knex: Knex, database: Database, options: SourceOptions) {
    this.#knex = knex;
    this.#database = database;
    this.#options = options;
  }

  /** Works on the source by a connection of its own, so that sign-ins go on until it is sealed. */
  static async with<T>(options: SourceOptions, work: (source: CopySource) => Promise<T>): Promise<T> {
    const knex = connectFile(options.file);
    try {
      const database = (await knex.client.acquireConnection()) as Database;
      try {
        return await work(new CopySource(knex, database, options));
      } finally {
        if (database.inTransaction) database.exec('ROLLBACK');
        await knex.client.releaseConnection(database);
      }
    } catch (error) {
      throw storeError(error, options.file);
    } finally {
      await knex.destroy();
    }
  }

  get place(): string {
    return `sqlite:${this.#options.file}`;
  }

  #all(query: string, ...bindings: string[]): Row[] {
    return this.#database.prepare(query).all(...bindings) as Row[];
  }

  #row(): Row {
    return this.#all('SELECT * FROM installation WHERE id = 1')[0] ?? {};
  }

  installation(): Installation {
    return installationOf(this.#row());
  }

  /** The newest event of the installation's chain: in a store that is sealed, the one that says where it has moved. */
  newest(): { place: number; link: string } {
    const { count, link } = chainOf(this.#row());
    return { place: count, link };
  }

  migrations(): string[] {
    return this.#all('SELECT name FROM migrations ORDER BY name').map((row) => text(row, 'name'));
  }

  events(): number {
    return this.#database.prepare('SELECT count(*) FROM audit_events').pluck().get() as number;
  }

  lastSeq(): number {
    return Number(this.#database.prepare('SELECT max(seq) FROM audit_events').pluck().get() ?? 0);
  }

  /** Reads all that follows as of one moment. */
  begin(): void {
    this.#database.exec('BEGIN');
  }

  async verify(progress: (events: number) => void): Promise<TrailVerdict> {
    this.begin();
    try {
      return await verifyTrail(this.#options.keyring, trailSource(this.#database), null, { progress });
    } finally {
      this.#database.exec('COMMIT');
    }
  }

  async #write(actor: Actor, work: (session: Session) => Promise<void>): Promise<void> {
    const { keyring, clock, committed } = this.#options;
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const session = { knex: this.#knex, connection: this.#database, keyring, now: clock(), actor };
      await work({ ...session, reserveIds: async () => [] });
      this.#database.exec('COMMIT');
    } catch (error) {
      if (this.#database.inTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
    committed?.();
  }

  /**
   * Seals the store: from here on every request to it is refused, also of programs that have it open.
   * @param to where it moves, without a password.
   * @throws TwofaError `store-moved` when it has moved elsewhere in the meantime.
   */
  seal(actor: Actor, to: string): Promise<void> {
    return this.#write(actor, async (session) => {
      const { movedTo } = this.installation();
      if (movedTo !== null && movedTo !== to) throw storeMoved(movedTo);
      if (movedTo !== null) return;
      await recordOnInstallation(session, { action: 'store.moved', details: { to } }, { movedTo: to });
    });
  }

  /** Takes the seal off. */
  reopen(actor: Actor, to: string): Promise<void> {
    return this.#write(actor, async (session) => {
      // A sealed store takes no event.
      this.#database.prepare('UPDATE installation SET moved_to = NULL').run();
      await recordOnInstallation(session, { action: 'store.reopened', details: { to } }, { movedTo: null });
    });
  }

  /** All tables, each after those that it refers to. */
  tables(): SourceTable[] {
    const referred = (name: string) =>
      this.#all('SELECT DISTINCT "table" AS name FROM pragma_foreign_key_list(?)', name).map((row) =>
        text(row, 'name'),
      );
    const names = this.#all(tableNames).map((row) => text(row, 'name'));
    return inOrder(new Map(names.map((name) => [name, referred(name)]))).map((name) => ({
      name,
      key: this.#all('SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk', name).map((row) =>
        text(row, 'name'),
      ),
      rows: this.#database.prepare(`SELECT count(*) FROM "${name}"`).pluck().get() as number,
    }));
  }

  /** The rows of a table in the order of its key, as lines. */
  lines(
    { name, key }: SourceTable,
    columns: readonly CopiedColumn[],
    counted: (rows: number) => void,
  ): Generator<Buffer> {
    const quoted = (names: readonly string[]) => names.map((each) => `"${each}"`).join(', ');
    const query = `SELECT ${quoted(columns.map((each) => each.name))} FROM "${name}" ORDER BY ${quoted(key)}`;
    const statement = this.#database.prepare(query).raw().safeIntegers();
    return linesOf(statement.iterate() as IterableIterator<unknown[]>, columns, counted);
  }

  /** The last number that each table has given to a row, also where that one is gone. */
  numbers(): { table: string; last: number }[] {
    return this.#all('SELECT name, seq FROM sqlite_sequence WHERE seq > 0')
      .map((row) => ({ table: text(row, 'name'), last: Number(row.seq) }))
      .filter(({ table }) => !table.startsWith('migrations'));
  }
}
