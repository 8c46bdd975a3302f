// The store on SQLite: the contract, and what only SQLite has.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createStore, identify, openStore, requireStore } from '../../src/store/open.ts';
import { connectFile } from '../../src/store/sqlite-file.ts';
import { keyringFrom, type TestStore, temporaryStore } from '../support/store.ts';
import { storeContract } from './contract.ts';
import type { Opened } from './engine.ts';
import { actor, fill, ip, issue, kid, verification } from './fixture.ts';

function openedOf(kept: TestStore): Opened {
  return {
    store: kept.store,
    keyring: kept.keyring,
    move: async (ms) => kept.clock.move(ms),
    sql: async (text, ...bindings) => kept.sql(text, ...bindings),
    tamper: async (text, ...bindings) => kept.tamper(text, ...bindings),
    again: (keyring) => kept.again(keyring),
    connect: () => connectFile(kept.file),
    remove: () => kept.remove(),
  };
}

storeContract({ name: 'SQLite', gapless: true, open: async () => openedOf(await temporaryStore()) });

/** Commits in a write-ahead log: frames that carry the size of the database after them. */
function commitsIn(wal: string): number {
  const log = readFileSync(wal);
  const pageSize = log.readUInt32BE(8);
  const salt = log.subarray(16, 24);
  let commits = 0;
  for (let at = 32; at + 24 + pageSize <= log.length; at += 24 + pageSize) {
    if (!log.subarray(at + 8, at + 16).equals(salt)) break;
    if (log.readUInt32BE(at + 4) > 0) commits += 1;
  }
  return commits;
}

describe('SQLite alone', () => {
  let kept: TestStore;
  let opened: Opened;

  beforeEach(async () => {
    kept = await temporaryStore();
    opened = openedOf(kept);
    await fill(opened);
    await issue(opened, 'jane', '123456');
  });
  afterEach(() => kept.remove());

  const replacements: [what: string, sql: string][] = [
    ['an account', "INSERT OR REPLACE INTO accounts SELECT * FROM accounts WHERE kid = '10482'"],
    [
      'an account, by its rowid',
      `INSERT OR REPLACE INTO accounts (rowid, kid, name, name_key, country, wanted, created_at, chain_count, chain_link, key_id, head)
       SELECT rowid, 'other', name, name_key, country, wanted, created_at, 0, '', key_id, head FROM accounts WHERE kid = '10482'`,
    ],
    [
      'an account, by another that takes its rowid',
      `UPDATE OR REPLACE accounts SET rowid = (SELECT rowid FROM accounts WHERE kid = '10482') WHERE kid = '20967'`,
    ],
    ['a user', "INSERT OR REPLACE INTO users SELECT * FROM users WHERE username = 'jane'"],
    [
      'a user, by another who takes the username',
      "UPDATE OR REPLACE users SET username_key = 'jane' WHERE username = 'maria'",
    ],
    ['a token', 'INSERT OR REPLACE INTO tokens SELECT * FROM tokens'],
    [
      'a token, by another that takes its id',
      'UPDATE OR REPLACE tokens SET id = (SELECT min(id) FROM tokens) WHERE id = (SELECT max(id) FROM tokens)',
    ],
    [
      'a token, by another that takes its hash',
      'UPDATE OR REPLACE tokens SET digest = (SELECT digest FROM tokens WHERE id = 1) WHERE id = 2',
    ],
    ['an event', 'INSERT OR REPLACE INTO audit_events SELECT * FROM audit_events WHERE seq = 1'],
    [
      'an event, by its place',
      `INSERT OR REPLACE INTO audit_events (subject, place, at, actor, role, action, outcome, details, key_id, link)
       SELECT subject, place, at, 'x', role, action, outcome, details, key_id, link FROM audit_events WHERE seq = 1`,
    ],
    [
      'an event, by another that takes its number',
      'UPDATE OR REPLACE audit_events SET seq = 1 WHERE seq = 2',
    ],
    ['the installation', 'INSERT OR REPLACE INTO installation SELECT * FROM installation'],
  ];

  test.each(replacements)('refuses to replace %s', (_, sql) => {
    const rows = () =>
      ['accounts', 'users', 'tokens', 'audit_events', 'installation'].map((table) =>
        kept.sql(`SELECT * FROM ${table}`),
      );
    const before = rows();
    expect(() => kept.sql(sql)).toThrow(/never replaced|never changed|stays|same/);
    expect(rows()).toEqual(before);
  });

  const query = { kid, user: 'jane', location: ip, app: 'platform', requestId: null, codes: true };

  test('steps in flight share one commit', async () => {
    const before = commitsIn(`${kept.file}-wal`);
    const decide = verification(opened, '000000');
    await Promise.all([1, 2, 3, 4, 5, 6].map(() => kept.store.signIn(actor, query, decide)));
    expect(commitsIn(`${kept.file}-wal`) - before).toBe(1);
    await kept.store.signIn(actor, query, decide);
    expect(commitsIn(`${kept.file}-wal`) - before).toBe(2);
    expect(kept.sql("SELECT attempts_left FROM users WHERE username = 'jane'")).toEqual([
      { attempts_left: 0 },
    ]);
  });

  test('an acknowledged step is in the file for whoever opens it next', async () => {
    await kept.store.signIn(actor, query, verification(opened, '000000'));
    expect(kept.sql("SELECT attempts_left FROM users WHERE username = 'jane'")).toEqual([
      { attempts_left: 6 },
    ]);
  });

  test('the file is for its owner alone, and says what it is before any key is known', async () => {
    expect(statSync(kept.file).mode & 0o777).toBe(0o600);
    expect(await identify(kept.url)).toEqual({
      sandbox: false,
      staging: false,
      keyFingerprint: kept.keyring.current.fingerprint,
    });
  });

  test('a store is made once: the one that is there stays as it is', async () => {
    await createStore({ url: kept.url, keyring: keyringFrom(2), clock: () => 1 }, true);
    expect(await identify(kept.url)).toEqual({
      sandbox: false,
      staging: false,
      keyFingerprint: kept.keyring.current.fingerprint,
    });
    expect(readdirSync(dirname(kept.file)).filter((name) => name.includes('.new'))).toEqual([]);
    expect((await kept.store.verifyTrail(null)).intact).toBe(true);
  });

  test('where there is no store, there is none to open', async () => {
    const url = `${kept.url}.missing`;
    expect(await identify(url)).toBeNull();
    expect(() => requireStore(url)).toThrow(expect.objectContaining({ code: 'not-initialised', exit: 11 }));
  });

  test('a file that is no database is named as such', async () => {
    const file = `${kept.file}.txt`;
    writeFileSync(file, 'not a database, but long enough to be looked at as one. '.repeat(40));
    const printed = vi.spyOn(console, 'log');
    const store = await openStore({ url: `sqlite:${file}`, keyring: kept.keyring, clock: () => 1 });
    await expect(store.authenticate('any')).rejects.toMatchObject({ code: 'store-unavailable', exit: 11 });
    expect(printed, 'standard output is for results').not.toHaveBeenCalled();
    printed.mockRestore();
    await store.close();
  });
});
