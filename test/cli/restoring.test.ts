// A backup put in the place of the store: all of it or nothing, refused until it is accepted, whatever else has it open.
import { spawn } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readKeyFile } from '../../src/cli/key-file.ts';
import type { PutBack } from '../../src/cli/restoring.ts';
import { openStore } from '../../src/store/open.ts';
import { Prepared, quickEnabledNorthside } from '../support/in-process.ts';
import { kid } from '../support/program.ts';
import Sqlite from '../support/sqlite.js';
import { hasTerminal, onTerminal, readable } from '../support/terminal.ts';

let here: Prepared;
const homes: Prepared[] = [];
const platform = ['-a', kid, '-p', 'platform'];
const ip = ['--ip', '203.0.113.7'];
const go = ['--confirm', 'restore'];

beforeEach(async () => {
  here = await quickEnabledNorthside();
  here.inProcess = true;
  await here.json(['code', 'send', 'jane', '--via', 'email', ...platform]);
  await here.json(['code', 'verify', 'jane', ...ip, ...platform], 0, { input: here.lastCode('jane') });
  await here.json(['code', 'send', 'jane', '--via', 'email', ...platform]);
  await here.json(['db', 'backup', inHome('backup.sqlite')]);
});
afterEach(async () => {
  await here.remove();
  for (const home of homes.splice(0)) await home.remove();
});

const inHome = (name: string, home = here) => join(home.home, name);
const store = () => inHome('twofa.sqlite');

/** What is left of copies beside the store. */
const drafts = (home = here) => readdirSync(home.home).filter((name) => /\.restoring|\.new$/.test(name));

function newest(file: string): number {
  const database = new Sqlite(file);
  try {
    return database.prepare('SELECT max(seq) FROM audit_events').pluck().get() as number;
  } finally {
    database.close();
  }
}

interface Restored {
  lost: { from: number; to: number } | null;
  restored: PutBack;
}

/** Puts the backup back after something happened. */
async function putBack(...more: string[]): Promise<Restored> {
  await here.json(['user', 'update', 'sam', '--name', 'Sam Later', '-a', kid]);
  return here.json<Restored>(['db', 'restore', inHome('backup.sqlite'), ...go, ...more]);
}

/** A home with the key of this one, and nothing else. */
function emptyHome(): Prepared {
  const home = new Prepared();
  home.inProcess = true;
  homes.push(home);
  cpSync(inHome('key.json'), inHome('key.json', home));
  return home;
}

