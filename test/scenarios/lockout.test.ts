// Scenario of a lockout: it holds everywhere and for ever, until the account's own System Administrator lifts it (R9, R10).
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { UserView } from '../../src/actions/views.ts';
import { enabledNorthside, type Installation, kid } from '../support/program.ts';
import { by, copyOf, day, elsewhere, fail, login, office, send, signIn, verify } from './steps.ts';

const year = 365 * day;
const locked = { exit: 9, result: 'locked', attemptsLeft: 0 };
const reactivate = ['reactivate', 'sam', '--reason', 'mistyped, called back'];

/** Sam is locked, was trusted at the office, and has two codes that nobody entered. */
let lockedOut: Installation;
let codes: string[];
let installation: Installation;

beforeAll(async () => {
  lockedOut = await enabledNorthside();
  await signIn(lockedOut, 'sam', office);
  const email = await send(lockedOut, 'sam', 'email');
  const text = await send(lockedOut, 'sam', 'sms');
  codes = [email.code, text.code];
  const wrong = ['111111', '222222', '333333'].find((each) => !codes.includes(each)) ?? '';
  const verdicts = [];
  for (let each = 1; each <= 7; each += 1) verdicts.push(await verify(lockedOut, 'sam', wrong));
  expect(verdicts.map(({ exit }) => exit)).toEqual([8, 8, 8, 8, 8, 8, 9]);
});

afterAll(() => lockedOut.remove());

afterEach(() => installation.remove());

function start(): Installation {
  installation = copyOf(lockedOut);
  return installation;
}

function sam(profile = 'maria', env: Record<string, string> = {}): Promise<UserView> {
  return installation.json(['user', 'show', 'sam', ...by(profile)], 0, { env });
}

async function expectLocked(): Promise<void> {
  expect(await sam()).toMatchObject({ status: 'locked', attemptsLeft: 0 });
  expect(await login(installation, 'sam', office)).toMatchObject(locked);
}

