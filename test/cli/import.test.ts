// The roster from the command line: imported, rejected in part, tried without a change, exported and taken back.
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Prepared, quickEnabledNorthside, quickNorthside } from '../support/in-process.ts';
import { kid } from '../support/program.ts';
import { exactly, fieldsOf, importFields } from './fields.ts';

let here: Prepared;
/** A new account for each test. */
let account: string;
let accounts = 20000;

beforeAll(async () => {
  here = await quickNorthside();
});
afterAll(() => here.remove());
beforeEach(async () => {
  accounts += 1;
  account = String(accounts);
  await here.prepare(async (json) => {
    await json(['account', 'create', account, '--name', `Account ${account}`]);
    await json(['practice', 'add', 'Pediatrics', '-a', account]);
  });
});

const header = 'username,name,email,phone,practices,system_administrator';
const good = (name: string) => `${name},${name} Doe,${name}@lakeside.example,+12015550150,Pediatrics,`;

function file(text: string, name = 'roster.csv'): string {
  const path = join(here.home, name);
  writeFileSync(path, text);
  return path;
}

interface Imported {
  rejectedFile: string | null;
}

const importing = (path: string, ...args: string[]) => ['user', 'import', path, '-a', account, ...args];
const usernames = async () =>
  (await here.json<{ username: string }[]>(['user', 'list', '-a', account])).map((user) => user.username);

describe('user import', () => {
  test('adds and updates, and the same file again changes nothing', async () => {
    const path = file(`${header}\n${good('ann')}\n${good('bob')}\n`);
    const first = await here.json(importing(path));
    expect(fieldsOf(first)).toEqual(exactly(importFields));
    const none = { added: 0, updated: 0, unchanged: 0, rejected: 0, rejectedFile: null };
    expect(first).toEqual({ ...none, read: 2, added: 2, changed: true });
    expect(await here.json(importing(path))).toEqual({ ...none, read: 2, unchanged: 2, changed: false });
    const changed = file(`${header}\n${good('ann').replace('ann Doe', 'Ann Roe')}\n${good('cid')}\n`);
    expect(await here.json(importing(changed))).toEqual({
      ...none,
      read: 2,
      added: 1,
      updated: 1,
      changed: true,
    });
  });

  test('reads CRLF and a byte-order mark, quotes, and blank cells as left alone', async () => {
    const path = file(
      `\ufeff${[header, 'ann,"Ann ""A"" Doe",ann@lakeside.example,,Pediatrics,yes', ''].join('\r\n')}`,
    );
    expect(await here.json(importing(path))).toMatchObject({ read: 1, added: 1 });
    const blank = file(`${header}\nann,,,,,\n`);
    expect(await here.json(importing(blank))).toMatchObject({ read: 1, unchanged: 1, changed: false });
    expect(await here.json(['user', 'show', 'ann', '-a', account])).toMatchObject({
      name: 'Ann "A" Doe',
      email: 'ann@lakeside.example',
      practices: ['Pediatrics'],
      systemAdministrator: true,
    });
  });

  test('stores good rows, and keeps the rejected ones in a file of their own, exit 2', async () => {
    const path = file(
      `${header}\n${good('ann')}\n,Nobody,,,,\nbob,Bob,,,Cardiology,\ncid,Cid,,,,perhaps\n${good('ann')}\n`,
    );
    const result = await here.json<Imported>(importing(path), 2);
    expect(result).toEqual({
      read: 5,
      added: 1,
      updated: 0,
      unchanged: 0,
      rejected: 4,
      rejectedFile: join(here.home, 'roster.rejected.csv'),
      changed: true,
    });
    const rejected = result.rejectedFile ?? '';
    expect(statSync(rejected).mode & 0o777).toBe(0o600);
    const rows = parse(readFileSync(rejected, 'utf8'), { columns: true }) as Record<string, string>[];
    expect(rows.map((row) => row.username)).toEqual(['', 'bob', 'cid', 'ann']);
    expect(Object.values(rows[1] ?? {}).join(' ')).toContain('has no practice "Cardiology"');
    expect(await usernames()).toEqual(['ann']);
    const { stdout, exit } = await here.run(importing(path));
    expect(exit).toBe(2);
    expect(stdout).toMatch(
      /^5 read: 0 added, 0 updated, 1 unchanged, 4 rejected\n {2}line 3: username is empty\./,
    );
  });

  test('tries with --dry-run and changes nothing', async () => {
    const path = file(`${header}\n${good('ann')}\nbob,Bob,,,Cardiology,\n`, 'tried.csv');
    expect(await here.json(importing(path, '--dry-run'), 2)).toMatchObject({
      read: 2,
      added: 1,
      rejected: 1,
      rejectedFile: null,
      changed: false,
    });
    expect(await usernames()).toEqual([]);
    expect(existsSync(join(here.home, 'tried.rejected.csv'))).toBe(false);
    const events = await here.json<unknown[]>(['audit', 'list', '-a', account, '--action', 'users.imported']);
    expect(events).toEqual([]);
  });

  test('refuses a file that is no roster whole', async () => {
    const unknown = await here.error(importing(file(`${header},colour\n`)), 2);
    expect(unknown.code).toBe('file-malformed');
    expect((await here.error(importing(join(here.home, 'none.csv')), 2)).code).toBe('file-unreadable');
    const cut = await here.error(importing(file(`${header}\n${good('ann')}\n"bob`)), 2);
    expect(cut.code).toBe('file-malformed');
    expect(await usernames()).toEqual([]);
  });

  test('refuses an account that does not exist, and roles that may not', async () => {
    const path = file(`${header}\n${good('ann')}\n`);
    expect((await here.error(['user', 'import', path, '-a', '99999'], 5)).code).toBe('account-not-found');
    for (const profile of ['care', 'platform']) {
      expect((await here.error(importing(path, '-p', profile), 4)).code).toBe('not-permitted');
    }
  });
});

