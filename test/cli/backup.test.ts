// Backups: whole, for their owner alone, made beside running sign-ins, and never half a file.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { dumpCommands } from '../../src/cli/dump-commands.ts';
import { type Prepared, quickEnabledNorthside } from '../support/in-process.ts';
import { kid } from '../support/program.ts';
import Sqlite from '../support/sqlite.js';

let here: Prepared;
const platform = ['-a', kid, '-p', 'platform'];
const ip = ['--ip', '203.0.113.7'];

beforeEach(async () => {
  here = await quickEnabledNorthside();
});
afterEach(() => here.remove());

const inHome = (name: string) => join(here.home, name);
const drafts = () => readdirSync(here.home).filter((name) => /\.new|-wal$|-shm$|-journal$/.test(name));

function inBackup(file: string, query: string): unknown[] {
  const database = new Sqlite(file, { readonly: true });
  try {
    return database.prepare(query).all();
  } finally {
    database.close();
  }
}

describe('a backup', () => {
  test('is a new file of the whole store for its owner alone, and is an event', async () => {
    const file = inHome('backup.sqlite');
    const made = await here.json(['db', 'backup', 'backup.sqlite']);
    expect(made).toEqual({
      engine: 'sqlite',
      file,
      bytes: statSync(file).size,
      sha256: createHash('sha256').update(readFileSync(file)).digest('hex'),
      newest: { seq: expect.any(Number), at: expect.any(String) },
      changed: true,
      keyIncluded: false,
      keyAt: inHome('key.json'),
      commands: null,
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(inBackup(file, 'SELECT max(seq) AS seq FROM audit_events')).toEqual([
      { seq: (made.newest as { seq: number }).seq },
    ]);
    expect(inBackup(file, 'PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
    const secret = Object.values(JSON.parse(readFileSync(inHome('key.json'), 'utf8')).keys)[0] as {
      secret: string;
    };
    expect(readFileSync(file).includes(secret.secret)).toBe(false);
    const [event] = await here.json<object[]>(['audit', 'list', '--action', 'store.backed-up']);
    expect(event).toMatchObject({ role: 'owner', details: { file, sha256: made.sha256 } });
    await here.json(['audit', 'verify']);
    expect(drafts()).toEqual([]);
  });

  test('says to people that the key is elsewhere', async () => {
    const { stdout } = await here.run(['db', 'backup', 'backup.sqlite']);
    expect(stdout).toContain(`The key is not in it: back it up elsewhere, it is ${inHome('key.json')}`);
  });

  test('takes the place of no file, and needs a folder', async () => {
    writeFileSync(inHome('taken'), 'mine');
    expect(await here.error(['db', 'backup', 'taken'], 2)).toMatchObject({ code: 'file-unwritable' });
    expect(readFileSync(inHome('taken'), 'utf8')).toBe('mine');
    expect(await here.error(['db', 'backup', 'nowhere/backup'], 2)).toMatchObject({
      code: 'file-unwritable',
    });
    expect(await here.error(['db', 'backup', 'twofa.sqlite'], 2)).toMatchObject({ code: 'file-unwritable' });
    expect(await here.json(['audit', 'list', '--action', 'store.backed-up'])).toEqual([]);
    expect(drafts()).toEqual([]);
  });

  test('is refused for a store that is damaged', async () => {
    const store = here.database();
    store.pragma('wal_checkpoint(TRUNCATE)');
    const page = (name: string) =>
      store.prepare('SELECT rootpage FROM sqlite_master WHERE name = ?').pluck().get(name) as number;
    const at = (page('user_practices') - 1) * 4096;
    store.close();
    const bytes = readFileSync(inHome('twofa.sqlite'));
    writeFileSync(inHome('twofa.sqlite'), bytes.fill(0xff, at, at + 4096));
    const error = await here.error(['db', 'backup', 'backup.sqlite'], 11);
    expect(error).toMatchObject({
      code: 'store-unavailable',
      message: expect.stringContaining('is damaged: '),
    });
    expect(existsSync(inHome('backup.sqlite'))).toBe(false);
    expect(drafts()).toEqual([]);
  });

  test('has everything that was answered before it began, while several processes sign in', async () => {
    const answered = await here.json<{ messageId: string }>([
      ...['code', 'send', 'jane', '--via', 'email'],
      ...platform,
    ]);
    await here.json(['code', 'verify', 'sam', ...ip, ...platform], 8, { input: '000000' });
    let going = true;
    const lane = async (user: string) => {
      for (let each = 0; going; each += 1) {
        if (each % 3 === 0) await here.run(['code', 'send', user, '--via', 'email', ...platform]);
        else await here.run(['login', user, ...ip, ...platform]);
      }
    };
    const lanes = ['david', 'nina', 'maria'].map(lane);
    await sleep(500);
    const made = await here.json<{ newest: { seq: number } }>(['db', 'backup', 'backup.sqlite']);
    going = false;
    await Promise.all(lanes);
    const file = inHome('backup.sqlite');
    expect(inBackup(file, 'PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
    expect(inBackup(file, 'SELECT max(seq) AS seq FROM audit_events')).toEqual([{ seq: made.newest.seq }]);
    const left = "SELECT attempts_left FROM users WHERE username = 'sam'";
    expect(inBackup(file, left)).toEqual([{ attempts_left: 6 }]);
    expect(inBackup(file, 'SELECT message_id FROM codes WHERE ended_at IS NULL')).toContainEqual({
      message_id: answered.messageId,
    });
    await here.json(['audit', 'verify']);
  });

  test('that is interrupted leaves no file', async () => {
    const database = here.database();
    database.exec('CREATE TABLE large AS SELECT zeroblob(300000000) AS large');
    database.close();
    const program = resolve(import.meta.dirname, '../../bin/twofa.js');
    const child = spawn(process.execPath, [program, 'db', 'backup', 'backup.sqlite'], {
      cwd: here.home,
      env: await here.environment(),
      stdio: 'ignore',
    });
    const ended = new Promise<number | null>((done) => child.on('close', done));
    while (!drafts().some((name) => name.startsWith('backup.sqlite'))) await sleep(1);
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    expect(readdirSync(here.home).filter((name) => name.startsWith('backup'))).toEqual([]);
    expect(await here.json(['audit', 'list', '--action', 'store.backed-up'])).toEqual([]);
  });

  test('is made by the owner alone', async () => {
    for (const profile of ['maria', 'care', 'ci', 'platform']) {
      const error = await here.error(['db', 'backup', 'backup.sqlite', '-p', profile], 4);
      expect(error.code, profile).toBe('not-permitted');
    }
    expect(existsSync(inHome('backup.sqlite'))).toBe(false);
  });
});

describe('on PostgreSQL', () => {
  test('the commands have no password in an argument', () => {
    const url = "postgres://twofa:s3cret@db.example:5433/two'fa?sslmode=verify-full&password=s3cret";
    const { dump, restore, password } = dumpCommands(url, "/backups/it's.dump");
    expect(dump).toBe(
      String.raw`pg_dump --format=custom --file='/backups/it'\''s.dump' --dbname='postgres://twofa@db.example:5433/two'\''fa?sslmode=verify-full'`,
    );
    expect(restore).toContain("--dbname='postgres://twofa@db.example:5433/NEW_DATABASE?sslmode=verify-full'");
    expect(`${dump}${restore}`).not.toContain('s3cret');
    expect(password).toContain('PGPASSFILE');
    expect(dumpCommands('postgres://twofa@db.example/twofa', 'x').password).toBeNull();
  });
});
