// Tokens and profiles from the command line: made, listed, revoked, rotated, stored, and which of them a call is made with.
import { chmodSync, mkdirSync, readFileSync, renameSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Prepared, quickNorthside } from '../support/in-process.ts';
import { kid, type RunOptions } from '../support/program.ts';
import { exactly, fieldsOf, instant, operatorFields, tokenFields } from './fields.ts';

let here: Prepared;

beforeAll(async () => {
  here = await quickNorthside();
});
afterAll(() => here.remove());

interface TokenDocument {
  id: string;
  role: string;
  expiresAt: string | null;
  token: string;
}

const dayMs = 86_400_000;
const tokenShape = /^twofa_[0-9A-Za-z]{49}$/;

const create = (...args: string[]) => here.json<TokenDocument>(['token', 'create', ...args]);
const whoever = (args: string[], options: RunOptions = {}) =>
  here.json<{ role: string; user: string | null }>(['auth', 'status', ...args], 0, options);
const daysUntil = (at: string | null) => Math.round((Date.parse(at ?? '') - Date.now()) / dayMs);

describe('token create', () => {
  test('makes a token, shown here alone', async () => {
    const made = await create('--role', 'application', '--app', 'kiosk', '--name', 'Kiosk', '-a', kid);
    expect(fieldsOf(made)).toEqual(exactly(tokenFields, 'token', 'changed'));
    expect(made).toMatchObject({
      role: 'application',
      account: kid,
      user: null,
      app: 'kiosk',
      name: 'Kiosk',
      expiresAt: null,
      changed: true,
    });
    expect(made.token).toMatch(tokenShape);
    const listed = await here.run(['token', 'list', '--json']);
    expect(listed.stdout).toContain(made.id);
    expect(listed.stdout).not.toContain(made.token);
    const database = here.database();
    const row = database.prepare('SELECT * FROM tokens WHERE name = ?').get('Kiosk');
    database.close();
    expect(JSON.stringify(row)).not.toContain(made.token);
  });

  test("a person's lasts 90 days, a program's for ever, unless --expires says otherwise", async () => {
    expect(daysUntil((await create('--role', 'customer-care')).expiresAt)).toBe(90);
    expect((await create('--role', 'provisioner')).expiresAt).toBeNull();
    expect(daysUntil((await create('--role', 'provisioner', '--expires', '2d')).expiresAt)).toBe(2);
  });

  test("a System Administrator's belongs to a user of an account who is one", async () => {
    const administrator = ['token', 'create', '--role', 'system-administrator'];
    expect((await here.error([...administrator, '--user', 'maria'], 2)).details).toEqual({
      field: 'account',
    });
    expect((await here.error([...administrator, '-a', kid], 2)).details).toEqual({ field: 'user' });
    const jane = await here.error([...administrator, '-a', kid, '--user', 'jane'], 6);
    expect(jane.code).toBe('not-an-administrator');
    const nobody = await here.error([...administrator, '-a', kid, '--user', 'nobody'], 5);
    expect(nobody.code).toBe('user-not-found');
  });

  test.each([
    ['no role', [], 'missing-option'],
    ['a role that there is not', ['--role', 'root'], 'invalid-input'],
    ['a lifetime that is none', ['--role', 'provisioner', '--expires', 'soon'], 'invalid-input'],
    ['an application for another role', ['--role', 'provisioner', '--app', 'x'], 'invalid-input'],
    ['a user for another role', ['--role', 'provisioner', '--user', 'maria'], 'invalid-input'],
    ['another --may', ['--role', 'provisioner', '--may', 'everything'], 'invalid-input'],
    ['--may for another role', ['--role', 'application', '--may', 'contacts'], 'invalid-input'],
    ['a profile that is no name', ['--role', 'provisioner', '--save', '../x'], 'invalid-input'],
  ])('refuses %s', async (_, args, code) => {
    const before = await here.json<unknown[]>(['token', 'list']);
    expect((await here.error(['token', 'create', ...args], 2)).code).toBe(code);
    expect(await here.json(['token', 'list'])).toHaveLength(before.length);
  });

  test('with --save stores it as a profile, in place of showing it to people', async () => {
    const ran = await here.run(['token', 'create', '--role', 'provisioner', '--save', 'robot']);
    expect(ran.exit).toBe(0);
    expect(ran.stdout).toContain('Stored as the profile robot');
    expect(ran.stdout).not.toMatch(/twofa_/);
    expect(await whoever(['-p', 'robot'])).toMatchObject({ role: 'provisioner' });
    expect(await whoever([])).toMatchObject({ role: 'owner' });
  });

  test('whose profile cannot be stored says that there is a token to be revoked', async () => {
    const profiles = join(here.home, 'profiles.json');
    const { token } = JSON.parse(readFileSync(profiles, 'utf8')).profiles.owner;
    renameSync(profiles, `${profiles}.kept`);
    mkdirSync(profiles);
    const args = ['token', 'create', '--role', 'provisioner', '--save', 'robot', '--json'];
    const { exit, stdout, stderr } = await here.run(args, { env: { TWOFA_TOKEN: token } });
    rmdirSync(profiles);
    renameSync(`${profiles}.kept`, profiles);
    expect([exit, stdout]).toEqual([2, '']);
    expect(stderr).not.toMatch(/twofa_/);
    const { error } = JSON.parse(stderr);
    expect(error).toMatchObject({ code: 'file-unwritable', details: { changed: true } });
    expect(error.hint).toBe(`Revoke it with "twofa token revoke ${error.details.id}", and make another.`);
    expect(await here.json(['token', 'revoke', error.details.id])).toMatchObject({ changed: true });
  });
});