describe('1,050 users', () => {
  const names = Array.from({ length: 1050 }, (_, index) => `u${String(index).padStart(4, '0')}`);

  test('are imported, listed in pages, exported, and taken back unchanged', async () => {
    const path = file(`${[header, ...names.map(good)].join('\n')}\n`);
    expect(await here.json(importing(path))).toMatchObject({ read: 1050, added: 1050, rejected: 0 });

    const list = async (...args: string[]) =>
      (await here.json<{ username: string }[]>(['user', 'list', '-a', account, ...args])).map(
        (user) => user.username,
      );
    expect(await list()).toEqual(names);
    expect(await list('--limit', '1020')).toEqual(names.slice(0, 1020));
    expect(await list('--limit', '1000')).toEqual(names.slice(0, 1000));
    expect(await list('--after', 'u1000', '--limit', '5')).toEqual(names.slice(1001, 1006));
    expect(await list('--after', 'u1049')).toEqual([]);
    const lines = await here.run(['user', 'list', '-a', account, '-o', 'ndjson']);
    expect(
      lines.stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).username),
    ).toEqual(names);

    const exported = await here.run(['user', 'export', '-a', account]);
    expect(exported.exit).toBe(0);
    const rows = parse(exported.stdout, { columns: true }) as Record<string, string>[];
    expect(rows.map((row) => row.username)).toEqual(names);
    const back = await here.json(importing(file(exported.stdout, 'exported.csv')));
    expect(back).toMatchObject({ read: 1050, unchanged: 1050, added: 0, updated: 0, changed: false });
  });
});

