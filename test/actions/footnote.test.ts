// The matrix's footnote: what owner and provisioner may no longer do to users once 2FA is on.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Request } from '../../src/actions/perform.ts';
import type { Minted } from '../support/actions.ts';
import { copyOf, enabledNorthside, kid, type Northside, preparedNorthside } from '../support/northside.ts';

let before: Northside;
let after: Northside;
let here: Northside | undefined;

beforeAll(async () => {
  before = await preparedNorthside();
  after = await enabledNorthside();
});
afterAll(async () => {
  await before.world.remove();
  await after.world.remove();
});
afterEach(async () => {
  await here?.world.remove();
  here = undefined;
});

interface Change {
  what: string;
  request: Request;
  row?: Record<string, unknown>;
  /** Whether owner and provisioner may make it once 2FA is on: `contacts` with a token made for that. */
  may: 'yes' | 'contacts' | 'no';
}

const update = (user: string, fields: Record<string, unknown>) => ({
  request: { do: 'user.update', user, ...fields },
  row: { username: user, ...fields },
});
const newcomer = { name: 'Sam', email: 'sam@northside.example', phone: '+12015550130' };
const add = (fields: Record<string, unknown>) => ({
  request: { do: 'user.add', user: 'sam', ...fields },
  row: { username: 'sam', ...fields },
});

const changes: Change[] = [
  { what: 'the role is granted', ...update('jane', { systemAdministrator: true }), may: 'no' },
  { what: 'the role is removed', ...update('omar', { systemAdministrator: false }), may: 'no' },
  { what: 'an administrator is added', ...add({ ...newcomer, systemAdministrator: true }), may: 'no' },
  {
    what: "an administrator's email changes",
    ...update('omar', { email: 'o2@northside.example' }),
    may: 'no',
  },
  { what: "an administrator's phone changes", ...update('omar', { phone: '+12015550199' }), may: 'no' },
  { what: 'an administrator is deactivated', request: { do: 'user.deactivate', user: 'omar' }, may: 'no' },
  {
    what: "another user's email changes",
    ...update('jane', { email: 'j2@northside.example' }),
    may: 'contacts',
  },
  { what: "another user's phone changes", ...update('jane', { phone: '+12015550199' }), may: 'contacts' },
  { what: 'another user is deactivated', request: { do: 'user.deactivate', user: 'jane' }, may: 'yes' },
  { what: 'a user is added', ...add(newcomer), may: 'yes' },
  { what: "an administrator's name changes", ...update('omar', { name: 'Omar Aziz' }), may: 'yes' },
  { what: "an administrator's practices change", ...update('omar', { practices: [] }), may: 'yes' },
  {
    what: "an administrator's contact data stays the same after normalisation",
    ...update('omar', { email: 'OMAR@Northside.EXAMPLE', phone: '(201) 555-0124' }),
    may: 'yes',
  },
];

type By = 'owner' | 'provisioner';
const operators = (['owner', 'provisioner'] as const).flatMap((role) =>
  [false, true].map((mayContacts) => ({ role, mayContacts })),
);
const cells = changes.flatMap((change) => operators.map((operator) => ({ ...change, ...operator })));
const allowed = (may: Change['may'], mayContacts: boolean) =>
  may === 'yes' || (may === 'contacts' && mayContacts);

async function arrange(template: Northside, role: By, mayContacts: boolean): Promise<Minted> {
  here = await copyOf(template);
  return here.world.mint(role, { mayContacts });
}

function usersOf({ world }: Northside): unknown {
  return world.kept.sql('SELECT * FROM users ORDER BY id');
}

describe('once 2FA is on', () => {
  test.each(cells)('$what, by $role, --may contacts $mayContacts', async (cell) => {
    const token = await arrange(after, cell.role, cell.mayContacts);
    if (!here) throw new Error('not arranged');
    const rows = usersOf(here);
    const outcome = await here.world.call(token, { account: kid, ...cell.request });
    if (allowed(cell.may, cell.mayContacts)) {
      expect(outcome.exit).toBe(0);
      return;
    }
    expect(outcome).toMatchObject({ exit: 4, error: { code: 'not-permitted' } });
    expect(usersOf(here)).toEqual(rows);
    expect(await here.world.lastEvent()).toMatchObject({ action: 'call.refused', tokenId: token.id });
  });

  test.each(cells.filter((cell) => cell.row !== undefined))(
    'as a row of an import: $what, by $role, --may contacts $mayContacts',
    async (cell) => {
      const token = await arrange(after, cell.role, cell.mayContacts);
      if (!here) throw new Error('not arranged');
      const rows = usersOf(here);
      const { outcomes } = await here.world.done(token, {
        do: 'user.import',
        account: kid,
        rows: [cell.row],
      });
      if (allowed(cell.may, cell.mayContacts)) {
        expect(outcomes[0].outcome).toMatch(/^(added|updated|unchanged)$/);
        return;
      }
      expect(outcomes).toEqual([
        { outcome: 'rejected', field: null, reason: expect.stringMatching(/^Once 2FA is on, /) },
      ]);
      expect(usersOf(here)).toEqual(rows);
    },
  );

  test.each(changes)('$what, by a System Administrator of the account', async ({ request }) => {
    here = await copyOf(after);
    const outcome = await here.world.call(here.as['system-administrator'], request);
    expect(outcome.exit).toBe(0);
  });
});

describe('before 2FA is on', () => {
  test.each(changes)('$what, by a provisioner', async ({ request, what }) => {
    const token = await arrange(before, 'provisioner', false);
    const outcome = await here?.world.call(token, { account: kid, ...request });
    expect(outcome?.exit).toBe(0);
    expect(outcome?.result.changed).toBe(!what.includes('stays the same'));
  });
});

test('a token made with --may contacts says so in the trail, and keeps it when rotated', async () => {
  here = await copyOf(after);
  const { world, as } = here;
  const made = await world.done(as.owner, { do: 'token.create', role: 'provisioner', mayContacts: true });
  expect((await world.lastEvent()).details).toMatchObject({ role: 'provisioner', mayContacts: true });
  const rotated = await world.done(as.owner, { do: 'token.rotate', tokenId: made.id });
  const token = { id: Number(rotated.id.slice(4)), secret: rotated.token };
  const request = { do: 'user.update', account: kid, user: 'jane', email: 'j2@northside.example' };
  expect(await world.done(token, request)).toMatchObject({ email: 'j2@northside.example', changed: true });
});

test('"--may contacts" is for owners and provisioners alone', async () => {
  here = await copyOf(after);
  const { world, as } = here;
  for (const role of ['customer-care', 'application']) {
    const error = await world.refused(
      as.owner,
      { do: 'token.create', role, mayContacts: true },
      'invalid-input',
    );
    expect(error.details).toEqual({ field: 'mayContacts' });
  }
});
