// Planning, applying and exporting an account by a document: all of it or nothing, once, and exactly what was seen.
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ExportedPart } from '../../src/actions/account-export.ts';
import type { Planned } from '../../src/actions/provisioning.ts';
import type { Role } from '../../src/rules/authority.ts';
import type { ProvisioningDocument } from '../../src/rules/provisioning.ts';
import { type Minted, World } from '../support/actions.ts';
import {
  contacts,
  copyOf,
  enabledNorthside,
  failCodes,
  kid,
  type Northside,
  preparedNorthside,
  signIn,
} from '../support/northside.ts';

let prepared: Northside;
let enabled: Northside;
let here: Northside;

beforeAll(async () => {
  prepared = await preparedNorthside();
  enabled = await enabledNorthside();
});
afterAll(async () => {
  await prepared.world.remove();
  await enabled.world.remove();
});
afterEach(() => here.world.remove());

async function start(from: Northside): Promise<Northside> {
  here = { ...from, ...(await copyOf(from)) };
  return here;
}

const document = (more: Omit<ProvisioningDocument, 'account'> = {}): ProvisioningDocument => ({
  account: { kid },
  ...more,
});
const users = (...users: NonNullable<ProvisioningDocument['users']>) => document({ users });
const request = (name: 'plan' | 'apply', given: ProvisioningDocument, more = {}) => ({
  ...{ do: name, account: given.account.kid, document: given },
  ...more,
});
const apply = (given: ProvisioningDocument, more = {}) => request('apply', given, more);
const everybody = Object.keys(contacts).map((username) => ({ username }));

async function rosterOf(token: Minted = here.as.owner, world: World = here.world) {
  return world.done(token, { do: 'user.list', account: kid });
}

const namesOf = (changes: Planned['changes']) => changes.map(({ action, name }) => `${action} ${name}`);
const notices = (kind: string) =>
  here.world.delivery.messages.filter((message) => message.kind === 'notice' && message.notice === kind);

