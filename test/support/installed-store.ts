// Where an installation under test keeps its store: in a file, or on the server of this run. Time passes in it as a test says.
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { readKeyFile } from '../../src/cli/key-file.ts';
import type { Row } from '../../src/store/rows.ts';
import { type SealedTable, withSeal } from '../../src/store/sealed.ts';
import Sqlite from './sqlite.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** The URL of a PostgreSQL server on which installations keep their stores; null: each in a file. */
    server: string | null;
  }
}

export type Value = string | number | null;

/** The store of one installation, with the ways around the program that only a test has. */
export interface InstalledStore {
  /** What a process needs to find it, beside its home. */
  environment(): Promise<Record<string, string>>;
  /** The same on a host, or by a server, whose clock is ahead. */
  ahead(ms: number): Promise<Record<string, string>>;
  /** Runs one statement beside the program, with `?` for bindings. @returns rows of a query. */
  sql(text: string, ...bindings: Value[]): Promise<Row[]>;
  /** Becomes a copy of the store of another installation, which nothing uses at the moment. */
  copyOf(other: InstalledStore, from: string): void;
  remove(): Promise<void>;
}

export class FileStore implements InstalledStore {
  readonly #home: string;

  constructor(home: string) {
    this.#home = home;
  }

  async environment() {
    return {};
  }

  async ahead(ms: number) {
    const script = `const now = Date.now; Date.now = () => now() + ${ms};`;
    return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(script)}` };
  }

  open(): Sqlite.Database {
    return new Sqlite(join(this.#home, 'twofa.sqlite'), { timeout: 20_000 });
  }

  async sql(text: string, ...bindings: Value[]): Promise<Row[]> {
    const database = this.open();
    try {
      const statement = database.prepare(text);
      if (statement.reader) return statement.all(...bindings) as Row[];
      statement.run(...bindings);
      return [];
    } finally {
      database.close();
    }
  }

  copyOf(_: InstalledStore, from: string): void {
    cpSync(from, this.#home, { recursive: true });
  }

  async remove(): Promise<void> {}
}

let databases = 0;

/** A database of its own on a server; it is made when it is first asked for. */
export class ServerStore implements InstalledStore {
  readonly #server: string;
  readonly #home: string;
  readonly #name = `test_${process.pid}_${Date.now()}_${++databases}`;
  #template: Promise<string> | null = null;
  #made: Promise<string> | null = null;

  constructor(server: string, home: string) {
    this.#server = server;
    this.#home = home;
  }

  #url(name: string, search = ''): string {
    const url = new URL(this.#server);
    url.pathname = `/${name}`;
    url.search = search;
    return url.href;
  }

  async #run(url: string, text: string, values: Value[] = []): Promise<Row[]> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query(text, values)).rows;
    } finally {
      await client.end();
    }
  }

  /** The name of the database, which is there. */
  name(): Promise<string> {
    this.#made ??= this.#make();
    return this.#made;
  }

  async #make(): Promise<string> {
    const template = this.#template === null ? '' : `TEMPLATE ${await this.#template}`;
    await this.#run(this.#server, `CREATE DATABASE ${this.#name} ${template}`);
    return this.#name;
  }

  async environment() {
    return { TWOFA_DATABASE_URL: this.#url(await this.name()) };
  }

  /** The product asks for `clock_timestamp()` by this name alone, and finds the one of this schema first. */
  async ahead(ms: number) {
    const url = this.#url(await this.name());
    const schema = `ahead_${ms}`;
    await this.#run(
      url,
      `CREATE SCHEMA IF NOT EXISTS ${schema};
       CREATE OR REPLACE FUNCTION ${schema}.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS
         $$ SELECT pg_catalog.clock_timestamp() + interval '${ms} milliseconds' $$`,
    );
    const options = encodeURIComponent(`-c search_path=${schema},pg_catalog,public`);
    return { TWOFA_DATABASE_URL: this.#url(await this.name(), `?options=${options}`) };
  }

  async sql(text: string, ...bindings: Value[]): Promise<Row[]> {
    let count = 0;
    return this.#run(
      this.#url(await this.name()),
      text.replace(/\?/g, () => `$${++count}`),
      bindings,
    );
  }

  copyOf(other: InstalledStore, from: string): void {
    cpSync(from, this.#home, { recursive: true });
    this.#template = (other as ServerStore).name();
  }

  async remove(): Promise<void> {
    if (this.#made) await this.#run(this.#server, `DROP DATABASE ${await this.#made} WITH (FORCE)`);
  }
}

/** What sign-ins leave in each table: the columns of its key, and its times. */
const left: Record<SealedTable, { key: string[]; times: string[] }> = {
  codes: { key: ['id'], times: ['created_at', 'expires_at', 'ended_at'] },
  trusted_locations: { key: ['user_id', 'location'], times: ['trusted_at', 'expires_at', 'ended_at'] },
  requests: { key: ['app', 'request_id'], times: ['created_at'] },
};

/** Makes everything older that sign-ins left, and seals it again with the installation's key: it is not tampered with. */
export async function age(store: InstalledStore, home: string, ms: number): Promise<void> {
  const keyring = readKeyFile(join(home, 'key.json'));
  if (!keyring) throw new Error('The installation has no key.');
  for (const [table, { key, times }] of Object.entries(left)) {
    await store.sql(`UPDATE ${table} SET ${times.map((name) => `${name} = ${name} - ${ms}`).join(', ')}`);
    const rows = await store.sql(
      `SELECT ${table}.*, made.link AS event_link FROM ${table}
       LEFT JOIN audit_events AS made ON made.subject = 'user:' || ${table}.user_id AND made.place = ${table}.place`,
    );
    for (const row of rows) {
      const event = { count: Number(row.place), link: String(row.event_link) };
      const { key_id, seal } = withSeal(keyring, table as SealedTable, row, event);
      const found = key.map((column) => `${column} = ?`).join(' AND ');
      const which = key.map((column) => row[column] as Value);
      await store.sql(`UPDATE ${table} SET key_id = ?, seal = ? WHERE ${found}`, key_id, seal, ...which);
    }
  }
}
