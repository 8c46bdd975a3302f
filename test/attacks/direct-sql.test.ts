// What an operator with a shell on the database can do without dropping a trigger: nothing that must not be (R3, R8, R9).
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Prepared } from '../support/in-process.ts';
import Database from '../support/sqlite.js';
import { dropTriggers, usedInstallation } from './shell.ts';
import { statementsFor } from './statements.ts';

let enabled: Prepared;

beforeAll(async () => {
  ({ installation: enabled } = await usedInstallation());
});
afterAll(() => enabled.remove());

/** What a statement must not change. */
const guarded = ['accounts', 'users', 'audit_events', 'tokens', 'installation'] as const;

const rowsOf = (database: Database.Database) =>
  guarded.map((table) => database.prepare(`SELECT * FROM ${table} ORDER BY rowid`).all());

describe('direct SQL, as long as no trigger is dropped', () => {
  /** The store as an operator's tool has it: a copy in memory, so that each statement finds it as it was. */
  let store: Database.Database;
  let image: Buffer;
  beforeAll(() => {
    store = new Database(join(enabled.home, 'twofa.sqlite'), { readonly: true });
    image = store.serialize();
    // In memory there is no write-ahead log: the header says so (https://www.sqlite.org/fileformat2.html, 18 and 19).
    image.fill(1, 18, 20);
  });
  afterAll(() => store.close());

  const fresh = () => new Database(image);

  /** What a shell can switch before it tries. */
  const settings = [
    [],
    ['ignore_check_constraints = ON'],
    ['ignore_check_constraints = ON', 'recursive_triggers = ON'],
    ['ignore_check_constraints = ON', 'recursive_triggers = OFF', 'foreign_keys = OFF'],
    ['foreign_keys = ON', 'defer_foreign_keys = ON'],
    ['writable_schema = ON', 'legacy_alter_table = ON', 'trusted_schema = ON', 'query_only = OFF'],
  ];

  /** Runs a statement whatever comes of it. */
  function attempt(database: Database.Database, sql: string): void {
    try {
      database.exec(sql);
    } catch (error) {
      expect((error as { code: string }).code, `${sql}: ${(error as Error).message}`).toMatch(
        /^SQLITE_CONSTRAINT/,
      );
    }
  }

  it.each([
    'turns 2FA off',
    'rewrites the trail',
    'sets attempts outside 0 to 7, or lifts a lock without giving any',
    'brings a token back',
  ])('never %s', (after) => {
    const found = statementsFor(store)[after] ?? [];
    expect(found.length).toBeGreaterThan(4);
    for (const sql of found) {
      for (const pragmas of settings) {
        const database = fresh();
        const before = rowsOf(database);
        for (const pragma of pragmas) database.pragma(pragma);
        attempt(database, sql);
        expect(rowsOf(database), `${sql} with ${pragmas.join(', ')}`).toEqual(before);
        database.close();
      }
      const database = fresh();
      const before = rowsOf(database);
      dropTriggers(database);
      for (const pragma of ['foreign_keys = OFF', 'ignore_check_constraints = ON']) database.pragma(pragma);
      database.exec(sql);
      expect(rowsOf(database), `${sql} without triggers`).not.toEqual(before);
      database.close();
    }
  });
});
