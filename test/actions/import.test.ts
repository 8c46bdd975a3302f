// The import of rows: what becomes of each, before and after 2FA is on.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  contacts,
  copyOf,
  enabledNorthside,
  failCodes,
  kid,
  type Northside,
  preparedNorthside,
} from '../support/northside.ts';

let templates: { before: Northside; after: Northside };
let here: Northside;

beforeAll(async () => {
  templates = { before: await preparedNorthside(), after: await enabledNorthside() };
});
afterAll(async () => {
  await templates.before.world.remove();
  await templates.after.world.remove();
});
afterEach(() => here.world.remove());

const maria = () => here.as['system-administrator'];
const load = async (rows: unknown[], more: object = {}) =>
  (await here.world.done(maria(), { do: 'user.import', rows, ...more })).outcomes;
const usernames = async () =>
  (await here.world.done(maria(), { do: 'user.list' })).map((user: { username: string }) => user.username);
const sam = { username: 'sam', name: 'Sam', email: 'sam@northside.example', phone: '+12015550130' };

describe('before 2FA is on', () => {
  beforeEach(async () => {
    here = await copyOf(templates.before);
  });

  test('each row is added, updated, left unchanged or rejected with its reason, in their order', async () => {
    const { world } = here;
    await world.done(maria(), { do: 'user.rename', user: 'li', newUsername: 'li.wei' });
    const outcomes = await load([
      sam,
      { username: 'jane', name: 'Jane Roe', practices: ['cardiology'] },
      { username: 'omar', phone: '201-555-0124' },
      { username: 'nameless', email: 'n@northside.example' },
      { username: 'Jane', name: 'Another Jane' },
      { username: 'li', name: 'Another Li' },
      { username: 'SAM', name: 'Sam again' },
      { username: 'ada', name: 'Ada', practices: ['Cardiologi'] },
      { username: 'bad name ', name: 'Bad' },
      { username: 'eve', name: 'Eve', role: 'owner' },
      'no row',
      { username: 'tom', name: 'Tom', systemAdministrator: 'yes' },
      { username: 'twin', name: 'Twin', email: 'sam@northside.example' },
      { username: 'jane', language: 'es' },
      { username: 'jane', language: 'fr' },
    ]);
    expect(outcomes).toEqual([
      { outcome: 'added' },
      { outcome: 'updated' },
      { outcome: 'unchanged' },
      { outcome: 'rejected', field: 'name', reason: 'name is empty; a new user needs one.' },
      { outcome: 'rejected', field: null, reason: 'The user is spelled "jane".' },
      {
        outcome: 'rejected',
        field: null,
        reason: 'Account 10482 has, or had, a user "li"; usernames are never reused.',
      },
      { outcome: 'rejected', field: 'username', reason: "The username is sam's already, in the same file." },
      {
        outcome: 'rejected',
        field: 'practice',
        reason: 'Account 10482 has no practice "Cardiologi". Did you mean "Cardiology"?',
      },
      {
        outcome: 'rejected',
        field: 'username',
        reason: 'username contains white space other than single spaces between words.',
      },
      { outcome: 'rejected', field: 'role', reason: expect.any(String) },
      { outcome: 'rejected', field: 'row', reason: expect.any(String) },
      { outcome: 'rejected', field: 'systemAdministrator', reason: expect.stringContaining('true or false') },
      { outcome: 'added' },
      { outcome: 'updated' },
      { outcome: 'rejected', field: 'language', reason: 'language must be en or es.' },
    ]);
    expect(await usernames()).toEqual(['jane', 'li.wei', 'maria', 'omar', 'sam', 'twin']);
    const jane = await world.done(maria(), { do: 'user.show', user: 'jane' });
    expect(jane).toMatchObject({ name: 'Jane Roe', practices: ['Cardiology'], ...contacts.jane });
    const events = (await world.events()).slice(-3);
    expect(events).toMatchObject([
      { action: 'user.updated', user: 'jane', details: { by: 'import', fields: ['name', 'practices'] } },
      { action: 'user.updated', user: 'jane', details: { by: 'import', fields: ['language'] } },
      { action: 'users.imported', account: kid, details: { added: 2, administrators: [] } },
    ]);
  });

  test('the same rows again change nothing and leave no event', async () => {
    await load([sam, { username: 'jane', practices: [] }]);
    const before = await here.world.events();
    expect(await load([sam, { username: 'jane', practices: [] }])).toEqual([
      { outcome: 'unchanged' },
      { outcome: 'unchanged' },
    ]);
    expect(await here.world.events()).toEqual(before);
  });

  test('a dry run says the same and does nothing', async () => {
    const before = await here.world.events();
    const rows = [sam, { username: 'jane', name: 'Jane Roe' }, { username: 'nameless' }];
    const dry = await load(rows, { dryRun: true });
    expect(dry.map((row: { outcome: string }) => row.outcome)).toEqual(['added', 'updated', 'rejected']);
    expect(await here.world.events()).toEqual(before);
    expect(await usernames()).not.toContain('sam');
    expect(await load(rows)).toEqual(dry);
  });

  test('the last administrator keeps the role', async () => {
    const rows = ['maria', 'omar'].map((username) => ({ username, systemAdministrator: false }));
    expect(await load(rows)).toEqual([
      { outcome: 'updated' },
      {
        outcome: 'rejected',
        field: null,
        reason:
          'omar is the last active, unlocked System Administrator of account 10482 and cannot lose the role.',
      },
    ]);
  });

  test('an administrator who is added counts at once', async () => {
    const rows = [
      { ...sam, systemAdministrator: true },
      ...['maria', 'omar'].map((username) => ({ username, systemAdministrator: false })),
    ];
    expect((await load(rows)).map((row: { outcome: string }) => row.outcome)).toEqual([
      'added',
      'updated',
      'updated',
    ]);
    const administrators = here.world.kept.sql(
      'SELECT username FROM users WHERE system_administrator AND account_kid = ?',
      kid,
    );
    expect(administrators).toEqual([{ username: 'sam' }]);
  });

  test('a request has at most 5000 rows', async () => {
    const rows = Array.from({ length: 5001 }, () => ({}));
    const error = await here.world.refused(maria(), { do: 'user.import', rows }, 'invalid-input');
    expect(error.details).toEqual({ field: 'rows' });
  });
});