describe('apply', () => {
  test('creates an account with all that it names, and again changes nothing', async () => {
    const { world, as } = await start(prepared);
    const given: ProvisioningDocument = {
      account: { kid: '30303', name: 'Lakeside', country: 'GB' },
      practices: ['Oncology'],
      users: [
        {
          ...{ username: 'rosa', name: 'Rosa', email: 'rosa@lakeside.example', phone: '07400 123456' },
          ...{ practices: ['Oncology'], systemAdministrator: true, language: 'es' },
        },
      ],
    };
    const first = await world.done(as.provisioner, apply(given));
    expect(first.changed).toBe(true);
    expect(namesOf(first.changes)).toEqual(['create 30303', 'create Oncology', 'create rosa']);
    const [rosa] = await world.done(as.owner, { do: 'user.list', account: '30303' });
    expect(rosa).toMatchObject({
      ...{ phone: '+447400123456', practices: ['Oncology'], systemAdministrator: true, language: 'es' },
    });
    const events = (await world.events()).length;
    expect(await world.done(as.provisioner, apply(given))).toEqual({ changes: [], changed: false });
    expect((await world.events()).length).toBe(events);
    expect((await world.store.verifyTrail(null)).intact).toBe(true);
  });

  test('changes what differs, with an event for each user, and leaves others alone', async () => {
    const { world, as } = await start(prepared);
    const before = await rosterOf();
    const given = users(
      { username: 'jane', phone: '201 555 0177', practices: ['Cardiology', 'Oncology'] },
      { username: 'omar', systemAdministrator: false },
    );
    await world.done(as.provisioner, apply({ ...given, practices: ['Oncology'] }));
    const updates = (await world.events()).filter(({ action }) => action === 'user.updated');
    expect(updates).toMatchObject([
      { user: 'jane', details: { fields: ['phone', 'practices'], phone: '•••0177', by: 'apply' } },
      { user: 'omar', details: { fields: ['systemAdministrator'], by: 'apply' } },
    ]);
    const roster = await rosterOf();
    const user = (name: string) => roster.find((each: { username: string }) => each.username === name);
    expect(user('jane').practices).toEqual(['Cardiology', 'Oncology']);
    for (const name of ['maria', 'li'])
      expect(user(name)).toEqual(before.find((each: { username: string }) => each.username === name));
  });

  test('does all of a document or nothing, and says all that is wrong with it', async () => {
    const { world, as } = await start(prepared);
    const before = [await rosterOf(), (await world.events()).length];
    const given = users(
      { username: 'new', name: 'New' },
      { username: 'nameless' },
      { username: 'jane', practices: ['Nowhere'] },
    );
    const error = await world.refused(as.provisioner, apply(given), 'invalid-input');
    expect(error.details).toMatchObject({
      refused: 2,
      refusals: [
        { code: 'invalid-input', path: ['users', 1] },
        { code: 'practice-not-found', path: ['users', 2, 'practices', 0] },
      ],
    });
    expect([await rosterOf(), (await world.events()).length]).toEqual(before);
  });

  test('ends codes and trust where contact data changes, lifts no lock and brings nobody back', async () => {
    const { world, as } = await start(enabled);
    const administrator = as['system-administrator'];
    await signIn(here, 'jane');
    await failCodes(here, 'li');
    await world.done(administrator, { do: 'user.deactivate', account: kid, user: 'omar' });
    const given = users(
      { username: 'jane', phone: '+12015550177' },
      { username: 'li', phone: '+12015550178', name: 'Li Wei' },
      { username: 'omar' },
    );
    const { changes } = await world.done(administrator, apply(given));
    expect(namesOf(changes)).toEqual(['update jane', 'update li', 'needs-administrator omar']);
    const show = (user: string) => world.done(as.owner, { do: 'user.show', account: kid, user });
    expect(await show('li')).toMatchObject({ status: 'locked', attemptsLeft: 0, name: 'Li Wei' });
    expect(await show('omar')).toMatchObject({ status: 'inactive' });
    const locations = await world.done(administrator, { do: 'location.list', account: kid, user: 'jane' });
    expect(locations).toMatchObject([{ trusted: false, endedReason: 'contact-changed' }]);
    expect(notices('contact-changed').map(({ user }) => user)).toContain('jane');
    expect(await world.done(administrator, apply(given))).toMatchObject({ changed: false });
  });

  test('tells an administrator of all that was changed, also where the same document takes the role away', async () => {
    const { world, as } = await start(enabled);
    const given = users(
      { username: 'omar', systemAdministrator: false },
      { username: 'jane', email: 'jane2@northside.example' },
    );
    await world.done(as['system-administrator'], apply(given));
    expect(notices('role-changed').map(({ to }) => to)).toEqual([contacts.omar.email]);
    expect(notices('contact-changed').map(({ to }) => to)).toEqual([
      contacts.jane.email,
      'jane2@northside.example',
      contacts.omar.email,
    ]);
  });

  test('a document of another account than the request is refused', async () => {
    const { world, as } = await start(prepared);
    const given = { ...apply(document()), account: '20967' };
    const error = await world.refused(as.owner, given, 'invalid-input');
    expect(error.details).toEqual({ field: 'document.account.kid' });
  });

  test('only those who create accounts rename one, and the event says so', async () => {
    const { world, as } = await start(prepared);
    const given = { account: { kid, name: 'Northside Health' } };
    await world.refused(as['system-administrator'], apply(given), 'not-permitted');
    await world.done(as.provisioner, apply(given));
    expect(await world.lastEvent()).toMatchObject({
      action: 'account.updated',
      account: kid,
      details: { fields: ['name'], name: 'Northside Health' },
    });
    const found = await world.done(as.owner, { do: 'account.list', search: 'side health' });
    expect(found).toMatchObject([{ kid, name: 'Northside Health' }]);
    expect((await world.store.verifyTrail(null)).intact).toBe(true);
  });
});

