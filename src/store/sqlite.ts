// The store on SQLite: one file, one connection, immediate transactions, requests in flight sharing commits.
import type { Database, Statement } from 'better-sqlite3';
import type { Knex } from 'knex';
import type { Actor, Authentication, Store } from '../actions/store.ts';
import { TwofaError } from '../errors.ts';
import type { Keyring } from '../rules/keyring.ts';
import { notAccepted } from '../rules/restored.ts';
import type { Instant } from '../rules/time.ts';
import { trailRoot } from './checkpoint.ts';
import { settleNotice } from './notices.ts';
import { readingOf } from './reading.ts';
import { kindOf, type Row, text } from './rows.ts';
import { behind, sealedAccount, sealedToken, sealedUser } from './sealed.ts';
import type { Session } from './session.ts';
import { connectFile, storeError } from './sqlite-file.ts';
import { SignIns } from './sqlite-sign-in.ts';
import { standingOf, trailSource } from './sqlite-trail.ts';
import { checkKey } from './store-key.ts';
import { type TrailSource, verifyTrail } from './verify.ts';
import { checkVersion, newestMigration, type Schema, schemaOf } from './version.ts';
import { writingOf } from './writing.ts';

export interface SqliteOptions {
  file: string;
  keyring: Keyring;
  /** The host's clock; a test moves it. */
  clock(): Instant;
  /** Is told of each commit. */
  committed?(): void;
}

const statements = {
  token: `SELECT *, ${behind('tokens')} FROM tokens WHERE digest = ?`,
  user: `SELECT *, ${behind('users')} FROM users WHERE id = ?`,
  account: `SELECT *, ${behind('accounts')} FROM accounts WHERE kid = ?`,
  kind: 'SELECT sandbox, staging, restored_at FROM installation WHERE id = 1',
  installation: `SELECT key_fingerprint, oldest_program, (SELECT group_concat(name) FROM migrations) AS migrations
    FROM installation WHERE id = 1`,
};

/** What is kept of a connection: its statements, prepared once, and that the store is the one that was asked for. */
class Prepared {
  readonly signIns: SignIns;
  readonly schema: Schema;
  readonly #installation: Statement;
  readonly #keyring: Keyring;
  readonly #token: Statement;
  readonly #user: Statement;
  readonly #account: Statement;

  /** @throws TwofaError for a store of another version or key. */
  constructor(database: Database, { file, keyring }: SqliteOptions) {
    const row = database.prepare(statements.installation).get() as Row | undefined;
    if (!row) throw new TwofaError('store-unavailable', `${file} is not a whole store of twofa.`);
    this.schema = schemaOf(row);
    checkVersion(this.schema);
    checkKey(text(row, 'key_fingerprint'), keyring, file);
    this.#installation = database.prepare(statements.kind);
    this.signIns = new SignIns(database, keyring);
    this.#keyring = keyring;
    this.#token = database.prepare(statements.token);
    this.#user = database.prepare(statements.user);
    this.#account = database.prepare(statements.account);
  }

