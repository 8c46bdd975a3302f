// What is known of messages with codes: final outcomes asked for, sending that was cut short, and the day's ceiling.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Receipt } from '../../src/actions/store.ts';
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

const send = (more: object = {}) => ({ do: 'code.send', account: kid, user: 'jane', via: 'sms', ...more });
const status = (more: object = {}) => ({ do: 'status', account: kid, ...more });
const accepted: Receipt = { status: 'accepted', reason: null, gatewayId: 'SM1' };

test('the status of a user has the final outcome of the newest messages, as the gateway tells it', async () => {
  const { world, as } = here;
  world.delivery.receipt = accepted;
  const { messageId } = await world.done(as.application, send());
  const shown = { messageId, via: 'sms', to: '•••0125', app: 'platform', sentAt: '2026-03-02T09:00:00.000Z' };
  expect((await world.done(as.owner, status({ user: 'jane' }))).messages).toEqual([
    { ...shown, status: 'accepted', reason: null, settledAt: '2026-03-02T09:00:00.000Z' },
  ]);
  world.clock.move(60_000);
  const reason = 'the carrier refused it: replied STOP; text START';
  world.delivery.statuses.set('SM1', { status: 'undelivered', reason });
  expect((await world.done(as['customer-care'], status({ user: 'jane' }))).messages).toEqual([
    { ...shown, status: 'undelivered', reason, settledAt: '2026-03-02T09:01:00.000Z' },
  ]);
});

test('a code does not work any more once its message is known to have failed', async () => {
  const { world, as } = here;
  world.delivery.receipt = accepted;
  await world.done(as.application, send());
  world.delivery.statuses.set('SM1', { status: 'undelivered', reason: 'unreachable' });
  expect(await world.done(as.owner, { do: 'maintain' })).toMatchObject({ messages: { settled: 1 } });
  expect(world.kept.sql("SELECT ended_reason FROM codes WHERE app = 'platform'")).toEqual([
    { ended_reason: 'undelivered' },
  ]);
  const verify = { do: 'code.verify', account: kid, user: 'jane', code: world.delivery.lastCode, ip };
  expect((await world.call(as.application, verify)).exit).toBe(8);
  expect(await world.done(as.owner, { do: 'maintain' })).toMatchObject({ changed: false });
});

test('a lockout is shown with what became of its messages', async () => {
  const { world, as } = here;
  world.delivery.receipt = accepted;
  await world.done(as.application, send());
  world.delivery.statuses.set('SM1', { status: 'undelivered', reason: 'no such phone' });
  await failCodes(here, 'jane');
  const shown = await world.done(as['customer-care'], { do: 'lockouts.show', account: kid, user: 'jane' });
  expect(shown.messages).toMatchObject([{ via: 'sms', status: 'undelivered', reason: 'no such phone' }]);
});

test('sending that was cut short is settled as unknown after a minute, and its code goes on working', async () => {
  const { world, as } = here;
  world.delivery.send = () => Promise.reject(new Error('the program was killed'));
  await expect(world.call(as.application, send())).rejects.toThrow('killed');
  expect(world.kept.sql("SELECT status FROM messages WHERE via = 'sms'")).toEqual([{ status: 'pending' }]);
  expect(await world.done(as.owner, { do: 'maintain' })).toMatchObject({ changed: false });
  world.clock.move(61_000);
  expect(await world.done(as.owner, { do: 'maintain' })).toMatchObject({
    messages: { abandoned: 1, settled: 0 },
    notices: { retried: 0, sent: 0, failed: 0 },
    failed: [],
    changed: true,
  });
  expect((await world.done(as.owner, status({ user: 'jane' }))).messages).toMatchObject([
    { status: 'unknown', reason: 'the program ended before it was known what became of the message' },
  ]);
  expect(await world.lastEvent()).toMatchObject({
    action: 'code.sent',
    user: 'jane',
    details: { status: 'unknown' },
  });
  expect((await world.done(as.owner, status({ user: 'jane' }))).outstandingCodes).toBe(1);
});

test('an outcome that is recorded meanwhile is not overwritten', async () => {
  const { world, as } = here;
  const { messageId } = await world.done(as.application, send());
  const actor = { actor: 'test', role: 'owner', tokenId: null };
  const late: Receipt = { status: 'unknown', reason: 'late' };
  await world.store.settleMessage(actor, messageId, late, { from: 'pending' });
  expect((await world.done(as.owner, status({ user: 'jane' }))).messages).toMatchObject([
    { status: 'accepted', reason: null },
  ]);
});

test('a ceiling of text messages a day grows with the users, refuses until midnight UTC, and leaves email alone', async () => {
  const { world, as } = here;
  // Four active users, of whom each has a quarter of a day's messages: four in all.
  world.delivery.dailyTexts = 1;
  for (const user of ['jane', 'jane', 'li', 'li']) await world.done(as.application, send({ user }));
  const error = await world.refused(as.application, send(), 'too-many-texts');
  expect(error).toMatchObject({
    message: 'Account 10482 has had all the text messages that it may have today.',
    hint: 'Send the code by email, or ask again after 2026-03-03T00:00:00.000Z.',
    details: { retryAt: '2026-03-03T00:00:00.000Z' },
  });
  expect((await world.done(as.owner, status())).texts).toEqual({
    today: 4,
    ceiling: 4,
    resetsAt: '2026-03-03T00:00:00.000Z',
  });
  expect(await world.lastEvent()).toMatchObject({
    action: 'code.refused',
    details: { why: 'too-many-texts' },
  });
  await world.done(as.application, send({ via: 'email' }));
  const sam = { name: 'Sam', email: 'sam@northside.example', phone: '+12015550130' };
  await world.done(as['system-administrator'], { do: 'user.add', account: kid, user: 'sam', ...sam });
  await world.done(as.application, send());
  await world.refused(as.application, send({ user: 'sam' }), 'too-many-texts');
  world.clock.move(15 * 3_600_000 - 1);
  await world.refused(as.application, send({ user: 'sam' }), 'too-many-texts');
  world.clock.move(1);
  await world.done(as.application, send({ user: 'sam' }));
  expect((await world.done(as.owner, status())).texts).toMatchObject({ today: 1, ceiling: 5 });
});

test('without a ceiling nothing is counted against an account', async () => {
  const { world, as } = here;
  for (const user of ['jane', 'li', 'jane', 'li', 'jane']) await world.done(as.application, send({ user }));
  expect((await world.done(as.owner, status())).texts).toMatchObject({ today: 5, ceiling: null });
});