describe('What happens when the attempts are used up?', () => {
  it('the user is locked in every application: right codes, new codes and trusted locations included', async () => {
    start();
    for (const app of ['platform', 'pm']) {
      expect(await login(installation, 'sam', office, app)).toMatchObject({
        ...locked,
        reason: null,
        methods: [],
      });
      for (const code of codes) {
        expect(await verify(installation, 'sam', code, { app })).toMatchObject({ ...locked, why: null });
      }
      const ask = ['code', 'send', 'sam', '--via', 'sms', ...by(app)];
      expect((await installation.error(ask, 9)).code).toBe('user-locked');
    }
    expect(installation.codesOf('sam')).toHaveLength(3);
    expect(await installation.json(['location', 'list', 'sam', ...by('maria')])).toMatchObject([
      { location: office, trusted: false, endedReason: 'locked' },
    ]);
    expect(await installation.json(['lockouts', ...by('maria')])).toMatchObject([
      { account: kid, username: 'sam', lastApp: 'platform', lastIp: office },
    ]);
    expect(await login(installation, 'jane', office)).toMatchObject({ exit: 7, attemptsLeft: 7 });
  });

  it('time does not unlock them, not even a year of it', async () => {
    start();
    await installation.age(year);
    await expectLocked();
    const env = await installation.store.ahead(year);
    expect(await login(installation, 'sam', office, 'platform', env)).toMatchObject(locked);
    expect(await verify(installation, 'sam', codes[0] ?? '', { env })).toMatchObject(locked);
    expect(await sam('ci', env)).toMatchObject({ status: 'locked', attemptsLeft: 0 });
  });

  it('Customer Care is prohibited from unlocking; so are owner, CI and applications', async () => {
    start();
    for (const profile of ['care', 'owner', 'ci', 'platform', 'pm']) {
      const refused = await installation.error([...reactivate, ...by(profile)], 4);
      expect(refused, profile).toMatchObject({
        code: 'not-permitted',
        hint: 'Only a System Administrator of the account reactivates its users.',
      });
    }
    await expectLocked();
    expect(
      await installation.json(['audit', 'list', '--action', 'call.refused', '-p', 'owner']),
    ).toContainEqual(
      expect.objectContaining({
        actor: 'Care',
        user: 'sam',
        details: { do: 'reactivate', code: 'not-permitted' },
      }),
    );
  });

  it('another account has no say, and a locked System Administrator none for themselves', async () => {
    start();
    const other = '20967';
    await installation.json(['account', 'create', other, '--name', 'Southside']);
    const tina = ['tina', '--name', 'Tina Roy', '--system-administrator'];
    await installation.json(['user', 'add', ...tina, '-a', other]);
    const token = ['token', 'create', '--role', 'system-administrator', '--user', 'tina'];
    await installation.json([...token, '-a', other, '--save', 'tina']);
    expect((await installation.error([...reactivate, ...by('tina')], 5)).code).toBe('account-not-found');

    await fail(installation, 'nina', 7);
    for (const user of ['nina', 'sam']) {
      const refused = await installation.error(['reactivate', user, '--reason', 'myself', ...by('nina')], 4);
      expect(refused.code).toBe('operator-locked');
    }
    await expectLocked();
    const both = ['reactivate', 'nina', 'sam', '--reason', 'both called', ...by('maria')];
    expect(await installation.json(both)).toMatchObject([
      { username: 'nina', status: 'active', attemptsLeft: 7, changed: true },
      { username: 'sam', status: 'active', attemptsLeft: 7, changed: true },
    ]);
  });

  it('no update and no import lifts the lock', async () => {
    start();
    for (const values of [
      ['--email', 'samuel@northside.example'],
      ['--phone', '+12015550127'],
      ['--name', 'Samuel Whitfield', '--practice', 'Northside Cardiology'],
      ['--system-administrator'],
    ]) {
      const updated = await installation.json(['user', 'update', 'sam', ...values, ...by('maria')]);
      expect(updated, values.join(' ')).toMatchObject({ status: 'locked', attemptsLeft: 0, changed: true });
    }
    writeFileSync(
      join(installation.home, 'roster.csv'),
      'username,name,email,status,attempts_left,locked_at\nsam,Sam Again,sam@northside.example,active,7,\n',
    );
    expect(await installation.json(['user', 'import', 'roster.csv', ...by('maria')])).toMatchObject({
      updated: 1,
      rejected: 0,
    });
    await expectLocked();
    await installation.json(['user', 'rename', 'sam', 'samuel', ...by('maria')]);
    expect(await login(installation, 'samuel', office)).toMatchObject(locked);
    expect(await installation.json(['audit', 'verify', '-p', 'owner'])).toMatchObject({ intact: true });
  });

  it('no adding again lifts it, and no deactivating', async () => {
    start();
    const { username, name, email, phone } = await sam();
    const add = ['user', 'add', username, '--name', name, '--email', email ?? '', '--phone', phone ?? ''];
    for (const profile of ['maria', 'ci']) {
      expect(await installation.json([...add, ...by(profile)])).toMatchObject({
        status: 'locked',
        attemptsLeft: 0,
        changed: false,
      });
    }
    const otherwise = [...add.slice(0, 3), '--name', 'Another Sam', ...add.slice(5), ...by('maria')];
    expect((await installation.error(otherwise, 6)).code).toBe('user-exists');
    await expectLocked();

    await installation.json(['user', 'deactivate', 'sam', ...by('maria')]);
    expect((await installation.error([...add, ...by('maria')], 6)).code).toBe('user-exists');
    expect(await login(installation, 'sam', office)).toMatchObject({ exit: 9, result: 'inactive' });
    expect((await installation.error([...reactivate, ...by('maria')], 6)).code).toBe('user-deactivated');
    expect(await sam()).toMatchObject({ status: 'inactive', attemptsLeft: 0 });
  });

  it('their System Administrator reactivates them, with 7 attempts and nothing else', async () => {
    start();
    expect(await installation.json([...reactivate, ...by('maria')])).toMatchObject([
      { username: 'sam', status: 'active', attemptsLeft: 7, lockedAt: null, changed: true },
    ]);
    expect(await login(installation, 'sam', office)).toMatchObject({
      exit: 7,
      reason: 'trust-ended',
      attemptsLeft: 7,
    });
    expect(await verify(installation, 'sam', codes[0] ?? '')).toMatchObject({
      exit: 8,
      result: 'rejected',
      attemptsLeft: 6,
    });
    const { code } = await send(installation, 'sam');
    expect(await verify(installation, 'sam', code, { ip: elsewhere })).toMatchObject({
      exit: 0,
      result: 'verified',
      attemptsLeft: 7,
    });
    expect(await installation.json([...reactivate, ...by('maria')])).toMatchObject([{ changed: false }]);
    expect(
      await installation.json(['audit', 'list', '--action', 'user.reactivated', ...by('maria')]),
    ).toMatchObject([{ actor: 'maria', user: 'sam', details: { reason: 'mistyped, called back' } }]);
  });
});
