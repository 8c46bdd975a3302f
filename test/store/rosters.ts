// The contract's part on accounts, users and tokens as they are written and read.
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { UserWithPractices } from '../../src/actions/store.ts';
import { storedEmail } from '../../src/rules/contact.ts';
import type { Engine, Opened } from './engine.ts';
import { actor, eventCount, type Fixture, fill, kid, otherKid, someone, theUser } from './fixture.ts';

export function rosters(engine: Engine): void {
  let opened: Opened;
  let fixture: Fixture;

  beforeEach(async () => {
    opened = await engine.open();
    fixture = await fill(opened);
  });
  afterEach(() => opened.remove());

  test('a write that throws half-way leaves nothing', async () => {
    const before = await eventCount(opened);
    const broken = opened.store.write(actor, async (tables) => {
      await tables.addAccount({ kid: '3', name: 'Third', country: 'US' }, { action: 'account.created' });
      await tables.saveUser(fixture.jane, { name: 'Nobody' }, { action: 'user.updated' });
      throw new RangeError('half-way');
    });
    await expect(broken).rejects.toThrow('half-way');
    expect(await opened.store.read((tables) => tables.account('3'))).toBeNull();
    expect((await theUser(opened, 'jane')).name).toBe('jane of Northside');
    expect(await eventCount(opened)).toBe(before);
  });

  test('rows come back as they were written', async () => {
    const { user, account, practices } = await opened.store.read(async (tables) => ({
      user: await tables.user(kid, 'maria'),
      account: (await tables.accounts({ kid, limit: 1 }))[0],
      practices: await tables.practices(kid),
    }));
    expect(user).toMatchObject({
      accountKid: kid,
      username: 'maria',
      email: 'maria@northside.example',
      emailKey: 'maria@northside.example',
      emailProblem: null,
      phone: '+12015550123',
      phoneProblem: null,
      systemAdministrator: true,
      active: true,
      attemptsLeft: 7,
      lockedAt: null,
      practices: ['Pediatrics'],
    });
    expect(account).toMatchObject({ kid, enabledBy: 'maria', practices: 1, users: 2, lockedUsers: 0 });
    expect(practices).toMatchObject([{ name: 'Pediatrics', users: 2 }]);
  });

  test('a user is found by exact username or id in their own account only', async () => {
    const find = (account: string, name: string) => opened.store.read((tables) => tables.user(account, name));
    expect((await find(kid, 'jane'))?.id).toBe(fixture.jane.id);
    expect((await find(kid, `usr_${fixture.jane.id}`))?.username).toBe('jane');
    expect(await find(kid, 'Jane')).toBeNull();
    expect(await find(otherKid, 'jane')).toBeNull();
    expect(await find(otherKid, `usr_${fixture.jane.id}`)).toBeNull();
  });

  test('a username left behind stays with its user', async () => {
    await opened.store.write(actor, (tables) =>
      tables.saveUser(fixture.jane, { username: 'janet' }, { action: 'user.renamed' }),
    );
    const holder = (name: string, account = kid) =>
      opened.store.read((tables) => tables.usernameHolder(account, name));
    expect(await holder('janet')).toBe(fixture.jane.id);
    expect(await holder('JANE')).toBe(fixture.jane.id);
    expect(await holder('ｊａｎｅ'), 'NFKC').toBe(fixture.jane.id);
    expect(await holder('jane', otherKid)).toBeNull();
    expect(await holder('joan')).toBeNull();
  });

  test('users are listed by page, status, practice and text', async () => {
    const list = (filter: object) =>
      opened.store
        .read((tables) => tables.users({ kid, limit: 10, ...filter }))
        .then((users) => users.map((user) => user.username));
    await opened.store.write(actor, async (tables) => {
      const account = await tables.account(kid);
      if (!account) throw new Error('The account is gone.');
      await tables.addUsers(account, [someone('zoë_1', '+12015550127'), someone('zoëx1', '+12015550128')], {
        action: 'users.imported',
      });
      await tables.saveUser(fixture.jane, { active: false }, { action: 'user.deactivated' });
    });
    expect(await list({})).toEqual(['jane', 'maria', 'zoë_1', 'zoëx1']);
    expect(await list({ limit: 2, after: 'jane' })).toEqual(['maria', 'zoë_1']);
    expect(await list({ status: 'inactive' })).toEqual(['jane']);
    expect(await list({ practice: 'PEDIATRICS' })).toEqual(['jane', 'maria']);
    expect(await list({ search: 'ZOË_' }), 'no wildcards').toEqual(['zoë_1']);
    expect(await list({ search: 'maria@north' })).toEqual(['maria']);
    expect(await list({ search: 'maria@north', wholeContacts: true })).toEqual([]);
    expect(await list({ search: 'Maria@Northside.example', wholeContacts: true })).toEqual(['maria']);
    expect(await list({ search: '5550123' })).toEqual(['maria']);
    expect(await list({ search: '5550123', wholeContacts: true })).toEqual([]);
    expect(await list({ search: '(201) 555-0123', wholeContacts: true })).toEqual(['maria']);
  });

  test('a change of practices replaces them', async () => {
    await opened.store.write(actor, async (tables) => {
      await tables.saveUser(fixture.jane, { practiceIds: [] }, { action: 'user.updated' });
    });
    const practices = await opened.store.read((tables) => tables.practices(kid));
    expect(practices).toMatchObject([{ name: 'Pediatrics', users: 1 }]);
  });

  test('many users are added with one event that names their ids', async () => {
    const before = await eventCount(opened);
    const people = Array.from({ length: 450 }, (_, each) => someone(`user${each}`, '+12015550129'));
    const ids = await opened.store.write(actor, async (tables) => {
      const account = await tables.account(kid);
      if (!account) throw new Error('The account is gone.');
      return (await tables.addUsers(account, people, { action: 'users.imported' })).ids;
    });
    expect(new Set(ids).size).toBe(450);
    expect(await eventCount(opened)).toBe(before + 1);
    expect((await theUser(opened, 'user449')).id).toBe(ids[449]);
    expect((await opened.store.verifyTrail(null)).intact).toBe(true);
  });

  test('many users are found at once, by usernames in any spelling, in their own account alone', async () => {
    await opened.store.write(actor, (tables) =>
      tables.saveUser(fixture.jane, { username: 'janet' }, { action: 'user.renamed' }),
    );
    const read = await opened.store.read(async (tables) => ({
      users: await tables.usersByKeys(kid, ['MARIA', 'janet', 'jane', 'nobody', 'it"s \\ {odd}']),
      elsewhere: await tables.usersByKeys(otherKid, ['maria']),
      none: await tables.usersByKeys(kid, []),
      former: await tables.formerUsernames(kid, ['JANE', 'janet', 'nobody']),
      formerElsewhere: await tables.formerUsernames(otherKid, ['jane']),
    }));
    expect([...read.users.keys()].sort()).toEqual(['janet', 'maria']);
    expect(read.users.get('maria')).toMatchObject({ id: fixture.maria.id, practices: ['Pediatrics'] });
    expect([read.elsewhere.size, read.none.size]).toEqual([0, 0]);
    expect([...read.former]).toEqual(['jane']);
    expect(read.formerElsewhere.size).toBe(0);
  });

  test('who of the active users has which email is found at once', async () => {
    const holders = () =>
      opened.store.read((tables) =>
        tables.emailHolders(kid, ['maria@northside.example', 'jane@northside.example', 'x@y.example']),
      );
    const maria = { emailKey: 'maria@northside.example', username: 'maria' };
    const jane = { emailKey: 'jane@northside.example', username: 'jane' };
    expect(await holders()).toEqual(expect.arrayContaining([maria, jane]));
    await opened.store.write(actor, (tables) =>
      tables.saveUser(fixture.jane, { active: false }, { action: 'user.deactivated' }),
    );
    expect(await holders()).toEqual([maria]);
  });

  test('many users are saved at once, each with their own change and event', async () => {
    const people = ['ann', 'bob', 'cid'].map((name) => someone(name, '+12015550129'));
    const find = async (name: string) => (await theUser(opened, name)) as UserWithPractices;
    await opened.store.write(actor, async (tables) => {
      const account = await tables.account(kid);
      if (!account) throw new Error('The account is gone.');
      await tables.addUsers(account, people, { action: 'users.imported' });
    });
    const [ann, bob, cid] = await Promise.all(['ann', 'bob', 'cid'].map(find));
    if (!ann || !bob || !cid) throw new Error('They are gone.');
    const before = await eventCount(opened);
    const practice = await opened.store.read(async (tables) => (await tables.practiceNames(kid))[0]);
    const event = { action: 'user.updated' as const, details: { by: 'import' } };
    const saved = await opened.store.write(actor, (tables) =>
      tables.saveUsers([
        { user: ann, change: { name: 'Ann "A" \\ Roe', language: 'es' }, event },
        {
          user: bob,
          change: {
            ...storedEmail('bob2@northside.example'),
            endCodes: 'contact-changed',
            endTrust: 'contact-changed',
          },
          event,
        },
        { user: cid, change: { practiceIds: [practice?.id ?? 0], systemAdministrator: true }, event },
      ]),
    );
    expect(saved.map(({ username }) => username)).toEqual(['ann', 'bob', 'cid']);
    expect(await eventCount(opened)).toBe(before + 3);
    expect(await find('ann')).toEqual({ ...saved[0], practices: [] });
    expect(await find('ann')).toMatchObject({ name: 'Ann "A" \\ Roe', language: 'es', codesAfter: 0 });
    expect(await find('bob')).toMatchObject({
      email: 'bob2@northside.example',
      codesAfter: 1,
      trustAfter: 1,
    });
    expect(await find('cid')).toMatchObject({ practices: ['Pediatrics'], systemAdministrator: true });
    expect(await opened.store.write(actor, (tables) => tables.saveUsers([]))).toEqual([]);
    expect((await opened.store.verifyTrail(null)).intact).toBe(true);
  });

  test('a token is known by its digest, and its user with it', async () => {
    const [tokenOfMaria] = await opened.store.read((tables) => tables.tokens({ kid, limit: 10 }));
    const found = await opened.store.authenticate(tokenOfMaria?.digest ?? '');
    expect(found).toMatchObject({
      token: { role: 'system-administrator', accountKid: kid, user: 'maria', revokedAt: null },
      user: { username: 'maria', active: true, lockedAt: null, systemAdministrator: true },
    });
    expect(await opened.store.authenticate(fixture.token.digest)).toMatchObject({
      token: { id: fixture.token.id, role: 'owner', accountKid: null },
      user: null,
    });
    expect(await opened.store.authenticate('unknown')).toBeNull();
  });
}