describe('token list', () => {
  test('is a bare array, cut by --limit and --after', async () => {
    const all = await here.json<TokenDocument[]>(['token', 'list']);
    for (const each of all) expect(fieldsOf(each)).toEqual(exactly(tokenFields, 'revoked'));
    const ids = all.map((token) => token.id);
    expect(ids.slice(0, 3)).toEqual(['tok_1', 'tok_2', 'tok_3']);
    const cut = await here.json<TokenDocument[]>(['token', 'list', '--limit', '2', '--after', 'tok_1']);
    expect(cut.map((token) => token.id)).toEqual(['tok_2', 'tok_3']);
    const { stdout } = await here.run(['token', 'list', '--limit', '1', '-o', 'csv']);
    expect(stdout).toMatch(
      /^id,name,role,account,user,app,expires_at,revoked\ntok_1,owner,owner,,,,20[^,]+Z,false\n$/,
    );
    expect((await here.error(['token', 'list', '--after', 'x'], 2)).details).toEqual({ field: 'after' });
  });

  test("is that of the account for its administrator's token", async () => {
    const list = await here.json<{ account: string }[]>(['token', 'list', '-p', 'maria']);
    expect(new Set(list.map((token) => token.account))).toEqual(new Set([kid]));
    expect((await here.error(['token', 'list', '-p', 'ci'], 4)).code).toBe('not-permitted');
  });
});

describe('token revoke', () => {
  test('makes a token worthless; once more changes nothing', async () => {
    const made = await create('--role', 'provisioner');
    const revoked = await here.json<TokenDocument>(['token', 'revoke', made.id]);
    expect(fieldsOf(revoked)).toEqual(exactly(tokenFields, 'changed'));
    expect(revoked).toMatchObject({ id: made.id, changed: true });
    expect(await here.json(['token', 'revoke', made.id])).toEqual({ ...revoked, changed: false });
    const error = await here.error(['auth', 'status'], 4, { env: { TWOFA_TOKEN: made.token } });
    expect(error.code).toBe('token-revoked');
  });

  test('refuses what is no id, and a token that does not exist', async () => {
    expect((await here.error(['token', 'revoke', '7'], 2)).details).toEqual({ field: 'tokenId' });
    expect((await here.error(['token', 'revoke', 'tok_987654'], 5)).code).toBe('token-not-found');
    const foreign = await here.error(['token', 'revoke', 'tok_1', '-p', 'maria'], 5);
    const missing = await here.error(['token', 'revoke', 'tok_987654', '-p', 'maria'], 5);
    expect(foreign).toEqual({ ...missing, message: missing.message.replace('987654', '1') });
  });
});

