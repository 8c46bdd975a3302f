// The contract's part on provisioning: many users found by set, and an account that gets another name.
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Engine, Opened } from './engine.ts';
import { actor, type Fixture, fill, kid, otherKid, someone } from './fixture.ts';

export function provisioning(engine: Engine): void {
  let opened: Opened;
  let fixture: Fixture;

  beforeEach(async () => {
    opened = await engine.open();
    fixture = await fill(opened);
  });
  afterEach(() => opened.remove());

  test('an account gets another name and country, and is wanted, each with its event', async () => {
    await opened.store.write(actor, async (tables) => {
      const account = await tables.account(otherKid);
      if (!account) throw new Error('The other account is not there.');
      const named = await tables.saveAccount(
        account,
        { name: 'Southside Health', country: 'GB' },
        { action: 'account.updated' },
      );
      await tables.saveAccount(named, { wanted: true }, { action: 'account.updated' });
    });
    const found = await opened.store.read((tables) =>
      tables.accounts({ search: 'side health', awaiting: true, limit: 9 }),
    );
    expect(found).toMatchObject([{ kid: otherKid, country: 'GB', wanted: true, enabledAt: null }]);
    const account = await opened.store.read((tables) => tables.account(otherKid));
    expect(account).toMatchObject({ name: 'Southside Health', wanted: true });
    expect((await opened.store.verifyTrail(null)).intact).toBe(true);
  });

  test('users, former usernames and emails are found by sets of any size', async () => {
    await opened.store.write(actor, (tables) =>
      tables.saveUser(fixture.jane, { username: 'janet' }, { action: 'user.renamed' }),
    );
    const many = Array.from({ length: 1200 }, (_, each) => `nobody${each}`);
    const found = await opened.store.read(async (tables) => ({
      users: await tables.usersByKeys(kid, [...many, 'MARIA', 'jane', 'maria']),
      elsewhere: await tables.usersByKeys(otherKid, ['maria']),
      former: await tables.formerUsernames(kid, [...many, 'Jane', 'maria']),
      holders: await tables.emailHolders(kid, [...many, 'maria@northside.example']),
      none: await tables.usersByKeys(kid, []),
    }));
    expect([...found.users.values()]).toMatchObject([
      { id: fixture.maria.id, username: 'maria', practices: ['Pediatrics'] },
    ]);
    expect([...found.users.keys()]).toEqual(['maria']);
    expect(found.elsewhere.size + found.none.size).toBe(0);
    expect([...found.former]).toEqual(['jane']);
    expect(found.holders).toEqual([{ emailKey: 'maria@northside.example', username: 'maria' }]);
  });

  test('who is active, inactive and an administrator is known of one account', async () => {
    await opened.store.write(actor, async (tables) => {
      const account = await tables.account(otherKid);
      if (account)
        await tables.addUsers(account, [someone('else', '+12015550126', { systemAdministrator: true })], {
          action: 'users.imported',
        });
    });
    const seen = () =>
      opened.store.read(async (tables) => ({
        active: await tables.activeUsernames(kid),
        inactive: await tables.inactiveUsers(kid),
        administrators: await tables.administratorIds(kid),
      }));
    expect(await seen()).toEqual({
      active: ['jane', 'maria'],
      inactive: 0,
      administrators: [fixture.maria.id],
    });
    await opened.store.write(actor, async (tables) => {
      await tables.saveUser(fixture.maria, { active: false }, { action: 'user.deactivated' });
    });
    expect(await seen()).toEqual({ active: ['jane'], inactive: 1, administrators: [] });
  });

  test('a row that was changed behind the trail is not read as one of a set', async () => {
    await opened.tamper("UPDATE users SET email = 'mallory@northside.example' WHERE username = 'jane'");
    const read = opened.store.read((tables) => tables.usersByKeys(kid, ['maria', 'jane']));
    await expect(read).rejects.toMatchObject({ code: 'audit-broken' });
  });
}
