// The installation from the command line: made once, its key and store kept together, and what is said when they are not.
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Prepared } from '../support/in-process.ts';
import Database from '../support/sqlite.js';

let here: Prepared;
const at = (name: string) => join(here.home, name);

beforeEach(() => {
  here = new Prepared();
});
afterEach(() => here.remove());

const made = (...args: string[]) =>
  here.prepare(async (json) => {
    await json(['init', ...args]);
  });

describe('init', () => {
  test("makes key, store and the owner's profile; repeated, it changes nothing", async () => {
    const first = await here.json(['init', '--sandbox']);
    expect(first).toEqual({
      home: here.home,
      database: `sqlite:${at('twofa.sqlite')}`,
      sandbox: true,
      changed: true,
    });
    for (const name of ['key.json', 'profiles.json', 'twofa.sqlite']) {
      expect(statSync(at(name)).mode & 0o777, name).toBe(0o600);
    }
    const before = [readFileSync(at('key.json'), 'utf8'), readFileSync(at('profiles.json'), 'utf8')];
    expect(await here.json(['init', '--sandbox'])).toEqual({ ...first, changed: false });
    expect(await here.json(['init'])).toEqual({ ...first, changed: false });
    expect([readFileSync(at('key.json'), 'utf8'), readFileSync(at('profiles.json'), 'utf8')]).toEqual(before);
    expect(await here.json(['auth', 'status'])).toMatchObject({ role: 'owner' });
    expect(await here.json(['token', 'list'])).toHaveLength(1);
  });

  test('makes no sandbox unless told, and no sandbox of a store that is none', async () => {
    await made();
    expect(await here.json(['init'])).toMatchObject({ sandbox: false, changed: false });
    expect((await here.error(['init', '--sandbox'], 6)).code).toBe('not-a-sandbox');
  });

  test('never makes a second key for a store whose key is missing', async () => {
    await made();
    rmSync(at('key.json'));
    expect((await here.error(['init'], 11)).code).toBe('key-unavailable');
    expect(existsSync(at('key.json'))).toBe(false);
    const error = await here.error(['account', 'list'], 11);
    expect(error.code).toBe('key-unavailable');
    expect(error.message).toContain(at('key.json'));
  });

  test('refuses the key of another store, and makes no owner with it', async () => {
    await made();
    const other = await new Prepared().prepare(async (json) => {
      await json(['init']);
    });
    copyFileSync(join(other.home, 'key.json'), at('key.json'));
    other.remove();
    expect((await here.error(['init'], 6)).code).toBe('key-mismatch');
    expect((await here.error(['account', 'list'], 11)).code).toBe('key-unavailable');
    const database = here.database();
    expect(database.prepare('SELECT count(*) AS tokens FROM tokens').get()).toEqual({ tokens: 1 });
    database.close();
  });

  test('where another made the store, an owner is made once', async () => {
    await made();
    rmSync(at('profiles.json'));
    expect(await here.json(['init'])).toMatchObject({ changed: false });
    expect((await here.error(['account', 'list'], 4)).code).toBe('not-signed-in');
  });

  test('the database given to it is found by later commands', async () => {
    mkdirSync(at('elsewhere'));
    const url = `sqlite:${at('elsewhere/store.sqlite')}`;
    expect(await here.json(['init', '--database', url])).toMatchObject({ database: url, changed: true });
    expect(existsSync(at('twofa.sqlite'))).toBe(false);
    expect(await here.json(['account', 'list'])).toEqual([]);
    const variable = { env: { TWOFA_DATABASE_URL: `sqlite:${at('none.sqlite')}` } };
    expect((await here.error(['account', 'list'], 11, variable)).code).toBe('not-initialised');
    expect(await here.json(['account', 'list', '--database', url], 0, variable)).toEqual([]);
  });
});

describe('a password in an argument', () => {
  test.each([
    'postgres://twofa:hunter2@db.example/twofa',
    'postgresql://twofa:hunter2@db.example:5432/twofa',
    'postgres://db.example/twofa?user=twofa&password=hunter2',
  ])('%s is exit 2, and is not repeated', async (url) => {
    for (const args of [['init'], ['account', 'list'], ['config', 'show'], ['doctor']]) {
      const ran = await here.run([...args, '--database', url, '--json']);
      expect(ran).toMatchObject({ exit: 2, stdout: '' });
      expect(JSON.parse(ran.stderr).error).toMatchObject({
        code: 'secret-in-argument',
        hint: 'Put the URL in the variable TWOFA_DATABASE_URL.',
      });
      expect(ran.stderr).not.toContain('hunter2');
    }
  });
});

