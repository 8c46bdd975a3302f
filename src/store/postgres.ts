// The store on PostgreSQL: for any number of processes and hosts at once, the server's clock deciding.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import type { Actor, Authentication, Reading, SignInAhead, Store } from '../actions/store.ts';
import { TwofaError } from '../errors.ts';
import type { Keyring } from '../rules/keyring.ts';
import type { Instant } from '../rules/time.ts';
import { settledRoot } from './checkpoint.ts';
import { KnownSubjects } from './known-rows.ts';
import { settleNotice } from './notices.ts';
import {
  type Connection,
  connectDatabase,
  isConflict,
  isLost,
  isUnreachable,
  namedDatabase,
  postgresError,
} from './postgres-connect.ts';
import { Connections } from './postgres-connections.ts';
import { ask } from './postgres-query.ts';
import { keysOf, type LoadedAhead, Step, type Stepped, settleOnce, stepRow } from './postgres-sign-in.ts';
import { authenticateStatement, behindMs, serverNow } from './postgres-statements.ts';
import { settledEvent, standingOf, trailSource } from './postgres-trail.ts';
import { readingOf } from './reading.ts';
import { type InstallationKind, kindOf, text } from './rows.ts';
import { notWritten } from './sealed.ts';
import type { Session } from './session.ts';
import { checkKey } from './store-key.ts';
import { type TrailSource, verifyTrail } from './verify.ts';
import { checkVersion, newestMigration, type Schema, schemaOf } from './version.ts';
import { writingOf } from './writing.ts';

export interface PostgresOptions {
  /** `postgres://…` */
  url: string;
  keyring: Keyring;
  /** Connections at a time: one does for a command. */
  connections?: number;
  /** A standby for people to look at. */
  readUrl?: string | undefined;
  /** Is told how far the standby is behind, in milliseconds, or why the primary is looked at in its place. */
  lookedAt?(standby: { behindMs: number } | { problem: string }): void;
  /** Is told of each commit. */
  committed?(): void;
}

/** How often a transaction that another came before is tried again. */
const triesMax = 20;
/** How often the outcome of a message is saved again when another came first: others are at the same user for a moment only. */
const settleTriesMax = 200;
/** How long a lost connection is tried again, in milliseconds: a server that restarts is back by then. */
const patienceMs = 15_000;

/** A pause that grows, and is never the same for two who wait for each other. */
function pause(tries: number): Promise<void> {
  return sleep(Math.random() * Math.min(500, 5 * 2 ** tries));
}

/** What each transaction asks for first, in one journey. */
const begun = `SELECT *, ${serverNow} AS now FROM installation WHERE id = 1`;

const nobody: Actor = { actor: '', role: '', tokenId: null };

export class PostgresStore implements Store {
  /** A transaction that is rolled back leaves a gap. */
  readonly gapless = false;
  readonly #knex: Knex;
  readonly #connections: Connections;
  readonly #options: PostgresOptions;
  readonly #standby: Knex | null;
  readonly #known: KnownSubjects;
  #checked = false;

  constructor(options: PostgresOptions) {
    this.#options = options;
    this.#known = new KnownSubjects(options.keyring);
    this.#knex = connectDatabase(options.url, options.connections ?? 1);
    this.#connections = new Connections(this.#knex.client);
    this.#standby = options.readUrl === undefined ? null : connectDatabase(options.readUrl, 1);
  }

  get knex(): Knex {
    return this.#knex;
  }

