// A PostgreSQL database: connected by its URL, its errors in words.
import type { Knex } from 'knex';
import PostgresDialect, { type ColumnCompiler } from 'knex/lib/dialects/postgres/index.js';
import pg from 'pg';
import { TwofaError } from '../errors.ts';
import { withoutPassword } from '../rules/database-url.ts';
import { connect } from './knex.ts';
import { connectTimeoutMs, statementTimeoutMs } from './postgres-timeouts.ts';
import { type Host, type PostgresUrl, readPostgresUrl } from './postgres-url.ts';

/** What a statement on a connection gives. */
export interface Result {
  rows: Record<string, unknown>[];
}

/** A query that writes itself to the server and takes what comes back, as pg has it beside its own. */
export interface Query {
  submit(wire: unknown): void;
}

/** A connection as pg has it. */
export interface Connection {
  query(statement: { text: string; values?: unknown[]; name?: string }): Promise<Result>;
  /** Sends a query of another make, which takes its own answer. */
  query(query: Query): void;
}

/** A URL without its password and options, as errors name it. */
export function namedDatabase(url: string): string {
  return withoutPassword(url).replace(/\?.*$/, '');
}

interface PgError {
  code?: unknown;
  message: string;
  constraint?: unknown;
}

function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as PgError;
  return typeof code === 'string' ? code : '';
}

/** Whether the connection was lost, so that it is not known whether the statement took effect. */
export function isLost(error: unknown): boolean {
  const code = codeOf(error);
  if (/^(08|57P0[123]|25006)/.test(code) || /^(ECONNRESET|EPIPE|ETIMEDOUT)$/.test(code)) return true;
  return (
    error instanceof Error &&
    /Connection terminated|Client has encountered a connection error/.test(error.message)
  );
}

/** Whether no connection could be made, so that nothing was done. */
export function isUnreachable(error: unknown): boolean {
  return unreachable.test(codeOf(error));
}

/** Whether the same transaction may succeed when it is tried again: another one came first. */
export function isConflict(error: unknown): boolean {
  const { constraint } = (error ?? {}) as PgError;
  return (
    ['40001', '40P01'].includes(codeOf(error)) ||
    isPlaceTaken(error) ||
    // Two who come at the same time both take a request id for free.
    (codeOf(error) === '23505' && constraint === 'requests_pkey')
  );
}

/** Whether another event is at the place of the chain where one was to be. */
export function isPlaceTaken(error: unknown): boolean {
  const { constraint } = (error ?? {}) as PgError;
  return codeOf(error) === '23505' && typeof constraint === 'string' && placeKey.test(constraint);
}

/** The key of a chain's places, on the whole table or on a partition of it. */
const placeKey = /^audit_events_.*subject_place_/;

const unreachable = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ENOENT|TWOFA_STANDBY)$/;

/** Turns what PostgreSQL says into what twofa says. */
export function postgresError(error: unknown, url: string): unknown {
  if (error instanceof TwofaError) return error;
  const code = codeOf(error);
  const said = error instanceof Error ? error.message || code : String(error);
  const unavailable = (hint: string) =>
    new TwofaError('store-unavailable', `The store ${namedDatabase(url)} cannot be used: ${said}.`, {
      hint,
      cause: error,
    });
  if (code === '42P01' || code === '3F000') {
    return new TwofaError('not-initialised', `There is no store at ${namedDatabase(url)} yet.`, {
      hint: 'Make one with "twofa init".',
      cause: error,
    });
  }
  if (isConflict(error) || code === '57014' || code === '55P03') {
    return new TwofaError('store-busy', `The store ${namedDatabase(url)} is busy: ${said}.`, {
      hint: 'Try again; if it lasts, look at pg_stat_activity for what holds its rows.',
      cause: error,
    });
  }
  if (code === '3D000') return unavailable('Make the database first: createdb.');
  if (code === '42501') {
    return unavailable(
      'Have the owner of the database run what "twofa db grants" prints, again after each "twofa db migrate".',
    );
  }
  if (/unsupported startup parameter/.test(said)) {
    return unavailable(
      'Have PgBouncer pass it over: ignore_startup_parameters = statement_timeout ("twofa help operations").',
    );
  }
  if (code === '42P05' || code === '26000') {
    return unavailable(
      'A connection pooler lends connections by the transaction and does not know prepared statements: PgBouncer does from 1.21 on, with max_prepared_statements = 200 ("twofa help operations").',
    );
  }
  if (code.startsWith('28')) return unavailable('Check user and password of the database.');
  if (code.startsWith('53')) return unavailable('Raise max_connections, or use a connection pooler.');
  if (unreachable.test(code) || isLost(error) || /timeout|AggregateError|SSL|certificate/i.test(said)) {
    return unavailable('Check that the server runs, and that it can be reached from here.');
  }
  return error;
}

/** A server of the URL that only reads, where writing is asked for. */
class ReadsOnly extends Error {
  readonly code = 'TWOFA_STANDBY';
}

/** Connects to one of the hosts, in their order. @throws what the last of them said, when none will do. */
async function connectToOne(url: PostgresUrl): Promise<pg.Client> {
  let problem: unknown;
  for (const host of url.hosts) {
    const client = new pg.Client({
      ...host,
      user: url.user,
      password: url.password,
      database: url.database,
      ssl: url.tls(host),
      options: url.options,
      application_name: url.applicationName,
      connectionTimeoutMillis: connectTimeoutMs,
      statement_timeout: statementTimeoutMs,
      keepAlive: true,
    });
    // What goes wrong between two statements is found by the next one.
    client.on('error', () => undefined);
    try {
      await client.connect();
      if (url.readWrite) await requireReadWrite(client, host);
      return client;
    } catch (error) {
      problem = error;
      await client.end().catch(() => undefined);
    }
  }
  throw problem;
}

async function requireReadWrite(client: pg.Client, { host, port }: Host): Promise<void> {
  const { rows } = await client.query(
    "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on' AS reads",
  );
  if (rows[0]?.reads) throw new ReadsOnly(`${host}:${port} is a standby, and only reads`);
}

/** Texts are compared and ordered by their bytes, as the program does, whatever the database's own order is. */
class Client extends PostgresDialect {
  override columnCompiler(tableCompiler: unknown, builder: unknown): ColumnCompiler {
    const compiler = super.columnCompiler(tableCompiler, builder);
    compiler.text = 'text COLLATE "C"';
    return compiler;
  }

  override _driver(): typeof pg {
    return pg;
  }

  override async acquireRawConnection(): Promise<pg.Client> {
    const { twofaUrl } = this.config as { twofaUrl: PostgresUrl };
    const client = await connectToOne(twofaUrl);
    const lost = () => Object.assign(client, { __knex__disposed: true });
    client.on('error', lost).on('end', lost);
    return client;
  }
}

/**
 * Connects to a database; nothing is done before it is first used.
 * @param connections how many there may be at a time.
 * @throws TwofaError `invalid-configuration`
 */
export function connectDatabase(url: string, connections: number): Knex {
  return connect({
    client: Client,
    connection: {},
    twofaUrl: readPostgresUrl(url),
    pool: { min: 0, max: connections },
    acquireConnectionTimeout: connectTimeoutMs + statementTimeoutMs,
  } as Knex.Config);
}
