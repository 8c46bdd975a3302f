// The contract's part on versions and keys: which program and which key a store takes.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { migrations } from '../../migrations/index.ts';
import { deriveKeys, type Keyring, keyringOf } from '../../src/rules/keyring.ts';
import { programVersion } from '../../src/rules/program-version.ts';
import { migrate, migrateStore } from '../../src/store/migrate.ts';
import type { Engine, Opened } from './engine.ts';
import { actor, fill, issue, verify } from './fixture.ts';

const tables = [
  'installation',
  'accounts',
  'practices',
  'users',
  'user_practices',
  'former_usernames',
  'messages',
  'codes',
  'trusted_locations',
  'requests',
  'tokens',
  'audit_events',
  'recovery_codes',
  'recovery_tries',
  'notices',
  'check_words',
  'announcements',
  'event_counts',
  'tasks',
];

export function compatibility(engine: Engine): void {
  let opened: Opened;

  beforeEach(async () => {
    opened = await engine.open();
  });
  afterEach(() => opened.remove());

  test('migrations go up, down and up again', async () => {
    await fill(opened);
    const knex = opened.connect();
    const present = () => Promise.all(tables.map((table) => knex.schema.hasTable(table)));
    try {
      expect(await migrate(knex), 'a new store lacks none').toEqual([]);
      expect(await present()).toEqual(tables.map(() => true));
      for (const migration of [...migrations].reverse()) await migration.down(knex);
      expect(await present()).toEqual(tables.map(() => false));
      for (const migration of migrations) await migration.up(knex);
      expect(await present()).toEqual(tables.map(() => true));
      await knex('audit_events').insert({
        subject: 'installation',
        place: 1,
        at: 1,
        actor: 'test',
        role: 'owner',
        action: 'account.created',
        outcome: 'ok',
        details: '{}',
        key_id: 'k1',
        link: '',
      });
      await expect(knex('audit_events').delete()).rejects.toThrow(/events are never deleted/);
    } finally {
      await knex.destroy();
    }
  });

  const future = "INSERT INTO migrations (name, batch) VALUES ('999-of-the-future', 2)";

  test('a store that a newer program has only expanded is used', async () => {
    await opened.sql(future);
    expect(await opened.store.authenticate('any')).toBeNull();
    expect(await opened.store.check()).toBe('999-of-the-future');
    expect((await opened.store.facts()).schema.unknown).toEqual(['999-of-the-future']);
    expect(await opened.store.schemaFault(), 'the trail does not know of it').toBe(
      'the migration 999-of-the-future is not one that twofa applied',
    );
    await opened.store.write(actor, (tables) =>
      tables.recordOnInstallation({
        action: 'store.migrated',
        details: { applied: ['999-of-the-future'] },
      }),
    );
    expect(await opened.store.schemaFault()).toBeNull();
    await opened.sql(
      engine.name === 'SQLite'
        ? 'DROP TRIGGER audit_events_not_deleted'
        : 'DROP TRIGGER audit_events_not_deleted ON audit_events',
    );
    expect(await opened.store.schemaFault()).toBe('the trigger audit_events_not_deleted is missing');
  });

  test('one that needs a newer program is refused, by the version that it needs', async () => {
    await opened.sql(future);
    await opened.sql("UPDATE installation SET oldest_program = '9.0.0'");
    await expect(opened.store.authenticate('any')).rejects.toMatchObject({
      code: 'store-incompatible',
      exit: 11,
      message: `The store needs twofa 9.0.0 or newer; this is ${programVersion}.`,
      hint: 'Update twofa on this machine.',
      details: { program: programVersion, oldestProgram: '9.0.0' },
    });
    await expect(opened.store.check()).rejects.toMatchObject({ code: 'store-incompatible' });
  });

  test('a store of an older program is refused until it is migrated', async () => {
    const newest = migrations.at(-1)?.name ?? '';
    await opened.sql('DELETE FROM migrations WHERE name = ?', newest);
    await expect(opened.store.authenticate('any')).rejects.toMatchObject({
      code: 'store-incompatible',
      exit: 11,
      message: 'The store was made by an older twofa.',
      hint: 'Bring it up to date with "twofa db migrate".',
      details: { missing: [newest] },
    });
  });

  test('a store that lacks the tables of a later migration is refused in the same words', async () => {
    const newest = migrations.at(-1);
    const knex = opened.connect();
    await newest?.down(knex).finally(() => knex.destroy());
    await opened.sql('DELETE FROM migrations WHERE name = ?', newest?.name ?? '');
    await expect(opened.store.authenticate('any')).rejects.toMatchObject({ code: 'store-incompatible' });
  });

  describe('a store that is behind', () => {
    const newest = migrations.at(-1);

    /** Takes it back to what it was before the newest migration. */
    async function takeBack(): Promise<void> {
      const knex = opened.connect();
      await newest?.down(knex).finally(() => knex.destroy());
      await opened.sql('DELETE FROM migrations WHERE name = ?', newest?.name ?? '');
    }

    async function brought(keyring: Keyring, dryRun = false) {
      const knex = opened.connect();
      const migrating = { keyring, now: 1_772_442_000_000, place: 'here', dryRun };
      try {
        return await knex.transaction((transaction) => migrateStore(transaction, migrating));
      } finally {
        await knex.destroy();
      }
    }

    beforeEach(async () => {
      await fill(opened);
      await takeBack();
    });

    test('is brought up to date with its event, and serves again', async () => {
      const expected = { applied: [newest?.name], oldestProgram: programVersion };
      expect(await brought(opened.keyring, true), 'what would be done').toEqual(expected);
      await expect(opened.store.check()).rejects.toMatchObject({ code: 'store-incompatible' });
      expect(await brought(opened.keyring)).toEqual(expected);
      expect(await brought(opened.keyring), 'nothing is left').toEqual({ ...expected, applied: [] });
      const [event] = await opened.store.read((tables) =>
        tables.events({ action: 'store.migrated', limit: 10 }),
      );
      expect(event).toMatchObject({ actor: 'migrate', details: { applied: [newest?.name] } });
      await issue(opened, 'jane', '123456');
      expect(await verify(opened, 'jane', '123456')).toMatchObject({ answer: { result: 'verified' } });
      expect(await opened.store.verifyTrail(null)).toMatchObject({ intact: true });
    });

    test('is not touched with another key', async () => {
      const other = keyringOf([deriveKeys('k1', Buffer.alloc(32, 77))], 'k1');
      await expect(brought(other)).rejects.toMatchObject({ code: 'key-unavailable' });
      await expect(opened.store.check()).rejects.toMatchObject({ code: 'store-incompatible' });
    });

    test('nor when somebody has changed the row that says which store it is', async () => {
      await opened.tamper('UPDATE installation SET created_at = created_at - 1');
      await expect(brought(opened.keyring)).rejects.toMatchObject({ code: 'audit-broken' });
    });

    test('nor by a program that it is too new for', async () => {
      await opened.sql("UPDATE installation SET oldest_program = '9.0.0'");
      await expect(brought(opened.keyring)).rejects.toMatchObject({ code: 'store-incompatible' });
    });
  });

  test('another key than the one that the store was made with is refused', async () => {
    const other = keyringOf([deriveKeys('k1', Buffer.alloc(32, 77))], 'k1');
    const store = await opened.again(other);
    await expect(store.authenticate('any')).rejects.toMatchObject({ code: 'key-unavailable', exit: 11 });
    expect(await opened.store.authenticate('any'), 'its own key serves').toBeNull();
  });
}