describe('a backup in the place of the store', () => {
  test('refuses sign-ins and changes, is read, and keeps the store that was there', async () => {
    const backup = newest(inHome('backup.sqlite'));
    const { restored, lost } = await putBack();
    expect(restored).toMatchObject({ file: inHome('backup.sqlite'), newest: { seq: backup }, profile: null });
    expect(lost).toMatchObject({ from: backup + 1 });
    const refused = [
      ['login', 'jane', ...ip, ...platform],
      ['code', 'send', 'jane', '--via', 'email', ...platform],
      ['user', 'update', 'jane', '--name', 'Jane Roe', '-a', kid],
      ['db', 'backup', inHome('another')],
    ];
    for (const args of refused) {
      expect((await here.error(args, 6)).code, args.join(' ')).toBe('store-restored');
    }
    expect(await here.json(['user', 'show', 'sam', '-a', kid])).toMatchObject({ name: 'Sam Whitfield' });
    expect(await here.json(['db', 'status'])).toMatchObject({
      restoredAt: expect.any(String),
      staging: false,
    });
    expect(await here.json(['health'], 11)).toMatchObject({ problem: { code: 'store-restored' } });
    const kept = restored.keptAt ?? '';
    expect(statSync(kept).mode & 0o777).toBe(0o600);
    expect(newest(kept)).toBe(lost?.to);
    expect(drafts()).toEqual([]);
  });

  test('is accepted: everything ends, the trail is intact, and a checkpoint says that it was put back', async () => {
    await here.json(['user', 'update', 'sam', '--name', 'Sam Later', '-a', kid]);
    await here.run(['audit', 'checkpoint', '--file', inHome('checkpoint.json')]);
    const { lost } = await putBack();
    const accepted = await here.json(['db', 'restore', '--accept', '--reason', 'the disk failed']);
    expect(accepted).toMatchObject({ lost, codesEnded: 1, locationsEnded: 1, accepted: true, changed: true });
    await here.json(['audit', 'verify']);
    const verdict = await here.json<{ firstBroken: { reason: string } }>(
      ['audit', 'verify', '--checkpoint', inHome('checkpoint.json')],
      6,
    );
    expect(verdict.firstBroken).toMatchObject({
      subject: 'checkpoint',
      reason: expect.stringContaining('put back a backup that ends at event'),
    });
    expect((await here.error(['login', 'jane', ...ip, ...platform], 4)).code).toBe('token-revoked');
    await here.json(['token', 'create', '--role', 'application', '--app', 'platform', '--save', 'platform']);
    expect(await here.json(['login', 'jane', ...ip, ...platform], 7)).toMatchObject({
      reason: 'trust-ended',
    });
    expect(await here.json(['db', 'status'])).toMatchObject({ restoredAt: null });
  });

  test('is accepted in one go, and the store that was kept can be put back as well', async () => {
    const { restored } = await putBack('--accept', '--reason', 'the disk failed');
    await here.json(['audit', 'verify']);
    await here.json(['db', 'restore', restored.keptAt ?? '', ...go, '--accept', '--reason', 'found it']);
    expect(await here.json(['user', 'show', 'sam', '-a', kid])).toMatchObject({ name: 'Sam Later' });
    await here.json(['audit', 'verify']);
  });

  test('is found by a program that has the store open', async () => {
    const keyring = readKeyFile(inHome('key.json'));
    if (!keyring) throw new Error('The installation has no key.');
    const opened = await openStore({ url: `sqlite:${store()}`, keyring, clock: () => Date.now() });
    const step = () =>
      opened.signIn(
        { actor: 'platform', role: 'application', tokenId: null },
        { kid, user: 'jane', location: null, app: 'platform', requestId: null, codes: true },
        () => ({ answer: 'served', event: { action: 'login.challenged' as const } }),
      );
    try {
      expect(await step()).toMatchObject({ answer: 'served' });
      await putBack();
      await expect(step()).rejects.toMatchObject({ code: 'store-restored' });
      await here.json(['db', 'restore', '--accept', '--reason', 'the disk failed']);
      expect(await step()).toMatchObject({ answer: 'served' });
    } finally {
      await opened.close();
    }
    await here.json(['audit', 'verify']);
  });

  test('on a new host needs the key alone, and makes an owner where it knows no token', async () => {
    const home = emptyHome();
    const { restored } = await home.json<Restored>(['db', 'restore', inHome('backup.sqlite')]);
    expect(restored).toMatchObject({ keptAt: null, profile: 'restored' });
    expect(await home.json(['auth', 'status'])).toMatchObject({ role: 'owner' });
    expect((await home.error(['account', 'create', '30303', '--name', 'Third'], 6)).code).toBe(
      'store-restored',
    );
    await home.json(['db', 'restore', '--accept', '--reason', 'a new host']);
    await home.json(['audit', 'verify']);
    await home.json(['account', 'create', '30303', '--name', 'Third']);
  });

  test('makes an owner for whose token is younger than the backup', async () => {
    await here.json(['token', 'create', '--role', 'owner', '--name', 'later', '--save', 'later']);
    const later = ['-p', 'later'];
    const { restored } = await putBack(...later, '--accept', '--reason', 'the disk failed');
    expect(restored.profile).toBe('restored');
    expect((await here.error(['token', 'list', ...later], 4)).code).toBe('token-invalid');
    await here.json(['token', 'list', '-p', 'restored']);
    await here.json(['audit', 'verify']);
  });

  test('takes a log that was left beside the backup with it, and none that was left beside the store', async () => {
    const live = here.database();
    live.pragma('wal_checkpoint(TRUNCATE)');
    await here.json(['user', 'update', 'sam', '--name', 'Sam Later', '-a', kid]);
    const copied = inHome('copied.sqlite');
    for (const end of ['', '-wal']) copyFileSync(`${store()}${end}`, `${copied}${end}`);
    live.close();
    rmSync(store());
    copyFileSync(inHome('copied.sqlite-wal'), `${store()}-wal`);
    await here.json(['db', 'restore', copied, '--accept', '--reason', 'the disk failed']);
    expect(await here.json(['user', 'show', 'sam', '-a', kid])).toMatchObject({ name: 'Sam Later' });
    await here.json(['audit', 'verify']);
  });

  test('takes the place of a file that is no store any more, which is kept', async () => {
    for (const end of ['-wal', '-shm']) rmSync(`${store()}${end}`, { force: true });
    writeFileSync(store(), 'not a database, by any means', { mode: 0o600 });
    const { restored } = await here.json<Restored>(['db', 'restore', inHome('backup.sqlite'), ...go]);
    expect(readFileSync(restored.keptAt ?? '', 'utf8')).toBe('not a database, by any means');
    await here.json(['db', 'restore', '--accept', '--reason', 'the disk failed']);
    await here.json(['audit', 'verify']);
  });
});

