// The contract's part on another key: what older keys sealed works on, also while processes still have the older ring.
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Store } from '../../src/actions/store.ts';
import { type Keyring, keyringOf, renewableKeyring } from '../../src/rules/keyring.ts';
import type { Engine, Opened } from './engine.ts';
import { actor, fill, issue, theUser, verify } from './fixture.ts';
import { mixedWorkload } from './trail.ts';

/** Rotates the ring and has the store go by it. */
export async function rotate({ store, keyring }: Opened): Promise<void> {
  await store.write(actor, async (tables) => {
    keyring.rotate();
    await tables.adoptKey({ action: 'key.rotated', details: { to: keyring.current.id } });
  });
}

export function keys(engine: Engine): void {
  let opened: Opened;

  beforeEach(async () => {
    opened = await engine.open();
  });
  afterEach(() => opened.remove());

  const keysOf = async (subject: string) =>
    (await opened.sql('SELECT key_id FROM audit_events WHERE subject = ? ORDER BY place', subject)).map(
      (row) => row.key_id,
    );
  const fingerprint = async () => (await opened.store.read((tables) => tables.installation())).keyFingerprint;

  test('a code issued before verifies after, and what is written then is of the new key', async () => {
    const { jane } = await fill(opened);
    await issue(opened, 'jane', '111111');
    await rotate(opened);
    expect(await verify(opened, 'jane', '222222')).toMatchObject({ answer: { result: 'rejected' } });
    await issue(opened, 'jane', '333333');
    expect(await verify(opened, 'jane', '111111')).toMatchObject({ answer: { result: 'verified' } });
    expect(await keysOf(`user:${jane.id}`)).toEqual(['k1', 'k2', 'k2', 'k2']);
    expect(await fingerprint()).toBe(opened.keyring.get('k2')?.fingerprint);
    expect((await keysOf('installation')).at(-1)).toBe('k2');
  });

  test('the trail is intact over two rotations', async () => {
    const fixture = await fill(opened);
    await rotate(opened);
    await mixedWorkload(opened, fixture);
    await rotate(opened);
    await verify(opened, 'maria', '000000');
    expect(await opened.store.verifyTrail(null)).toMatchObject({ intact: true, breaks: [], unproved: 0 });
    expect(new Set((await keysOf(`user:${fixture.maria.id}`)).values())).toEqual(new Set(['k2', 'k3']));
  });

  test('a row of a key that is no more in the ring is named', async () => {
    const { jane } = await fill(opened);
    await verify(opened, 'jane', '000000');
    await rotate(opened);
    const { current } = opened.keyring;
    const store = await opened.again(keyringOf([current], current.id));
    expect(await store.verifyTrail(null)).toMatchObject({
      intact: false,
      firstBroken: { subject: 'installation', reason: 'the key ring has no key "k1"' },
    });
    await expect(store.read((tables) => tables.user('10482', jane.username))).rejects.toMatchObject({
      code: 'audit-broken',
    });
  });

  test('a crash after the ring was written and before the store was told leaves a store that works', async () => {
    await fill(opened);
    const before = await fingerprint();
    opened.keyring.rotate();
    const store = await opened.again();
    expect(await store.authenticate('any')).toBeNull();
    await verify(opened, 'jane', '000000', {}, store);
    expect(await fingerprint()).toBe(before);
    expect(await store.verifyTrail(null)).toMatchObject({ intact: true });
    await rotate(opened);
    expect(await fingerprint()).toBe(opened.keyring.get('k3')?.fingerprint);
    expect(await opened.store.verifyTrail(null)).toMatchObject({ intact: true });
  });

  test('a rotation whose transaction is undone leaves the older key', async () => {
    await fill(opened);
    const before = await fingerprint();
    const undone = opened.store.write(actor, async (tables) => {
      opened.keyring.rotate();
      await tables.adoptKey({ action: 'key.rotated' });
      throw new Error('power cut');
    });
    await expect(undone).rejects.toThrow('power cut');
    expect(await fingerprint()).toBe(before);
    expect(await opened.store.verifyTrail(null)).toMatchObject({ intact: true });
  });

  /** A process that read the ring before the rotation, and reads it again when it has to. */
  async function olderProcess(): Promise<{ store: Store; ring: Keyring; reads(): number }> {
    const { current, withFingerprint } = opened.keyring;
    let reads = 0;
    const ring = renewableKeyring(keyringOf([current], current.id), () => {
      reads += 1;
      return { ...opened.keyring, current: opened.keyring.current, withFingerprint };
    });
    return { store: await opened.again(ring), ring, reads: () => reads };
  }

  test('a process with the older ring goes on, and reads the ring again when it meets the newer key', async () => {
    const { jane, maria } = await fill(opened);
    const older = await olderProcess();
    await verify(opened, 'jane', '000000', {}, older.store);
    await rotate(opened);
    await verify(opened, 'maria', '000000', {}, older.store);
    expect(older.reads(), 'nothing that it met was newer').toBe(0);
    await verify(opened, 'jane', '000000');
    await verify(opened, 'jane', '000000', {}, older.store);
    expect(older.reads()).toBe(1);
    expect(older.ring.current.id).toBe('k2');
    expect(await keysOf(`user:${maria.id}`), 'still in the ring').toEqual(['k1']);
    expect(await keysOf(`user:${jane.id}`)).toEqual(['k1', 'k2', 'k2']);
    expect((await theUser(opened, 'jane')).attemptsLeft).toBe(4);
    expect(await opened.store.verifyTrail(null)).toMatchObject({ intact: true });
    expect(await older.store.verifyTrail(null)).toMatchObject({ intact: true });
  });

  test('a process that read the ring before a rotation and opens the store after it recognises it', async () => {
    const older = await olderProcess();
    await rotate(opened);
    expect(await older.store.authenticate('any')).toBeNull();
    expect(older.ring.current.id).toBe('k2');
  });
}
