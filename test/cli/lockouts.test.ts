// Lockouts from the command line: how they look, and that only a System Administrator of the account ends them (R9, R10).
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Prepared, quickEnabledNorthside } from '../support/in-process.ts';
import { kid, otherThan } from '../support/program.ts';
import { eventFields, exactly, fieldsOf, instant, lockoutFields, userFields } from './fields.ts';

const ip = '203.0.113.7';
const platform = ['-a', kid, '-p', 'platform'];
const maria = ['-a', kid, '-p', 'maria'];

let here: Prepared;

/** Enters seven wrong codes for a user. */
async function lock(user: string): Promise<void> {
  await here.prepare(async (json) => {
    await json(['code', 'send', user, '--via', 'email', ...platform]);
    const wrong = otherThan(here.lastCode(user));
    for (const exit of [8, 8, 8, 8, 8, 8, 9]) {
      await json(['code', 'verify', user, '--ip', ip, ...platform], exit, { input: wrong });
    }
  });
}

beforeAll(async () => {
  here = await quickEnabledNorthside();
  await lock('jane');
  await lock('sam');
});
afterAll(() => here.remove());

const status = async (user: string) =>
  (await here.json<{ status: string }>(['user', 'show', user, '-a', kid])).status;

describe('a locked user', () => {
  test('is refused everywhere, by exit 9', async () => {
    const locked = { result: 'locked', attemptsLeft: 0, trustedUntil: null };
    expect(await here.json(['login', 'jane', '--ip', ip, ...platform], 9)).toMatchObject(locked);
    const verify = ['code', 'verify', 'jane', '--ip', ip, ...platform];
    expect(await here.json(verify, 9, { input: here.lastCode('jane') })).toMatchObject(locked);
    const send = ['code', 'send', 'jane', '--via', 'email', ...platform];
    expect(await here.error(send, 9)).toMatchObject({ code: 'user-locked' });
  });

  test('is one of the account, listed and shown', async () => {
    const list = await here.json<object[]>(['lockouts', '-a', kid]);
    expect(list).toMatchObject([
      { account: kid, username: 'jane', name: 'Jane Doe', lastApp: 'platform', lastIp: ip },
      { account: kid, username: 'sam', practices: ['Northside Pediatrics'] },
    ]);
    for (const each of list) {
      expect(fieldsOf(each)).toEqual(exactly(lockoutFields));
      expect(each).toMatchObject({ lockedAt: expect.stringMatching(instant) });
    }
    const cut = await here.json<object[]>(['lockouts', '-a', kid, '--limit', '1', '--after', 'jane']);
    expect(cut).toEqual([list[1]]);
    expect(await here.json(['lockouts', '-a', kid, '--after', 'sam'])).toEqual([]);
    const { stdout } = await here.run(['lockouts', '-a', kid, '-o', 'csv', '--limit', '1']);
    expect(stdout).toMatch(
      /^username,name,practices,locked_at,last_app,last_ip\njane,Jane Doe,Northside Cardiology; Northside Pediatrics,20.*Z,platform,203\.0\.113\.7\n$/,
    );

    const shown = await here.json<{ history: { action: string; outcome: string }[] }>([
      'lockouts',
      'show',
      'jane',
      '-a',
      kid,
    ]);
    expect(fieldsOf(shown)).toEqual(exactly(lockoutFields, 'failures', 'assessment', 'messages', 'history'));
    for (const event of shown.history) expect(fieldsOf(event)).toEqual(exactly(eventFields));
    const failed = shown.history.filter((event) => event.outcome === 'failed').map((event) => event.action);
    expect(failed).toEqual([...Array(6).fill('code.rejected'), 'user.locked']);
    const account = await here.json(['account', 'show', '-a', kid]);
    expect(account).toMatchObject({ lockedUsers: 2 });
  });

  test('lockouts show refuses one who is not locked, and one who does not exist', async () => {
    const error = await here.error(['lockouts', 'show', 'david', '-a', kid], 5);
    expect(error.code).toBe('lockout-not-found');
    expect((await here.error(['lockouts', 'show', 'nobody', '-a', kid], 5)).code).toBe('user-not-found');
    expect((await here.error(['lockouts', '-a', '99999'], 5)).code).toBe('account-not-found');
  });

  test('is unlocked by no other door', async () => {
    const jane = [
      'jane',
      '--name',
      'Jane Doe',
      '--email',
      'jane@northside.example',
      '--phone',
      '+12015550124',
    ];
    await here.json(['user', 'update', 'jane', '--phone', '+12015550177', ...maria]);
    await here.run(['user', 'add', ...jane, ...maria]);
    await here.json(['user', 'rename', 'jane', 'janet', ...maria]);
    await here.json(['user', 'rename', 'janet', 'jane', ...maria]);
    await here.json(['user', 'update', 'jane', '--system-administrator', ...maria]);
    await here.json(['user', 'update', 'jane', '--no-system-administrator', ...maria]);
    expect(await here.json(['user', 'show', 'jane', '-a', kid])).toMatchObject({
      status: 'locked',
      attemptsLeft: 0,
    });
  });
});

