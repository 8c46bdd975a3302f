// Scenarios of wrong codes: seven attempts over all applications, which nothing changes (R8).
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { UserView } from '../../src/actions/views.ts';
import { enabledNorthside, type Installation, otherThan } from '../support/program.ts';
import { by, copyOf, elsewhere, fail, login, office, send, verify } from './steps.ts';

let enabled: Installation;
let installation: Installation;

beforeAll(async () => {
  enabled = await enabledNorthside();
});

afterAll(() => enabled.remove());

afterEach(() => installation.remove());

function start(): Installation {
  installation = copyOf(enabled);
  return installation;
}

async function attemptsLeft(user: string): Promise<number> {
  return (await installation.json<UserView>(['user', 'show', user, ...by('maria')])).attemptsLeft;
}

describe('How many attempts does a user have?', () => {
  it('7 across all applications: 3 failures in the Platform leave 4 in the Desktop Application', async () => {
    start();
    const { code } = await send(installation, 'jane');
    const inPlatform = await fail(installation, 'jane', 3, { right: code });
    expect(inPlatform.map((verdict) => verdict.attemptsLeft)).toEqual([6, 5, 4]);
    expect(await login(installation, 'jane', office, 'pm')).toMatchObject({ attemptsLeft: 4 });

    const inPm = await fail(installation, 'jane', 4, { right: code, app: 'pm', ip: elsewhere });
    expect(inPm.map(({ exit, result, attemptsLeft }) => ({ exit, result, attemptsLeft }))).toEqual([
      { exit: 8, result: 'rejected', attemptsLeft: 3 },
      { exit: 8, result: 'rejected', attemptsLeft: 2 },
      { exit: 8, result: 'rejected', attemptsLeft: 1 },
      { exit: 9, result: 'locked', attemptsLeft: 0 },
    ]);
  });

  it('a new code and a new sign-in give none back, what is no code uses none, a success resets to 7', async () => {
    start();
    const { code } = await send(installation, 'jane');
    await fail(installation, 'jane', 6, { right: code });
    const again = await send(installation, 'jane', 'sms', 'pm');
    expect(again.answer.attemptsLeft).toBe(1);
    expect(await login(installation, 'jane', elsewhere)).toMatchObject({ attemptsLeft: 1 });
    for (const typed of ['12345', '1234567', 'abcdef', '１２３４５６']) {
      const entered = ['code', 'verify', 'jane', '--ip', office, ...by('pm')];
      const refused = await installation.error(entered, 2, { input: `${typed}\n` });
      expect(refused, typed).toMatchObject({ code: 'invalid-input', details: { field: 'code' } });
    }
    expect(await attemptsLeft('jane')).toBe(1);
    expect(await verify(installation, 'jane', again.code)).toMatchObject({
      result: 'verified',
      attemptsLeft: 7,
    });
    expect(await attemptsLeft('jane')).toBe(7);
    expect(await attemptsLeft('david')).toBe(7);
  });
});

describe('Can the number of attempts be changed?', () => {
  it('no: no variable has an effect on it', async () => {
    start();
    const env = Object.fromEntries(
      [
        'ATTEMPTS',
        'ATTEMPTS_MAX',
        'MAX_ATTEMPTS',
        'CODE_ATTEMPTS',
        'LOCKOUT_ATTEMPTS',
        'POLICY_ATTEMPTS',
      ].map((name) => [`TWOFA_${name}`, '100']),
    );
    expect(await installation.json(['policy'], 0, { env })).toMatchObject({
      attempts: 7,
      canBeConfigured: false,
    });
    const verdicts = await fail(installation, 'jane', 8, { env });
    expect(verdicts.map(({ result, attemptsLeft }) => [result, attemptsLeft])).toEqual([
      ...[6, 5, 4, 3, 2, 1].map((left) => ['rejected', left]),
      ['locked', 0],
      ['locked', 0],
    ]);
  });

  it('no: no key of the configuration is for it', async () => {
    start();
    for (const key of ['attempts: 100', 'policy: { attempts: 100 }', 'maxAttempts: 100']) {
      writeFileSync(join(installation.home, 'config.yaml'), `${key}\n`, { mode: 0o600 });
      const refused = await installation.error(['login', 'jane', '--ip', office, ...by('platform')], 2);
      expect(refused.code, key).toBe('invalid-configuration');
      expect(refused.message).toContain(`there is no key "${key.split(':')[0]}"`);
    }
  });

  it('no: no option and no column of a roster is for it', async () => {
    start();
    const { code } = await send(installation, 'jane');
    await fail(installation, 'jane', 1, { right: code });
    for (const [args, profile] of [
      [['code', 'verify', 'jane', '--ip', office, '--attempts', '100'], 'platform'],
      [['user', 'update', 'jane', '--attempts', '100'], 'maria'],
      [['user', 'update', 'jane', '--attempts-left', '100'], 'owner'],
      [['reactivate', 'jane', '--reason', 'more tries', '--attempts', '100'], 'maria'],
    ] as const) {
      const refused = await installation.error([...args, ...by(profile)], 2, {
        input: `${otherThan(code)}\n`,
      });
      expect(refused.code, args.join(' ')).toBe('usage');
    }
    writeFileSync(join(installation.home, 'roster.csv'), 'username,name,attempts_left\njane,Jane Doe,100\n');
    const imported = await installation.json(['user', 'import', 'roster.csv', ...by('maria')]);
    expect(imported).toMatchObject({ read: 1, unchanged: 1, changed: false });
    expect(await attemptsLeft('jane')).toBe(6);
  });

  it('no: the database holds no more than 7, and a changed row is found', async () => {
    start();
    await fail(installation, 'jane', 2);
    for (const left of [8, 100, -1]) {
      const change = installation.store.sql(
        "UPDATE users SET attempts_left = ? WHERE username = 'jane'",
        left,
      );
      await expect(change, String(left)).rejects.toThrow(/check constraint/i);
    }
    expect(await attemptsLeft('jane')).toBe(5);
    expect(await installation.json(['audit', 'verify', '-p', 'owner'])).toMatchObject({ intact: true });
    await installation.store.sql("UPDATE users SET attempts_left = 7 WHERE username = 'jane'");
    expect(await installation.json(['audit', 'verify', '-p', 'owner'], 6)).toMatchObject({ intact: false });
  });
});
