// The sealed preview: what it shows, and that enabling by its digest is refused when anything that matters has changed.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { isPlanShaped } from '../../src/rules/plan.ts';
import { copyOf, kid, type Northside, otherKid, preparedNorthside, prove } from '../support/northside.ts';

let template: Northside;
let here: Northside;

beforeAll(async () => {
  template = await preparedNorthside();
});
afterAll(() => template.world.remove());
beforeEach(async () => {
  here = await copyOf(template);
});
afterEach(() => here.world.remove());

const maria = () => here.as['system-administrator'];
const preview = (account = kid) => here.world.done(maria(), { do: 'enable', account, preview: true });
const isEnabled = async () =>
  (await here.world.done(here.as.owner, { do: 'account.show', account: kid })).twoFactor.enabled;

/** Something done to the roster by the owner, before 2FA is on. */
const update = (user: string, change: object) => async () => {
  await here.world.done(here.as.owner, { do: 'user.update', account: kid, user, ...change });
};

async function lock(user: string): Promise<void> {
  await here.world.store.write({ actor: 'test', role: 'owner', tokenId: null }, async (tables) => {
    const row = await tables.user(kid, user);
    if (!row) throw new Error('There is no such user.');
    const locked = { attemptsLeft: 0, lockedAt: tables.now };
    await tables.saveUser(row, locked, { action: 'user.locked' });
  });
}

describe('the preview', () => {
  test('shows who would be kept out, and why', async () => {
    expect((await preview()).impact.keptOut).toEqual({ count: 0, users: [] });
    await lock('omar');
    await update('li', { email: '', phone: '+18005550199' })();
    await update('jane', { email: '' })();
    expect((await preview()).impact.keptOut).toEqual({
      count: 2,
      users: [
        { username: 'li', why: ['email-missing', 'phone-invalid'] },
        { username: 'omar', why: ['locked'] },
      ],
    });
    await here.world.done(here.as.owner, { do: 'user.deactivate', account: kid, user: 'li' });
    expect((await preview()).impact.keptOut.count, 'inactive users are out anyway').toBe(1);
  });

  test('names at most 100 of them, and counts all', async () => {
    const rows = Array.from({ length: 130 }, (_, each) => ({
      username: `user${String(each).padStart(3, '0')}`,
      name: 'Someone',
    }));
    await here.world.done(here.as.owner, { do: 'user.import', account: kid, rows });
    const { impact, usersAffected } = await preview();
    expect(usersAffected).toBe(134);
    expect(impact.keptOut.count).toBe(130);
    expect(impact.keptOut.users).toHaveLength(100);
    expect(impact.keptOut.users[0]).toEqual({ username: 'user000', why: ['email-missing', 'phone-missing'] });
    expect(impact.firstMorning).toMatchObject({ codes: 134, codesPerMinute: 3 });
  });

  test("says what the first morning asks for, and what the gateways' rates make of it", async () => {
    const none = { perMinute: null, enough: null, lateMinutes: null };
    expect((await preview()).impact.firstMorning).toMatchObject({
      codesPerMinute: 1,
      email: none,
      sms: none,
    });
    here.world.delivery.perMinute = { email: 300, sms: null };
    expect((await preview()).impact.firstMorning).toMatchObject({
      email: { perMinute: 300, enough: true, lateMinutes: 0 },
      sms: none,
    });
  });

  test('has a digest, which stays the same while nothing changes, sign-ins and time included', async () => {
    const { plan } = await preview();
    expect(isPlanShaped(plan)).toBe(true);
    const login = { do: 'login', account: kid, user: 'jane', ip: '203.0.113.7' };
    await here.world.done(here.as.application, login);
    here.world.clock.move(86_400_000);
    expect((await preview()).plan).toBe(plan);
  });
});

