// What doctor finds: files open to others, another key, tokens that end soon, and a proxy that hides the users' own addresses.
import { chmodSync, copyFileSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runInProcess } from '../support/in-process.ts';
import { Installation } from '../support/program.ts';

const kid = '10482';

interface Check {
  id: string;
  ok: boolean;
  message: string;
  hint: string | null;
}

let here: Installation;

/** What doctor says, by the check; it ends with 6 exactly when one of them is not well. */
async function doctor(...args: string[]): Promise<Record<string, Check>> {
  const { exit, stdout } = await runInProcess(here.home, ['doctor', '--json', ...args]);
  const { ok, checks } = JSON.parse(stdout) as { ok: boolean; checks: Check[] };
  expect(ok).toBe(checks.every((check) => check.ok));
  expect(exit).toBe(ok ? 0 : 6);
  return Object.fromEntries(checks.map((check) => [check.id, check]));
}

const run = async (...args: string[]) => {
  const ran = await runInProcess(here.home, [...args, '--json']);
  expect(ran, args.join(' ')).toMatchObject({ exit: 0 });
  return JSON.parse(ran.stdout);
};

beforeEach(async () => {
  here = new Installation();
  await run('init', '--sandbox');
});
afterEach(() => here.remove());

test('all is well in a new installation, by the built program', async () => {
  const { ok, checks } = await here.json<{ ok: boolean; checks: Check[] }>(['doctor']);
  expect(ok).toBe(true);
  expect(checks.map(({ id }) => id)).toEqual([
    ...['config', 'key', 'store', 'files', 'delivery', 'token'],
    ...['schema', 'high-water', 'messages', 'tokens', 'addresses'],
  ]);
  const { stdout } = await here.run(['doctor']);
  expect(stdout).toMatch(/^✓ files {6}No file or folder is open to others$/m);
  expect(stdout).toMatch(/^✓ tokens {5}No token ends within 14 days$/m);
});

test('what reads the store is left out where there is none', async () => {
  const found = await doctor('--database', `sqlite:${join(here.home, 'none.sqlite')}`);
  expect(found.store).toMatchObject({ ok: false, hint: 'Make one with "twofa init".' });
  expect(found.tokens).toBeUndefined();
  expect(found.addresses).toBeUndefined();
});

describe('ownership and mode', () => {
  test.each([
    ['profiles.json', 0o604, 'read', 'chmod 600'],
    ['key.json', 0o604, 'read', 'chmod 600'],
    ['twofa.sqlite', 0o644, 'read', 'chmod 600'],
    ['twofa.sqlite-wal', 0o644, 'read', 'chmod 600'],
    ['twofa.sqlite-shm', 0o606, 'read', 'chmod 600'],
    ['outbox.ndjson', 0o644, 'read', 'chmod 600'],
    ['high-water.json', 0o602, 'read', 'chmod 600'],
    ['config.yaml', 0o646, 'write', 'chmod go-w'],
    ['.', 0o707, 'write', 'chmod go-w'],
  ])('%s with mode %o is named, with the command that mends it', async (name, mode, does, command) => {
    const file = name === '.' ? here.home : join(here.home, name);
    const database = here.database();
    // Kept open, so that the files beside the database stay.
    database.prepare('SELECT count(*) FROM users').get();
    if (!existsSync(file)) writeFileSync(file, '', { mode: 0o600 });
    chmodSync(file, mode);
    const { files } = await doctor();
    expect(files).toMatchObject({ ok: false, hint: `${command} ${file}` });
    expect(files?.message).toContain(`${file} (others can ${does} it)`);
    database.close();
  });

  test('a configuration that others read is well', async () => {
    writeFileSync(join(here.home, 'config.yaml'), 'domain: app.northside.example\n');
    chmodSync(join(here.home, 'config.yaml'), 0o644);
    expect((await doctor()).files).toMatchObject({ ok: true });
  });

  test('all of them are named at once, the database where it is', async () => {
    const database = join(here.home, "the clinic's.sqlite");
    copyFileSync(join(here.home, 'twofa.sqlite'), database);
    chmodSync(database, 0o666);
    chmodSync(join(here.home, 'profiles.json'), 0o644);
    const { files } = await doctor('--database', `sqlite:${database}`);
    expect(files?.hint).toBe(
      `chmod 600 ${here.home}/profiles.json; chmod 600 '${here.home}/the clinic'\\''s.sqlite'`,
    );
  });
});

