// Look-ups: Customer Care's leave events and show masked data; others' leave none.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Request } from '../../src/actions/perform.ts';
import { contacts, copyOf, kid, missingKid, otherKid } from '../support/northside.ts';
import { enabledSituation, type Situation } from './requests.ts';

let template: Situation;
let here: Situation;

beforeAll(async () => {
  template = await enabledSituation();
});
afterAll(() => template.world.remove());
beforeEach(async () => {
  here = { ...template, ...(await copyOf(template)) };
});
afterEach(() => here.world.remove());

const care = () => here.as['customer-care'];

const lookUps: [request: Request, action: string, user: string | null, account: string | null][] = [
  [{ do: 'account.list' }, 'accounts.viewed', null, null],
  [{ do: 'account.show', account: kid }, 'account.viewed', null, kid],
  [{ do: 'practice.list', account: kid }, 'account.viewed', null, kid],
  [{ do: 'user.list', account: kid }, 'account.viewed', null, kid],
  [{ do: 'user.show', account: kid, user: 'jane' }, 'user.viewed', 'jane', kid],
  [{ do: 'find', text: 'jane' }, 'users.searched', null, null],
  [{ do: 'checklist', account: kid }, 'account.viewed', null, kid],
  [{ do: 'status', account: kid }, 'account.viewed', null, kid],
  [{ do: 'status', account: kid, user: 'jane' }, 'user.viewed', 'jane', kid],
  [{ do: 'lockouts', account: kid }, 'account.viewed', null, kid],
  [{ do: 'lockouts.show', account: kid, user: 'li' }, 'user.viewed', 'li', kid],
];

test.each(lookUps)('%o by Customer Care is an event', async (request, action, user, account) => {
  const { world } = here;
  const before = (await world.events()).length;
  await world.done(care(), request);
  expect((await world.events()).length).toBe(before + 1);
  expect(await world.lastEvent()).toMatchObject({
    action,
    user,
    account,
    role: 'customer-care',
    tokenId: care().id,
    outcome: 'ok',
  });
  expect((await world.store.verifyTrail(null)).intact).toBe(true);
});

test.each(lookUps)('%o by an owner, an administrator or a provisioner is none', async (request) => {
  const { world, as } = here;
  const before = (await world.events()).length;
  for (const role of ['owner', 'system-administrator', 'provisioner'] as const) {
    await world.done(as[role], request);
  }
  expect((await world.events()).length).toBe(before);
});

test('a look-up of what does not exist is an event as well', async () => {
  const { world } = here;
  await world.refused(care(), { do: 'user.show', account: kid, user: 'nobody' }, 'user-not-found');
  expect(await world.lastEvent()).toMatchObject({
    action: 'call.refused',
    account: kid,
    user: 'nobody',
    details: { do: 'user.show', code: 'user-not-found' },
  });
  await world.refused(care(), { do: 'account.show', account: missingKid }, 'account-not-found');
  expect(await world.lastEvent()).toMatchObject({ action: 'call.refused', account: missingKid });
});

test("Customer Care's look-ups are in the trail of the account that was looked at", async () => {
  const { world, as } = here;
  await world.done(care(), { do: 'user.show', account: kid, user: 'jane' });
  await world.done(care(), { do: 'user.show', account: otherKid, user: 'jane' });
  const seen = await world.done(as['system-administrator'], { do: 'audit.list', action: 'user.viewed' });
  expect(seen).toMatchObject([{ account: kid, user: 'jane', role: 'customer-care' }]);
});

test('Customer Care cannot piece an address together by searching for parts of it', async () => {
  const { world, as } = here;
  const find = async (text: string) =>
    (await world.done(care(), { do: 'find', text, limit: 10 })).map((user: { id: string }) => user.id);
  const users = await world.done(as.owner, { do: 'find', text: contacts.jane.email });
  const both = users.map((user: { id: string }) => user.id);
  expect(both).toHaveLength(2);
  expect(await find('jane@north')).toEqual([]);
  expect(await find('northside.example')).toEqual([]);
  expect(await find('2015550')).toEqual([]);
  expect(await find('Jane@Northside.example')).toEqual(both);
  expect(await find('+1 (201) 555-0125')).toEqual(both);
  expect(await find('201 555 0125')).toEqual(both);
  expect(await find('of 10482')).toHaveLength(4);
  const listed = await world.done(care(), { do: 'user.list', account: kid, search: 'northside.example' });
  expect(listed).toEqual([]);
  expect((await world.lastEvent()).details).toEqual({ view: 'users', searched: true, status: null });
});

test('what Customer Care searched for is in no event, since it may be an address', async () => {
  const { world } = here;
  await world.done(care(), { do: 'find', text: contacts.jane.email });
  await world.done(care(), { do: 'user.list', account: kid, search: contacts.jane.email });
  await world.done(care(), { do: 'account.list', search: contacts.jane.phone });
  const said = JSON.stringify((await world.events()).slice(-3));
  expect(said).not.toContain(contacts.jane.email);
  expect(said).not.toContain(contacts.jane.phone);
});
