// Accounts and practices from the command line: their documents, refusals, lists, and how a call's account is known.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Prepared, quickNorthside } from '../support/in-process.ts';
import { kid } from '../support/program.ts';
import { accountFields, exactly, fieldsOf, instant, practiceFields, twoFactorFields } from './fields.ts';

let here: Prepared;

beforeAll(async () => {
  here = await quickNorthside();
  for (const each of ['20001', '20002', '20003']) {
    await here.json(['account', 'create', each, '--name', `Lakeside ${each}`]);
  }
});
afterAll(() => here.remove());

interface AccountDocument {
  kid: string;
  name: string;
  country: string;
  twoFactor: Record<string, unknown>;
  createdAt: string;
  changed: boolean;
}

const kids = (accounts: AccountDocument[]) => accounts.map((account) => account.kid);

describe('account create', () => {
  test('makes an account, and the same again changes nothing', async () => {
    const args = ['account', 'create', '30303', '--name', 'Hillside', '--country', 'GB'];
    const made = await here.json<AccountDocument>(args);
    expect(fieldsOf(made)).toEqual(exactly(accountFields, 'changed'));
    expect(made).toMatchObject({ kid: '30303', name: 'Hillside', country: 'GB', changed: true });
    expect(made).toMatchObject({ practices: 0, users: 0, lockedUsers: 0 });
    expect(made.createdAt).toMatch(instant);
    expect(made.twoFactor).toEqual({
      enabled: false,
      enabledAt: null,
      enabledBy: null,
      overdue: 0,
      wanted: false,
    });
    expect(await here.json(args)).toEqual({ ...made, changed: false });
  });

  test('refuses other values for an account that there is', async () => {
    const error = await here.error(['account', 'create', kid, '--name', 'Another'], 6);
    expect(error.code).toBe('account-exists');
    const shown = await here.json<AccountDocument>(['account', 'show', '-a', kid]);
    expect(shown.name).toBe('Northside Family Health');
  });

  test.each([
    ['no name', ['account', 'create', '40404'], 'missing-option'],
    ['a KID with spaces', ['account', 'create', '4 4', '--name', 'X'], 'invalid-input'],
    [
      'a country of three letters',
      ['account', 'create', '40404', '--name', 'X', '--country', 'USA'],
      'invalid-input',
    ],
    [
      'a country that is none',
      ['account', 'create', '40404', '--name', 'X', '--country', 'ZZ'],
      'invalid-input',
    ],
  ])('refuses %s', async (_, args, code) => {
    expect((await here.error(args, 2)).code).toBe(code);
  });
});

describe('account show', () => {
  test('shows an account with its counts', async () => {
    const shown = await here.json<AccountDocument>(['account', 'show', '-a', kid]);
    expect(fieldsOf(shown)).toEqual(exactly(accountFields));
    expect(fieldsOf(shown.twoFactor)).toEqual(exactly(twoFactorFields));
    expect(shown).toMatchObject({ kid, country: 'US', practices: 2, users: 5, lockedUsers: 0 });
  });

  test('answers for one that does not exist', async () => {
    const error = await here.error(['account', 'show', '-a', '99999'], 5);
    expect(error).toMatchObject({ code: 'account-not-found', hint: 'See "twofa account list".' });
  });

  test('is text for people', async () => {
    const { stdout } = await here.run(['account', 'show', '-a', kid]);
    expect(stdout).toMatch(/^Account +10482 {2}Northside Family Health\n2FA +OVERDUE for 0 days\n/);
  });
});