  async #connected<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    try {
      return await this.#connections.use(work);
    } catch (error) {
      throw postgresError(error, this.#options.url);
    }
  }

  /** Makes sure that the store is the one that was asked for. @throws TwofaError for another version or key. */
  async #check(connection: Connection): Promise<Schema> {
    const { rows } = await connection.query({
      text: `SELECT key_fingerprint, oldest_program, (SELECT string_agg(name, ',') FROM migrations) AS migrations
        FROM installation WHERE id = 1`,
    });
    const [row] = rows;
    if (!row) {
      throw new TwofaError(
        'store-unavailable',
        `${namedDatabase(this.#options.url)} is not a whole store of twofa.`,
      );
    }
    const schema = schemaOf(row);
    checkVersion(schema);
    checkKey(text(row, 'key_fingerprint'), this.#options.keyring, namedDatabase(this.#options.url));
    this.#checked = true;
    return schema;
  }

  #mayComeBack(error: unknown): boolean {
    const said = error instanceof TwofaError ? error.cause : error;
    // A server that was there once is waited for when it is gone.
    return isLost(said) || (this.#connections.reached && isUnreachable(said));
  }

  /** Tries reading again after a lost connection, for as long as a server may take to come back. */
  async #again<T>(work: () => Promise<T>): Promise<T> {
    const until = performance.now() + patienceMs;
    for (let tries = 1; ; tries += 1) {
      try {
        return await work();
      } catch (error) {
        if (!this.#mayComeBack(error) || performance.now() > until) throw error;
        await pause(tries);
      }
    }
  }

  authenticate(digest: string, ahead?: SignInAhead): Promise<Authentication | null> {
    const ofUser = !this.#known.isOfNobody(digest);
    const statement = authenticateStatement({ digest, ofUser }, ahead ? keysOf(ahead) : null);
    return this.#again(() =>
      this.#connected(async (connection) => {
        if (!this.#checked) await this.#check(connection);
        const [row] = await ask(connection, statement);
        if (!row) return null;
        const [now, installation, token, user, account, ...step] = row;
        const found = this.#known.authenticated(String(token), user ?? null, account ?? null);
        const at = Number(now);
        const loaded: LoadedAhead | undefined = ahead && { ahead, now: at, row: stepRow(step) };
        return { now: at, ...kindOf(JSON.parse(String(installation))), loaded, ...found };
      }),
    );
  }

  #session(connection: Connection, actor: Actor, now: Instant): Session {
    return {
      knex: this.#knex,
      connection,
      keyring: this.#options.keyring,
      now,
      actor,
      reserveIds: async (table, count) => {
        const { rows } = await connection.query({
          text: `SELECT nextval(pg_get_serial_sequence($1, 'id')) AS id FROM generate_series(1, $2)`,
          values: [table, count],
        });
        return rows.map((row) => Number(row.id));
      },
    };
  }

  async #transaction<T>(
    mode: string,
    actor: Actor,
    work: (session: Session, kind: InstallationKind) => Promise<T>,
  ): Promise<T> {
    return this.#connected(async (connection) => {
      await connection.query({ text: `BEGIN ${mode}` });
      try {
        const { rows } = await connection.query({ text: begun });
        const [row] = rows;
        if (!row) throw new Error('The store has no installation row.');
        const result = await work(this.#session(connection, actor, Number(row.now)), kindOf(row));
        await connection.query({ text: 'COMMIT' });
        return result;
      } catch (error) {
        await connection.query({ text: 'ROLLBACK' }).catch(() => undefined);
        throw error;
      }
    });
  }

  /** @throws whatever the standby says, with nothing looked at. */
  async #lookAt<T>(standby: Knex, work: (tables: Reading) => Promise<T>): Promise<T> {
    const connection = (await standby.client.acquireConnection()) as Connection;
    try {
      await connection.query({ text: 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY' });
      const { rows } = await connection.query({ text: `SELECT ${serverNow} AS now, ${behindMs} AS behind` });
      const session = { ...this.#session(connection, nobody, Number(rows[0]?.now)), knex: standby };
      const result = await work(readingOf(session));
      this.#options.lookedAt?.({ behindMs: Number(rows[0]?.behind) });
      return result;
    } finally {
      await connection.query({ text: 'ROLLBACK' }).catch(() => undefined);
      await standby.client.releaseConnection(connection);
    }
  }

  look: Store['look'] = async (work) => {
    if (!this.#standby) return this.read(work);
    try {
      return await this.#lookAt(this.#standby, work);
    } catch (error) {
      // What the work itself refuses is the answer; a standby that does not answer is no reason for none.
      if (error instanceof TwofaError) throw error;
      this.#options.lookedAt?.({ problem: (error as Error).message });
      return this.read(work);
    }
  };

  read: Store['read'] = (work) =>
    this.#again(() =>
      this.#transaction('ISOLATION LEVEL REPEATABLE READ READ ONLY', nobody, (session) =>
        work(readingOf(session)),
      ),
    );

  /** Transactions that read what another one writes are told apart by the server, and the later one begins again. */
  write: Store['write'] = async (actor, work) => {
    for (let tries = 1; ; tries += 1) {
      try {
        const result = await this.#transaction('ISOLATION LEVEL SERIALIZABLE', actor, (session, kind) =>
          work(writingOf(session, kind)),
        );
        this.#options.committed?.();
        return result;
      } catch (error) {
        const conflict = isConflict(error) || isConflict((error as { cause?: unknown }).cause);
        if (!conflict || tries === triesMax) throw error;
        await pause(tries);
      }
    }
  };

  signIn: Store['signIn'] = async (actor, query, decide, loaded) => {
    const step = new Step(this.#known, loaded as LoadedAhead | undefined, actor, query, decide);
    const stepped = await this.#stepped(step);
    this.#options.committed?.();
    return stepped;
  };

  /** Tries a step until it is saved. What was sent and not answered is looked up before anything is compared again. */
  async #stepped<T>(step: Step<T>): Promise<Stepped<T>> {
    const until = performance.now() + patienceMs;
    let waits = false;
    for (let tries = 1; ; tries += 1) {
      try {
        const stepped = await this.#connected((connection) => step.on(connection, waits));
        if (stepped) return stepped;
        waits = true;
      } catch (error) {
        if (!this.#mayComeBack(error) || performance.now() > until) throw error;
        await pause(tries);
      }
    }
  }

  settleNotice: Store['settleNotice'] = (id, receipt) =>
    this.#again(() => this.#transaction('', nobody, (session) => settleNotice(session, id, receipt)));

  settleMessage: Store['settleMessage'] = async (actor, messageId, receipt, more = {}) => {
    const settling = { actor, messageId, receipt, more };
    for (let tries = 1; ; tries += 1) {
      const saved = await this.#again(() =>
        this.#connected((connection) => settleOnce(connection, this.#options.keyring, settling)),
      );
      if (saved) break;
      if (tries === settleTriesMax) throw notWritten(`message ${messageId}`);
      await pause(Math.min(tries, 6));
    }
    this.#options.committed?.();
  };

  /** Reads the store as it was at one moment, while sign-ins go on. */
  #ofOneMoment<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    return this.#connected(async (connection) => {
      await connection.query({ text: 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY' });
      try {
        return await work(connection);
      } finally {
        await connection.query({ text: 'ROLLBACK' });
      }
    });
  }

  #apart<T>(work: (source: TrailSource) => Promise<T>): Promise<T> {
    return this.#ofOneMoment((connection) => work(trailSource(connection)));
  }

  check: Store['check'] = async () =>
    newestMigration(await this.#connected((connection) => this.#check(connection)));

  facts: Store['facts'] = async () => {
    const { factsOfDatabase } = await import('./postgres-facts.ts');
    return this.#ofOneMoment((connection) => factsOfDatabase(connection, namedDatabase(this.#options.url)));
  };

  verifyTrail: Store['verifyTrail'] = (kid, options) =>
    this.#apart((source) => verifyTrail(this.#options.keyring, source, kid, options));

  schemaFault: Store['schemaFault'] = async () => {
    const { postgresSchemaFault } = await import('./schema.ts');
    return this.#connected((connection) =>
      postgresSchemaFault(async (query) => (await connection.query({ text: query })).rows),
    );
  };

  trailRoot: Store['trailRoot'] = async (kid) => {
    const settled = await this.settled();
    return this.#apart((source) => settledRoot(source, kid, settled?.seq ?? 0));
  };

  copyTo: Store['copyTo'] = null;

  standing: Store['standing'] = (seq) =>
    this.#again(() => this.#connected((connection) => standingOf(connection, this.#options.keyring, seq)));

  settled: Store['settled'] = () =>
    this.#again(() => this.#connected((connection) => settledEvent(connection)));

  async close(): Promise<void> {
    await this.#standby?.destroy();
    this.#connections.releaseSpare();
    await this.#knex.destroy();
  }
}
