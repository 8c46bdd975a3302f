// The order of checks: form, token, role, account, user, then inactive, locked, not enabled, trusted, challenge.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { perform } from '../../src/actions/perform.ts';
import { wrongCode } from '../support/actions.ts';
import {
  app,
  copyOf,
  enabledNorthside,
  failCodes,
  ip,
  kid,
  missingKid,
  type Northside,
  otherKid,
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

const steps = ['login', 'code.send', 'code.verify'] as const;
const rest = {
  login: { ip },
  'code.send': { via: 'email' },
  'code.verify': { ip, code: wrongCode },
};

async function outcomes(account: string, user: string) {
  const { world, as } = here;
  const found = [];
  for (const step of steps) {
    const { exit, error, result } = await world.call(as.application, {
      do: step,
      account,
      user,
      ...rest[step],
    });
    found.push([exit, error?.code ?? result.result]);
  }
  return found;
}

async function deactivate(user: string): Promise<void> {
  const { world, as } = here;
  await world.done(as['system-administrator'], { do: 'user.deactivate', user });
}

/** Locks a user behind the trail, where the rules would not have come to it. */
async function lockByHand(account: string, name: string): Promise<void> {
  await here.world.store.write({ actor: 'test', role: 'owner', tokenId: null }, async (tables) => {
    const user = await tables.user(account, name);
    if (!user) throw new Error(`There is no ${name}.`);
    await tables.saveUser(user, { lockedAt: tables.now, attemptsLeft: 0 }, { action: 'user.locked' });
  });
}

test('what is wrong in form is said before any token is asked for, and is no event', async () => {
  const { world } = here;
  const before = (await world.events()).length;
  let asked = 0;
  const credential = async () => {
    asked += 1;
    return 'no token';
  };
  const call = { do: 'code.verify', account: missingKid, user: 'nobody', ip, app };
  for (const [field, request] of [
    ['code', { ...call, code: '12345' }],
    ['code', { ...call, code: '１２３４５６' }],
    ['ip', { ...call, code: '123456', ip: '300.1.1.1' }],
    ['user', { ...call, code: '123456', user: '' }],
    ['account', { ...call, code: '123456', account: 'a b' }],
    ['app', { ...call, code: '123456', app: 'Plat Form' }],
    ['extra', { ...call, code: '123456', extra: 1 }],
    ['do', { ...call, do: 'constructor' }],
  ] as const) {
    await expect(perform(world.services, credential, request)).rejects.toMatchObject({
      code: 'invalid-input',
      exit: 2,
      details: { field },
    });
  }
  expect(asked).toBe(0);
  expect((await world.events()).length).toBe(before);
  const right = perform(world.services, credential, { ...call, code: '12-34 56' });
  await expect(right).rejects.toMatchObject({ code: 'token-invalid', exit: 4 });
  expect(asked).toBe(1);
});

test('an error never repeats the code that was entered', async () => {
  const { world, as } = here;
  const request = { do: 'code.verify', account: kid, user: 'jane', ip, code: '98765x' };
  const error = await world.refused(as.application, request, 'invalid-input');
  expect(JSON.stringify(error)).not.toContain('98765');
});

test('a dead token comes before its role', async () => {
  const { world } = here;
  const care = await world.mint('customer-care', { expiresAt: world.clock.now() });
  const request = { do: 'login', account: missingKid, user: 'nobody', ip, app };
  const error = await world.refused(care, request, 'token-expired');
  expect(error).toMatchObject({ message: 'The access token has expired.' });
});

test('the role comes before the account', async () => {
  const { world, as } = here;
  const request = { do: 'login', account: missingKid, user: 'nobody', ip, app };
  await world.refused(as.owner, request, 'not-permitted');
});

test('the account comes before the user, and the user before the state', async () => {
  expect(await outcomes(missingKid, 'nobody')).toEqual(steps.map(() => [5, 'account-not-found']));
  expect(await outcomes(kid, 'nobody')).toEqual(steps.map(() => [5, 'user-not-found']));
  expect(await outcomes(otherKid, 'nobody')).toEqual(steps.map(() => [5, 'user-not-found']));
});

test('inactive comes before locked', async () => {
  await failCodes(here, 'jane');
  await deactivate('jane');
  expect(await outcomes(kid, 'jane')).toEqual([
    [9, 'inactive'],
    [9, 'user-inactive'],
    [9, 'inactive'],
  ]);
});

test('locked comes before not enabled, and inactive too', async () => {
  await lockByHand(otherKid, 'jane');
  expect(await outcomes(otherKid, 'jane')).toEqual([
    [9, 'locked'],
    [9, 'user-locked'],
    [9, 'locked'],
  ]);
  const { world, as } = here;
  await world.done(as.owner, { do: 'user.deactivate', account: otherKid, user: 'li' });
  expect((await outcomes(otherKid, 'li'))[0]).toEqual([9, 'inactive']);
});

test('without 2FA the second step is skipped and no code is sent or compared', async () => {
  expect(await outcomes(otherKid, 'jane')).toEqual([
    [0, 'granted'],
    [6, 'not-enabled'],
    [6, 'not-enabled'],
  ]);
  const { world, as } = here;
  const jane = await world.done(as.owner, { do: 'user.show', account: otherKid, user: 'jane' });
  expect(jane.attemptsLeft).toBe(7);
});

test('locked comes before trusted, trusted before the challenge', async () => {
  await signIn(here, 'jane');
  expect((await outcomes(kid, 'jane'))[0]).toEqual([0, 'granted']);
  await lockByHand(kid, 'jane');
  expect((await outcomes(kid, 'jane'))[0]).toEqual([9, 'locked']);
  expect((await outcomes(kid, 'li'))[0]).toEqual([7, 'challenge']);
});

test('delivery that is not configured is said last, and then no code is issued', async () => {
  const { world, as } = here;
  world.delivery.configured = { email: false, sms: true };
  await deactivate('li');
  await failCodes(here, 'jane');
  const send = (account: string, user: string, via = 'email') =>
    world.call(as.application, { do: 'code.send', account, user, via }).then((each) => each.error?.code);
  expect(await send(missingKid, 'nobody')).toBe('account-not-found');
  expect(await send(kid, 'nobody')).toBe('user-not-found');
  expect(await send(kid, 'li')).toBe('user-inactive');
  expect(await send(kid, 'jane')).toBe('user-locked');
  expect(await send(otherKid, 'maria')).toBe('not-enabled');
  expect(await send(kid, 'maria')).toBe('delivery-not-configured');
  expect(world.kept.sql("SELECT count(*) AS n FROM codes WHERE app = 'platform'")).toEqual([{ n: 0 }]);
  expect(await send(kid, 'maria', 'sms')).toBeUndefined();
  expect(world.delivery.codes.map((each) => each.via)).toEqual(['sms']);
});