describe('account list', () => {
  test('is a bare array, in the order of the KIDs', async () => {
    const all = await here.json<AccountDocument[]>(['account', 'list']);
    expect(kids(all).slice(0, 4)).toEqual([kid, '20001', '20002', '20003']);
    for (const each of all) expect(fieldsOf(each)).toEqual(exactly(accountFields));
  });

  test('is [] where there is none, with exit 0', async () => {
    for (const filter of [['--search', 'nothing of the kind'], ['--awaiting']]) {
      const ran = await here.run(['account', 'list', ...filter, '--json']);
      expect(ran).toEqual({ exit: 0, stdout: '[]\n', stderr: '' });
    }
  });

  test('is searched, and cut by --limit and --after', async () => {
    const list = async (...args: string[]) => kids(await here.json(['account', 'list', ...args]));
    expect(await list('--search', 'lakeside')).toEqual(['20001', '20002', '20003']);
    expect(await list('--search', 'lakeside', '--limit', '2')).toEqual(['20001', '20002']);
    expect(await list('--search', 'lakeside', '--after', '20001')).toEqual(['20002', '20003']);
    expect(await list('--search', 'lakeside', '--after', '20001', '--limit', '1')).toEqual(['20002']);
    expect(await list('--overdue')).toContain(kid);
  });

  test('as NDJSON is one document a line', async () => {
    const { stdout, exit } = await here.run(['account', 'list', '--search', 'lakeside', '-o', 'ndjson']);
    expect(exit).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(kids(lines.map((line) => JSON.parse(line)))).toEqual(['20001', '20002', '20003']);
  });

  test('as CSV has a header and a row each', async () => {
    const { stdout } = await here.run([
      'account',
      'list',
      '--search',
      'lakeside',
      '--limit',
      '1',
      '-o',
      'csv',
    ]);
    const [header, row, ...more] = stdout.split('\n');
    expect(header).toBe('kid,name,two_factor,practices,users,locked_users,country,created_at');
    expect(row).toMatch(/^20001,Lakeside 20001,OVERDUE for 0 days,0,0,0,US,20\d\d-/);
    expect(more).toEqual(['']);
  });

  test.each([
    ['0', 'limit must be at least 1.'],
    ['-1', 'limit "-1" must be a whole number.'],
    ['ten', 'limit "ten" must be a whole number.'],
  ])('refuses --limit %s', async (limit, message) => {
    const error = await here.error(['account', 'list', '--limit', limit], 2);
    expect(error).toMatchObject({ code: 'invalid-input', message, details: { field: 'limit' } });
  });

  test('refuses --json beside another output', async () => {
    const ran = await here.run(['account', 'list', '--json', '-o', 'csv']);
    expect(ran).toMatchObject({ exit: 2, stdout: '' });
    expect(JSON.parse(ran.stderr).error.code).toBe('usage');
  });
});

describe('practices', () => {
  test('are added, and the same again changes nothing', async () => {
    const args = ['practice', 'add', 'Lakeside Oncology', '-a', '20001'];
    const added = await here.json(args);
    expect(fieldsOf(added)).toEqual(exactly(practiceFields, 'changed'));
    expect(added).toEqual({ account: '20001', name: 'Lakeside Oncology', users: 0, changed: true });
    const again = ['practice', 'add', 'LAKESIDE oncology', '-a', '20001'];
    expect(await here.json(again)).toEqual({ ...added, changed: false });
  });

  test('are listed with their users', async () => {
    const list = await here.json(['practice', 'list', '-a', kid]);
    expect(list).toEqual([
      { account: kid, name: 'Northside Cardiology', users: 3 },
      { account: kid, name: 'Northside Pediatrics', users: 3 },
    ]);
    expect(await here.json(['practice', 'list', '-a', '20002'])).toEqual([]);
    const { stdout } = await here.run(['practice', 'list', '-a', kid, '-o', 'csv']);
    expect(stdout).toBe('name,users\nNorthside Cardiology,3\nNorthside Pediatrics,3\n');
  });

  test('are refused with a ";" in the name, and for an account that does not exist', async () => {
    expect((await here.error(['practice', 'add', 'A;B', '-a', kid], 2)).code).toBe('invalid-input');
    expect((await here.error(['practice', 'add', 'A', '-a', '99999'], 5)).code).toBe('account-not-found');
    expect((await here.error(['practice', 'list', '-a', '99999'], 5)).code).toBe('account-not-found');
  });
});

describe('the account of a call', () => {
  const shown = async (args: string[], env: Record<string, string> = {}) =>
    (await here.json<AccountDocument>(['account', 'show', ...args], 0, { env })).kid;

  test('is named by --account, else by TWOFA_ACCOUNT', async () => {
    expect(await shown(['--account', '20001'])).toBe('20001');
    expect(await shown([], { TWOFA_ACCOUNT: '20002' })).toBe('20002');
    expect(await shown(['-a', '20001'], { TWOFA_ACCOUNT: '20002' })).toBe('20001');
  });

  test('is implied by a narrowed token', async () => {
    expect(await shown(['-p', 'maria'])).toBe(kid);
    const narrowed = ['token', 'create', '--role', 'provisioner', '-a', '20003', '--save', 'lakeside'];
    await here.json(narrowed);
    expect(await shown(['-p', 'lakeside'])).toBe('20003');
    const list = await here.json<AccountDocument[]>(['account', 'list', '-p', 'lakeside']);
    expect(kids(list)).toEqual(['20003']);
  });

  test('is never guessed', async () => {
    const error = await here.error(['account', 'show'], 2);
    expect(error).toMatchObject({ code: 'missing-option', details: { field: 'account' } });
    expect(error.hint).toBe('Name it with --account KID or in TWOFA_ACCOUNT.');
  });

  test("another one than the token's is answered as one that does not exist", async () => {
    const other = await here.error(['account', 'show', '-p', 'maria', '-a', '20001'], 5);
    const none = await here.error(['account', 'show', '-p', 'maria', '-a', '20009'], 5);
    expect(other).toEqual({ ...none, message: none.message.replace('20009', '20001') });
    const byVariable = { env: { TWOFA_ACCOUNT: '20001' } };
    expect(await here.error(['account', 'show', '-p', 'maria'], 5, byVariable)).toEqual(other);
  });
});
