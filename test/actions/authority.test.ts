// The matrix: every operation for every role, what is refused and what it leaves behind.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type OperationName, operations } from '../../src/actions/operations.ts';
import type { Request } from '../../src/actions/perform.ts';
import { type Role, roles } from '../../src/rules/authority.ts';
import type { Minted, Outcome } from '../support/actions.ts';
import { app, contacts, copyOf, kid, missingKid, otherKid } from '../support/northside.ts';
import { enabledSituation, preparedSituation, type Situation, valid } from './requests.ts';

const names = Object.keys(operations) as OperationName[];
const cells = await Promise.all(
  names.flatMap((name) =>
    roles.map(async (role, column) => ({
      name,
      role,
      grant: valid[name].grants.split(' ')[column] ?? '',
      about: (await operations[name]()).account,
    })),
  ),
);
type Cell = (typeof cells)[number];

let prepared: Situation;
let enabled: Situation;
let here: Situation;

beforeAll(async () => {
  prepared = await preparedSituation();
  enabled = await enabledSituation();
});
afterAll(async () => {
  await prepared.world.remove();
  await enabled.world.remove();
});

/** Every row but the trail and the chains of tokens, in which refused calls are recorded. */
function rows({ world }: Situation): unknown {
  const tables = [
    ...['installation', 'accounts', 'practices', 'users', 'user_practices', 'former_usernames', 'codes'],
    ...['trusted_locations', 'requests', 'messages', 'notices', 'recovery_codes', 'recovery_tries'],
    ...['check_words', 'announcements'],
  ];
  return [
    ...tables.map((table) => world.kept.sql(`SELECT * FROM ${table} ORDER BY 1, 2`)),
    world.kept.sql('SELECT id, digest, expires_at, revoked_at FROM tokens ORDER BY id'),
  ];
}

async function arrange(name: OperationName): Promise<void> {
  const from = valid[name].before ? prepared : enabled;
  here = { ...from, ...(await copyOf(from)) };
}

afterEach(() => here.world.remove());

const requestOf = (name: OperationName, account: string = kid): Request => ({
  do: name,
  account,
  ...valid[name].options(here),
});

/** What an answer says with a KID taken out of it. */
function without(account: string, { exit, error, result }: Outcome): unknown {
  return JSON.parse(JSON.stringify({ exit, error, result }).replaceAll(account, 'KID'));
}

describe('refused', () => {
  test.each(cells.filter((cell) => cell.grant === 'no'))('$name to $role', async ({ name, role }) => {
    await arrange(name);
    const { world, as } = here;
    const events = (await world.events()).length;
    const before = rows(here);
    const request = requestOf(name);
    const { exit, error, result } = await world.call(as[role], request);
    expect({ exit, code: error?.code, result }).toEqual({
      exit: 4,
      code: 'not-permitted',
      result: undefined,
    });
    expect(rows(here)).toEqual(before);
    expect((await world.events()).length).toBe(events + 1);
    expect(await world.lastEvent()).toMatchObject({
      action: 'call.refused',
      outcome: 'refused',
      role,
      tokenId: as[role].id,
      account: kid,
      user: request.user ?? (request.users as string[] | undefined)?.[0] ?? null,
      details: { do: name, code: 'not-permitted' },
    });
    const [event] = world.kept.sql('SELECT subject FROM audit_events ORDER BY seq DESC LIMIT 1');
    expect(event?.subject).toBe(`token:${as[role].id}`);
  });
});

describe('granted', () => {
  const granted = cells.filter((cell) => cell.grant !== 'no');

  test.each(granted)('$name to $role', async ({ name, role }) => {
    await arrange(name);
    const outcome = await here.world.call(here.as[role], requestOf(name));
    expect(outcome).toMatchObject({ exit: valid[name].exit ?? 0 });
    expect((await here.world.store.verifyTrail(null)).intact).toBe(true);
  });

  const whole = Object.values(contacts).flatMap(({ email, phone }) => [email, phone, phone.slice(-7)]);
  test.each(granted.filter((cell) => cell.grant === 'masked'))(
    '$name to $role with contact data masked',
    async ({ name, role }) => {
      await arrange(name);
      const shown = JSON.stringify(await here.world.done(here.as[role], requestOf(name)));
      for (const contact of whole) expect(shown).not.toContain(contact);
      const owners = JSON.stringify(await here.world.done(here.as.owner, requestOf(name)));
      if (owners.includes(contacts.jane.email)) {
        expect(shown).toContain('j•••@northside.example');
        expect(shown).toContain('•••0125');
      }
    },
  );
});