describe('once 2FA is on, the footnote holds for apply', () => {
  const phone = '+12015550177';
  const changes: [string, ProvisioningDocument, string][] = [
    ["a user's contact data", users({ username: 'jane', phone }), 'may contacts'],
    ["an administrator's contact data", users({ username: 'omar', phone }), 'nobody'],
    ['the role, granted', users({ username: 'jane', systemAdministrator: true }), 'nobody'],
    ['the role, removed', users({ username: 'omar', systemAdministrator: false }), 'nobody'],
    [
      'a new administrator',
      users({
        ...{ username: 'new', name: 'New', email: 'new@northside.example', phone },
        systemAdministrator: true,
      }),
      'nobody',
    ],
    ['a name', users({ username: 'omar', name: 'Omar Haddad' }), 'anybody'],
  ];

  test.each(changes)('%s', async (_, given, whom) => {
    const { world } = await start(enabled);
    for (const mayContacts of [false, true]) {
      for (const role of ['owner', 'provisioner'] as Role[]) {
        const token = await world.mint(role, { mayContacts });
        const permitted = whom === 'anybody' || (whom === 'may contacts' && mayContacts);
        for (const name of ['plan', 'apply'] as const) {
          if (permitted) await world.done(token, request(name, given));
          else await world.refused(token, request(name, given), 'not-permitted');
        }
      }
    }
    await world.done(here.as['system-administrator'], apply(given));
  });

  test('and for prune', async () => {
    const { world, as } = await start(enabled);
    const given = users({ username: 'maria' }, { username: 'jane' }, { username: 'li' });
    const pruning = { prune: true, pruneLimit: 1 };
    await world.refused(as.provisioner, apply(given, pruning), 'not-permitted');
    const { changes } = await world.done(as['system-administrator'], apply(given, pruning));
    expect(namesOf(changes)).toEqual(['deactivate omar']);
    expect(await world.lastEvent()).toMatchObject({ action: 'user.deactivated', user: 'omar' });
    expect(notices('user-deactivated').map(({ user }) => user)).toEqual(['omar']);
  });
});

describe('prune', () => {
  test('refuses more than 5 users or 5 % without a limit, and deactivates with one', async () => {
    const { world, as } = await start(prepared);
    const given = users({ username: 'maria' }, { username: 'omar' }, { username: 'li' });
    expect(await world.done(as.provisioner, apply(given))).toEqual({ changes: [], changed: false });
    const error = await world.refused(as.provisioner, apply(given, { prune: true }), 'prune-limit');
    expect(error.hint).toContain('--prune-limit 1');
    await world.refused(as.provisioner, apply(given, { pruneLimit: 1 }), 'invalid-input');
    const pruning = { prune: true, pruneLimit: 1 };
    expect(await world.done(as.provisioner, apply(given, pruning))).toMatchObject({
      changes: [
        { action: 'deactivate', name: 'jane', fields: { status: { from: 'active', to: 'inactive' } } },
      ],
    });
    expect(await world.done(as.provisioner, apply(given, pruning))).toEqual({ changes: [], changed: false });
  });
});

describe('wanted', () => {
  const wanted = (more = {}) => ({ account: { kid, twoFactor: { wanted: true, ...more } } });
  const show = () => here.world.done(here.as.owner, { do: 'account.show', account: kid });

  test('mails each administrator the command once, and lists the account as awaiting', async () => {
    const { world, as } = await start(prepared);
    await world.done(as.provisioner, apply(wanted()));
    await world.done(as.provisioner, apply(wanted()));
    expect(notices('enable-wanted').map(({ user }) => user)).toEqual(['maria', 'omar']);
    expect(notices('enable-wanted')[0]).toMatchObject({ details: { kid, by: 'provisioner' } });
    expect(await show()).toMatchObject({ twoFactor: { enabled: false, wanted: true } });
    const awaiting = await world.done(as.owner, { do: 'account.list', awaiting: true });
    expect(awaiting).toMatchObject([{ kid }]);

    const joined = { ...wanted(), users: [{ username: 'jane', systemAdministrator: true }] };
    await world.done(as.provisioner, apply(joined));
    expect(notices('enable-wanted').map(({ user }) => user)).toEqual(['maria', 'omar', 'jane']);
    expect((await world.store.verifyTrail(null)).intact).toBe(true);
  });

  test('is taken back before 2FA is on; afterwards the account awaits nobody', async () => {
    const { world, as } = await start(prepared);
    await world.done(as.provisioner, apply(wanted()));
    await world.done(as.provisioner, apply({ account: { kid, twoFactor: { wanted: false } } }));
    expect(await show()).toMatchObject({ twoFactor: { wanted: false } });
    await world.done(as.provisioner, apply(wanted()));
    await world.done(as['system-administrator'], { do: 'enable', account: kid, confirm: kid });
    expect(await world.done(as.owner, { do: 'account.list', awaiting: true })).toEqual([]);
    const off = { account: { kid, twoFactor: { wanted: false } } };
    expect(await world.done(as.provisioner, apply(off))).toEqual({ changes: [], changed: false });
    expect(await show()).toMatchObject({ twoFactor: { enabled: true } });
  });

  test("with the administrator's consent turns 2FA on; with a provisioner's it awaits them", async () => {
    const { world, as } = await start(prepared);
    const given = wanted({ confirm: kid });
    await world.done(as.provisioner, apply(given));
    expect(await show()).toMatchObject({ twoFactor: { enabled: false, wanted: true } });
    const administrator = as['system-administrator'];
    expect((await world.done(administrator, request('plan', given))).changes).toMatchObject([
      { action: 'enable', kind: 'account', name: kid },
    ]);
    expect(await show()).toMatchObject({ twoFactor: { enabled: false } });
    await world.done(administrator, apply(given));
    expect(await show()).toMatchObject({ twoFactor: { enabled: true, enabledBy: 'maria' } });
    await world.refused(administrator, apply(wanted({ confirm: '1' })), 'invalid-input');
  });

  test('an account that is not ready is not enabled, and nothing of the document is done', async () => {
    const { world, as } = await start(prepared);
    const given = { ...wanted({ confirm: kid }), users: [{ username: 'jane', phone: '12' }] };
    const administrator = as['system-administrator'];
    const before = await rosterOf();
    for (const name of ['plan', 'apply'] as const) {
      const error = await world.refused(administrator, request(name, given), 'not-ready');
      expect(error.message).toContain('phone-valid');
    }
    expect(await rosterOf()).toEqual(before);
  });
});

