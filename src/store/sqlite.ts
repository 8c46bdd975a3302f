// The store on SQLite: one file, one connection, immediate transactions, requests in flight sharing commits.
import type { Database, Statement } from 'better-sqlite3';
import type { Knex } from 'knex';
import type { Actor, Authentication, Store } from '../actions/store.ts';
import type { Copying } from '../actions/store-copy.ts';
import { storeMoved, TwofaError } from '../errors.ts';
import type { Keyring } from '../rules/keyring.ts';
import { notAccepted } from '../rules/restored.ts';
import type { Instant } from '../rules/time.ts';
import { trailRoot } from './checkpoint.ts';
import { settleNotice } from './notices.ts';
import { readingOf } from './reading.ts';
import { type InstallationKind, kindOf, type Row, text } from './rows.ts';
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
  installation: `SELECT key_fingerprint, oldest_program, (SELECT group_concat(name) FROM migrations) AS migrations
    FROM installation WHERE id = 1`,
  whole: 'SELECT * FROM installation WHERE id = 1',
  kind: 'SELECT sandbox, staging, restored_at, moved_to FROM installation WHERE id = 1',
};

/** @throws TwofaError `store-moved` */
function requireHere(kind: InstallationKind): InstallationKind {
  if (kind.movedTo !== null) throw storeMoved(kind.movedTo);
  return kind;
}

/** What is kept of a connection: its statements, prepared once, and that the store is the one that was asked for. */
class Prepared {
  readonly signIns: SignIns;
  readonly schema: Schema;
  readonly begin: Statement;
  readonly commit: Statement;
  readonly #kind: Statement;

  /** @throws TwofaError for a store of another version or key. */
  constructor(database: Database, { file, keyring }: SqliteOptions) {
    const row = database.prepare(statements.installation).get() as Row | undefined;
    if (!row) throw new TwofaError('store-unavailable', `${file} is not a whole store of twofa.`);
    this.schema = schemaOf(row);
    checkVersion(this.schema);
    checkKey(text(row, 'key_fingerprint'), keyring, file);
    this.signIns = new SignIns(database, keyring);
    this.begin = database.prepare('BEGIN IMMEDIATE');
    this.commit = database.prepare('COMMIT');
    this.#kind = database.prepare(statements.kind);
  }

  /** Read each time: a store moves, or is put back from a backup, while others have it open. */
  kind(): InstallationKind {
    return kindOf(this.#kind.get() as Row);
  }

  /** What each commit looks at first. @throws TwofaError `store-moved`, `store-restored` */
  requireUsable(): void {
    const { restoredAt } = requireHere(this.kind());
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
  #prepared: Prepared | null = null;
  /** The one connection, from its first use on: asking knex's pool for it costs more than a statement. */
  #database: Database | null = null;
  /** Is settled when whoever has the connection is done with it; null while nobody has it. */
  #taken: Promise<void> | null = null;

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

  /** Work that has the connection to itself, across whatever it waits for. */
  async #connected<T>(work: (database: Database) => T | Promise<T>): Promise<T> {
    while (this.#taken) await this.#taken;
    let free = () => {};
    this.#taken = new Promise((resolve) => {
      free = resolve;
    });
    try {
      this.#database ??= (await this.#knex.client.acquireConnection()) as Database;
      return await work(this.#database);
    } catch (error) {
      throw storeError(error, this.#options.file);
    } finally {
      this.#taken = null;
      free();
    }
  }

  /** The same for work that waits for nothing: it is done at once, unless another has the connection. */
  async #atOnce<T>(work: (database: Database) => T): Promise<T> {
    if (this.#taken || !this.#database) return this.#connected(work);
    try {
      return work(this.#database);
    } catch (error) {
      throw storeError(error, this.#options.file);
    }
  }

  #preparedOf(database: Database): Prepared {
    this.#prepared ??= new Prepared(database, this.#options);
    return this.#prepared;
  }

  authenticate(digest: string): Promise<Authentication | null> {
    return this.#atOnce((database) => {
      const prepared = this.#preparedOf(database);
      const found = prepared.signIns.authenticate(digest);
      const kind = prepared.kind();
      if (!found) requireHere(kind);
      return found && { ...kind, now: this.#options.clock(), ...found };
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

  async #transaction<T>(
    begin: string,
    actor: Actor,
    work: (session: Session, database: Database) => Promise<T>,
  ): Promise<T> {
    return this.#connected(async (database) => {
      database.exec(begin);
      try {
        const result = await work(this.#session(database, actor), database);
        database.exec('COMMIT');
        return result;
      } catch (error) {
        if (database.inTransaction) database.exec('ROLLBACK');
        throw error;
      }
    });
  }

  /** One that writes keeps other writers out from its beginning on. @throws TwofaError `store-moved` */
  #immediate<T>(actor: Actor, work: (session: Session, kind: InstallationKind) => Promise<T>): Promise<T> {
    return this.#transaction('BEGIN IMMEDIATE', actor, (session, database) =>
      // Also of a store that is behind, or of another key: it may lack columns, and is not prepared.
      work(session, requireHere(kindOf(database.prepare(statements.whole).get() as Row))),
    );
  }

  read: Store['read'] = (work) =>
    this.#transaction('BEGIN', { actor: '', role: '', tokenId: null }, (session) => work(readingOf(session)));

  look: Store['look'] = (work) => this.read(work);

  write: Store['write'] = async (actor, work) => {
    const result = await this.#immediate(actor, (session, kind) => work(writingOf(session, kind)));
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
      await this.#atOnce((database) => {
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
      const prepared = this.#preparedOf(database);
      prepared.begin.run();
      prepared.requireUsable();
      for (const job of jobs) job.run(database);
      prepared.commit.run();
    } catch (error) {
      if (database.inTransaction) database.exec('ROLLBACK');
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
    this.#immediate({ actor: '', role: '', tokenId: null }, (session) => settleNotice(session, id, receipt));

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
    this.#connected((database) => {
      const prepared = this.#preparedOf(database);
      requireHere(prepared.kind());
      return newestMigration(prepared.schema);
    });

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

  copying: Copying = {
    copyTo: async (actor, url, progress) =>
      (await import('./copy.ts')).copyTo(this.#options, actor, url, progress),
    undo: async (actor, url) => (await import('./copy.ts')).undoCopy(this.#options, actor, url),
  };

  async close(): Promise<void> {
    while (this.#taken) await this.#taken;
    const database = this.#database;
    this.#database = null;
    if (database) await this.#knex.client.releaseConnection(database);
    await this.#knex.destroy();
  }
}
