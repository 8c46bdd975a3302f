// Users from the command line: added, updated, renamed, deactivated, listed, shown and found.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Prepared, quickNorthside } from '../support/in-process.ts';
import { kid } from '../support/program.ts';
import { exactly, fieldsOf, instant, userFields } from './fields.ts';

let here: Prepared;

beforeAll(async () => {
  here = await quickNorthside();
});
afterAll(() => here.remove());

interface UserDocument {
  id: string;
  username: string;
  email: string | null;
  phone: string | null;
  practices: string[];
  contactChangedAt: string | null;
  changed: boolean;
}

const user = (command: string, ...args: string[]) => ['user', command, ...args, '-a', kid];
const usernames = (users: UserDocument[]) => users.map((each) => each.username);
const list = async (...args: string[]) => usernames(await here.json(user('list', ...args)));

describe('user add', () => {
  const rosa = user('add', 'rosa', '--name', 'Rosa Kim', '--email', 'Rosa@Northside.example');

  test('adds a user, and the same again changes nothing', async () => {
    const args = [...rosa, '--phone', '(201) 555-0140', '--practice', 'Northside Cardiology'];
    const added = await here.json<UserDocument>(args);
    expect(fieldsOf(added)).toEqual(exactly(userFields, 'changed'));
    expect(added.id).toMatch(/^usr_[0-9]+$/);
    expect(added).toMatchObject({
      account: kid,
      username: 'rosa',
      name: 'Rosa Kim',
      email: 'Rosa@Northside.example',
      phone: '+12015550140',
      practices: ['Northside Cardiology'],
      systemAdministrator: false,
      status: 'active',
      attemptsLeft: 7,
      lockedAt: null,
      lastVerifiedAt: null,
      changed: true,
    });
    expect(await here.json(args)).toEqual({ ...added, changed: false });
  });

  test('stores contact data that is yet to be mended, before 2FA is on', async () => {
    const pat = await here.json<UserDocument>(
      user('add', 'pat', '--name', 'Pat', '--email', 'pat@', '--phone', '12'),
    );
    expect(pat).toMatchObject({ email: 'pat@', phone: '12', practices: [] });
  });

  test('refuses a username that there is, in another spelling too', async () => {
    const same = await here.error(user('add', 'jane', '--name', 'Jane Roe'), 6);
    expect(same.code).toBe('user-exists');
    expect((await here.error(user('add', 'JANE', '--name', 'Jane Doe'), 6)).code).toBe('user-exists');
  });

  test('refuses a practice that does not exist, and names the nearest', async () => {
    const error = await here.error(user('add', 'li', '--name', 'Li', '--practice', 'Northside Cardiolgy'), 5);
    expect(error).toMatchObject({
      code: 'practice-not-found',
      hint: 'Did you mean "Northside Cardiology"?',
      details: { field: 'practice' },
    });
    expect((await here.error(user('show', 'li'), 5)).code).toBe('user-not-found');
  });

  test.each([
    ['no name', user('add', 'li'), 'missing-option'],
    ['a username that looks like an id', user('add', 'usr_1', '--name', 'Li'), 'invalid-input'],
    ['a username with white space', user('add', ' li', '--name', 'Li'), 'invalid-input'],
    ['an empty name', user('add', 'li', '--name', ''), 'invalid-input'],
  ])('refuses %s', async (_, args, code) => {
    expect((await here.error(args, 2)).code).toBe(code);
  });
});