describe('enabling by the digest of a preview', () => {
  test('is done while it is what it was', async () => {
    const { plan } = await preview();
    const enabled = await here.world.done(maria(), { do: 'enable', confirm: kid, plan });
    expect(enabled).toMatchObject({ plan, changed: true });
    expect(await here.world.lastEvent()).toMatchObject({ action: 'account.enabled', details: { plan } });
    const again = { do: 'enable', confirm: kid, plan: plan.replace(/.$/, plan.endsWith('0') ? '1' : '0') };
    await prove(here, here.omar);
    expect(await here.world.done(here.omar, again), 'once on it is on').toMatchObject({ changed: false });
  });

  const addSam = async () => {
    const sam = { user: 'sam', name: 'Sam', email: 'sam@northside.example', phone: '+12015550130' };
    await here.world.done(here.as.owner, { do: 'user.add', account: kid, ...sam });
  };

  test.each<[string, () => Promise<unknown>, { what: string; after: unknown }[]]>([
    [
      'a practice added',
      () => here.world.done(here.as.owner, { do: 'practice.add', account: kid, name: 'Oncology' }),
      [{ what: 'practices', after: ['Cardiology', 'Oncology', 'Pediatrics'] }],
    ],
    [
      'a user added',
      addSam,
      [
        { what: 'users', after: 5 },
        { what: 'contacts', after: null },
        { what: 'warnings', after: ['reachable'] },
      ],
    ],
    [
      'a user deactivated',
      () => here.world.done(here.as.owner, { do: 'user.deactivate', account: kid, user: 'li' }),
      [
        { what: 'users', after: 3 },
        { what: 'contacts', after: null },
        { what: 'warnings', after: ['reachable'] },
      ],
    ],
    [
      'a user in another practice',
      update('li', { practices: ['Cardiology'] }),
      [{ what: 'users', after: 4 }],
    ],
    [
      'a user renamed',
      () =>
        here.world.done(here.as.owner, { do: 'user.rename', account: kid, user: 'li', newUsername: 'lee' }),
      [
        { what: 'users', after: 4 },
        { what: 'warnings', after: ['reachable'] },
      ],
    ],
    [
      'a puppet made administrator',
      update('li', { systemAdministrator: true }),
      [{ what: 'roles', after: null }],
    ],
    ['an email changed', update('li', { email: 'thief@example.com' }), [{ what: 'contacts', after: null }]],
    ['a phone changed', update('li', { phone: '+12015550199' }), [{ what: 'contacts', after: null }]],
    ['a user locked', () => lock('li'), [{ what: 'locks', after: ['li'] }]],
    [
      'delivery gone',
      async () => {
        here.world.delivery.configured = { email: true, sms: false };
      },
      [{ what: 'checklist', after: ['delivery'] }],
    ],
    [
      'a phone that is shared',
      update('li', { phone: '+12015550123' }),
      [
        { what: 'contacts', after: null },
        { what: 'warnings', after: ['phone-shared', 'reachable'] },
      ],
    ],
  ])('is refused after %s, which is named, with the new digest', async (_, change, changed) => {
    const { plan } = await preview();
    await change();
    const { exit, error } = await here.world.call(maria(), { do: 'enable', confirm: kid, plan });
    const now = (await preview()).plan;
    expect(now).not.toBe(plan);
    expect({ exit, code: error?.code, details: error?.details }).toEqual({
      exit: 6,
      code: 'plan-changed',
      details: { plan: now, changed },
    });
    expect(error?.message).toContain(changed.map(({ what }) => what).join(', '));
    expect(await isEnabled()).toBe(false);
    await here.world.refused(maria(), { do: 'enable', preview: true, plan }, 'plan-changed');
  });

  test('takes the new digest after that', async () => {
    const { plan } = await preview();
    await addSam();
    const error = await here.world.refused(maria(), { do: 'enable', confirm: kid, plan }, 'plan-changed');
    const request = { do: 'enable', confirm: kid, plan: error.details?.plan };
    expect(await here.world.done(maria(), request)).toMatchObject({ usersAffected: 5, changed: true });
  });

  test('is refused with the digest of another account', async () => {
    const other = await here.world.mint('system-administrator', { kid: otherKid, user: 'maria' });
    const { plan } = await here.world.done(other, { do: 'enable', preview: true });
    const error = await here.world.refused(maria(), { do: 'enable', confirm: kid, plan }, 'plan-changed');
    expect(error.details?.changed).toContainEqual({ what: 'account', after: null });
    expect(await isEnabled()).toBe(false);
  });

  test.each(['', 'p1', '0123456789abcdef', 'p1.00.00'])('%j is no digest', async (plan) => {
    const { exit, error } = await here.world.call(maria(), { do: 'enable', confirm: kid, plan });
    expect({ exit, code: error?.code }).toEqual({ exit: 2, code: 'invalid-input' });
    expect(error?.message).toContain('must be the digest of a preview');
    expect(await isEnabled()).toBe(false);
  });

  test('is confirmed by the KID all the same', async () => {
    const { plan } = await preview();
    await here.world.refused(maria(), { do: 'enable', plan }, 'missing-option');
    await here.world.refused(maria(), { do: 'enable', plan, confirm: otherKid }, 'confirmation-mismatch');
    expect(await isEnabled()).toBe(false);
  });
});
