// Sign-ins by the applications: attempts over all of them together (R8, R9) and trusted locations (R11).
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { trustLifetimeMs } from '../../src/rules/constants.ts';
import { type Minted, wrongCode } from '../support/actions.ts';
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
let desktop: Minted;

beforeAll(async () => {
  template = await enabledNorthside();
});
afterAll(() => template.world.remove());
beforeEach(async () => {
  here = await copyOf(template);
  desktop = await here.world.mint('application', { app: 'desktop' });
});
afterEach(() => here.world.remove());

const login = (from = ip, token = here.as.application, user = 'jane') =>
  here.world.call(token, { do: 'login', account: kid, user, ip: from }).then(({ result }) => result);
const verify = (code: string, from = ip, token = here.as.application) =>
  here.world
    .call(token, { do: 'code.verify', account: kid, user: 'jane', code, ip: from })
    .then(({ result }) => result);
const maria = () => here.as['system-administrator'];

test('attempts are counted over all applications together', async () => {
  for (const [left, token] of [6, 5, 4, 3, 2, 1].map(
    (each) => [each, each % 2 ? desktop : here.as.application] as const,
  )) {
    expect(await verify(wrongCode, ip, token)).toMatchObject({ result: 'rejected', attemptsLeft: left });
  }
  expect(await verify(wrongCode, ip, desktop)).toMatchObject({ result: 'locked', attemptsLeft: 0 });
  expect(await login()).toMatchObject({ result: 'locked', attemptsLeft: 0 });
});

test('the seventh failure locks: right codes, new codes and trusted locations are refused', async () => {
  await signIn(here, 'jane');
  const code = await sendCode(here, 'jane');
  await failCodes(here, 'jane');
  expect(await verify(code)).toEqual({ result: 'locked', why: null, attemptsLeft: 0, trustedUntil: null });
  expect(await login()).toMatchObject({ result: 'locked', methods: [] });
  const send = { do: 'code.send', account: kid, user: 'jane', via: 'email' };
  await here.world.refused(here.as.application, send, 'user-locked');
  here.world.clock.move(trustLifetimeMs * 60);
  expect(await login(), 'time never unlocks').toMatchObject({ result: 'locked' });
});

test('of fifty guesses at once seven are compared, and a right one among the rest is too late', async () => {
  const code = await sendCode(here, 'jane');
  const guesses = Array.from({ length: 50 }, (_, each) => (each < 7 ? wrongCode : code));
  const results = await Promise.all(guesses.map((guess) => verify(guess)));
  const used = results.filter((each) => each.why !== null);
  expect(used.map((each) => each.attemptsLeft)).toEqual([6, 5, 4, 3, 2, 1, 0]);
  expect(results.filter((each) => each.result === 'verified')).toEqual([]);
});

test.each(['12345', '1234567', 'abcdef', '12345a', ' 123456', '123456\n', '', '1234 5'])(
  'what is no code uses no attempt: %j',
  async (code) => {
    const request = { do: 'code.verify', account: kid, user: 'jane', code, ip };
    await here.world.refused(here.as.application, request, 'invalid-input');
    expect(await login()).toMatchObject({ attemptsLeft: 7 });
  },
);

test('a code may be typed with spaces and hyphens between the digits', async () => {
  const code = await sendCode(here, 'jane');
  expect(await verify(`${code.slice(0, 3)} - ${code.slice(3)}`)).toMatchObject({ result: 'verified' });
});

test('a success trusts the location in any application, and use does not extend it', async () => {
  await signIn(here, 'jane');
  const until = '2026-03-09T09:00:00.000Z';
  here.world.clock.move(trustLifetimeMs - 1);
  expect(await login(ip, desktop)).toMatchObject({ reason: 'trusted-location', trustedUntil: until });
  expect(await login(`::ffff:${ip}`)).toMatchObject({ result: 'granted' });
  expect(await login('64:ff9b::203.0.113.7')).toMatchObject({ result: 'granted' });
  expect(await login('203.0.113.8')).toMatchObject({ result: 'challenge', reason: 'new-location' });
  expect(await login(ip, desktop, 'li')).toMatchObject({ result: 'challenge', reason: 'first' });
  here.world.clock.move(1);
  expect(await login(ip, desktop)).toMatchObject({ result: 'challenge', reason: 'trust-expired' });
});