describe('user update', () => {
  test('changes what is given, and the same again changes nothing', async () => {
    const args = user(
      'update',
      'david',
      '--name',
      'David A. Okafor',
      '--email',
      'david.okafor@northside.example',
    );
    const updated = await here.json<UserDocument>(args);
    expect(fieldsOf(updated)).toEqual(exactly(userFields, 'changed'));
    expect(updated).toMatchObject({ name: 'David A. Okafor', phone: '+12015550125', changed: true });
    expect(updated.contactChangedAt).toMatch(instant);
    expect(await here.json(args)).toEqual({ ...updated, changed: false });
  });

  test("replaces practices, and '' clears", async () => {
    const update = (...args: string[]) => here.json<UserDocument>(user('update', 'sam', ...args));
    expect((await update('--practice', 'Northside Cardiology')).practices).toEqual(['Northside Cardiology']);
    const both = await update('--practice', 'Northside Cardiology', 'Northside Pediatrics');
    expect([...both.practices].sort()).toEqual(['Northside Cardiology', 'Northside Pediatrics']);
    expect(await update('--practice', '', '--phone', '')).toMatchObject({ practices: [], phone: null });
  });

  test("sets the language of messages, and '' clears it; another is refused", async () => {
    const update = (language: string) => user('update', 'sam', '--language', language);
    expect(await here.json(update('es'))).toMatchObject({ language: 'es', changed: true });
    expect(await here.json(update('es'))).toMatchObject({ language: 'es', changed: false });
    expect(await here.json(user('show', 'sam'))).toMatchObject({ language: 'es' });
    expect(await here.json(update(''))).toMatchObject({ language: null, changed: true });
    expect(await here.error(update('fr'), 2)).toMatchObject({
      code: 'invalid-input',
      message: 'language "fr" must be en or es.',
      details: { field: 'language' },
    });
    const added = user('add', 'lola', '--name', 'Lola', '--language', 'es');
    expect(await here.json(added)).toMatchObject({ language: 'es', changed: true });
  });

  test('refuses that nothing is given, and a user who does not exist', async () => {
    expect((await here.error(user('update', 'david'), 2)).code).toBe('missing-option');
    const error = await here.error(user('update', 'David', '--name', 'X'), 5);
    expect(error).toMatchObject({
      code: 'user-not-found',
      hint: 'Usernames are exact: did you mean "david"?',
    });
  });

  test('gives the role, takes it away, and leaves one who has it', async () => {
    const role = (name: string, option: string) => user('update', name, option);
    expect(await here.json(role('nina', '--no-system-administrator'))).toMatchObject({ changed: true });
    expect((await here.error(role('maria', '--no-system-administrator'), 6)).code).toBe('last-administrator');
    expect((await here.error(user('deactivate', 'maria'), 6)).code).toBe('last-administrator');
    expect(await here.json(role('nina', '--system-administrator'))).toMatchObject({
      systemAdministrator: true,
      changed: true,
    });
  });
});

describe('user rename', () => {
  test('gives another username; the old one is never reused', async () => {
    await here.json(user('add', 'temp', '--name', 'Temp'));
    const renamed = await here.json<UserDocument>(user('rename', 'temp', 'locum'));
    expect(fieldsOf(renamed)).toEqual(exactly(userFields, 'changed'));
    expect(renamed).toMatchObject({ username: 'locum', changed: true });
    expect(await here.json(user('rename', renamed.id, 'locum'))).toEqual({ ...renamed, changed: false });
    expect((await here.error(user('add', 'temp', '--name', 'Temp'), 6)).code).toBe('user-exists');
    expect((await here.error(user('rename', 'locum', 'jane'), 6)).code).toBe('user-exists');
    expect((await here.error(user('rename', 'temp', 'other'), 5)).code).toBe('user-not-found');
  });
});

describe('user deactivate', () => {
  test('keeps a user out; once more changes nothing', async () => {
    await here.json(user('add', 'gone', '--name', 'Gone'));
    const gone = await here.json<UserDocument>(user('deactivate', 'gone'));
    expect(fieldsOf(gone)).toEqual(exactly(userFields, 'changed'));
    expect(gone).toMatchObject({ status: 'inactive', changed: true });
    expect(await here.json(user('deactivate', 'gone'))).toEqual({ ...gone, changed: false });
    expect(await list('--status', 'inactive')).toEqual(['gone']);
    expect((await here.error(user('deactivate', 'nobody'), 5)).code).toBe('user-not-found');
    const again = await here.error(user('add', 'gone', '--name', 'Gone'), 6);
    expect(again.code).toBe('user-exists');
  });
});

describe('user show', () => {
  test('shows a user by username or by id', async () => {
    const shown = await here.json<UserDocument>(user('show', 'maria'));
    expect(fieldsOf(shown)).toEqual(exactly(userFields));
    expect(shown).toMatchObject({ email: 'maria@northside.example', systemAdministrator: true });
    expect(await here.json(user('show', shown.id))).toEqual(shown);
    expect((await here.error(user('show', 'nobody'), 5)).code).toBe('user-not-found');
    expect((await here.error(user('show', 'usr_999999'), 5)).code).toBe('user-not-found');
  });

  test('is masked for Customer Care', async () => {
    const shown = await here.json<UserDocument>([...user('show', 'maria'), '-p', 'care']);
    expect(fieldsOf(shown)).toEqual(exactly(userFields));
    expect(shown).toMatchObject({ email: 'm•••@northside.example', phone: '•••0123' });
    const text = await here.run([...user('show', 'maria'), '-p', 'care']);
    expect(text.stdout).toContain('m•••@northside.example');
    expect(text.stdout + text.stderr).not.toMatch(/maria@|555/);
  });
});

