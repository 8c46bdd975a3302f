// Turning 2FA on: who confirms what, what is seen before, and that it is for the whole account (R1…R4).
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { dayMs } from '../../src/rules/constants.ts';
import { copyOf, ip, kid, type Northside, otherKid, preparedNorthside, prove } from '../support/northside.ts';

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
const twoFactor = async (account = kid) =>
  (await here.world.done(here.as.owner, { do: 'account.show', account })).twoFactor;

test('it is confirmed by the KID, and by nothing else', async () => {
  const { world } = here;
  const asked = await world.refused(maria(), { do: 'enable' }, 'missing-option');
  expect(asked.details).toEqual({ field: 'confirm' });
  for (const confirm of ['yes', '', otherKid, `${kid} `]) {
    const { exit, error } = await world.call(maria(), { do: 'enable', confirm });
    expect({ exit, code: error?.code }).toEqual({ exit: 2, code: 'confirmation-mismatch' });
  }
  expect(await twoFactor()).toMatchObject({ enabled: false, overdue: 0 });
  await world.done(maria(), { do: 'enable', confirm: kid });
  expect(await twoFactor()).toMatchObject({ enabled: true, enabledBy: 'maria', overdue: null });
  expect(await twoFactor(otherKid), 'the other account is another matter').toMatchObject({ enabled: false });
  expect(await world.lastEvent()).toMatchObject({
    action: 'account.enabled',
    actor: 'maria',
    account: kid,
    details: { users: 4, practices: 2 },
  });
});

test('a preview shows the impact and changes nothing', async () => {
  const { world } = here;
  await world.done(maria(), { do: 'user.update', user: 'li', email: 'frontdesk@northside.example' });
  const before = await world.events();
  const preview = await world.done(maria(), { do: 'enable', preview: true });
  expect(preview).toMatchObject({
    account: kid,
    enabledAt: null,
    practicesAffected: 2,
    usersAffected: 4,
    impact: {
      practices: [
        { name: 'Cardiology', users: 0 },
        { name: 'Pediatrics', users: 4 },
      ],
      ready: true,
      findings: [
        { id: 'mailbox-shared', status: 'warn', count: 1, users: ['li'] },
        { id: 'reachable', status: 'warn', count: 4 },
      ],
    },
    changed: false,
  });
  expect(await world.events()).toEqual(before);
  const again = await world.done(maria(), { do: 'enable', preview: true });
  expect(again.plan).toBe(preview.plan);
  await world.done(maria(), { do: 'user.update', user: 'li', phone: '+12015550199' });
  expect((await world.done(maria(), { do: 'enable', preview: true })).plan).not.toBe(preview.plan);
});

test('a second time it stays as it was', async () => {
  const { world, omar } = here;
  await world.done(maria(), { do: 'enable', confirm: kid });
  const first = await twoFactor();
  world.clock.move(dayMs);
  await prove(here, omar);
  const before = (await world.events()).length;
  expect(await world.done(omar, { do: 'enable', confirm: kid })).toMatchObject({
    enabledBy: 'maria',
    changed: false,
  });
  expect(await world.done(omar, { do: 'enable' })).toMatchObject({ changed: false });
  expect(await twoFactor()).toEqual(first);
  expect((await world.events()).length).toBe(before);
});

test.each([
  ['email', { email: false, sms: true }],
  ['text messages', { email: true, sms: false }],
])('without %s delivery it stays off', async (missing, configured) => {
  const { world } = here;
  world.delivery.configured = configured;
  const error = await world.refused(maria(), { do: 'enable', confirm: kid }, 'not-ready');
  expect(error.message).toBe('Account 10482 is not ready: delivery.');
  expect(error.details).toMatchObject({
    failed: [
      {
        id: 'delivery',
        mendedBy: 'installation',
        hint: expect.stringMatching(new RegExp(`^${missing} not configured`)),
      },
    ],
  });
  expect(await twoFactor()).toMatchObject({ enabled: false });
});

test.each([
  [
    'without an able administrator',
    'administrator',
    [
      { do: 'user.update', user: 'maria', phone: '' },
      { do: 'user.update', user: 'omar', email: 'omar@' },
    ],
  ],
  ['with an unusable phone', 'phone-valid', [{ do: 'user.update', user: 'li', phone: '+18005550199' }]],
  ['without an email', 'email-present', [{ do: 'user.update', user: 'li', email: '' }]],
])('%s it stays off', async (_, failed, requests) => {
  const { world } = here;
  for (const request of requests) await world.done(maria(), request);
  const error = await world.refused(maria(), { do: 'enable', confirm: kid }, 'not-ready');
  expect(error.details?.failed).toContainEqual(expect.objectContaining({ id: failed, status: 'fail' }));
  expect(await twoFactor()).toMatchObject({ enabled: false });
});

test('an account without it is overdue by the days since it was created', async () => {
  const { world, as } = here;
  world.clock.move(10 * dayMs + 1);
  expect(await twoFactor()).toMatchObject({ overdue: 10 });
  await world.done(maria(), { do: 'enable', confirm: kid });
  const overdue = await world.done(as.owner, { do: 'account.list', overdue: true });
  expect(overdue.map((account: { kid: string }) => account.kid)).toEqual([otherKid]);
});

test('nothing turns it off: there is no such request', async () => {
  const { world } = here;
  await world.done(maria(), { do: 'enable', confirm: kid });
  for (const name of ['disable', 'account.disable', 'account.update']) {
    await world.refused(maria(), { do: name, account: kid }, 'invalid-input');
  }
  const login = { do: 'login', account: kid, user: 'jane', ip };
  expect(await world.call(here.as.application, login)).toMatchObject({ exit: 7 });
});