describe('token rotate', () => {
  test('makes another; the old one goes on working for the overlap', async () => {
    const old = await create('--role', 'application', '--app', 'lab');
    const next = await here.json<TokenDocument>(['token', 'rotate', old.id, '--overlap', '2d']);
    expect(fieldsOf(next)).toEqual(exactly(tokenFields, 'token', 'changed'));
    expect(next).toMatchObject({ role: 'application', app: 'lab', name: 'lab', expiresAt: null });
    expect(next.id).not.toBe(old.id);
    expect(await whoever([], { env: { TWOFA_TOKEN: next.token } })).toMatchObject({ expiresAt: null });
    const still = await here.json<TokenDocument>(['auth', 'status'], 0, { env: { TWOFA_TOKEN: old.token } });
    expect(daysUntil(still.expiresAt)).toBe(2);
  });

  test('refuses a revoked one, and one that does not exist', async () => {
    const old = await create('--role', 'provisioner');
    await here.json(['token', 'revoke', old.id]);
    expect((await here.error(['token', 'rotate', old.id], 4)).code).toBe('token-revoked');
    expect((await here.error(['token', 'rotate', 'tok_987654'], 5)).code).toBe('token-not-found');
    expect((await here.error(['token', 'rotate', old.id, '--overlap', '-1'], 2)).code).toBe('invalid-input');
  });
});

describe('auth', () => {
  test('status says who one is', async () => {
    const maria = await here.json<{ expiresAt: string }>(['auth', 'status', '-p', 'maria']);
    expect(fieldsOf(maria)).toEqual(exactly(operatorFields));
    expect(maria).toMatchObject({ role: 'system-administrator', account: kid, user: 'maria' });
    expect(maria.expiresAt).toMatch(instant);
  });

  test('login stores the token on standard input as a profile, and uses it; logout forgets it', async () => {
    const made = await create('--role', 'provisioner', '-a', kid);
    const login = await here.json(['auth', 'login'], 0, { input: `${made.token}\n` });
    expect(fieldsOf(login)).toEqual(exactly(operatorFields, 'profile', 'changed'));
    expect(login).toMatchObject({
      profile: `provisioner-${kid}`,
      role: 'provisioner',
      account: kid,
      changed: true,
    });
    expect(await whoever([])).toMatchObject({ role: 'provisioner' });
    expect(statSync(join(here.home, 'profiles.json')).mode & 0o777).toBe(0o600);

    expect(await here.json(['auth', 'logout'])).toEqual({ profile: `provisioner-${kid}`, changed: true });
    expect((await here.error(['auth', 'status'], 4)).code).toBe('not-signed-in');
    expect((await here.error(['auth', 'logout'], 4)).code).toBe('not-signed-in');
    expect((await here.error(['auth', 'logout', '-p', 'nobody'], 4)).code).toBe('profile-not-found');

    const owner = JSON.parse(readFileSync(join(here.home, 'profiles.json'), 'utf8')).profiles.owner.token;
    expect(await here.json(['auth', 'login', '-p', 'owner'], 0, { input: owner })).toMatchObject({
      profile: 'owner',
    });
    expect(await whoever([])).toMatchObject({ role: 'owner' });
  });

  test('login refuses what is worth nothing, and stores nothing of it', async () => {
    const file = join(here.home, 'profiles.json');
    const before = readFileSync(file, 'utf8');
    const login = (input: string, exit: number) =>
      here.error(['auth', 'login', '-p', 'bad'], exit, { input });
    expect((await login('', 2)).code).toBe('missing-option');
    expect((await login('twofa_nonsense', 4)).code).toBe('token-invalid');
    const unknown = await login(`twofa_${'0'.repeat(49)}`, 4);
    expect(unknown.code).toBe('token-invalid');
    expect(JSON.stringify(unknown)).not.toContain('0000');
    expect((await login('x'.repeat(5000), 2)).code).toBe('invalid-input');
    const name = await here.error(['auth', 'login', '-p', '../bad'], 2, { input: 'x' });
    expect(name).toMatchObject({ code: 'invalid-input', details: { field: 'profile' } });
    expect(readFileSync(file, 'utf8')).toBe(before);
  });

  test('login never takes the token as an argument', async () => {
    const made = await create('--role', 'provisioner');
    const ran = await here.run(['auth', 'login', made.token]);
    expect(ran).toMatchObject({ exit: 2, stdout: '' });
    expect(ran.stderr).not.toContain(made.token);
  });
});

