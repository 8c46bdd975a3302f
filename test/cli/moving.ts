// An installation that moves to a database of a real server, and ways to stop it in the middle.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { newDatabase, type OwnServer } from '../support/postgres.ts';
import { endOf, Installation, type Ran, type RunOptions } from '../support/program.ts';

const executable = resolve(import.meta.dirname, '../../bin/twofa.js');
const script = resolve(import.meta.dirname, '../support/requests-when-told.js');

export interface Outcome {
  exit: number;
  result?: { result: string; attemptsLeft: number };
  error?: string;
}

export interface Copied {
  from: string;
  to: string;
  tables: { name: string; rows: number; digest: string }[];
  events: number;
  intact: boolean;
  changed: boolean;
}

/** A process that has the store open, and sends requests when it is told to. */
export class Told {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(env: NodeJS.ProcessEnv, token: string) {
    this.#child = spawn(process.execPath, [script, token], { env, stdio: ['pipe', 'pipe', 'inherit'] });
    const input = this.#child.stdout as NodeJS.ReadableStream;
    this.#lines = createInterface({ input })[Symbol.asyncIterator]();
  }

  async send(...requests: readonly object[]): Promise<Outcome[]> {
    this.#child.stdin?.write(`${JSON.stringify(requests)}\n`);
    const { value } = await this.#lines.next();
    return JSON.parse(value);
  }

  async end(): Promise<void> {
    const ended = once(this.#child, 'close');
    this.#child.stdin?.end();
    await ended;
  }
}

/** A database that a store moves to. */
export class Destination {
  readonly name: string;
  /** Without a password, which the environment has. */
  readonly url: string;
  readonly #server: OwnServer;

  constructor(server: OwnServer, name: string) {
    this.#server = server;
    this.name = name;
    this.url = `postgres://twofa@127.0.0.1:${server.port}/${name}`;
  }

  static async make(server: OwnServer): Promise<Destination> {
    const { name } = await newDatabase(server, { testClock: false });
    return new Destination(server, name);
  }

  /** What a program needs that has its store there. */
  get env(): Record<string, string> {
    return { TWOFA_DATABASE_URL: this.#server.url(this.name) };
  }

  async sql(...statements: string[]): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: this.#server.url(this.name) });
    await client.connect();
    try {
      let found: Record<string, unknown>[] = [];
      for (const text of statements) found = (await client.query(text)).rows;
      return found;
    } finally {
      await client.end();
    }
  }

  async tables(): Promise<string[]> {
    const found = await this.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'");
    return found.map((row) => String(row.tablename));
  }

  /** Has something done to each row of the users who are copied, as a trigger of somebody else's would. */
  async meddle(statement: string): Promise<void> {
    await this.sql(
      `CREATE FUNCTION meddling() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${statement}; RETURN NEW; END $$`,
      `CREATE FUNCTION meddle() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
         IF to_regclass('public.users') IS NOT NULL AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgname = 'meddling') THEN
           CREATE TRIGGER meddling BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION meddling();
         END IF; END $$`,
      "CREATE EVENT TRIGGER meddle ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION meddle()",
    );
  }

  async leaveAlone(): Promise<void> {
    await this.sql('DROP EVENT TRIGGER meddle', 'DROP FUNCTION meddle()', 'DROP FUNCTION meddling() CASCADE');
  }

  /** Ends what a killed program has left on the server, as the server itself does when it notices. */
  async endOthers(): Promise<void> {
    await this.sql(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    );
    for (;;) {
      const [left] = await this.sql(
        'SELECT count(*)::int AS count FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
      );
      if (left?.count === 0) return;
      await sleep(20);
    }
  }
}

/** A copy that goes on in a process of its own. */
export interface Going {
  child: ChildProcess;
  ended: Promise<Ran>;
}

export class Moving extends Installation {
  readonly #password = { PGPASSWORD: 'twofa' };

  copy(to: Destination, ...more: string[]): Promise<Copied> {
    return this.json<Copied>(['db', 'copy', to.url, ...more], 0, { env: this.#password });
  }

  refused(to: Destination, exit: number, ...more: string[]): ReturnType<Installation['error']> {
    return this.error(['db', 'copy', to.url, ...more], exit, { env: this.#password });
  }

  /** Begins a copy and waits until it sends the rows of users: the database has to hold them up. */
  async begin(to: Destination): Promise<Going> {
    const env = await this.environment(this.#password);
    const child = spawn(process.execPath, [executable, 'db', 'copy', to.url, '--json'], {
      env,
      stdio: 'pipe',
    });
    const ended = endOf(child);
    for (;;) {
      const [sending] = await to.sql('SELECT 1 FROM pg_stat_activity WHERE query LIKE \'COPY "users"%\'');
      if (sending) return { child, ended };
      if (child.exitCode !== null) throw new Error(`The copy ended: ${(await ended).stderr}`);
      await sleep(20);
    }
  }

  /** The same installation with its store at the destination. */
  at(to: Destination): Pick<Installation, 'run' | 'json' | 'error'> {
    const there = (options: RunOptions = {}) => ({ ...options, env: { ...to.env, ...options.env } });
    return {
      run: (args, options) => this.run(args, there(options)),
      json: (args, exit, options) => this.json(args, exit, there(options)),
      error: (args, exit, options) => this.error(args, exit, there(options)),
    };
  }

  async told(token: string): Promise<Told> {
    return new Told(await this.environment(), token);
  }

  get file(): string {
    return join(this.home, 'twofa.sqlite');
  }
}
