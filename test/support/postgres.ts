// A real PostgreSQL for the tests: one server for a test file, a database for each store, and a clock that a test moves.
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Store } from '../../src/actions/store.ts';
import type { Keyring } from '../../src/rules/keyring.ts';
import type { Instant } from '../../src/rules/time.ts';
import { createStore, openStore } from '../../src/store/open.ts';
import { connectDatabase } from '../../src/store/postgres-connect.ts';
import type { Opened, Value } from '../store/engine.ts';
import EmbeddedPostgres from './embedded-postgres.js';
import { rotatingKeyring } from './store.ts';

/** A server that a test started, or the one that TWOFA_TEST_DATABASE_URL names. */
export interface Server {
  /** The URL of a database on it. */
  url(database: string): string;
  /** Runs statements on its own database. */
  admin(text: string): Promise<void>;
  /** Kills the server as a power cut would, and starts it again; absent for a server that is not the test's own. */
  crash?(): Promise<void>;
  stop(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function once(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}

function given(url: string): Server {
  const named = (database: string) => {
    const other = new URL(url);
    other.pathname = `/${database}`;
    return other.href;
  };
  return { url: named, admin: (text) => once(url, text), stop: async () => undefined };
}

/** The processes of a killed server take a moment to notice; until then it does not start. */
async function startAgain(server: EmbeddedPostgres): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    await sleep(250);
    try {
      return await server.start();
    } catch (error) {
      if (tries === 40) throw error;
    }
  }
}

/** A server that a test started: it can be killed, and copied to a standby that follows it. */
export class OwnServer implements Server {
  readonly folder: string;
  readonly port: number;
  readonly #server: EmbeddedPostgres;
  #killed = false;

  constructor(folder: string, port: number, flags: readonly string[] = []) {
    this.folder = folder;
    this.port = port;
    this.#server = new EmbeddedPostgres({
      databaseDir: this.data,
      user: 'twofa',
      password: 'twofa',
      port,
      persistent: false,
      createPostgresUser: process.getuid?.() === 0,
      initdbFlags: ['--encoding=UTF8', '--locale=C.UTF-8'],
      postgresFlags: ['-c', 'fsync=off', '-c', 'max_connections=200', ...flags],
      onLog: () => undefined,
      onError: () => undefined,
    });
  }

  /**
   * Starts a new server.
   * @param prepare puts files beside its data before it starts, and gives the settings that name them.
   */
  static async start(prepare: (data: string) => string[] = () => []): Promise<OwnServer> {
    const folder = mkdtempSync(join(tmpdir(), 'twofa-postgres-'));
    // The server runs as a user of its own, where the tests run as root.
    chmodSync(folder, 0o711);
    const port = await freePort();
    await new OwnServer(folder, port).#server.initialise();
    const server = new OwnServer(folder, port, prepare(join(folder, 'data')));
    await server.#server.start();
    return server;
  }

  get data(): string {
    return join(this.folder, 'data');
  }

  url(database: string): string {
    return `postgres://twofa:twofa@127.0.0.1:${this.port}/${database}`;
  }

  admin(text: string): Promise<void> {
    return once(this.url('postgres'), text);
  }

  /** Kills the server as a power cut would. */
  kill(): void {
    const [pid] = readFileSync(join(this.data, 'postmaster.pid'), 'utf8').split('\n');
    process.kill(Number(pid), 'SIGKILL');
    this.#killed = true;
  }

  async crash(): Promise<void> {
    this.kill();
    await startAgain(this.#server);
    this.#killed = false;
  }

  /** Makes a standby that follows this server, from a copy of its files. */
  async standby(): Promise<OwnServer> {
    const folder = mkdtempSync(join(tmpdir(), 'twofa-postgres-'));
    chmodSync(folder, 0o711);
    const standby = new OwnServer(folder, await freePort());
    const client = new pg.Client({ connectionString: this.url('postgres') });
    await client.connect();
    try {
      await client.query("SELECT pg_backup_start('standby', true)");
      execFileSync('cp', ['-a', this.data, standby.data]);
      const { rows } = await client.query('SELECT labelfile FROM pg_backup_stop(false)');
      rmSync(join(standby.data, 'postmaster.pid'), { force: true });
      const { uid, gid } = statSync(standby.data);
      const write = (name: string, text: string) => {
        writeFileSync(join(standby.data, name), text, { mode: 0o600 });
        chownSync(join(standby.data, name), uid, gid);
      };
      write('backup_label', rows[0].labelfile);
      write('standby.signal', '');
      const primary = `host=127.0.0.1 port=${this.port} user=twofa password=twofa`;
      write('postgresql.auto.conf', `primary_conninfo = '${primary}'\n`);
    } finally {
      await client.end();
    }
    // It says that it is ready in other words, so that its start is not told of.
    standby.#server.start().catch(() => undefined);
    await standby.#answers();
    return standby;
  }

  async #answers(): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      await sleep(250);
      try {
        return await this.admin('SELECT 1');
      } catch (error) {
        if (tries === 40) throw error;
      }
    }
  }

  async stop(): Promise<void> {
    // Of one that was killed, no end is told any more.
    if (!this.#killed) await this.#server.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Starts a server of its own, unless TWOFA_TEST_DATABASE_URL names one. */
export async function startServer(): Promise<Server> {
  const own = process.env.TWOFA_TEST_DATABASE_URL;
  return own === undefined ? OwnServer.start() : given(own);
}

/** A clock in the database, which the product's unqualified `clock_timestamp()` finds before the server's own. */
const clock = `
  CREATE SCHEMA test_clock;
  CREATE TABLE test_clock.now (at bigint NOT NULL);
  INSERT INTO test_clock.now VALUES (1772442000000);
  CREATE FUNCTION test_clock.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS
    'SELECT to_timestamp(at / 1000.0) FROM test_clock.now';`;

/** The time at which a store's clock stands in the tests. */
const start: Instant = Date.parse('2026-03-02T09:00:00Z');

let databases = 0;

export interface DatabaseOptions {
  /** The database that it is a copy of. */
  template?: string;
  /** Whether time is the test's to move; otherwise it is the server's own. */
  testClock?: boolean;
}

/** Makes a database. @returns its URL, by which the product reads the clock that was asked for. */
export async function newDatabase(
  server: Server,
  { template, testClock = true }: DatabaseOptions = {},
): Promise<{ name: string; url: string }> {
  databases += 1;
  const name = `test_${process.pid}_${databases}`;
  await server.admin(`CREATE DATABASE ${name} ${template === undefined ? '' : `TEMPLATE ${template}`}`);
  if (!testClock) return { name, url: server.url(name) };
  if (template === undefined) await once(server.url(name), clock);
  const url = new URL(server.url(name));
  url.searchParams.set('options', '-c search_path=test_clock,pg_catalog,public');
  return { name, url: url.href };
}

/** Numbers as PostgreSQL's bindings have them, in place of `?`. */
function numbered(text: string): string {
  let count = 0;
  return text.replace(/\?/g, () => `$${++count}`);
}

/** bigint and count as numbers, as the other engine gives them. */
function plain(row: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, typeof value === 'boolean' ? Number(value) : value]),
  );
}

