// The contract's part on a store that was put back: the mark, where it and its chains stood then, and a copy that sends nothing.
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Store } from '../../src/actions/store.ts';
import type { Engine, Opened } from './engine.ts';
import { actor, type Fixture, fill, issue } from './fixture.ts';

export function restored(engine: Engine): void {
  let opened: Opened;
  let fixture: Fixture;

  beforeEach(async () => {
    opened = await engine.open();
    fixture = await fill(opened);
  });
  afterEach(() => opened.remove());

  const mark = (newest: number) =>
    opened.store.write(actor, (tables) =>
      tables.saveInstallation({ restoredAt: tables.now }, { action: 'store.put-back', details: { newest } }),
    );
  const written = (store: Store) => store.write(actor, async ({ restoredAt }) => restoredAt);
  const authenticated = async () => opened.store.authenticate(fixture.token.digest);

  test('the mark is told at once, by every connection, and taken away again', async () => {
    expect(await authenticated()).toMatchObject({ restoredAt: null, staging: false });
    const { newest } = await opened.store.standing(null);
    const other = await opened.again();
    expect(await other.authenticate(fixture.token.digest)).toMatchObject({ restoredAt: null });
    expect(await written(other)).toBeNull();
    await mark(newest?.seq ?? 0);
    expect(await other.authenticate(fixture.token.digest)).toMatchObject({ restoredAt: expect.any(Number) });
    expect(await opened.store.standing(null)).toMatchObject({ restoredAt: expect.any(Number) });
    expect(await written(other)).toEqual(expect.any(Number));
    expect(await opened.store.verifyTrail(null)).toMatchObject({ intact: true });
    await opened.store.write(actor, (tables) =>
      tables.saveInstallation({ restoredAt: null }, { action: 'store.restored' }),
    );
    expect(await authenticated()).toMatchObject({ restoredAt: null });
    expect(await opened.store.verifyTrail(null)).toMatchObject({ intact: true });
  });

  test('it is known how far it reached when it was put back last, and where each chain stood then', async () => {
    const read = () => opened.store.read((tables) => tables.putBackAt());
    expect(await read()).toBeNull();
    await issue(opened, 'jane', '111111');
    const before = (await opened.store.standing(null)).newest?.seq ?? 0;
    await mark(3);
    await mark(before);
    const { maria: later } = fixture;
    await opened.store.write(actor, (tables) => tables.record({ user: later }, { action: 'user.viewed' }));
    expect(await read()).toBe(before);
    const { jane, maria } = fixture;
    await opened.store.read(async (tables) => {
      const newest = await tables.user(jane.accountKid, 'jane');
      expect(await tables.chainAt(`user:${jane.id}`, before)).toEqual(newest?.chain);
      expect(await tables.chainAt(`user:${maria.id}`, before)).toEqual({ count: 0, link: '' });
      expect(await tables.chainAt('user:4711', before)).toEqual({ count: 0, link: '' });
    });
  });

  test('a checkpoint from before says that the store was put back', async () => {
    const checkpoint = {
      account: null,
      at: '2026-01-01T00:00:00.000Z',
      seq: 4711,
      subjects: 9,
      events: 4711,
      root: 'x',
    };
    await mark(2);
    const { firstBroken } = await opened.store.verifyTrail(null, { checkpoint });
    expect(firstBroken).toMatchObject({ subject: 'checkpoint' });
    expect(firstBroken?.reason).toMatch(/^event [0-9]+ of .* put back a backup that ends at event 2: /);
  });

  test('a copy for staging goes its own way beside the store that it was copied from', async () => {
    const { store } = await opened.store.standing(null);
    await opened.store.write(actor, (tables) =>
      tables.saveInstallation({ staging: true }, { action: 'store.put-back', details: { newest: 1 } }),
    );
    expect(await authenticated()).toMatchObject({ staging: true });
    expect((await opened.store.standing(null)).store).toBe(`${store} staging`);
    expect(await opened.store.facts()).toMatchObject({ staging: true, restoredAt: null });
    expect(await opened.store.verifyTrail(null)).toMatchObject({ intact: true });
  });

  test('a copy of the store is made by the database or by its server', async () => {
    expect(opened.store.copyTo === null).toBe(!engine.gapless);
    expect(opened.store.gapless).toBe(engine.gapless);
  });
}
