// A store that was put back by other means than twofa, such as pg_restore: said to be one, on either database.
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { Prepared, quickEnabledNorthside } from '../support/in-process.ts';
import { kid, otherThan } from '../support/program.ts';

let here: Prepared;
/** The same as it was before: what a backup gives back. */
let older: Prepared;
const platform = ['-a', kid, '-p', 'platform'];
const ip = ['--ip', '203.0.113.7'];
const mark = ['db', 'restore', '--mark', '--confirm', 'restore'];
const accept = ['--accept', '--reason', 'the server was lost'];

beforeEach(async () => {
  here = await quickEnabledNorthside();
  older = new Prepared();
  older.store.copyOf(here.store, here.home);
  // The copy is made when it is first asked for.
  await older.json(['status', '-a', kid]);
  for (const each of [here, older]) each.inProcess = true;
});
afterEach(async () => {
  await older.remove();
  await here.remove();
});

async function lockSam(): Promise<void> {
  await here.json(['code', 'send', 'sam', '--via', 'email', ...platform]);
  const input = otherThan(here.lastCode('sam'));
  for (let each = 1; each <= 7; each += 1) {
    await here.json(['code', 'verify', 'sam', ...ip, ...platform], each < 7 ? 8 : 9, { input });
  }
}

describe('a store that is said to be put back', () => {
  test('refuses sign-ins and changes until it is accepted', async () => {
    expect(await older.json(mark)).toMatchObject({ accepted: false, changed: true, lost: null });
    expect((await older.error(['login', 'jane', ...ip, ...platform], 6)).code).toBe('store-restored');
    const update = ['user', 'update', 'jane', '--name', 'Jane Roe', '-a', kid];
    expect((await older.error(update, 6)).code).toBe('store-restored');
    await older.json(['user', 'show', 'jane', '-a', kid]);
    expect(await older.json(['db', 'status'])).toMatchObject({ restoredAt: expect.any(String) });
    expect(await older.json(mark)).toMatchObject({ changed: false });
    await older.json(['db', 'restore', ...accept]);
    await older.json(update);
    await older.json(['audit', 'verify']);
  });

  test('has done again what an export tells of the time after', async () => {
    await lockSam();
    await here.run(['audit', 'export', '--file', join(here.home, 'audit.ndjson')]);
    const replay = ['--replay', join(here.home, 'audit.ndjson')];
    const restored = await older.json([...mark, ...replay, ...accept]);
    expect(restored).toMatchObject({ replayed: { locked: 1 }, accepted: true });
    expect(await older.json(['user', 'show', 'sam', '-a', kid])).toMatchObject({ status: 'locked' });
    expect(await older.json(['audit', 'verify'])).toMatchObject({ intact: true });
  });

  test('makes an owner, by the key, for whoever has a token that it does not know', async () => {
    const { token } = await here.json<{ token: string }>(['token', 'create', '--role', 'owner']);
    const ran = await older.run([...mark, ...accept], { env: { TWOFA_TOKEN: token } });
    expect(ran).toMatchObject({ exit: 0 });
    expect(ran.stderr).toContain('You are its owner, by the profile restored.');
    expect((await older.error(['token', 'list', '-p', 'owner'], 4)).code).toBe('token-revoked');
    await older.json(['token', 'list', '-p', 'restored']);
    await older.json(['audit', 'verify']);
  });

  test('can be made a copy for staging by a word of its own', async () => {
    const staging = ['db', 'restore', '--mark', '--as-staging'];
    expect((await older.error([...staging, '--confirm', 'restore'], 2)).code).toBe('confirmation-mismatch');
    expect(await older.json([...staging, '--confirm', 'staging'])).toMatchObject({
      staging: true,
      accepted: true,
    });
    expect(await older.json(['db', 'status'])).toMatchObject({ staging: true, restoredAt: null });
    await expect(older.store.sql('UPDATE installation SET staging = false')).rejects.toThrow('stays one');
    await older.json(['audit', 'verify']);
  });

  test('is so by its owner alone, and by a word', async () => {
    expect((await older.error(['db', 'restore', '--mark'], 2)).details).toEqual({ field: 'confirm' });
    for (const profile of ['maria', 'care', 'ci', 'platform']) {
      expect((await older.error([...mark, '-p', profile], 4)).code, profile).toBe('not-permitted');
    }
    expect(await older.json(['db', 'status'])).toMatchObject({ restoredAt: null });
  });
});

test('a backup is a file on SQLite; on PostgreSQL it is said what to run, and that none was made', async () => {
  const args = ['db', 'backup', join(here.home, 'backup')];
  if (inject('server') === null) {
    expect(await here.json(args)).toMatchObject({ engine: 'sqlite', commands: null, changed: true });
    return;
  }
  const { commands, ...made } = await here.json<{ commands: { dump: string } }>(args, 6);
  expect(made).toMatchObject({ engine: 'postgresql', file: null, changed: false, keyIncluded: false });
  expect(commands.dump).toMatch(/^pg_dump --format=custom --file='[^']+' --dbname='postgres/);
  expect(await here.json(['audit', 'list', '--action', 'store.backed-up'])).toEqual([]);
  expect((await here.error(['db', 'restore', args[2] ?? '', '--confirm', 'restore'], 2)).code).toBe('usage');
});
