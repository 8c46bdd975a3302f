// The whole lifecycle of an account, from its creation to a reactivation.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { dayMs } from '../../src/rules/constants.ts';
import { type Minted, World, wrongCode } from '../support/actions.ts';

const account = '10482';
const ip = '203.0.113.7';
let world: World;
let owner: Minted;

beforeEach(async () => {
  world = await World.make();
  owner = await world.mint('owner');
});
afterEach(() => world.remove());

test('an account is prepared, turned on, signed in to, locked out of and reactivated', async () => {
  const created = await world.done(owner, { do: 'account.create', kid: account, name: 'Northside' });
  expect(created).toMatchObject({
    kid: account,
    country: 'US',
    twoFactor: { enabled: false, enabledAt: null, enabledBy: null, overdue: 0, wanted: false },
    practices: 0,
    users: 0,
    lockedUsers: 0,
    createdAt: '2026-03-02T09:00:00.000Z',
    changed: true,
  });
  world.clock.move(3 * dayMs);
  const empty = await world.call(owner, { do: 'checklist', account });
  expect(empty).toMatchObject({ exit: 6, result: { ready: false, blockers: 2 } });

  await world.done(owner, { do: 'practice.add', account, name: 'Pediatrics' });
  const people = [
    { user: 'maria', name: 'Maria Lopez', email: 'maria@northside.example', phone: '(201) 555-0123' },
    { user: 'jane', name: 'Jane Roe', email: 'jane@northside.example', phone: '201 555 0125' },
  ];
  for (const person of people) {
    await world.done(owner, {
      do: 'user.add',
      account,
      ...person,
      practices: ['pediatrics'],
      systemAdministrator: person.user === 'maria',
    });
  }
  const shown = await world.done(owner, { do: 'user.show', account, user: 'jane' });
  expect(shown).toMatchObject({
    username: 'jane',
    phone: '+12015550125',
    practices: ['Pediatrics'],
    systemAdministrator: false,
    status: 'active',
    attemptsLeft: 7,
    lockedAt: null,
  });

  const made = await world.done(owner, {
    do: 'token.create',
    role: 'system-administrator',
    account,
    user: 'maria',
  });
  expect(made).toMatchObject({ role: 'system-administrator', account, user: 'maria', changed: true });
  const maria = { id: Number(made.id.slice(4)), secret: made.token };
  const platform = await world.mint('application', { app: 'platform' });

  const skipped = await world.done(platform, { do: 'login', account, user: 'jane', ip });
  expect(skipped).toMatchObject({ result: 'granted', reason: 'not-enabled' });
  const ready = await world.done(maria, { do: 'checklist' });
  expect(ready).toMatchObject({ account, ready: true, blockers: 0 });
  const preview = await world.done(maria, { do: 'enable', preview: true });
  expect(preview).toMatchObject({ enabledAt: null, practicesAffected: 1, usersAffected: 2, changed: false });
  const enabled = await world.done(maria, { do: 'enable', confirm: account });
  expect(enabled).toMatchObject({
    enabledAt: '2026-03-05T09:00:00.000Z',
    enabledBy: 'maria',
    plan: preview.plan,
    changed: true,
  });
  await world.refused(maria, { do: 'enable', confirm: account }, 'second-factor-required');
  await world.done(maria, { do: 'auth.challenge', via: 'email' });
  await world.done(maria, { do: 'auth.verify', code: world.delivery.lastCode });
  const repeated = await world.done(maria, { do: 'enable', confirm: account });
  expect(repeated).toMatchObject({ enabledAt: '2026-03-05T09:00:00.000Z', changed: false });

  const challenged = await world.call(platform, { do: 'login', account, user: 'jane', ip });
  expect(challenged).toEqual({
    exit: 7,
    result: {
      result: 'challenge',
      reason: 'first',
      trustedUntil: null,
      methods: [
        { via: 'email', to: 'j•••@northside.example' },
        { via: 'sms', to: '•••0125' },
      ],
      attemptsLeft: 7,
    },
  });
  const sent = await world.done(platform, { do: 'code.send', account, user: 'jane', via: 'sms' });
  expect(sent).toMatchObject({
    result: 'sent',
    via: 'sms',
    to: '•••0125',
    expiresAt: '2026-03-05T09:15:00.000Z',
    outstanding: 1,
    attemptsLeft: 7,
  });
  expect(world.delivery.codes.slice(1)).toMatchObject([
    { via: 'sms', to: '+12015550125', account, accountName: 'Northside', user: 'jane' },
  ]);
  const code = world.delivery.lastCode;
  const verified = await world.done(platform, { do: 'code.verify', account, user: 'jane', code, ip });
  expect(verified).toEqual({
    result: 'verified',
    why: null,
    attemptsLeft: 7,
    trustedUntil: '2026-03-12T09:00:00.000Z',
  });
  const trusted = await world.done(platform, { do: 'login', account, user: 'jane', ip });
  expect(trusted).toMatchObject({
    result: 'granted',
    reason: 'trusted-location',
    trustedUntil: '2026-03-12T09:00:00.000Z',
  });
  world.clock.move(7 * dayMs);
  const expired = await world.call(platform, { do: 'login', account, user: 'jane', ip });
  expect(expired).toMatchObject({ exit: 7, result: { reason: 'trust-expired' } });

  for (const left of [6, 5, 4, 3, 2, 1]) {
    const failed = await world.call(platform, { do: 'code.verify', account, user: 'jane', code, ip });
    expect(failed).toMatchObject({ exit: 8, result: { result: 'rejected', attemptsLeft: left } });
  }
  const lock = await world.call(platform, { do: 'code.verify', account, user: 'jane', code: wrongCode, ip });
  expect(lock).toEqual({
    exit: 9,
    result: { result: 'locked', why: 'none', attemptsLeft: 0, trustedUntil: null },
  });
  await world.refused(maria, { do: 'lockouts' }, 'second-factor-required');
  await world.done(maria, { do: 'auth.challenge', via: 'email' });
  await world.done(maria, { do: 'auth.verify', code: world.delivery.lastCode });
  const locked = await world.done(maria, { do: 'lockouts' });
  expect(locked).toEqual([
    {
      account,
      username: 'jane',
      name: 'Jane Roe',
      practices: ['Pediatrics'],
      lockedAt: '2026-03-12T09:00:00.000Z',
      lastApp: 'platform',
      lastIp: ip,
    },
  ]);
  const told = await world.done(maria, { do: 'lockouts.show', user: 'jane' });
  expect(told.history.filter((event: { action: string }) => event.action === 'code.rejected')).toHaveLength(
    6,
  );
  expect(told.history.at(-1)).toMatchObject({ action: 'user.locked', outcome: 'failed' });

  const back = await world.done(maria, { do: 'reactivate', users: ['jane'], reason: 'called her back' });
  expect(back).toMatchObject([
    { username: 'jane', status: 'active', attemptsLeft: 7, lockedAt: null, changed: true },
  ]);
  const again = await world.call(platform, { do: 'login', account, user: 'jane', ip });
  expect(again).toMatchObject({ exit: 7, result: { result: 'challenge', attemptsLeft: 7 } });
  const verdict = await world.done(maria, { do: 'audit.verify' });
  expect(verdict).toMatchObject({ intact: true, firstBroken: null });
});
