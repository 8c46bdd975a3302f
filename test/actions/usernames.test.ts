// Usernames: exact, one of a kind but for their spelling, and never reused.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { copyOf, kid, type Northside, otherKid, preparedNorthside } from '../support/northside.ts';

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
const rename = (user: string, newUsername: string) => ({ do: 'user.rename', user, newUsername });
const add = (user: string) => ({ do: 'user.add', user, name: 'Another' });

test('a username left behind is never anybody else’s', async () => {
  const { world, as } = here;
  const before = await world.done(maria(), { do: 'user.show', user: 'jane' });
  const renamed = await world.done(maria(), rename('jane', 'jane.roe'));
  expect(renamed).toMatchObject({ id: before.id, username: 'jane.roe', changed: true });
  await world.refused(maria(), { do: 'user.show', user: 'jane' }, 'user-not-found');
  for (const name of ['jane', 'JANE', 'ｊａｎｅ', 'jane.roe', 'Jane.Roe']) {
    await world.refused(maria(), add(name), 'user-exists');
    await world.refused(maria(), rename('li', name), 'user-exists');
  }
  expect(await world.done(as.owner, { ...rename('jane', 'janet'), account: otherKid })).toMatchObject({
    username: 'janet',
  });
  await world.done(maria(), rename('jane.roe', 'jr'));
  await world.refused(maria(), add('jane'), 'user-exists');
  await world.refused(maria(), add('jane.roe'), 'user-exists');
  const back = await world.done(maria(), rename('jr', 'jane'));
  expect(back, 'but they may have it back').toMatchObject({ id: before.id, username: 'jane' });
  await world.refused(maria(), add('jr'), 'user-exists');
});

test("a deactivated user's username is not reused", async () => {
  const { world } = here;
  await world.done(maria(), { do: 'user.deactivate', user: 'jane' });
  await world.refused(maria(), add('jane'), 'user-exists');
  const same = { do: 'user.add', user: 'jane', name: 'jane of 10482', practices: ['Pediatrics'] };
  await world.refused(maria(), same, 'user-exists');
  await world.refused(maria(), rename('li', 'jane'), 'user-exists');
});

test('a change of spelling is a change, the same name is none', async () => {
  const { world } = here;
  expect(await world.done(maria(), rename('jane', 'Jane'))).toMatchObject({
    username: 'Jane',
    changed: true,
  });
  expect(await world.lastEvent()).toMatchObject({
    action: 'user.renamed',
    user: 'jane',
    details: { to: 'Jane' },
  });
  expect(await world.done(maria(), rename('Jane', 'Jane'))).toMatchObject({ changed: false });
  const error = await world.refused(maria(), { do: 'user.show', user: 'jane' }, 'user-not-found');
  expect(error.hint).toBe('Usernames are exact: did you mean "Jane"?');
});

test('the id goes on naming the user', async () => {
  const { world } = here;
  const { id } = await world.done(maria(), rename('jane', 'janet'));
  expect(await world.done(maria(), { do: 'user.show', user: id })).toMatchObject({ username: 'janet' });
  const others = await world.done(here.as.owner, { do: 'user.show', account: otherKid, user: 'jane' });
  await world.refused(maria(), { do: 'user.show', user: others.id }, 'user-not-found');
});

test.each(['usr_1', 'USR_99', '-jane', ' jane', 'ja\u200bne', 'ja\nne', 'x'.repeat(129), ''])(
  'a user is not named %j',
  async (name) => {
    await here.world.refused(maria(), add(name), 'invalid-input');
    await here.world.refused(maria(), rename('jane', name), 'invalid-input');
  },
);

test('adding the same user again changes nothing; adding them otherwise is refused', async () => {
  const { world } = here;
  const sam = { do: 'user.add', user: 'sam', name: 'Sam', phone: '201-555-0130', practices: ['Cardiology'] };
  const added = await world.done(maria(), sam);
  const { changed: _, ...rest } = added;
  const before = await world.events();
  expect(await world.done(maria(), { ...sam, phone: '+12015550130' })).toEqual({ ...rest, changed: false });
  expect(await world.events()).toEqual(before);
  await world.refused(maria(), { ...sam, name: 'Samuel' }, 'user-exists');
  await world.refused(maria(), { ...sam, systemAdministrator: true }, 'user-exists');
  expect(await world.done(maria(), { do: 'user.show', user: 'sam' })).toEqual(rest);
});

test('adding a user who is the last administrator again, without the role, is refused as what it is', async () => {
  const { world } = here;
  await world.done(maria(), { do: 'user.deactivate', user: 'omar' });
  await world.refused(maria(), { do: 'user.add', user: 'maria', name: 'maria of 10482' }, 'user-exists');
  expect(await world.done(maria(), { do: 'user.show', user: 'maria' })).toMatchObject({
    account: kid,
    systemAdministrator: true,
  });
});

test('a practice is one, however it is spelled', async () => {
  const { world } = here;
  expect(await world.done(maria(), { do: 'practice.add', name: 'PEDIATRICS' })).toEqual({
    account: kid,
    name: 'Pediatrics',
    users: 4,
    changed: false,
  });
  await world.refused(maria(), { do: 'practice.add', name: 'One; two' }, 'invalid-input');
});

test('an account is made once', async () => {
  const { world, as } = here;
  const again = { do: 'account.create', kid, name: `Family Health ${kid}` };
  expect(await world.done(as.provisioner, again)).toMatchObject({ kid, users: 4, changed: false });
  await world.refused(as.provisioner, { ...again, name: 'Another' }, 'account-exists');
  await world.refused(as.provisioner, { ...again, kid: '1', country: 'XX' }, 'invalid-input');
  await world.refused(as.provisioner, { ...again, kid: '1 2' }, 'invalid-input');
});
