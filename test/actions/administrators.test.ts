// System Administrators: the last one stays (R13), and only they reactivate (R10).
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
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

let template: Northside;
let here: Northside;

beforeAll(async () => {
  template = await enabledNorthside();
});
afterAll(() => template.world.remove());
beforeEach(async () => {
  here = await copyOf(template);
});
afterEach(() => here.world.remove());

const maria = () => here.as['system-administrator'];
const show = (user: string) => here.world.done(here.as.owner, { do: 'user.show', account: kid, user });
const removeRole = (user: string) => ({ do: 'user.update', user, systemAdministrator: false });
const deactivate = (user: string) => ({ do: 'user.deactivate', user });
const reactivate = (users: string[], more: object = {}) => ({
  do: 'reactivate',
  users,
  reason: 'called them back',
  ...more,
});

describe('the last active, unlocked System Administrator', () => {
  test.each(['deactivated', 'without the role', 'locked'])(
    'stays, and keeps the role, when the other is %s',
    async (state) => {
      if (state === 'locked') await failCodes(here, 'omar');
      else await here.world.done(maria(), state === 'deactivated' ? deactivate('omar') : removeRole('omar'));
      for (const request of [deactivate('maria'), removeRole('maria')]) {
        const error = await here.world.refused(maria(), request, 'last-administrator');
        expect(error.message).toContain('maria is the last active, unlocked System Administrator');
      }
      expect(await show('maria')).toMatchObject({ status: 'active', systemAdministrator: true });
    },
  );

  test('goes when there is another', async () => {
    await here.world.done(maria(), deactivate('maria'));
    expect(await show('maria')).toMatchObject({ status: 'inactive', systemAdministrator: true });
    const error = await here.world.refused(here.omar, deactivate('omar'), 'last-administrator');
    expect(error.hint).toContain('--system-administrator');
  });

  test('is locked like anyone else', async () => {
    await here.world.done(maria(), deactivate('omar'));
    await failCodes(here, 'maria');
    expect(await show('maria')).toMatchObject({ status: 'locked', attemptsLeft: 0 });
  });

  test('may be deactivated by an owner before 2FA is on only while there is another', async () => {
    const { world, as } = here;
    const other = (user: string) => ({ ...deactivate(user), account: '20967' });
    await world.done(as.owner, other('maria'));
    await world.refused(as.owner, other('omar'), 'last-administrator');
  });
});

describe('a reactivation', () => {
  test('gives seven attempts, with its reason in the trail, and no trust back', async () => {
    await signIn(here, 'jane');
    await failCodes(here, 'jane');
    const { world } = here;
    expect(await world.done(maria(), reactivate(['jane']))).toMatchObject([
      { username: 'jane', status: 'active', attemptsLeft: 7, lockedAt: null, changed: true },
    ]);
    expect(await world.lastEvent()).toMatchObject({
      action: 'user.reactivated',
      actor: 'maria',
      role: 'system-administrator',
      user: 'jane',
      details: { reason: 'called them back', from: 'locked' },
    });
    const login = await world.call(here.as.application, { do: 'login', account: kid, user: 'jane', ip });
    expect(login).toMatchObject({ exit: 7, result: { reason: 'trust-ended', attemptsLeft: 7 } });
  });

  test('does not make an old code work', async () => {
    const code = await sendCode(here, 'jane');
    await failCodes(here, 'jane');
    await here.world.done(maria(), reactivate(['jane']));
    const verify = { do: 'code.verify', account: kid, user: 'jane', code, ip };
    const { exit, result } = await here.world.call(here.as.application, verify);
    expect({ exit, ...result }).toMatchObject({ exit: 8, why: 'expired', attemptsLeft: 6 });
  });

  test('of a deactivated user needs to be said', async () => {
    const { world } = here;
    await world.done(maria(), deactivate('jane'));
    const error = await world.refused(maria(), reactivate(['jane']), 'user-deactivated');
    expect(error.hint).toContain('--deactivated');
    expect(await show('jane')).toMatchObject({ status: 'inactive' });
    await world.done(maria(), reactivate(['jane'], { deactivated: true }));
    expect(await show('jane')).toMatchObject({ status: 'active', attemptsLeft: 7 });
  });

  test('of someone active changes nothing: used attempts stay used', async () => {
    await failCodes(here, 'jane', 3);
    const before = await here.world.events();
    expect(await here.world.done(maria(), reactivate(['jane']))).toMatchObject([
      { attemptsLeft: 4, changed: false },
    ]);
    expect(await here.world.events()).toEqual(before);
  });

  test('of several is all or nothing', async () => {
    const { world } = here;
    await failCodes(here, 'jane');
    await world.done(maria(), deactivate('li'));
    await world.refused(maria(), reactivate(['jane', 'nobody']), 'user-not-found');
    await world.refused(maria(), reactivate(['jane', 'li']), 'user-deactivated');
    expect(await show('jane')).toMatchObject({ status: 'locked' });
    const both = await world.done(maria(), reactivate(['jane', 'li', 'jane'], { deactivated: true }));
    expect(both.map((user: { username: string }) => user.username)).toEqual(['jane', 'li']);
    expect(await show('jane')).toMatchObject({ status: 'active' });
  });

  test('of someone locked and then deactivated brings them back unlocked', async () => {
    await failCodes(here, 'jane');
    await here.world.done(maria(), deactivate('jane'));
    await here.world.refused(maria(), reactivate(['jane']), 'user-deactivated');
    await here.world.done(maria(), reactivate(['jane'], { deactivated: true }));
    expect(await show('jane')).toMatchObject({ status: 'active', attemptsLeft: 7, lockedAt: null });
  });

  test.each([[[]], [['']]])('names someone, and says why: %o', async (users) => {
    await here.world.refused(maria(), reactivate(users), 'invalid-input');
    await here.world.refused(maria(), { do: 'reactivate', users: ['jane'] }, 'invalid-input');
    await here.world.refused(maria(), reactivate(['jane'], { reason: '  ' }), 'invalid-input');
  });
});
