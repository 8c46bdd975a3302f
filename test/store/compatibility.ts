// The contract's part on versions and keys: which program and which key a store takes.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { migrations } from '../../migrations/index.ts';
import { deriveKeys, keyringOf } from '../../src/rules/keyring.ts';
import { migrate } from '../../src/store/migrate.ts';
import type { Engine, Opened } from './engine.ts';
import { fill } from './fixture.ts';

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

  test('a store of a newer program is refused, by the name of what is not known', async () => {
    await opened.sql("INSERT INTO migrations (name, batch) VALUES ('999-of-the-future', 2)");
    await expect(opened.store.authenticate('any')).rejects.toMatchObject({
      code: 'store-incompatible',
      exit: 11,
      message: 'The store was made by a newer twofa (migration 999-of-the-future).',
      hint: 'Update twofa on this machine.',
    });
  });

  test('a store of an older program is refused until it is migrated', async () => {
    const newest = migrations.at(-1)?.name ?? '';
    await opened.sql('DELETE FROM migrations WHERE name = ?', newest);
    await expect(opened.store.authenticate('any')).rejects.toMatchObject({
      code: 'store-incompatible',
      exit: 11,
      message: 'The store was made by an older twofa.',
    });
  });

  test('a store that lacks the tables of a later migration is refused in the same words', async () => {
    const newest = migrations.at(-1);
    const knex = opened.connect();
    await newest?.down(knex).finally(() => knex.destroy());
    await opened.sql('DELETE FROM migrations WHERE name = ?', newest?.name ?? '');
    await expect(opened.store.authenticate('any')).rejects.toMatchObject({ code: 'store-incompatible' });
  });

  test('another key than the one that the store was made with is refused', async () => {
    const other = keyringOf([deriveKeys('k1', Buffer.alloc(32, 77))], 'k1');
    const store = await opened.again(other);
    await expect(store.authenticate('any')).rejects.toMatchObject({ code: 'key-unavailable', exit: 11 });
    expect(await opened.store.authenticate('any'), 'its own key serves').toBeNull();
  });
}