describe('user export', () => {
  test('has the columns that import reads, then read-only ones', async () => {
    const { stdout, exit } = await here.run(['user', 'export', '-a', kid]);
    expect(exit).toBe(0);
    const [first, ...rows] = parse(stdout) as string[][];
    expect(first).toEqual([
      ...header.split(','),
      ...[
        'id',
        'account',
        'status',
        'attempts_left',
        'locked_at',
        'last_verified_at',
        'contact_changed_at',
        'language',
      ],
    ]);
    expect(rows.map((row) => row[0])).toEqual(['david', 'jane', 'maria', 'nina', 'sam']);
    expect(rows[1]?.slice(0, 6)).toEqual([
      'jane',
      'Jane Doe',
      'jane@northside.example',
      '+12015550124',
      'Northside Cardiology;Northside Pediatrics',
      'no',
    ]);
  });

  test('brings back what a spreadsheet would take for a formula', async () => {
    const odd = [`'=1+1`, '=HYPERLINK("x")', '-2', '+CMD', "'+12", '@sum'];
    await here.prepare(async (json) => {
      for (const [index, name] of odd.entries()) {
        await json([
          'user',
          'add',
          `odd${index}`,
          `--name=${name}`,
          `--email=${name}@x.example`,
          '-a',
          account,
        ]);
      }
    });
    const { stdout } = await here.run(['user', 'export', '-a', account]);
    for (const cell of (parse(stdout) as string[][]).flat()) {
      expect(cell).not.toMatch(/^[=@\t\r-]|^\+(?![0-9]+$)/);
    }
    const back = await here.json(importing(file(stdout, 'odd.csv')));
    expect(back).toMatchObject({ read: odd.length, unchanged: odd.length, rejected: 0, changed: false });
  });

  test('is masked for Customer Care, and refused to an application', async () => {
    const { stdout } = await here.run(['user', 'export', '-a', kid, '-p', 'care']);
    expect(stdout).toContain('m•••@northside.example');
    expect(stdout).not.toContain('maria@');
    const error = await here.error(['user', 'export', '-a', kid, '-p', 'platform'], 4);
    expect(error.code).toBe('not-permitted');
  });
});

test('once 2FA is on, an import refuses what would break it and lifts no lock', async () => {
  const enabled = await quickEnabledNorthside();
  try {
    const database = enabled.database();
    const before = database.prepare("SELECT email FROM users WHERE username = 'jane'").get();
    database.close();
    const path = join(enabled.home, 'roster.csv');
    writeFileSync(path, `${header}\njane,,maria@northside.example,,,\nnew,New,,,,\nsam,Samuel,,,,\n`);
    const result = await enabled.json(['user', 'import', path, '-a', kid, '-p', 'maria'], 2);
    expect(result).toMatchObject({ read: 3, added: 0, updated: 1, rejected: 2, changed: true });
    expect(await enabled.json(['user', 'show', 'jane', '-a', kid])).toMatchObject(before as object);
  } finally {
    enabled.remove();
  }
});

test('a dry run of a file of several parts says what the import says', async () => {
  const enabled = await quickEnabledNorthside();
  enabled.inProcess = true;
  try {
    const people = Array.from({ length: 700 }, (_, index) => {
      const email = index === 650 ? 'P1@northside.example' : `p${index}@northside.example`;
      return `p${index},Person ${index},${email},+12015550140,,`;
    });
    const moved = 'jane,,jane.roe@northside.example,,,\n';
    const heir = 'heir,Heir,jane@northside.example,+12015550141,,\n';
    const path = join(enabled.home, 'roster.csv');
    writeFileSync(path, `${header}\n${moved}${people.join('\n')}\n${heir}`);
    const command = ['user', 'import', path, '-a', kid, '-p', 'maria'];
    const dry = await enabled.json<Imported>([...command, '--dry-run'], 2);
    expect(dry).toMatchObject({ read: 702, added: 700, updated: 1, rejected: 1, changed: false });
    const done = await enabled.json<Imported>(command, 2);
    expect({ ...done, rejectedFile: null, changed: false }).toEqual(dry);
    expect(readFileSync(done.rejectedFile ?? '', 'utf8')).toContain('P1@northside.example');
  } finally {
    enabled.remove();
  }
});