test('a key of another store is told from that of this one', async () => {
  const other = new Installation();
  try {
    await runInProcess(other.home, ['init', '--sandbox', '--json']);
    copyFileSync(join(other.home, 'key.json'), join(here.home, 'key.json'));
    const { key, store } = await doctor();
    expect(key).toMatchObject({
      ok: false,
      message: expect.stringContaining('The key of the store is not in'),
    });
    expect(store?.ok).toBe(false);
  } finally {
    other.remove();
  }
});

test('tokens that end within 14 days are named by their ids, without a token', async () => {
  await run('token', 'create', '--role', 'customer-care', '--expires', '15d');
  const soon = await run('token', 'create', '--role', 'customer-care', '--expires', '10d', '--name', 'Night');
  const sooner = await run('token', 'create', '--role', 'provisioner', '--expires', '20h');
  const revoked = await run('token', 'create', '--role', 'provisioner', '--expires', '5d');
  await run('token', 'revoke', revoked.id);
  const rotated = await run('token', 'create', '--role', 'provisioner', '--expires', '60d');
  await run('token', 'rotate', rotated.id, '--overlap', '3d');
  const { tokens } = await doctor('-p', 'owner');
  expect(tokens).toEqual({
    id: 'tokens',
    ok: false,
    message: `Tokens end soon: ${sooner.id} in 1 day, ${soon.id} in 10 days.`,
    hint: expect.stringContaining('twofa token rotate ID'),
  });
  await run('token', 'revoke', soon.id);
  await run('token', 'rotate', sooner.id, '--overlap', '1h');
  expect((await doctor()).tokens?.message).not.toContain(`${soon.id} `);
});

describe('an address of many users', () => {
  const proxy = '192.0.2.10';

  /** Adds users to an account, each of whom trusts the address, as sign-ins through a proxy leave them. */
  async function addUsers(account: string, count: number): Promise<void> {
    await run('account', 'create', account, '--name', account);
    const rows = Array.from({ length: count }, (_, each) => `user${each},User ${each}\n`).join('');
    writeFileSync(join(here.home, 'roster.csv'), `username,name\n${rows}`);
    await run('user', 'import', join(here.home, 'roster.csv'), '-a', account);
  }

  function trust(where: string): void {
    const database = here.database();
    const columns = database.pragma('table_info(trusted_locations)') as { name: string; notnull: number }[];
    const values: Record<string, string> = {
      user_id: 'id',
      location: `'${proxy}'`,
      app: "'platform'",
      trusted_at: `${Date.now() - 1000}`,
      expires_at: `${Date.now() + 1_000_000}`,
      ended_at: 'NULL',
      ended_reason: 'NULL',
    };
    const names = columns.map(({ name }) => name);
    const given = names.map((name) => values[name] ?? "''");
    database.exec(
      `INSERT INTO trusted_locations (${names.join(', ')}) SELECT ${given.join(', ')} FROM users WHERE ${where}`,
    );
    database.close();
  }

  test('is told when they are more than 50, of several accounts', async () => {
    await addUsers(kid, 50);
    await addUsers('20967', 1);
    trust(`account_kid = '${kid}'`);
    expect((await doctor()).addresses).toMatchObject({ ok: true });
    trust("account_kid = '20967'");
    expect((await doctor()).addresses).toEqual({
      id: 'addresses',
      ok: false,
      message: `One address serves many users: ${proxy} (51 users of 2 accounts).`,
      hint: expect.stringContaining("pass the client's address, not the proxy's"),
    });
  });

  test('of one account alone is that of its practice', async () => {
    await addUsers(kid, 60);
    trust(`account_kid = '${kid}'`);
    expect((await doctor()).addresses).toMatchObject({ ok: true });
  });
});