test('an IPv6 location is its /64', async () => {
  await signIn(here, 'jane', '2001:db8:1:2::1');
  expect(await login('2001:db8:1:2:ffff::9')).toMatchObject({ result: 'granted' });
  expect(await login('2001:db8:1:3::1')).toMatchObject({ result: 'challenge' });
});

test.each(['127.0.0.1', '::1', '169.254.3.4', 'fe80::1'])('%s is never trusted', async (from) => {
  const code = await sendCode(here, 'jane');
  expect(await verify(code, from)).toMatchObject({ result: 'verified', trustedUntil: null });
  expect(await login(from)).toMatchObject({ result: 'challenge' });
  expect(await here.world.done(maria(), { do: 'location.list', user: 'jane' })).toEqual([]);
});

test('trust is forgotten in all locations, by the administrator and by the application', async () => {
  const { world, as } = here;
  await signIn(here, 'jane');
  await signIn(here, 'jane', '198.51.100.9');
  const forget = { do: 'location.forget', account: kid, user: 'jane' };
  expect(await world.done(maria(), forget)).toEqual({
    account: kid,
    username: 'jane',
    forgotten: 2,
    changed: true,
  });
  expect(await login()).toMatchObject({ reason: 'trust-ended' });
  expect(await login('198.51.100.9')).toMatchObject({ reason: 'trust-ended' });
  await signIn(here, 'jane');
  expect(await world.done(as.application, forget)).toMatchObject({ forgotten: 1 });
  const before = await world.events();
  expect(await world.done(maria(), forget)).toMatchObject({ forgotten: 0, changed: false });
  expect(await world.events()).toEqual(before);
  const listed = await world.done(maria(), { do: 'location.list', user: 'jane' });
  expect(listed).toMatchObject([
    { trusted: false, endedReason: 'forgotten' },
    { trusted: false, endedReason: 'forgotten' },
  ]);
});

test('a clock set back extends neither a code nor trust', async () => {
  const code = await sendCode(here, 'jane');
  here.world.clock.move(-1000);
  expect(await verify(code)).toMatchObject({ result: 'rejected', attemptsLeft: 6 });
  here.world.clock.move(1000);
  expect(await verify(code)).toMatchObject({ result: 'verified' });
  here.world.clock.move(-1000);
  expect(await login()).toMatchObject({ result: 'challenge' });
});

test('an inactive user is never granted, whether 2FA is on or not', async () => {
  const { world, as } = here;
  await signIn(here, 'jane');
  await world.done(maria(), { do: 'user.deactivate', user: 'jane' });
  expect(await login()).toMatchObject({ result: 'inactive' });
  await world.done(as.owner, { do: 'user.deactivate', account: '20967', user: 'jane' });
  const other = { do: 'login', account: '20967', user: 'jane', ip };
  expect(await world.call(as.application, other)).toMatchObject({ exit: 9, result: { result: 'inactive' } });
});

test('every answer to a login is an event', async () => {
  const { world } = here;
  const last = async () => {
    const { action, outcome, details } = await world.lastEvent();
    return [action, outcome, details.reason];
  };
  await login();
  expect(await last()).toEqual(['login.challenged', 'ok', 'first']);
  await signIn(here, 'jane');
  await login();
  expect(await last()).toEqual(['login.granted', 'ok', 'trusted-location']);
  await failCodes(here, 'jane');
  await login();
  expect(await last()).toEqual(['login.refused', 'refused', null]);
});

test('a verified code proves that its channel reaches the user, for the present address', async () => {
  const { world, as } = here;
  for (const via of ['email', 'sms'] as const) {
    await verify(await sendCode(here, 'jane', via));
  }
  const unproven = async () => {
    const { items } = await world.done(as.owner, { do: 'checklist', account: kid });
    return items.find((item: { id: string }) => item.id === 'reachable').users;
  };
  expect(await unproven()).toEqual(['li', 'maria', 'omar']);
  await world.done(maria(), { do: 'user.update', user: 'jane', phone: '+12015550199' });
  expect(await unproven()).toEqual(['jane', 'li', 'maria', 'omar']);
});
