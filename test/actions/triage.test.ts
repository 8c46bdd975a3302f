// Lockout triage: how a lockout looks by the trail, and that a password that somebody knows is changed first (R9, R10).
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { wrongCode } from '../support/actions.ts';
import {
  copyOf,
  enabledNorthside,
  failCodes,
  ip,
  kid,
  type Northside,
  sendCode,
  signIn,
} from '../support/northside.ts';

const elsewhere = '198.51.100.23';
const minute = 60_000;

let template: Northside;
let here: Northside;

beforeAll(async () => {
  template = await enabledNorthside();
  await signIn(template, 'jane');
  await signIn(template, 'li');
});
afterAll(() => template.world.remove());
beforeEach(async () => {
  here = await copyOf(template);
});
afterEach(() => here.world.remove());

const maria = () => here.as['system-administrator'];

/** Enters codes for a user, from an address, until the lock. */
async function lockFrom(user: string, from: string, code = wrongCode, times = 7): Promise<void> {
  for (let each = 0; each < times; each += 1) {
    await here.world.call(here.as.application, { do: 'code.verify', account: kid, user, code, ip: from });
  }
}

const show = (user: string, token = maria()) =>
  here.world.done(token, { do: 'lockouts.show', account: kid, user });
const statusOf = async (user: string) =>
  (await here.world.done(maria(), { do: 'user.show', account: kid, user })).status;
const reactivate = (users: string[], more: object = {}) => ({
  do: 'reactivate',
  users,
  reason: 'called them back',
  ...more,
});
const looks = (shown: { failures: { looksLike: string }[] }) =>
  shown.failures.map(({ looksLike }) => looksLike);

describe('lockouts show', () => {
  test('tells mistyping at the usual address, which is reactivated as it is', async () => {
    await sendCode(here, 'jane');
    here.world.clock.move(minute);
    await failCodes(here, 'jane');
    const shown = await show('jane');
    expect(looks(shown)).toEqual(Array(7).fill('mistyped'));
    expect(shown.failures[0]).toEqual({
      at: '2026-03-02T09:01:00.000Z',
      app: 'platform',
      ip,
      why: 'wrong',
      looksLike: 'mistyped',
    });
    expect(shown.assessment).toEqual({
      looksLike: 'mistyping',
      because: `7 of 7 failures are wrong codes from ${ip}, where this user has verified codes before.`,
      passwordKnown: false,
    });
    expect(shown.history.at(-1)).toMatchObject({ action: 'user.locked' });
    await here.world.done(maria(), reactivate(['jane']));
    expect((await here.world.lastEvent()).details).toEqual({ reason: 'called them back', from: 'locked' });
  });

  test('tells codes of an older message', async () => {
    const code = await sendCode(here, 'jane');
    here.world.clock.move(16 * minute);
    await lockFrom('jane', elsewhere, code);
    const shown = await show('jane');
    expect(shown.failures.map(({ why }: { why: string }) => why)).toEqual(Array(7).fill('expired'));
    expect(shown.assessment).toMatchObject({ looksLike: 'older-code', passwordKnown: false });
  });

  test.each(['undelivered', 'unknown'] as const)('tells messages that never arrived: %s', async (status) => {
    here.world.delivery.receipt = { status, reason: 'absent subscriber' };
    await here.world.call(here.as.application, { do: 'code.send', account: kid, user: 'jane', via: 'sms' });
    await failCodes(here, 'jane');
    const { assessment } = await show('jane');
    expect(assessment).toMatchObject({ looksLike: 'never-arrived', passwordKnown: false });
    expect(assessment.because).toContain('1 of 1 messages with codes did not go out');
  });

  test('tells guessing from elsewhere, to Customer Care as well', async () => {
    await sendCode(here, 'jane');
    await lockFrom('jane', elsewhere);
    for (const token of [maria(), here.as['customer-care']]) {
      const shown = await show('jane', token);
      expect(looks(shown)).toEqual(Array(7).fill('guess'));
      expect(shown.assessment).toMatchObject({ looksLike: 'guessing', passwordKnown: true });
      expect(shown.assessment.because).toContain(`from ${elsewhere}, where this user never verified a code.`);
    }
  });

  test('tells nothing of a user who never verified a code anywhere', async () => {
    await here.world.done(maria(), {
      do: 'user.add',
      user: 'sam',
      name: 'Sam',
      email: 'sam@northside.example',
      phone: '+12015550130',
    });
    await sendCode(here, 'sam');
    await lockFrom('sam', elsewhere);
    expect((await show('sam')).assessment).toMatchObject({ looksLike: 'unclear', passwordKnown: false });
    await here.world.done(maria(), reactivate(['sam']));
  });

  test('counts from the last success on, however much has happened since the lock', async () => {
    await lockFrom('jane', elsewhere, wrongCode, 6);
    await signIn(here, 'jane');
    await sendCode(here, 'jane');
    await lockFrom('jane', elsewhere);
    await here.world.store.write({ actor: 'test', role: 'application', tokenId: null }, async (tables) => {
      for (let each = 0; each < 150; each += 1) {
        const user = await tables.user(kid, 'jane');
        if (!user) throw new Error('Jane is gone.');
        const action = each % 2 === 0 ? 'login.refused' : 'code.rejected';
        await tables.record(
          { user },
          { action, outcome: 'refused', details: { ip: elsewhere, why: 'locked' } },
        );
      }
    });
    const shown = await show('jane');
    expect(looks(shown)).toEqual(Array(7).fill('guess'));
    await here.world.refused(maria(), reactivate(['jane']), 'password-known');
  });

  test('takes no place for the user’s own once locations were forgotten', async () => {
    await signIn(here, 'jane', '192.0.2.44');
    await here.world.done(maria(), { do: 'location.forget', account: kid, user: 'jane' });
    await signIn(here, 'jane', elsewhere);
    await sendCode(here, 'jane');
    await lockFrom('jane', '192.0.2.44');
    expect((await show('jane')).assessment).toMatchObject({ looksLike: 'guessing' });
  });
});

