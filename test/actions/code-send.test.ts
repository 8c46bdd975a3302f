// Codes as they are issued and delivered: how many, repeats, and messages that fail (R6, R7).
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { codeLifetimeMs } from '../../src/rules/constants.ts';
import { wrongCode } from '../support/actions.ts';
import { copyOf, enabledNorthside, failCodes, ip, kid, type Northside } from '../support/northside.ts';

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

const request = (more: object = {}) => ({
  do: 'code.send',
  account: kid,
  user: 'jane',
  via: 'email',
  ...more,
});
const send = (more: object = {}) => here.world.call(here.as.application, request(more));
const verify = (code: string, more: object = {}) =>
  here.world
    .call(here.as.application, { do: 'code.verify', account: kid, user: 'jane', code, ip, ...more })
    .then(({ result }) => result);
const sentCodes = () => here.world.delivery.codes.map((message) => message.code);

test('five codes are outstanding, any of them works, and the sixth is told when to try again', async () => {
  const { world, as } = here;
  for (const outstanding of [1, 2, 3, 4, 5]) {
    expect((await send()).result).toMatchObject({ outstanding });
    world.clock.move(60_000);
  }
  const error = await world.refused(as.application, request({ via: 'sms' }), 'too-many-codes');
  expect(error.details).toEqual({ retryAt: '2026-03-02T09:15:00.000Z' });
  expect(error.hint).toContain('2026-03-02T09:15:00.000Z');
  expect(sentCodes()).toHaveLength(5);
  expect((await world.events()).slice(-2), 'one event for the refusal').toMatchObject([
    { action: 'code.sent' },
    {
      action: 'code.refused',
      outcome: 'refused',
      user: 'jane',
      tokenId: as.application.id,
      details: { why: 'too-many-codes' },
    },
  ]);
  world.clock.move(codeLifetimeMs - 5 * 60_000 - 1);
  await world.refused(as.application, request(), 'too-many-codes');
  world.clock.move(1);
  expect((await send()).result).toMatchObject({ outstanding: 5 });
  const third = sentCodes()[2] ?? '';
  expect(await verify(third)).toMatchObject({ result: 'verified' });
  expect((await send()).result).toMatchObject({ outstanding: 1 });
});

test('a new code gives no attempt back', async () => {
  await failCodes(here, 'jane', 4);
  expect((await send()).result).toMatchObject({ attemptsLeft: 3 });
});

test('a message that fails for good ends its code and names the other channel', async () => {
  const { world, as } = here;
  await send({ via: 'email' });
  world.delivery.receipt = { status: 'undelivered', reason: 'handset is off' };
  const { exit, error, result } = await send({ via: 'sms' });
  expect({ exit, result }).toEqual({ exit: 10, result: undefined });
  expect(error).toEqual({
    code: 'delivery-failed',
    message: 'The code for jane could not be delivered to •••0125 (handset is off).',
    hint: 'Try the other channel: email (j•••@northside.example).',
    details: { reason: 'handset is off', otherChannel: 'email (j•••@northside.example)' },
  });
  expect(world.kept.sql("SELECT via, ended_reason FROM codes WHERE app = 'platform' ORDER BY id")).toEqual([
    { via: 'email', ended_reason: null },
    { via: 'sms', ended_reason: 'undelivered' },
  ]);
  expect(await world.lastEvent()).toMatchObject({
    action: 'code.undelivered',
    outcome: 'failed',
    user: 'jane',
    tokenId: as.application.id,
  });
  const [first = '', second = ''] = sentCodes();
  expect(await verify(second)).toMatchObject({ result: 'rejected', why: 'expired', attemptsLeft: 6 });
  expect(await verify(first)).toMatchObject({ result: 'verified' });
});

test('a code whose delivery is unknown still works', async () => {
  here.world.delivery.receipt = { status: 'unknown', reason: 'the gateway did not answer' };
  expect(await send()).toMatchObject({ exit: 0 });
  expect(here.world.kept.sql("SELECT status, reason FROM messages WHERE app = 'platform'")).toEqual([
    { status: 'unknown', reason: 'the gateway did not answer' },
  ]);
  expect(await verify(here.world.delivery.lastCode)).toMatchObject({ result: 'verified' });
});

test('a repeat of a request returns its answer and sends nothing', async () => {
  const { world, as } = here;
  const first = await send({ requestId: 'r1' });
  const before = await world.events();
  expect(await send({ requestId: 'r1' })).toEqual(first);
  expect(await send({ requestId: 'r1', via: 'sms' })).toEqual(first);
  expect(await world.events()).toEqual(before);
  expect(sentCodes()).toHaveLength(1);
  const reused = await world.refused(
    as.application,
    request({ requestId: 'r1', user: 'li' }),
    'request-id-reused',
  );
  expect(reused.message).toMatch(/used for another user/);
  const desktop = await world.mint('application', { app: 'desktop' });
  await world.done(desktop, request({ requestId: 'r1' }));
  expect(sentCodes()).toHaveLength(2);
  world.clock.move(codeLifetimeMs);
  expect((await send({ requestId: 'r1' })).result.messageId).not.toBe(first.result.messageId);
});

test('a repeat of a request whose message failed fails in the same words, and sends nothing', async () => {
  here.world.delivery.receipt = { status: 'undelivered', reason: 'no such mailbox' };
  const first = await send({ requestId: 'r1' });
  here.world.delivery.receipt = { status: 'accepted', reason: null };
  expect(first.exit).toBe(10);
  expect(await send({ requestId: 'r1' })).toEqual(first);
  expect(sentCodes()).toHaveLength(1);
});

test('a repeat of a guess returns its answer and compares nothing', async () => {
  await send();
  const code = here.world.delivery.lastCode;
  const wrong = await verify(wrongCode, { requestId: 'g1' });
  expect(wrong).toMatchObject({ result: 'rejected', attemptsLeft: 6 });
  expect(await verify(code, { requestId: 'g1' }), 'the same id with the right code').toEqual(wrong);
  const right = await verify(code, { requestId: 'g2' });
  expect(right).toMatchObject({ result: 'verified', attemptsLeft: 7 });
  expect(await verify(code, { requestId: 'g2' })).toEqual(right);
  expect(await verify(code)).toMatchObject({ why: 'used', attemptsLeft: 6 });
});

test('no event, error or answer holds the code', async () => {
  const answer = await send({ requestId: 'r1' });
  const { world } = here;
  const code = world.delivery.lastCode;
  await verify(code, { requestId: 'r2' });
  expect(JSON.stringify([answer, await world.events(), world.notices])).not.toContain(code);
});
