// Lockout triage from the command line: what it says, and that a guessed password is changed before a reactivation.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Prepared, quickEnabledNorthside } from '../support/in-process.ts';
import { kid, otherThan } from '../support/program.ts';
import { exactly, fieldsOf, instant, lockoutFields } from './fields.ts';

const office = '203.0.113.7';
const elsewhere = '198.51.100.23';
const platform = ['-a', kid, '-p', 'platform'];
const maria = ['-a', kid, '-p', 'maria'];

let here: Prepared;

const enter = (user: string, ip: string) => ['code', 'verify', user, '--ip', ip, ...platform];

beforeAll(async () => {
  here = await quickEnabledNorthside();
  await here.prepare(async (json) => {
    const send = async (user: string) => {
      await json(['code', 'send', user, '--via', 'email', ...platform]);
      return here.lastCode(user);
    };
    for (const [user, from] of [
      ['jane', office],
      ['sam', elsewhere],
      ['david', elsewhere],
    ] as const) {
      await json(enter(user, office), 0, { input: await send(user) });
      const input = otherThan(await send(user));
      for (const exit of [8, 8, 8, 8, 8, 8, 9]) await json(enter(user, from), exit, { input });
    }
  });
});
afterAll(() => here.remove());

interface Shown {
  failures: object[];
  assessment: object;
}

test('lockouts show tells each failure and the whole, to Customer Care as well', async () => {
  for (const profile of ['maria', 'care']) {
    const shown = await here.json<Shown>(['lockouts', 'show', 'sam', '-a', kid, '-p', profile]);
    expect(fieldsOf(shown)).toEqual(exactly(lockoutFields, 'failures', 'assessment', 'messages', 'history'));
    expect(shown.failures).toHaveLength(7);
    for (const failure of shown.failures) {
      expect(failure).toEqual({
        at: expect.stringMatching(instant),
        app: 'platform',
        ip: elsewhere,
        why: 'wrong',
        looksLike: 'guess',
      });
    }
    expect(shown.assessment).toEqual({
      looksLike: 'guessing',
      because: expect.stringMatching(
        /^7 of 7 failures came within .* from 198\.51\.100\.23, where this user never verified a code\.$/,
      ),
      passwordKnown: true,
    });
  }
});

test('lockouts show says it in plain words first, then the failures, then what to do', async () => {
  const guessed = await here.run(['lockouts', 'show', 'sam', ...maria]);
  expect(guessed).toMatchObject({ exit: 0, stderr: '' });
  const lines = guessed.stdout.split('\n');
  expect(lines[0]).toBe('This looks like guessing, by somebody who knows the password.');
  expect(lines[1]).toContain('where this user never verified a code.');
  expect(
    lines.filter((line) => /^20.*Z {2}platform {5}198\.51\.100\.23 {2}wrong {2}guess$/.test(line)),
  ).toHaveLength(7);
  expect(guessed.stdout.indexOf('LOOKS LIKE')).toBeLessThan(
    guessed.stdout.indexOf('Have the password changed'),
  );
  expect(guessed.stdout).toContain('  twofa reactivate sam --reason REASON --password-changed -a 10482\n');

  const mistyped = await here.run(['lockouts', 'show', 'jane', ...maria]);
  expect(mistyped.stdout).toMatch(
    /^This looks like mistyping at the usual address\.\n7 of 7 failures are wrong codes/,
  );
  expect(mistyped.stdout).toContain('  twofa reactivate jane --reason REASON -a 10482\n');
});

test('reactivate refuses until the password was changed, for all users or none', async () => {
  const all = ['reactivate', 'jane', 'sam', 'david', '--reason', 'called back', ...maria];
  expect(await here.error(all, 6)).toMatchObject({
    code: 'password-known',
    message: expect.stringContaining('sam, david'),
    hint: expect.stringContaining('--password-changed'),
    details: { users: ['sam', 'david'] },
  });
  expect(await here.json(['lockouts', ...maria])).toHaveLength(3);
  const said = await here.run(['reactivate', 'sam', '--reason', 'called back', ...maria]);
  expect(said).toMatchObject({ exit: 6, stdout: '' });
  expect(said.stderr).toMatch(
    /^twofa: Somebody else seems to know the password of sam: codes are asked for only/,
  );

  expect(await here.json(['reactivate', 'jane', '--reason', 'mistyped', ...maria])).toMatchObject([
    { username: 'jane', changed: true },
  ]);
  const changed = ['reactivate', 'sam', 'david', '--reason', 'new passwords', '--password-changed', ...maria];
  expect(await here.json(changed)).toMatchObject([{ status: 'active' }, { status: 'active' }]);
  expect(await here.json(['lockouts', ...maria])).toEqual([]);
  const events = await here.json<{ details: object }[]>([
    ...['audit', 'list', '--action', 'user.reactivated'],
    ...maria,
  ]);
  expect(events.map(({ details }) => details)).toEqual([
    { reason: 'mistyped', from: 'locked' },
    { reason: 'new passwords', from: 'locked', passwordChanged: true },
    { reason: 'new passwords', from: 'locked', passwordChanged: true },
  ]);
});