describe('a reactivation of a user whose password somebody knows', () => {
  beforeEach(async () => {
    await sendCode(here, 'jane');
    await lockFrom('jane', elsewhere);
  });

  test('is refused until the password was changed, which the trail says', async () => {
    const { world } = here;
    const error = await world.refused(maria(), reactivate(['jane']), 'password-known');
    expect(error).toMatchObject({ details: { users: ['jane'] } });
    expect(error.message).toMatch(
      /^Somebody else seems to know the password of jane: codes are asked for only after it/,
    );
    expect(error.hint).toContain('--password-changed');
    expect(await statusOf('jane')).toBe('locked');
    expect(await world.lastEvent()).toMatchObject({
      action: 'call.refused',
      user: 'jane',
      details: { do: 'reactivate', code: 'password-known' },
    });
    const back = await world.done(maria(), reactivate(['jane'], { passwordChanged: true }));
    expect(back).toMatchObject([{ username: 'jane', status: 'active', attemptsLeft: 7, changed: true }]);
    expect((await world.lastEvent()).details).toEqual({
      reason: 'called them back',
      from: 'locked',
      passwordChanged: true,
    });
  });

  test('is refused for all of them, and names every one', async () => {
    await signIn(here, 'omar');
    await sendCode(here, 'omar');
    await lockFrom('omar', elsewhere);
    await sendCode(here, 'li');
    await failCodes(here, 'li');
    const all = ['li', 'jane', 'omar'];
    const error = await here.world.refused(maria(), reactivate(all), 'password-known');
    expect(error.details).toEqual({ users: ['jane', 'omar'] });
    expect(error.message).toContain('jane, omar');
    for (const user of all) expect(await statusOf(user)).toBe('locked');
    await here.world.done(maria(), reactivate(['li']));
    await here.world.done(maria(), reactivate(all, { passwordChanged: true }));
    for (const user of all) expect(await statusOf(user)).toBe('active');
  });

  test('is refused through a deactivation too', async () => {
    const { world } = here;
    await world.done(maria(), { do: 'user.deactivate', user: 'jane' });
    const deactivated = reactivate(['jane'], { deactivated: true });
    await world.refused(maria(), deactivated, 'password-known');
    expect(await statusOf('jane')).toBe('inactive');
    await world.done(maria(), { ...deactivated, passwordChanged: true });
    expect(await statusOf('jane')).toBe('active');
  });

  test('does not come back once the lock is over', async () => {
    const { world } = here;
    await world.done(maria(), reactivate(['jane'], { passwordChanged: true }));
    expect(await world.done(maria(), reactivate(['jane']))).toMatchObject([{ changed: false }]);
    await sendCode(here, 'jane');
    await failCodes(here, 'jane');
    expect((await show('jane')).assessment).toMatchObject({ looksLike: 'mistyping' });
    await world.done(maria(), reactivate(['jane']));
  });
});

test('that a password was changed may be said of anyone', async () => {
  await sendCode(here, 'jane');
  await failCodes(here, 'jane');
  await here.world.done(maria(), reactivate(['jane', 'li'], { passwordChanged: true }));
  expect((await here.world.lastEvent()).details).toMatchObject({ from: 'locked', passwordChanged: true });
});

test('the password is said to have been changed by yes or no', async () => {
  await here.world.refused(maria(), reactivate(['jane'], { passwordChanged: 'yes' }), 'invalid-input');
});
