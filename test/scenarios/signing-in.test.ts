// Scenarios of signing in: by which way a code comes, how often it is asked for, and how long it works (R6, R7, R11, R14).
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { UserView } from '../../src/actions/views.ts';
import { enabledNorthside, type Installation, kid, northside } from '../support/program.ts';
import { by, copyOf, day, elsewhere, hour, login, minute, office, send, signIn, verify } from './steps.ts';

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

const methods = [
  { via: 'email', to: 'j•••@northside.example' },
  { via: 'sms', to: '•••0124' },
];
const challenge = { exit: 7, result: 'challenge', trustedUntil: null };
const granted = { exit: 0, result: 'granted', reason: 'trusted-location' };

/** Milliseconds between two times as documents have them. */
function between(earlier: string | null, later: string | null): number {
  return Date.parse(later ?? '') - Date.parse(earlier ?? '');
}

describe('How does a user sign in?', () => {
  it('after username and password, by a code to the email address or by text message to the phone', async () => {
    start();
    expect(await login(installation, 'jane', office)).toEqual({
      ...challenge,
      reason: 'first',
      methods,
      attemptsLeft: 7,
    });

    const mail = await send(installation, 'jane', 'email');
    expect(mail.answer).toMatchObject({ result: 'sent', ...methods[0], outstanding: 1, attemptsLeft: 7 });
    expect(installation.codesOf('jane')).toMatchObject([
      { account: kid, user: 'jane', via: 'email', to: 'jane@northside.example' },
    ]);
    expect(await verify(installation, 'jane', mail.code)).toMatchObject({
      exit: 0,
      result: 'verified',
      why: null,
      attemptsLeft: 7,
    });

    const text = await send(installation, 'david', 'sms', 'pm');
    expect(text.answer).toMatchObject({ result: 'sent', via: 'sms', to: '•••0125' });
    expect(installation.codesOf('david')[0]).toMatchObject({ user: 'david', via: 'sms', to: '+12015550125' });
    const typed = `${text.code.slice(0, 3)}-${text.code.slice(3)}`;
    expect(await verify(installation, 'david', typed, { app: 'pm' })).toMatchObject({ result: 'verified' });
    for (const user of ['jane', 'david']) {
      expect(await login(installation, user, office)).toMatchObject({ ...granted, methods: [] });
    }
  });
});

describe('How often is a code asked for?', () => {
  it('a success gives 7 days without, in every application, which use does not extend', async () => {
    start();
    const { trustedUntil } = await signIn(installation, 'jane');
    const status = await installation.json<UserView>(['user', 'show', 'jane', ...by('maria')]);
    expect(between(status.lastVerifiedAt, trustedUntil)).toBe(7 * day);
    for (const app of ['platform', 'pm', 'platform']) {
      expect(await login(installation, 'jane', office, app)).toMatchObject({ ...granted, trustedUntil });
    }

    await installation.age(7 * day - hour);
    const near = await login(installation, 'jane', office);
    expect(near).toMatchObject(granted);
    expect(between(near.trustedUntil, trustedUntil)).toBe(7 * day - hour);
    await installation.age(hour);
    for (const app of ['platform', 'pm']) {
      expect(await login(installation, 'jane', office, app)).toMatchObject({
        ...challenge,
        reason: 'trust-expired',
        methods,
      });
    }
    await signIn(installation, 'jane');
    expect(await login(installation, 'jane', office)).toMatchObject(granted);
  });

  it('a different IP address asks again, and has 7 days of its own', async () => {
    start();
    await signIn(installation, 'jane', office);
    expect(await login(installation, 'jane', elsewhere)).toMatchObject({
      ...challenge,
      reason: 'new-location',
    });
    expect(await login(installation, 'david', office)).toMatchObject({ ...challenge, reason: 'first' });
    await installation.age(4 * day);
    await signIn(installation, 'jane', elsewhere);
    await installation.age(4 * day);
    expect(await login(installation, 'jane', office)).toMatchObject({
      ...challenge,
      reason: 'trust-expired',
    });
    expect(await login(installation, 'jane', elsewhere)).toMatchObject(granted);
  });

  it('an IPv4 address is the same in every spelling, and an IPv6 location is its /64', async () => {
    start();
    await signIn(installation, 'jane', office);
    for (const ip of ['::ffff:cb00:7107', `64:ff9b::${office}`]) {
      expect(await login(installation, 'jane', ip), ip).toMatchObject(granted);
    }
    await signIn(installation, 'jane', `::ffff:${elsewhere}`);
    expect(await login(installation, 'jane', elsewhere)).toMatchObject(granted);

    await signIn(installation, 'jane', '2001:db8:1:2::10');
    expect(await login(installation, 'jane', '2001:DB8:1:2:ffff:0:0:1')).toMatchObject(granted);
    expect(await login(installation, 'jane', '2001:db8:1:3::10')).toMatchObject({
      ...challenge,
      reason: 'new-location',
    });
    const locations = await installation.json<{ location: string }[]>([
      'location',
      'list',
      'jane',
      ...by('maria'),
    ]);
    expect(locations.map(({ location }) => location).sort()).toEqual([
      elsewhere,
      '2001:db8:1:2::/64',
      office,
    ]);
  });

  it('loopback and link-local addresses are asked every time, and what is no place is invalid', async () => {
    start();
    for (const ip of ['127.0.0.1', '::1', 'fe80::1']) {
      const { code } = await send(installation, 'jane');
      expect(await verify(installation, 'jane', code, { ip }), ip).toMatchObject({
        result: 'verified',
        trustedUntil: null,
      });
      expect(await login(installation, 'jane', ip), ip).toMatchObject({
        ...challenge,
        reason: 'new-location',
      });
    }
    expect(await installation.json(['location', 'list', 'jane', ...by('maria')])).toEqual([]);
    for (const ip of ['0.0.0.0', '224.0.0.1', 'fe80::1%eth0']) {
      const refused = await installation.error(['login', 'jane', '--ip', ip, ...by('platform')], 2);
      expect(refused, ip).toMatchObject({ code: 'invalid-input', details: { field: 'ip' } });
    }
  });
});

