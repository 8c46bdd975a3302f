// Notices that did not go out, tried again by hand and by themselves; and what Customer Care can do about a lockout.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { NoticeMessage } from '../../src/actions/delivery.ts';
import { copyOf, enabledNorthside, failCodes, kid, type Northside, otherKid } from '../support/northside.ts';

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

const minute = 60_000;
const list = (more: object = {}) => here.world.done(here.as.owner, { do: 'notices.list', ...more });
const retry = (more: object = {}) => here.world.done(here.as.owner, { do: 'notices.retry', ...more });
const maintain = () => here.world.done(here.as.owner, { do: 'maintain' });
const noticesSent = () =>
  here.world.delivery.messages.filter((message): message is NoticeMessage => message.kind === 'notice');

/** Locks Jane while the mail server refuses everything: she and two administrators are to be told. */
async function lockUntold(): Promise<void> {
  here.world.delivery.receipt = { status: 'undelivered', reason: 'the mail server is down' };
  await failCodes(here, 'jane');
  here.world.delivery.messages.length = 0;
}

const mended = () => {
  here.world.delivery.receipt = { status: 'accepted', reason: null };
};

test('a notice that fails does not fail what it tells of, and is listed with its reason', async () => {
  await lockUntold();
  expect(await here.world.done(here.as.owner, { do: 'status', account: kid, user: 'jane' })).toMatchObject({
    status: 'locked',
  });
  const found = await list();
  expect(found.map(({ user }: { user: string }) => user)).toEqual(['jane', 'maria', 'omar']);
  expect(found[0]).toEqual({
    id: expect.stringMatching(/^ntc_\d+$/),
    account: kid,
    kind: 'user-locked',
    about: 'jane',
    user: 'jane',
    to: 'j•••@northside.example',
    status: 'undelivered',
    reason: 'the mail server is down',
    tries: 1,
    at: '2026-03-02T09:00:00.000Z',
    triedAt: '2026-03-02T09:00:00.000Z',
  });
  expect(await list({ account: otherKid })).toEqual([]);
  expect(await list({ after: found[0].id, limit: 1 })).toMatchObject([{ user: 'maria' }]);
});

test('all of them are tried again, and then are open no more', async () => {
  await lockUntold();
  mended();
  expect(await retry()).toEqual({ retried: 3, sent: 3, failed: 0, changed: true });
  expect(noticesSent().map(({ to, notice, about }) => [to, notice, about])).toEqual([
    ['jane@northside.example', 'user-locked', 'jane'],
    ['maria@northside.example', 'user-locked', 'jane'],
    ['omar@northside.example', 'user-locked', 'jane'],
  ]);
  expect(await list()).toEqual([]);
  expect(await retry()).toEqual({ retried: 0, sent: 0, failed: 0, changed: false });
});

test('one is tried again by its id, and an id that is none of them tries nothing', async () => {
  await lockUntold();
  mended();
  const [first, second] = await list();
  await here.world.refused(
    here.as.owner,
    { do: 'notices.retry', ids: [first.id, 'ntc_999999'] },
    'notice-not-found',
  );
  expect(noticesSent()).toEqual([]);
  expect(await retry({ ids: [second.id] })).toMatchObject({ retried: 1, sent: 1 });
  expect(noticesSent()).toMatchObject([{ to: 'maria@northside.example' }]);
});

test('one that may have arrived is sent again only when it is named', async () => {
  here.world.delivery.receipt = { status: 'unknown', reason: 'the line was dropped' };
  await failCodes(here, 'jane');
  mended();
  here.world.clock.move(24 * 60 * minute);
  expect(await retry()).toMatchObject({ retried: 0 });
  expect(await maintain()).toMatchObject({ notices: { retried: 0 } });
  const [first] = await list();
  expect(await retry({ ids: [first.id] })).toMatchObject({ retried: 1, sent: 1 });
});

test('by itself they are tried after 5 minutes, then ever more rarely, for 7 days', async () => {
  await lockUntold();
  expect(await maintain()).toMatchObject({ notices: { retried: 0 } });
  const tried: number[] = [];
  for (let minutes = 5; minutes <= 8 * 24 * 60; minutes += 5) {
    here.world.clock.move(5 * minute);
    if ((await maintain()).notices.failed === 3) tried.push(minutes);
  }
  expect(tried.slice(0, 8)).toEqual([5, 15, 35, 75, 155, 315, 635, 1275]);
  const gaps = tried.slice(8).map((at, nth) => at - (tried[nth + 7] ?? 0));
  expect(new Set(gaps)).toEqual(new Set([720]));
  expect(tried.at(-1)).toBeLessThanOrEqual(7 * 24 * 60);
  expect(await list(), 'they are still listed').toHaveLength(3);
  mended();
  expect(await retry()).toMatchObject({ sent: 3 });
});

test('two who try again at once send each notice once', async () => {
  await lockUntold();
  mended();
  const both = await Promise.all([retry(), retry()]);
  expect(both.map(({ sent }) => sent).sort()).toEqual([0, 3]);
  expect(noticesSent()).toHaveLength(3);
});

test('a System Administrator sees and retries those of the own account alone', async () => {
  await lockUntold();
  mended();
  const administrator = here.as['system-administrator'];
  expect(await here.world.done(administrator, { do: 'notices.list' })).toHaveLength(3);
  await here.world.refused(administrator, { do: 'notices.list', account: otherKid }, 'account-not-found');
  expect(await here.world.done(administrator, { do: 'notices.retry' })).toMatchObject({ sent: 3 });
});

test('Customer Care reminds all administrators of a lockout, once an hour', async () => {
  const { world, as } = here;
  await failCodes(here, 'jane');
  world.delivery.messages.length = 0;
  const remind = { do: 'lockouts.remind', account: kid, user: 'jane' };
  expect(await world.done(as['customer-care'], remind)).toEqual({
    account: kid,
    username: 'jane',
    administrators: 2,
    remindedAt: '2026-03-02T09:00:00.000Z',
    changed: true,
  });
  expect(noticesSent()).toMatchObject([
    { to: 'maria@northside.example', notice: 'lockout-reminder', about: 'jane' },
    { to: 'omar@northside.example', notice: 'lockout-reminder', about: 'jane' },
  ]);
  expect(await world.lastEvent()).toMatchObject({
    action: 'lockout.reminded',
    role: 'customer-care',
    user: 'jane',
    details: { administrators: 2 },
  });
  world.clock.move(60 * minute - 1);
  const error = await world.refused(as['customer-care'], remind, 'too-soon');
  expect(error.details).toEqual({ retryAt: '2026-03-02T10:00:00.000Z' });
  world.clock.move(1);
  await world.done(as['customer-care'], remind);
  expect(await world.done(as.owner, { do: 'status', account: kid, user: 'jane' })).toMatchObject({
    status: 'locked',
    attemptsLeft: 0,
  });
});

test('there is nothing to remind of where nobody is locked', async () => {
  const remind = { do: 'lockouts.remind', account: kid, user: 'jane' };
  await here.world.refused(here.as['customer-care'], remind, 'lockout-not-found');
});