describe('the token of a call', () => {
  let tokens: Record<'application' | 'provisioner' | 'customer-care', string>;
  let file: string;

  beforeAll(async () => {
    const of = async (role: string) => (await create('--role', role)).token;
    tokens = {
      application: await of('application'),
      provisioner: await of('provisioner'),
      'customer-care': await of('customer-care'),
    };
    file = join(here.home, 'token');
    writeFileSync(file, `${tokens.provisioner}\n`, { mode: 0o600 });
  });

  test('is that of -p, then TWOFA_TOKEN, then TWOFA_TOKEN_FILE, then the current profile', async () => {
    const env = { TWOFA_TOKEN: tokens.application, TWOFA_TOKEN_FILE: file };
    expect(await whoever(['-p', 'maria'], { env })).toMatchObject({ user: 'maria' });
    expect(await whoever([], { env })).toMatchObject({ role: 'application' });
    expect(await whoever([], { env: { TWOFA_TOKEN_FILE: file } })).toMatchObject({ role: 'provisioner' });
    expect(await whoever([])).toMatchObject({ role: 'owner' });
  });

  test.each([
    ['-p that names no profile', ['-p', 'nobody'], 'profile-not-found'],
    ['-p that is empty', ['-p', ''], 'profile-not-found'],
    ['-p that names a property of every object', ['-p', 'constructor'], 'profile-not-found'],
    ['-p __proto__', ['-p', '__proto__'], 'profile-not-found'],
  ])('%s falls through to nothing', async (_, args, code) => {
    const env = { TWOFA_TOKEN: tokens.application, TWOFA_TOKEN_FILE: file };
    expect((await here.error(['auth', 'status', ...args], 4, { env })).code).toBe(code);
  });

  test.each([
    ['empty', ''],
    ['mistyped', 'twofa_nonsense'],
    ['of another store', `twofa_${'A'.repeat(43)}00rTj9`],
  ])('TWOFA_TOKEN that is %s falls through to nothing', async (_, token) => {
    const env = { TWOFA_TOKEN: token, TWOFA_TOKEN_FILE: file };
    const error = await here.error(['auth', 'status'], 4, { env });
    expect(error.code).toBe('token-invalid');
    if (token !== '') expect(JSON.stringify(error)).not.toContain(token);
  });

  test('TWOFA_TOKEN_FILE that is not there, empty, a folder, or open to be written falls through to nothing', async () => {
    const bad = async (name: string) =>
      (await here.error(['auth', 'status'], 4, { env: { TWOFA_TOKEN_FILE: name } })).code;
    expect(await bad(join(here.home, 'none'))).toBe('token-invalid');
    expect(await bad('')).toBe('token-invalid');
    const empty = join(here.home, 'empty');
    writeFileSync(empty, '');
    expect(await bad(empty)).toBe('token-invalid');
    const folder = join(here.home, 'folder');
    mkdirSync(folder);
    expect(await bad(folder)).toBe('token-invalid');
    const open = join(here.home, 'open');
    writeFileSync(open, tokens.provisioner);
    chmodSync(open, 0o666);
    expect(await bad(open)).toBe('unsafe-file');
  });

  test('a profile whose token was revoked is refused, not passed over', async () => {
    const made = await create('--role', 'provisioner', '--save', 'former');
    await here.json(['token', 'revoke', made.id]);
    expect((await here.error(['auth', 'status', '-p', 'former'], 4)).code).toBe('token-revoked');
  });

  test('profiles that others can read are refused', async () => {
    const profiles = join(here.home, 'profiles.json');
    chmodSync(profiles, 0o644);
    try {
      const error = await here.error(['auth', 'status'], 4);
      expect(error).toMatchObject({ code: 'unsafe-file', hint: `chmod 600 ${profiles}` });
      expect((await here.error(['auth', 'status', '-p', 'maria'], 4)).code).toBe('unsafe-file');
    } finally {
      chmodSync(profiles, 0o600);
    }
  });

  test('profiles that are damaged are refused', async () => {
    const profiles = join(here.home, 'profiles.json');
    const before = readFileSync(profiles, 'utf8');
    try {
      for (const text of ['', '{', 'null']) {
        writeFileSync(profiles, text);
        expect((await here.error(['auth', 'status'], 4)).code).toBe('token-invalid');
      }
    } finally {
      writeFileSync(profiles, before);
    }
  });
});