describe('user list', () => {
  test('is a bare array of users, in the order of the usernames', async () => {
    const all = await here.json<UserDocument[]>(user('list'));
    for (const each of all) expect(fieldsOf(each)).toEqual(exactly(userFields));
    const names = usernames(all);
    expect(names).toEqual([...names].sort());
    expect(names).toEqual(expect.arrayContaining(['david', 'jane', 'maria', 'nina', 'sam']));
  });

  test('is filtered, and cut by --limit and --after', async () => {
    expect(await list('--search', 'northside.example', '--limit', '2')).toEqual(['david', 'jane']);
    expect(await list('--limit', '2', '--after', 'jane', '--search', 'northside.example')).toEqual([
      'maria',
      'nina',
    ]);
    expect(await list('--practice', 'Northside Pediatrics')).toEqual(['jane', 'maria']);
    expect(await list('--status', 'locked')).toEqual([]);
    expect(await list('--after', 'zz')).toEqual([]);
  });

  test('as NDJSON, CSV and a table', async () => {
    const args = user('list', '--search', 'maria');
    const { stdout: line } = await here.run([...args, '-o', 'ndjson']);
    expect(JSON.parse(line)).toEqual(await here.json(user('show', 'maria')));
    const { stdout: csv } = await here.run([...args, '-o', 'csv']);
    expect(csv.split('\n')).toEqual([
      'username,name,status,attempts_left,email,phone,practices,system_administrator,id',
      expect.stringMatching(
        /^maria,Maria Lopez,active,7,maria@northside\.example,\+12015550123,Northside Pediatrics,true,usr_\d+$/,
      ),
      '',
    ]);
    const { stdout: table } = await here.run(args);
    expect(table).toMatch(
      /^USERNAME +NAME +STATUS +ATTEMPTS +EMAIL +PHONE +PRACTICES +ADMIN +ID\nmaria +Maria/,
    );
  });

  test('refuses a status that there is not, and an account that does not exist', async () => {
    const error = await here.error(user('list', '--status', 'gone'), 2);
    expect(error).toMatchObject({ code: 'invalid-input', details: { field: 'status' } });
    expect((await here.error(['user', 'list', '-a', '99999'], 5)).code).toBe('account-not-found');
  });

  test('says on stderr that there is nobody; stdout stays empty', async () => {
    const ran = await here.run(user('list', '--status', 'locked'));
    expect(ran).toEqual({ exit: 0, stdout: '', stderr: 'No user.\n' });
    expect(await here.run([...user('list', '--status', 'locked'), '-q'])).toMatchObject({ stderr: '' });
  });
});

describe('find', () => {
  test('finds users by name, username, email and phone, over the accounts one may see', async () => {
    await here.json(['account', 'create', '20001', '--name', 'Lakeside']);
    await here.json(['user', 'add', 'lopez', '--name', 'Ana Lopez', '-a', '20001']);
    const find = async (text: string, ...args: string[]) =>
      usernames(await here.json(['find', text, ...args]));
    expect(await find('lopez')).toEqual(['maria', 'lopez']);
    expect(await find('LOPEZ', '-p', 'maria')).toEqual(['maria']);
    expect(await find('lopez', '-a', '20001')).toEqual(['lopez']);
    expect(await find('5550129')).toEqual(['nina']);
    expect(await find('jane@northside')).toEqual(['jane']);
    expect(await find('nothing of the kind')).toEqual([]);
    const [first] = await here.json<UserDocument[]>(['find', 'lopez', '--limit', '1']);
    expect(fieldsOf(first ?? {})).toEqual(exactly(userFields));
    expect(await find('lopez', '--after', first?.id ?? '')).toEqual(['lopez']);
  });

  test('shows Customer Care no contact data, and lets them not search by a part of it', async () => {
    const found = await here.json<UserDocument[]>(['find', 'maria@northside.example', '-p', 'care']);
    expect(found).toMatchObject([{ email: 'm•••@northside.example', phone: '•••0123' }]);
    expect(await here.json(['find', '555012', '-p', 'care'])).toEqual([]);
  });

  test('refuses an empty text', async () => {
    expect((await here.error(['find', ''], 2)).code).toBe('invalid-input');
  });
});