describe('reactivate', () => {
  test.each(['owner', 'care', 'ci', 'platform'])(
    'is refused to %s, which leaves the lock',
    async (profile) => {
      const error = await here.error(
        ['reactivate', 'jane', '--reason', 'please', '-a', kid, '-p', profile],
        4,
      );
      expect(error).toMatchObject({
        code: 'not-permitted',
        hint: 'Only a System Administrator of the account reactivates its users.',
      });
      expect(await status('jane')).toBe('locked');
    },
  );

  test('takes a reason, and users who exist', async () => {
    expect((await here.error(['reactivate', 'jane', ...maria], 2)).code).toBe('missing-option');
    expect((await here.error(['reactivate', 'jane', '--reason', '', ...maria], 2)).code).toBe(
      'invalid-input',
    );
    expect((await here.error(['reactivate', '--reason', 'x', ...maria], 2)).code).toBe('missing-option');
    expect((await here.error(['reactivate', 'nobody', '--reason', 'x', ...maria], 5)).code).toBe(
      'user-not-found',
    );
  });

  test('of several, all or none', async () => {
    await here.error(['reactivate', 'jane', 'nobody', '--reason', 'called back', ...maria], 5);
    expect(await status('jane')).toBe('locked');
    const args = ['reactivate', 'jane', 'sam', 'david', '--reason', 'called back', ...maria];
    const list = await here.json<object[]>(args);
    for (const each of list) expect(fieldsOf(each)).toEqual(exactly(userFields, 'changed'));
    const given = { status: 'active', attemptsLeft: 7, lockedAt: null };
    expect(list).toMatchObject([
      { username: 'jane', ...given, changed: true },
      { username: 'sam', ...given, changed: true },
      { username: 'david', ...given, changed: false },
    ]);
    const event = await here.json<object[]>(['audit', 'list', '--action', 'user.reactivated', ...maria]);
    expect(event).toHaveLength(2);
    expect(event).toMatchObject([
      { actor: 'maria', user: 'jane', details: { reason: 'called back', from: 'locked' } },
      { actor: 'maria', user: 'sam' },
    ]);
  });

  test('brings a deactivated user back with --deactivated alone', async () => {
    await here.json(['user', 'deactivate', 'david', ...maria]);
    expect(await here.json(['login', 'david', '--ip', ip, ...platform], 9)).toMatchObject({
      result: 'inactive',
    });
    const args = ['reactivate', 'david', '--reason', 'back from leave', ...maria];
    expect((await here.error(args, 6)).code).toBe('user-deactivated');
    expect(await here.json([...args, '--deactivated'])).toMatchObject([{ status: 'active', changed: true }]);
    expect(await status('david')).toBe('active');
  });

  test("a locked administrator's token serves to see who one is, no more", async () => {
    await lock('nina');
    expect(await here.json(['auth', 'status', '-p', 'nina'])).toMatchObject({ user: 'nina' });
    const own = ['reactivate', 'nina', '--reason', 'myself', '-a', kid, '-p', 'nina'];
    expect((await here.error(own, 4)).code).toBe('operator-locked');
    expect((await here.error(['user', 'list', '-p', 'nina'], 4)).code).toBe('operator-locked');
    const list = await here.json(['reactivate', 'nina', '--reason', 'asked in person', ...maria]);
    expect(list).toMatchObject([{ username: 'nina', changed: true }]);
    expect((await here.error(['user', 'list', '-p', 'nina'], 7)).code).toBe('second-factor-required');
    await here.prove('nina');
    expect(await here.json(['user', 'list', '-p', 'nina', '--limit', '1'])).toHaveLength(1);
  });
});