describe('once 2FA is on', () => {
  beforeEach(async () => {
    here = await copyOf(templates.after);
  });

  const twice = { outcome: 'rejected', field: 'email', reason: expect.stringContaining("sam's already") };

  test('no two rows bring the same email, whether they add or update', async () => {
    const outcomes = await load([
      sam,
      { ...sam, username: 'twin', email: 'SAM@northside.example' },
      { username: 'jane', email: 'Sam@Northside.example' },
      { username: 'li', email: 'li2@northside.example' },
      { ...sam, username: 'heir', email: contacts.li.email },
      { ...sam, username: 'thief', email: contacts.jane.email },
    ]);
    expect(outcomes).toEqual([
      { outcome: 'added' },
      twice,
      twice,
      { outcome: 'updated' },
      { outcome: 'added' },
      {
        outcome: 'rejected',
        field: null,
        reason: expect.stringContaining("The email is jane's already."),
      },
    ]);
    const keys = here.world.kept.sql(
      'SELECT email_key FROM users WHERE account_kid = ? AND active GROUP BY email_key HAVING count(*) > 1',
      kid,
    );
    expect(keys).toEqual([]);
  });

  test('an administrator is told of all that was changed, also where the same rows take the role away', async () => {
    const rows = [
      { username: 'omar', systemAdministrator: false },
      { username: 'jane', email: 'jane2@northside.example' },
      { username: 'li', name: 'Li Wei' },
    ];
    expect((await load(rows)).map((row: { outcome: string }) => row.outcome)).toEqual([
      'updated',
      'updated',
      'updated',
    ]);
    const notices = here.world.kept.sql('SELECT kind, about, recipient, email FROM notices ORDER BY id');
    const [omar, jane] = [contacts.omar.email, contacts.jane.email];
    expect(notices.slice(-4)).toEqual([
      { kind: 'role-changed', about: 'omar', recipient: 'omar', email: omar },
      { kind: 'contact-changed', about: 'jane', recipient: 'jane', email: jane },
      { kind: 'contact-changed', about: 'jane', recipient: 'jane', email: 'jane2@northside.example' },
      { kind: 'contact-changed', about: 'jane', recipient: 'omar', email: omar },
    ]);
  });

  test('an email passes on only once its user has given it up: a swap takes a third address', async () => {
    const swap = [
      { username: 'jane', email: contacts.li.email },
      { username: 'li', email: contacts.jane.email },
    ];
    const held = { outcome: 'rejected', field: null };
    expect(await load(swap)).toMatchObject([held, held]);
    const [first, second] = swap;
    const passing = [{ username: 'li', email: 'li2@northside.example' }, first, second];
    expect((await load(passing)).map((row: { outcome: string }) => row.outcome)).toEqual([
      'updated',
      'updated',
      'updated',
    ]);
  });

  test('a row without valid contact data is rejected, and lifts no lock', async () => {
    await failCodes(here, 'jane');
    const outcomes = await load([
      { ...sam, phone: '' },
      { username: 'jane', email: '' },
      { username: 'jane', email: 'jane2@northside.example' },
    ]);
    expect(outcomes.map((row: { outcome: string }) => row.outcome)).toEqual([
      'rejected',
      'rejected',
      'updated',
    ]);
    const jane = await here.world.done(maria(), { do: 'user.show', user: 'jane' });
    expect(jane).toMatchObject({ status: 'locked', attemptsLeft: 0, email: 'jane2@northside.example' });
  });
});

