// A store of its own for a test: a file in a new folder, a key, and a clock that the test moves.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Store } from '../../src/actions/store.ts';
import { deriveKeys, type Keyring, keyringOf, renewableKeyring } from '../../src/rules/keyring.ts';
import type { Instant } from '../../src/rules/time.ts';
import { createStore, openStore } from '../../src/store/open.ts';
import Sqlite from './sqlite.js';

/** Time as a test has it: it stands still until it is moved. */
export class Clock {
  #now: Instant;

  constructor(now: Instant = Date.parse('2026-03-02T09:00:00Z')) {
    this.#now = now;
  }

  now(): Instant {
    return this.#now;
  }

  /** Moves on by milliseconds, or back by a negative number of them. */
  move(ms: number): void {
    this.#now += ms;
  }
}

/** A key ring of one key; the same seed gives the same key. */
export function keyringFrom(seed: number): Keyring {
  return keyringOf([deriveKeys('k1', Buffer.alloc(32, seed))], 'k1');
}

/** A ring in memory that is kept nowhere else: `rotate` gives it another key, as `db rotate-key` gives one to a file. */
export interface RotatingKeyring extends Keyring {
  rotate(): void;
}

export function rotatingKeyring(seed: number): RotatingKeyring {
  const key = (number: number) => deriveKeys(`k${number}`, Buffer.alloc(32, seed + 100 * (number - 1)));
  const keys = [key(1)];
  const read = () => keyringOf(keys, `k${keys.length}`);
  const ring = renewableKeyring(read(), read);
  return {
    get current() {
      return ring.current;
    },
    get: ring.get,
    withFingerprint: ring.withFingerprint,
    rotate() {
      keys.push(key(keys.length + 1));
      ring.renew();
    },
  };
}

export type Cell = string | number | bigint | Buffer | null;

/** A store, and what a test needs beside it: the clock, and the file as a stranger's tool sees it. */
export interface TestStore {
  store: Store;
  keyring: RotatingKeyring;
  clock: Clock;
  url: string;
  file: string;
  /** Runs one statement on a connection of its own, as another program would. @returns rows of a query. */
  sql(text: string, ...bindings: Cell[]): Record<string, Cell>[];
  /** The same after all triggers are dropped. */
  tamper(text: string, ...bindings: Cell[]): void;
  /** Opens the same file once more. */
  again(keyring?: Keyring): Promise<Store>;
  /** A copy of the store in a folder of its own, with a clock of its own at the same time. */
  copy(): Promise<TestStore>;
  /** Closes every store of this file and removes the folder. */
  remove(): Promise<void>;
}

function direct<T>(file: string, work: (database: Sqlite.Database) => T): T {
  const database = new Sqlite(file);
  try {
    // As the sqlite3 program has it, so that nothing but the schema protects the rows.
    database.pragma('foreign_keys = OFF');
    return work(database);
  } finally {
    database.close();
  }
}

function run(database: Sqlite.Database, text: string, bindings: Cell[]): Record<string, Cell>[] {
  const statement = database.prepare(text);
  if (statement.reader) return statement.all(...bindings) as Record<string, Cell>[];
  statement.run(...bindings);
  return [];
}

function dropTriggers(database: Sqlite.Database): void {
  const triggers = database.prepare("SELECT name FROM sqlite_master WHERE type = 'trigger'").pluck().all();
  for (const name of triggers) database.exec(`DROP TRIGGER "${name}"`);
}

function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'twofa-test-'));
}

async function around(folder: string, clock: Clock, keyring: RotatingKeyring): Promise<TestStore> {
  const file = join(folder, 'twofa.sqlite');
  const url = `sqlite:${file}`;
  const opened: Store[] = [];
  const again = async (ring: Keyring = keyring) => {
    const store = await openStore({ url, keyring: ring, clock: () => clock.now() });
    opened.push(store);
    return store;
  };
  return {
    store: await again(),
    keyring,
    clock,
    url,
    file,
    again,
    sql: (text, ...bindings) => direct(file, (database) => run(database, text, bindings)),
    tamper: (text, ...bindings) =>
      direct(file, (database) => {
        dropTriggers(database);
        run(database, text, bindings);
      }),
    copy: async () => {
      const other = newFolder();
      direct(file, (database) => database.prepare('VACUUM INTO ?').run(join(other, 'twofa.sqlite')));
      return around(other, new Clock(clock.now()), keyring);
    },
    remove: async () => {
      await Promise.all(opened.map((store) => store.close()));
      rmSync(folder, { recursive: true });
    },
  };
}

/** Makes a new store in a new folder. */
export async function temporaryStore(options: { sandbox?: boolean; now?: Instant } = {}): Promise<TestStore> {
  const folder = newFolder();
  const clock = new Clock(options.now);
  const keyring = rotatingKeyring(1);
  const url = `sqlite:${join(folder, 'twofa.sqlite')}`;
  await createStore({ url, keyring, clock: () => clock.now() }, options.sandbox ?? false);
  return around(folder, clock, keyring);
}
