// The announcement: who is told what, once for a day, and what is refused.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { AnnouncementMessage } from '../../src/actions/delivery.ts';
import type { Receipt } from '../../src/actions/store.ts';
import { contacts, copyOf, kid, type Northside, preparedNorthside } from '../support/northside.ts';

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

const administrator = () => here.as['system-administrator'];
const announce = (more: Record<string, unknown> = {}) =>
  here.world.done(administrator(), { do: 'announce', ...more });
const refused = (more: Record<string, unknown>, code: string) =>
  here.world.refused(administrator(), { do: 'announce', ...more }, code);
const update = (user: string, change: Record<string, unknown>) =>
  here.world.done(here.as.provisioner, { do: 'user.update', account: kid, user, ...change });

function sent(): AnnouncementMessage[] {
  return here.world.delivery.messages.filter(
    (message): message is AnnouncementMessage => message.kind === 'announcement',
  );
}

test('each active user is told where codes will go, masked, and whom to ask', async () => {
  await update('li', { phone: '123' });
  await here.world.done(here.as.provisioner, { do: 'user.deactivate', account: kid, user: 'omar' });
  expect(await announce({ on: '2026-04-01' })).toEqual({
    ...{ sent: 3, failed: [], skipped: [], alreadyTold: 0, perMinute: { email: 120, sms: 60 } },
    ...{ after: 'maria', more: false, retryAfterMs: 0, changed: true },
  });
  expect(sent().map(({ to }) => to)).toEqual([contacts.jane.email, contacts.li.email, contacts.maria.email]);
  const [jane, li] = sent();
  expect(jane).toMatchObject({
    ...{ kind: 'announcement', via: 'email', account: kid, user: 'jane', name: 'jane of 10482' },
    ...{ on: '2026-04-01', language: 'en', ask: ['maria of 10482'] },
    codesTo: { email: 'j•••@northside.example', sms: '•••0125' },
  });
  expect(li?.codesTo, 'a phone that takes no messages').toEqual({
    email: 'l•••@northside.example',
    sms: null,
  });
  expect(await here.world.lastEvent()).toMatchObject({
    ...{ action: 'announcement.sent', account: kid, actor: 'maria', details: { on: '2026-04-01', users: 3 } },
  });
  expect((await here.world.store.verifyTrail(null)).intact).toBe(true);
});

test('nobody is told of the same day twice, unless asked for; another day is another announcement', async () => {
  await announce({ on: '2026-04-01' });
  expect(await announce({ on: '2026-04-01', preview: true })).toMatchObject({ sent: 0, alreadyTold: 4 });
  expect(await announce({ on: '2026-04-01' })).toMatchObject({ sent: 0, alreadyTold: 4, changed: false });
  expect(await announce({ on: '2026-05-01' })).toMatchObject({ sent: 4, alreadyTold: 0 });
  expect(await announce()).toMatchObject({ sent: 4 });
  expect(await announce()).toMatchObject({ sent: 0, alreadyTold: 4 });
  expect(await announce({ on: '2026-04-01', again: true })).toMatchObject({ sent: 4 });
  expect(sent().map(({ on }) => on)).toEqual([
    ...Array(4).fill('2026-04-01'),
    ...Array(4).fill('2026-05-01'),
    ...Array(4).fill(null),
    ...Array(4).fill('2026-04-01'),
  ]);
});

test('two at once tell each user once between them', async () => {
  const parts = await Promise.all([announce(), announce()]);
  expect(parts.map((part) => part.sent).sort()).toEqual([0, 4]);
});

test('who has no valid email is skipped; one whose mail failed is told the next time', async () => {
  await update('li', { email: 'li@' });
  const { delivery } = here.world;
  const bounced: Receipt = { status: 'undelivered', reason: 'mailbox full' };
  const send = delivery.send.bind(delivery);
  delivery.send = async (message) => (message.to === contacts.jane.email ? bounced : send(message));
  expect(await announce()).toMatchObject({
    sent: 2,
    failed: [{ username: 'jane', via: 'email', to: 'j•••@northside.example', reason: 'mailbox full' }],
    skipped: [{ username: 'li', via: 'email', reason: 'email has no valid domain after the "@"' }],
  });
  Reflect.deleteProperty(delivery, 'send');
  expect(await announce()).toMatchObject({ sent: 1, failed: [], alreadyTold: 2 });
});

test('goes out at the rate of the mail server, and goes on where it was', async () => {
  here.world.delivery.perMinute = { email: 30, sms: null };
  expect(await announce()).toMatchObject({ sent: 1, after: 'jane', more: true, retryAfterMs: 0 });
  expect(await announce({ after: 'jane' })).toMatchObject({ sent: 0, after: 'jane', retryAfterMs: 2000 });
  here.world.clock.move(2000);
  expect(await announce({ after: 'jane' })).toMatchObject({ sent: 1, after: 'li' });
  expect(sent().map(({ user }) => user)).toEqual(['jane', 'li']);
});

test.each(['2026-02-30', '2026-13-01', '2026-3-1', '01.04.2026', 'tomorrow', '', '2026-04-01T00:00:00Z'])(
  'the day %j does not exist',
  async (on) => {
    const { world } = here;
    const { exit, error } = await world.call(administrator(), { do: 'announce', on });
    expect({ exit, code: error?.code, details: error?.details }).toEqual({
      ...{ exit: 2, code: 'invalid-input', details: { field: 'on' } },
    });
    expect(sent()).toEqual([]);
  },
);

test('a day that is over is refused, today is not', async () => {
  const error = await refused({ on: '2026-03-01' }, 'invalid-input');
  expect(error.message).toBe('on "2026-03-01" is over: in UTC, today is 2026-03-02.');
  expect(await announce({ on: '2026-03-02' })).toMatchObject({ sent: 4 });
});

test('without email delivery nobody is told; once 2FA is on there is nothing to announce', async () => {
  const { world } = here;
  world.delivery.configured = { email: false, sms: true };
  expect((await refused({}, 'delivery-not-configured')).hint).not.toContain('--via');
  world.delivery.configured = { email: true, sms: true };
  await world.done(administrator(), { do: 'enable', confirm: kid });
  await world.done(administrator(), { do: 'auth.challenge', via: 'sms' });
  await world.done(administrator(), { do: 'auth.verify', code: world.delivery.lastCode });
  await refused({}, 'already-enabled');
});
