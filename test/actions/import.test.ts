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
    ]);
    expect(await usernames()).toEqual(['jane', 'li.wei', 'maria', 'omar', 'sam', 'twin']);
    const jane = await world.done(maria(), { do: 'user.show', user: 'jane' });
    expect(jane).toMatchObject({ name: 'Jane Roe', practices: ['Cardiology'], ...contacts.jane });
    const events = (await world.events()).slice(-2);
    expect(events).toMatchObject([
      { action: 'user.updated', user: 'jane', details: { by: 'import', fields: ['name', 'practices'] } },
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

  test('a request has at most 1000 rows', async () => {
    const rows = Array.from({ length: 1001 }, () => ({}));
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