const parseBigint = {
  getTypeParser: (oid: number, format?: never) => (oid === 20 ? Number : pg.types.getTypeParser(oid, format)),
};

/** Opens new stores on a server, all of them copies of one that was made once. */
export class PostgresStores {
  readonly #server: Server;
  #template: Promise<string> | undefined;

  constructor(server: Server) {
    this.#server = server;
  }

  async #made(): Promise<string> {
    const { name, url } = await newDatabase(this.#server);
    await createStore({ url, keyring: rotatingKeyring(1), clock: () => start }, false);
    return name;
  }

  async open(): Promise<Opened> {
    this.#template ??= this.#made();
    const { name, url } = await newDatabase(this.#server, { template: await this.#template });
    const keyring = rotatingKeyring(1);
    const opened: Store[] = [];
    const again = async (ring: Keyring = keyring) => {
      const store = await openStore({ url, keyring: ring, clock: () => start });
      opened.push(store);
      return store;
    };
    const client = new pg.Client({ connectionString: url, types: parseBigint as never });
    await client.connect();
    const sql = async (text: string, bindings: Value[]) =>
      (await client.query(numbered(text), bindings)).rows.map(plain);
    return {
      store: await again(),
      keyring,
      move: async (ms) => void (await client.query('UPDATE test_clock.now SET at = at + $1', [ms])),
      sql: (text, ...bindings) => sql(text, bindings),
      tamper: async (text, ...bindings) => {
        await client.query("SET session_replication_role = 'replica'");
        await sql(text, bindings);
        await client.query("SET session_replication_role = 'origin'");
      },
      again,
      connect: () => connectDatabase(url, 1),
      remove: async () => {
        await Promise.all(opened.map((store) => store.close()));
        await client.end();
        await this.#server.admin(`DROP DATABASE ${name} WITH (FORCE)`);
      },
    };
  }
}