describe('nothing is changed', () => {
  const unchanged = async () => {
    expect(newest(store())).toBe(before);
    expect(drafts()).toEqual([]);
    expect(readdirSync(here.home).filter((name) => name.includes('.replaced-'))).toEqual([]);
    expect(await here.json(['login', 'jane', ...ip, ...platform])).toMatchObject({ result: 'granted' });
  };
  let before: number;
  beforeEach(() => {
    before = newest(store());
  });

  const asFolder = (file: string) => {
    rmSync(file);
    mkdirSync(file);
  };
  const bad: [what: string, make: (file: string) => void, exit: number, code: string][] = [
    ['is not there', (file) => rmSync(file), 2, 'file-unreadable'],
    ['is a folder', asFolder, 2, 'file-unreadable'],
    ['is empty', (file) => writeFileSync(file, ''), 2, 'file-malformed'],
    ['is no database', (file) => writeFileSync(file, 'SELECT 1;\n'.repeat(1000)), 2, 'file-malformed'],
    ['is cut off', (file) => truncateSync(file, statSync(file).size / 2), 2, 'file-malformed'],
    [
      'is of another program',
      (file) => {
        rmSync(file);
        new Sqlite(file).exec('CREATE TABLE notes (text TEXT)').close();
      },
      2,
      'file-malformed',
    ],
    [
      'is of a newer program',
      (file) => new Sqlite(file).exec("UPDATE installation SET oldest_program = '99.0.0'").close(),
      11,
      'store-incompatible',
    ],
    [
      'has a trigger of somebody else',
      (file) =>
        new Sqlite(file).exec('CREATE TRIGGER foreign_one AFTER UPDATE ON users BEGIN SELECT 1; END').close(),
      6,
      'audit-broken',
    ],
    [
      'had its mark changed',
      (file) => new Sqlite(file).exec('UPDATE installation SET restored_at = 1').close(),
      6,
      'audit-broken',
    ],
  ];
  test.each(bad)('by a backup that %s', async (_, make, exit, code) => {
    make(inHome('backup.sqlite'));
    expect((await here.error(['db', 'restore', inHome('backup.sqlite'), ...go], exit)).code).toBe(code);
    await unchanged();
  });

  test('by a backup of another key', async () => {
    const other = new Prepared();
    homes.push(other);
    other.inProcess = true;
    await other.json(['init', '--sandbox']);
    await other.json(['db', 'backup', inHome('backup.sqlite', other)]);
    const error = await here.error(['db', 'restore', inHome('backup.sqlite', other), ...go], 11);
    expect(error).toMatchObject({
      code: 'key-unavailable',
      message: expect.stringContaining('backup.sqlite'),
    });
    await unchanged();
  });

  test('by the store itself, nor without a word, nor by a wrong one', async () => {
    const backup = inHome('backup.sqlite');
    expect((await here.error(['db', 'restore', store(), ...go], 2)).code).toBe('invalid-input');
    expect((await here.error(['db', 'restore', backup], 2)).details).toEqual({ field: 'confirm' });
    const wrong = ['db', 'restore', backup, '--confirm', 'yes'];
    expect((await here.error(wrong, 2)).code).toBe('confirmation-mismatch');
    expect((await here.error(['db', 'restore', backup, '--mark'], 2)).code).toBe('usage');
    expect((await here.error(['db', 'restore', backup, '--accept', ...go], 2)).details).toEqual({
      field: 'reason',
    });
    await unchanged();
  });

  test('by anybody but the owner', async () => {
    for (const profile of ['maria', 'care', 'ci', 'platform']) {
      const args = ['db', 'restore', inHome('backup.sqlite'), ...go, '-p', profile];
      expect((await here.error(args, 4)).code, profile).toBe('not-permitted');
    }
    before += 4;
    await unchanged();
  });
});

test.runIf(hasTerminal)('on a terminal the word is typed, and anything else changes nothing', async () => {
  const args = ['db', 'restore', inHome('backup.sqlite')];
  const typed = (word: string) =>
    onTerminal(here.home, args, { typing: [{ when: /Type the word restore/, type: [word, '\r'] }] });
  expect(await typed('yes')).toMatchObject({ exit: 2 });
  await here.json(['login', 'jane', ...ip, ...platform]);
  const { exit, screen } = await typed('restore');
  expect(exit).toBe(0);
  expect(readable(screen)).toContain('is the store now');
  expect((await here.error(['login', 'jane', ...ip, ...platform], 6)).code).toBe('store-restored');
});

test('a restore that is killed leaves the old store or the new one, and either is whole', async () => {
  const filler = here.database();
  filler.exec(`CREATE TABLE large AS SELECT zeroblob(20000000) AS large`);
  filler.close();
  const program = resolve(import.meta.dirname, '../../bin/twofa.js');
  const env = await here.environment();
  for (let round = 0; round < 8; round += 1) {
    const args = [program, 'db', 'restore', inHome('backup.sqlite'), ...go];
    const child = spawn(process.execPath, args, { env, stdio: 'ignore' });
    const ended = new Promise((done) => child.on('close', done));
    while (drafts().length === 0 && child.exitCode === null) await sleep(1);
    await sleep(round * 40);
    child.kill('SIGKILL');
    await ended;
    const database = here.database();
    expect(database.pragma('integrity_check')).toEqual([{ integrity_check: 'ok' }]);
    const names = database.prepare("SELECT name FROM sqlite_master WHERE name = 'large'").all();
    const { restored_at: restoredAt } = database.prepare('SELECT restored_at FROM installation').get() as {
      restored_at: number | null;
    };
    database.close();
    expect(restoredAt === null, 'the old store is not marked, the new one is').toBe(names.length === 1);
    if (restoredAt !== null) break;
  }
  await here.json(['db', 'restore', inHome('backup.sqlite'), ...go]);
  expect(drafts(), 'what killed ones left is removed').toEqual([]);
  await here.json(['db', 'restore', '--accept', '--reason', 'it was killed']);
  await here.json(['audit', 'verify']);
});