describe('a plan', () => {
  const given = users({ username: 'jane', name: 'Jane Roe' });

  async function planned(token: Minted, of = given): Promise<Planned> {
    return here.world.done(token, request('plan', of));
  }

  test('changes nothing, and is carried out exactly', async () => {
    const { world, as } = await start(prepared);
    const events = (await world.events()).length;
    const { changes, changed, plan } = await planned(as.provisioner);
    expect({ changed, names: namesOf(changes) }).toEqual({ changed: false, names: ['update jane'] });
    expect((await world.events()).length).toBe(events);
    const applied = await world.done(as.provisioner, apply(given, { plan }));
    expect(applied).toEqual({ changes, changed: true });
    const again = await world.refused(as.provisioner, apply(given, { plan }), 'plan-changed');
    expect(again.details).toEqual({ changed: ['changes'] });
  });

  test.each([
    ['the user', { do: 'user.update', user: 'jane', name: 'J.' }, ['changes']],
    ['a practice', { do: 'practice.add', name: 'Oncology' }, ['practices']],
    ['another user', { do: 'user.update', user: 'li', phone: '+12015550188' }, ['contacts']],
    ['a role', { do: 'user.update', user: 'omar', systemAdministrator: false }, ['roles']],
    ['who there is', { do: 'user.deactivate', user: 'li' }, ['users', 'contacts']],
  ])('is refused once %s has changed since', async (_, change, moved) => {
    const { world, as } = await start(prepared);
    const { plan } = await planned(as.provisioner);
    await world.done(as.owner, { ...change, account: kid });
    const error = await world.refused(as.provisioner, apply(given, { plan }), 'plan-changed');
    expect(error.details).toEqual({ changed: moved });
    expect((await world.events()).filter(({ user }) => user === 'jane').at(-1)?.details).not.toMatchObject({
      by: 'apply',
    });
  });

  test('is for the one who made it, for this document and these options alone', async () => {
    const { world, as } = await start(prepared);
    const { plan } = await planned(as.provisioner);
    const refused = async (token: Minted, of: ProvisioningDocument, more = {}) => {
      const error = await world.refused(token, apply(of, { plan, ...more }), 'plan-changed');
      expect(error.message).toContain('was not made for you');
    };
    await refused(as.owner, given);
    await refused(as['system-administrator'], given);
    await refused(as.provisioner, users({ username: 'jane', name: 'Jane Doe' }));
    await refused(as.provisioner, given, { prune: true, pruneLimit: 9 });
    const turned = plan.replace(/.$/, (last) => (last === 'A' ? 'E' : 'A'));
    await refused(as.provisioner, given, { plan: turned });
    await world.refused(as.provisioner, apply(given, { plan: 'a1.x' }), 'invalid-input');
  });

  test('holds after the key was rotated', async () => {
    const { world, as } = await start(prepared);
    const { plan } = await planned(as.provisioner);
    await world.done(as.owner, { do: 'db.rotate-key' });
    await world.done(as.provisioner, apply(given, { plan }));
  });

  test('says what apply would say of what it refuses', async () => {
    const { world, as } = await start(enabled);
    const refused = users({ username: 'jane', phone: '' });
    const administrator = as['system-administrator'];
    const [plan, applied] = await Promise.all(
      (['plan', 'apply'] as const).map((name) =>
        world.refused(administrator, request(name, refused), 'contact-data-required'),
      ),
    );
    expect(plan).toEqual(applied);
  });
});