describe('a store or key that is not as it should be', () => {
  test('not initialised: exit 11, and how to make one', async () => {
    for (const args of [
      ['account', 'list'],
      ['auth', 'status'],
      ['audit', 'verify'],
    ]) {
      const error = await here.error(args, 11, { env: { TWOFA_TOKEN: 'twofa_any' } });
      expect(error).toMatchObject({ code: 'not-initialised', hint: 'Make one with "twofa init".' });
    }
    expect(existsSync(at('twofa.sqlite'))).toBe(false);
  });

  test('a key that others can read: exit 11, and how to mend it', async () => {
    await made();
    for (const mode of [0o644, 0o604, 0o606]) {
      chmodSync(at('key.json'), mode);
      const error = await here.error(['account', 'list'], 11);
      expect(error).toMatchObject({ code: 'key-unavailable', hint: `chmod 600 ${at('key.json')}` });
    }
    chmodSync(at('key.json'), 0o400);
    expect(await here.json(['account', 'list'])).toEqual([]);
  });

  test.each([
    ['empty', ''],
    ['no JSON', 'secret'],
    ['another JSON', '{"keys":{}}'],
    ['too short a key', '{"current":"k1","keys":{"k1":{"secret":"AAAA"}}}'],
  ])('a key file that is %s: exit 11', async (_, text) => {
    await made();
    writeFileSync(at('key.json'), text);
    const error = await here.error(['account', 'list'], 11);
    expect(error.code).toBe('key-unavailable');
    expect(error.message).toBe(`${at('key.json')} is no key file of twofa.`);
  });

  test.each([
    ['text', 'This is no database, but a text that is long enough to be read as a page of one. '.repeat(60)],
    ['empty', ''],
    ['cut off', null],
  ])('a store file that is %s: exit 11, and stays as it is', async (_, text) => {
    await made();
    for (const name of ['twofa.sqlite-wal', 'twofa.sqlite-shm']) rmSync(at(name), { force: true });
    const content = text ?? readFileSync(at('twofa.sqlite')).subarray(0, 6000);
    writeFileSync(at('twofa.sqlite'), content);
    for (const args of [['account', 'list'], ['init']]) {
      const ran = await here.run([...args, '--json']);
      expect(ran).toMatchObject({ exit: 11, stdout: '' });
      expect(JSON.parse(ran.stderr).error.code).toMatch(/^store-(unavailable|incompatible)$/);
      expect(ran.stderr).not.toMatch(/\n\s+at |SQLITE_/);
    }
    expect(readFileSync(at('twofa.sqlite'))).toEqual(Buffer.from(content));
  });

  test('a database that is not of twofa: exit 11', async () => {
    await made();
    rmSync(at('twofa.sqlite'));
    const database = new Database(at('twofa.sqlite'));
    database.exec('CREATE TABLE songs (title TEXT)');
    database.close();
    for (const args of [['account', 'list'], ['init']]) {
      expect((await here.error(args, 11)).code).toMatch(/^store-(unavailable|incompatible)$/);
    }
  });

  test('a store of a newer twofa: exit 11, and is not touched', async () => {
    await made();
    const database = here.database();
    database.prepare("UPDATE installation SET oldest_program = '99.0.0'").run();
    database.close();
    for (const args of [['account', 'list'], ['account', 'create', '10482', '--name', 'X'], ['init']]) {
      const error = await here.error(args, 11);
      expect(error).toMatchObject({ code: 'store-incompatible', hint: 'Update twofa on this machine.' });
      expect(error.message).toMatch(/^The store needs twofa 99\.0\.0 or newer; this is /);
    }
  });

  test('a store of an older twofa: exit 11', async () => {
    await made();
    const database = here.database();
    database.prepare('DELETE FROM migrations WHERE id = (SELECT max(id) FROM migrations)').run();
    database.close();
    expect((await here.error(['account', 'list'], 11)).code).toBe('store-incompatible');
  });
});

describe('doctor', () => {
  interface Doctor {
    ok: boolean;
    checks: { id: string; ok: boolean; message: string; hint: string | null }[];
  }
  const failed = (doctor: Doctor) => doctor.checks.filter((check) => !check.ok).map((check) => check.id);

  test('exit 0 with its document when all is well', async () => {
    await made('--sandbox');
    const doctor = await here.json<Doctor>(['doctor']);
    expect(Object.keys(doctor).sort()).toEqual(['checks', 'ok']);
    expect(doctor.ok).toBe(true);
    for (const check of doctor.checks)
      expect(Object.keys(check).sort()).toEqual(['hint', 'id', 'message', 'ok']);
    expect(doctor.checks.map((check) => check.id)).toEqual(
      expect.arrayContaining(['config', 'key', 'store', 'files', 'delivery', 'token']),
    );
  });

  test('exit 6 with its document when something is not, each check on its own', async () => {
    const none = await here.json<Doctor>(['doctor'], 6);
    expect(failed(none)).toEqual(expect.arrayContaining(['key', 'store', 'token']));
    await made();
    expect(failed(await here.json<Doctor>(['doctor'], 6))).toEqual(['delivery']);
    chmodSync(at('twofa.sqlite'), 0o644);
    const open = await here.json<Doctor>(['doctor'], 6);
    expect(failed(open)).toEqual(['files', 'delivery']);
    expect(open.checks.find((check) => check.id === 'files')?.hint).toBe(`chmod 600 ${at('twofa.sqlite')}`);
    const text = await here.run(['doctor']);
    expect(text).toMatchObject({ exit: 6, stderr: '' });
    expect(text.stdout).toMatch(/✗ files +Not safe from others: .*twofa\.sqlite \(others can read it\)/);
  });
});