describe('what an operator may not see is answered as what does not exist', () => {
  async function sameAnswer(token: Minted, name: OperationName): Promise<void> {
    const { world } = here;
    const existing = await world.call(token, requestOf(name, otherKid));
    const missing = await world.call(token, requestOf(name, missingKid));
    expect(existing).toMatchObject({ exit: 5, error: { code: 'account-not-found' } });
    expect(without(otherKid, existing)).toEqual(without(missingKid, missing));
    const events = (await world.events()).slice(-2);
    expect(events).toMatchObject([
      { action: 'call.refused', tokenId: token.id, account: otherKid },
      { action: 'call.refused', tokenId: token.id, account: missingKid },
    ]);
  }

  test.each(cells.filter((cell) => cell.grant === 'own' && cell.about !== 'none'))(
    "$name on another account, to an account's $role",
    async ({ name, role }) => {
      await arrange(name);
      const before = rows(here);
      await sameAnswer(here.as[role], name);
      expect(rows(here)).toEqual(before);
    },
  );

  const narrowable = (cell: Cell) =>
    cell.grant !== 'no' && cell.role !== 'system-administrator' && cell.about !== 'none';

  test.each(cells.filter(narrowable))(
    '$name on another account, to a $role narrowed to one',
    async ({ name, role }) => {
      await arrange(name);
      const token = await here.world.mint(role, { kid, ...(role === 'application' ? { app } : {}) });
      await sameAnswer(token, name);
      const { account: _, ...implied } = requestOf(name);
      const own = await here.world.call(token, { ...implied, do: name });
      expect(own, 'its own account is implied').toMatchObject({ exit: valid[name].exit ?? 0 });
    },
  );
});

describe('narrowed tokens', () => {
  beforeEach(() => arrange('login'));

  test('no other account is created, or found by a search', async () => {
    const { world } = here;
    const token = await world.mint('provisioner', { kid });
    await world.refused(token, { do: 'account.create', kid: otherKid, name: 'Mine' }, 'account-not-found');
    await world.refused(token, { do: 'account.create', kid: missingKid, name: 'Mine' }, 'account-not-found');
    for (const each of [token, here.as['system-administrator']] as const) {
      const found = await world.done(each, { do: 'find', text: 'jane' });
      expect(found.map((user: { account: string }) => user.account)).toEqual([kid]);
      const accounts = await world.done(each, { do: 'account.list' });
      expect(accounts.map((account: { kid: string }) => account.kid)).toEqual([kid]);
    }
  });

  test("another account's token is answered as one that does not exist", async () => {
    const { world, as } = here;
    const other = await world.mint('application', { kid: otherKid, app });
    const administrator = as['system-administrator'];
    const existing = await world.refused(
      administrator,
      { do: 'token.revoke', tokenId: `tok_${other.id}` },
      'token-not-found',
    );
    const missing = await world.refused(
      administrator,
      { do: 'token.revoke', tokenId: 'tok_987' },
      'token-not-found',
    );
    expect(existing.message.replace(`tok_${other.id}`, 'tok_987')).toBe(missing.message);
    const unbound = { do: 'token.revoke', tokenId: `tok_${as.owner.id}` };
    await world.refused(administrator, unbound, 'token-not-found');
    const listed = await world.done(administrator, { do: 'token.list' });
    expect(new Set(listed.map((token: { account: string }) => token.account))).toEqual(new Set([kid]));
  });

  test("an administrator's trail is that of their account", async () => {
    const { world, as } = here;
    await world.call(as['customer-care'], { do: 'user.show', account: otherKid, user: 'jane' });
    const events = await world.done(as['system-administrator'], { do: 'audit.list' });
    expect(events.length).toBeGreaterThan(20);
    expect(new Set(events.map((event: { account: string }) => event.account))).toEqual(new Set([kid]));
  });

  test('an application token for one application speaks for that one only', async () => {
    const { world, as } = here;
    const request = { do: 'login', account: kid, user: 'jane', ip: '198.51.100.9' };
    const error = await world.refused(as.application, { ...request, app: 'desktop' }, 'not-permitted');
    expect(error.message).toBe('This token is for the application platform alone.');
    await world.call(as.application, request);
    expect((await world.lastEvent()).details).toMatchObject({ app: 'platform' });
    const any = await world.mint('application');
    expect((await world.refused(any, request, 'missing-option')).details).toEqual({ field: 'app' });
    await world.call(any, { ...request, app: 'desktop' });
    expect((await world.lastEvent()).details).toMatchObject({ app: 'desktop' });
  });
});

test.each<Role>(['owner', 'provisioner', 'customer-care', 'application'])(
  'no account is guessed for a %s',
  async (role) => {
    await arrange('login');
    const { account: _, ...rest } = requestOf(role === 'application' ? 'login' : 'account.show');
    const error = await here.world.refused(here.as[role], { ...rest, do: rest.do }, 'missing-option');
    expect(error.details).toEqual({ field: 'account' });
  },
);