describe('an export', () => {
  const exported = async (token: Minted, world: World, more = {}): Promise<ExportedPart> =>
    world.done(token, { do: 'account.export', account: kid, ...more });

  test('applied to the same account changes nothing', async () => {
    for (const from of [prepared, enabled]) {
      const { world, as } = await start(from);
      const { document } = await exported(as.owner, world);
      expect(await world.done(as.provisioner, apply(document))).toEqual({ changes: [], changed: false });
      if (from === prepared) await world.remove();
    }
  });

  test('leaves out the inactive, and says how many', async () => {
    const { world, as } = await start(prepared);
    await world.done(as.owner, { do: 'user.deactivate', account: kid, user: 'li' });
    const part = await exported(as.owner, world);
    expect(part.inactive).toBe(1);
    expect(part.document.users.map(({ username }) => username)).toEqual(['jane', 'maria', 'omar']);
  });

  test('comes in parts', async () => {
    const { world, as } = await start(prepared);
    const first = await exported(as.owner, world, { limit: 3 });
    expect(first.document.users).toHaveLength(3);
    const second = await exported(as.owner, world, { limit: 3, after: first.after });
    expect(second).toMatchObject({ after: null, document: { users: [{ username: 'omar' }] } });
  });

  test('applied to an empty store gives the same roster, whatever it is', async () => {
    await start(prepared);
    const from = await World.make();
    const to = await World.make();
    const [owner, empty] = [await from.mint('owner'), await to.mint('owner')];
    const text = fc.constantFrom(
      '',
      'a@b.example',
      'not an email',
      "o'neil@b.example",
      '=1+1',
      'ü@b.example',
    );
    const roster = fc.uniqueArray(
      fc.record({
        username: fc.constantFrom('null', 'yes', '010', 'Zoë', 'a b', 'x: y', '#1', "o'neil"),
        name: fc.constantFrom('~', 'Zoë "Z" O’Neil', '- x', '2026-01-01', 'ひと'),
        email: text,
        phone: fc.constantFrom('', '+12015550123', '(201) 555-0124', '12'),
        practices: fc.uniqueArray(fc.constantFrom('A', 'No', '1e3')),
        systemAdministrator: fc.boolean(),
      }),
      { selector: ({ username }) => username, maxLength: 8 },
    );
    let number = 0;
    await fc.assert(
      fc.asyncProperty(roster, async (users) => {
        const account = `k${++number}`;
        const practices = ['A', 'No', '1e3'];
        const given = { account: { kid: account, name: 'N', country: 'US' }, practices, users };
        await from.done(owner, apply(given));
        const { document } = await from.done(owner, { do: 'account.export', account });
        await to.done(empty, apply(document));
        const listed = async (world: World, token: Minted) =>
          (await world.done(token, { do: 'user.list', account })).map(
            ({ id: _, ...user }: { id: string }) => user,
          );
        expect(await listed(to, empty)).toEqual(await listed(from, owner));
        expect(await to.done(empty, { do: 'account.export', account })).toEqual(
          await from.done(owner, { do: 'account.export', account }),
        );
      }),
      { numRuns: 25 },
    );
    await from.remove();
    await to.remove();
  });
});

test('everybody named and nothing else said is nothing to do', async () => {
  const { world, as } = await start(enabled);
  const given = document({ users: everybody });
  expect(await world.done(as.provisioner, apply(given, { prune: true }))).toEqual({
    changes: [],
    changed: false,
  });
});