  authenticate(digest: string): Omit<Authentication, 'now'> | null {
    const row = this.#token.get(digest) as Row | undefined;
    if (!row) return null;
    const token = sealedToken(this.#keyring, row);
    const kind = kindOf(this.#installation.get() as Row);
    if (token.userId === null) return { token, user: null, enabledAt: null, ...kind };
    const user = sealedUser(this.#keyring, this.#user.get(token.userId) as Row);
    const { enabledAt } = sealedAccount(this.#keyring, this.#account.get(user.accountKid) as Row);
    return { token: { ...token, user: user.username }, user, enabledAt, ...kind };
  }

  /** A backup may be put in place of what a connection has open: each commit looks. @throws TwofaError `store-restored` */
  requireAccepted(): void {
    const { restoredAt } = kindOf(this.#installation.get() as Row);
    if (restoredAt !== null) throw new TwofaError('store-restored', ...notAccepted(restoredAt));
  }
}

interface Job {
  run(database: Database): void;
  done(error: unknown): void;
}

export class SqliteStore implements Store {
  readonly gapless = true;
  readonly #knex: Knex;
  readonly #options: SqliteOptions;
  #jobs: Job[] = [];
  readonly #prepared = new WeakMap<Database, Prepared>();

  constructor(knex: Knex, options: SqliteOptions) {
    this.#knex = knex;
    this.#options = options;
  }

  static open(options: SqliteOptions): SqliteStore {
    return new SqliteStore(connectFile(options.file), options);
  }

  get knex(): Knex {
    return this.#knex;
  }

  async #connected<T>(work: (database: Database) => T | Promise<T>): Promise<T> {
    const { client } = this.#knex;
    try {
      const database = (await client.acquireConnection()) as Database;
      try {
        return await work(database);
      } finally {
        await client.releaseConnection(database);
      }
    } catch (error) {
      throw storeError(error, this.#options.file);
    }
  }

  #preparedOf(database: Database): Prepared {
    const known = this.#prepared.get(database);
    if (known) return known;
    const made = new Prepared(database, this.#options);
    this.#prepared.set(database, made);
    return made;
  }

  async authenticate(digest: string): Promise<Authentication | null> {
    return this.#connected((database) => {
      const found = this.#preparedOf(database).authenticate(digest);
      return found && { ...found, now: this.#options.clock() };
    });
  }

  #session(database: Database, actor: Actor): Session {
    return {
      knex: this.#knex,
      connection: database,
      keyring: this.#options.keyring,
      now: this.#options.clock(),
      actor,
      reserveIds: async (table, count) => {
        const last = database.prepare('SELECT seq FROM sqlite_sequence WHERE name = ?').pluck().get(table);
        const next = Number(last ?? 0) + 1;
        return Array.from({ length: count }, (_, index) => next + index);
      },
    };
  }

  async #transaction<T>(begin: string, actor: Actor, work: (session: Session) => Promise<T>): Promise<T> {
    return this.#connected(async (database) => {
      database.exec(begin);
      try {
        const result = await work(this.#session(database, actor));
        database.exec('COMMIT');
        return result;
      } catch (error) {
        if (database.inTransaction) database.exec('ROLLBACK');
        throw error;
      }
    });
  }

  read: Store['read'] = (work) =>
    this.#transaction('BEGIN', { actor: '', role: '', tokenId: null }, (session) => work(readingOf(session)));

  look: Store['look'] = (work) => this.read(work);

  write: Store['write'] = async (actor, work) => {
    const result = await this.#transaction('BEGIN IMMEDIATE', actor, (session) => work(writingOf(session)));
    this.#options.committed?.();
    return result;
  };

  /** Runs synchronous work in the next commit, which all work in flight shares. */
  #inNextCommit<T>(work: (signIns: SignIns, now: Instant) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      let result: T;
      this.#jobs.push({
        run: (database) => {
          result = work(this.#preparedOf(database).signIns, this.#options.clock());
        },
        done: (error) => (error === null ? resolve(result) : reject(error)),
      });
      if (this.#jobs.length === 1) setImmediate(() => void this.#commit());
    });
  }

  async #commit(): Promise<void> {
    try {
      await this.#connected((database) => {
        const jobs = this.#jobs;
        this.#jobs = [];
        if (!this.#commitTogether(database, jobs)) {
          for (const job of jobs) this.#commitTogether(database, [job]);
        }
      });
    } catch (error) {
      const jobs = this.#jobs;
      this.#jobs = [];
      for (const job of jobs) job.done(error);
    }
  }

  /** One immediate transaction for all jobs. One that throws undoes them all: alone it fails, among others each is run again. */
  #commitTogether(database: Database, jobs: Job[]): boolean {
    try {
      const all = database.transaction(() => {
        this.#preparedOf(database).requireAccepted();
        for (const job of jobs) job.run(database);
      });
      all.immediate();
    } catch (error) {
      const busy = (error as { code?: string }).code?.startsWith('SQLITE_BUSY') ?? false;
      if (jobs.length > 1 && !busy) return false;
      for (const job of jobs) job.done(storeError(error, this.#options.file));
      return true;
    }
    this.#options.committed?.();
    for (const job of jobs) job.done(null);
    return true;
  }

  signIn: Store['signIn'] = (actor, query, decide) =>
    this.#inNextCommit((signIns, now) => signIns.step(actor, query, decide, now));

  settleNotice: Store['settleNotice'] = (id, receipt) =>
    this.#transaction('BEGIN IMMEDIATE', { actor: '', role: '', tokenId: null }, (session) =>
      settleNotice(session, id, receipt),
    );

  settleMessage: Store['settleMessage'] = (actor, messageId, receipt, more = {}) =>
    this.#inNextCommit((signIns, now) => signIns.settle(actor, messageId, receipt, more, now));

  /** Reads the trail on a connection of its own, so that sign-ins go on meanwhile. */
  async #apart<T>(work: (source: TrailSource) => Promise<T>): Promise<T> {
    const apart = new SqliteStore(connectFile(this.#options.file), this.#options);
    try {
      return await apart.#connected(async (database) => {
        database.exec('BEGIN');
        return work(trailSource(database)).finally(() => database.exec('COMMIT'));
      });
    } finally {
      await apart.close();
    }
  }

  verifyTrail: Store['verifyTrail'] = (kid, options) =>
    this.#apart((source) => verifyTrail(this.#options.keyring, source, kid, options));

  schemaFault: Store['schemaFault'] = async () => {
    const { sqliteSchemaFault } = await import('./schema.ts');
    return this.#connected((database) =>
      sqliteSchemaFault((query) => database.prepare(query).all() as Row[]),
    );
  };

  trailRoot: Store['trailRoot'] = (kid) => this.#apart((source) => trailRoot(source, kid));

  check: Store['check'] = () =>
    this.#connected((database) => newestMigration(this.#preparedOf(database).schema));

  facts: Store['facts'] = async () => {
    const { factsOfFile } = await import('./sqlite-facts.ts');
    return this.#connected((database) =>
      database.transaction(() => factsOfFile(database, this.#options.file))(),
    );
  };

  copyTo: Store['copyTo'] = async (to, watch) => {
    const { copyStore } = await import('./sqlite-backup.ts');
    return copyStore(this.#options.file, to, this.#options.keyring, watch);
  };

  standing: Store['standing'] = (seq) =>
    this.#connected((database) => standingOf(database, this.#options.keyring, seq));

  /** Numbers are given inside the one transaction that writes at a time, in the order of commits. */
  settled: Store['settled'] = async () => (await this.standing(null)).newest;

  async close(): Promise<void> {
    await this.#knex.destroy();
  }
}