describe('a dry run in parts', () => {
  beforeEach(async () => {
    here = await copyOf(templates.after);
  });

  const heir = { username: 'heir', name: 'Heir', phone: '+12015550131' };
  const files: [what: string, rows: object[]][] = [
    [
      'an email that an earlier part adds',
      [sam, { ...sam, username: 'twin', email: 'SAM@northside.example' }],
    ],
    ['an email that an earlier part gives', [{ username: 'jane', email: 'sam@northside.example' }, sam]],
    [
      'an email that an earlier part frees',
      [
        { username: 'li', email: 'li2@northside.example' },
        { ...heir, email: contacts.li.email },
        { ...heir, username: 'late', email: contacts.li.email },
      ],
    ],
    [
      'an email that goes round',
      [
        { username: 'li', email: 'other@northside.example' },
        { username: 'jane', email: contacts.li.email },
        { ...heir, email: contacts.jane.email },
        { ...heir, username: 'late', email: contacts.li.email },
      ],
    ],
    [
      'the email of a row that is rejected',
      [
        { ...sam, practices: ['Nowhere'] },
        { ...heir, email: sam.email },
      ],
    ],
    [
      'administrators who go',
      [
        { username: 'omar', systemAdministrator: false },
        { username: 'maria', systemAdministrator: false },
      ],
    ],
    [
      'administrators who come and go',
      [
        { ...sam, systemAdministrator: true },
        { username: 'omar', systemAdministrator: false },
        { username: 'maria', systemAdministrator: false },
      ],
    ],
  ];

  /** Imports the rows in parts of so many, each dry one told of those before. */
  async function inParts(rows: object[], size: number, dryRun: boolean): Promise<unknown[]> {
    const outcomes: unknown[] = [];
    const emails = new Map<string, string | null>();
    let administrators = 0;
    for (let from = 0; from < rows.length; from += size) {
      const earlier = { emails: [...emails], administrators };
      const request = { do: 'user.import', rows: rows.slice(from, from + size) };
      const tried = dryRun ? { dryRun, earlier } : {};
      const done = await here.world.done(maria(), { ...request, ...tried });
      outcomes.push(...done.outcomes);
      for (const [email, holder] of done.effects?.emails ?? []) emails.set(email, holder);
      administrators += done.effects?.administrators ?? 0;
    }
    return outcomes;
  }

  test.each(files)('%s: it says what the real run says', async (_, rows) => {
    for (const size of [1, 2, rows.length]) {
      const dry = await inParts(rows, size, true);
      const real = await copyOf(here);
      const before = here;
      here = real;
      expect(await inParts(rows, size, false), `parts of ${size}`).toEqual(dry);
      await real.world.remove();
      here = before;
    }
  });

  test('what earlier parts would have done is for a dry run alone', async () => {
    const earlier = { emails: [], administrators: 5 };
    const request = { do: 'user.import', rows: [], earlier };
    expect((await here.world.refused(maria(), request, 'invalid-input')).details).toEqual({
      field: 'earlier',
    });
  });
});

describe('rows that the footnote of the matrix refuses', () => {
  beforeEach(async () => {
    here = await copyOf(templates.after);
  });

  const refusals = async () =>
    (await here.world.events()).filter((event: { action: string }) => event.action === 'call.refused');

  test.each([false, true])('leave one event on the token of the caller (dry run: %s)', async (dryRun) => {
    const { world, as } = here;
    const rows = [
      { username: 'jane', email: 'thief@northside.example' },
      { username: 'maria', phone: '+12015550199' },
      { username: 'omar', systemAdministrator: false },
      { username: 'li', name: 'Li Wei' },
      { username: 'nobody' },
    ];
    const { outcomes } = await world.done(as.provisioner, { do: 'user.import', account: kid, rows, dryRun });
    expect(outcomes.map((row: { outcome: string }) => row.outcome)).toEqual([
      ...['rejected', 'rejected', 'rejected'],
      ...['updated', 'rejected'],
    ]);
    const subject = `token:${as.provisioner.id}`;
    expect(await refusals()).toMatchObject([
      {
        role: 'provisioner',
        tokenId: as.provisioner.id,
        account: kid,
        outcome: 'refused',
        details: { do: 'user.import', code: 'not-permitted', rows: 3, users: ['jane', 'maria', 'omar'] },
      },
    ]);
    const [row] = world.kept.sql("SELECT subject FROM audit_events WHERE action = 'call.refused'");
    expect(row?.subject).toBe(subject);
    expect(JSON.stringify(await world.events())).not.toContain('thief');
  });

  test('are counted all, and named in part', async () => {
    const { world, as } = here;
    const rows = Array.from({ length: 50 }, (_, each) => ({
      username: `new${each}`,
      name: 'New',
      systemAdministrator: true,
    }));
    await world.done(as.provisioner, { do: 'user.import', account: kid, rows });
    const [event] = await refusals();
    expect(event?.details).toMatchObject({ rows: 50 });
    expect(event?.details.users).toEqual(rows.slice(0, 20).map(({ username }) => username));
  });

  test('of an administrator there are none', async () => {
    await load([{ username: 'omar', systemAdministrator: false }]);
    expect(await refusals()).toEqual([]);
  });
});