describe('Do codes expire?', () => {
  it('after 15 minutes', async () => {
    start();
    const first = await send(installation, 'jane');
    await installation.age(14 * minute);
    expect(await verify(installation, 'jane', first.code)).toMatchObject({ result: 'verified' });

    const second = await send(installation, 'jane');
    await installation.age(15 * minute);
    expect(await verify(installation, 'jane', second.code)).toMatchObject({
      exit: 8,
      result: 'rejected',
      why: 'expired',
      attemptsLeft: 6,
    });
  });

  it('upon successful verification, all of them', async () => {
    start();
    const first = await send(installation, 'jane');
    const second = await send(installation, 'jane', 'sms', 'pm');
    expect(second.answer.outstanding).toBe(2);
    expect(await verify(installation, 'jane', first.code)).toMatchObject({ exit: 0, result: 'verified' });
    expect(await verify(installation, 'jane', first.code)).toMatchObject({
      exit: 8,
      why: 'used',
      attemptsLeft: 6,
    });
    expect(await verify(installation, 'jane', second.code, { app: 'pm' })).toMatchObject({
      exit: 8,
      why: 'used',
      attemptsLeft: 5,
    });
  });

  it('of several requested, any works within its own 15 minutes', async () => {
    start();
    const first = await send(installation, 'jane');
    await installation.age(10 * minute);
    const second = await send(installation, 'jane', 'sms');
    const third = await send(installation, 'jane');
    await installation.age(10 * minute);
    expect(await verify(installation, 'jane', first.code)).toMatchObject({ why: 'expired', attemptsLeft: 6 });
    expect(await verify(installation, 'jane', second.code)).toMatchObject({
      result: 'verified',
      attemptsLeft: 7,
    });
    expect(await verify(installation, 'jane', third.code)).toMatchObject({ why: 'used', attemptsLeft: 6 });
  });

  it('without any, what is entered is rejected as none; at most 5 work at a time', async () => {
    start();
    expect(await verify(installation, 'jane', '123456')).toMatchObject({
      exit: 8,
      result: 'rejected',
      why: 'none',
      attemptsLeft: 6,
    });
    const { code, answer } = await send(installation, 'jane');
    for (let each = 2; each <= 5; each += 1) {
      expect((await send(installation, 'jane')).answer.outstanding).toBe(each);
    }
    const sixth = await installation.error(['code', 'send', 'jane', '--via', 'sms', ...by('pm')], 6);
    expect(sixth).toMatchObject({ code: 'too-many-codes', details: { retryAt: answer.expiresAt } });
    expect(installation.codesOf('jane')).toHaveLength(5);
    expect(await verify(installation, 'jane', code)).toMatchObject({ result: 'verified' });
  });
});

describe('A user of an account without 2FA signs in', () => {
  it('without a second step; an inactive user is never granted', async () => {
    installation = await northside();
    const notEnabled = { code: 'not-enabled' };
    for (const app of ['platform', 'pm']) {
      expect(await login(installation, 'jane', office, app)).toEqual({
        exit: 0,
        result: 'granted',
        reason: 'not-enabled',
        trustedUntil: null,
        methods: [],
        attemptsLeft: 7,
      });
    }
    expect(
      await installation.error(['code', 'send', 'jane', '--via', 'email', ...by('platform')], 6),
    ).toMatchObject(notEnabled);
    const entered = ['code', 'verify', 'jane', '--ip', office, ...by('platform')];
    expect(await installation.error(entered, 6, { input: '123456\n' })).toMatchObject(notEnabled);
    expect(installation.codesOf('jane')).toEqual([]);
    expect(await installation.json(['status', 'jane', ...by('maria')])).toMatchObject({
      attemptsLeft: 7,
      twoFactor: { enabled: false },
    });

    await installation.json(['user', 'deactivate', 'jane', ...by('maria')]);
    expect(await login(installation, 'jane', office)).toMatchObject({
      exit: 9,
      result: 'inactive',
      reason: null,
    });
  });
});
