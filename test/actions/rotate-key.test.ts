// Another key for the installation: what it ends is nothing, and what it is recorded as.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TwofaError } from '../../src/errors.ts';
import { app, copyOf, enabledNorthside, ip, kid, type Northside, sendCode } from '../support/northside.ts';

let made: Northside;
beforeAll(async () => {
  made = await enabledNorthside();
});
afterAll(() => made.world.remove());

test('the owner gives the installation another key; codes that were sent before verify after', async () => {
  const northside = await copyOf(made);
  const { world, as } = northside;
  const code = await sendCode(northside, 'jane');
  const before = world.kept.keyring.current.id;
  const rotated = await world.done(as.owner, { do: 'db.rotate-key' });
  const now = world.kept.keyring.current;
  expect(rotated).toEqual({ key: now.id, previous: before, keptAt: 'memory', changed: true });
  expect(now.id).not.toBe(before);
  expect(await world.lastEvent()).toMatchObject({
    action: 'key.rotated',
    actor: 'owner',
    role: 'owner',
    account: null,
    details: { from: before, to: now.id, fingerprint: now.fingerprint },
  });
  const verify = { do: 'code.verify', account: kid, user: 'jane', code, ip, app };
  expect(await world.call(as.application, verify)).toMatchObject({ exit: 0, result: { result: 'verified' } });
  expect(await world.store.verifyTrail(null)).toMatchObject({ intact: true, breaks: [], unproved: 0 });
  await world.remove();
});

test('where the ring cannot be written, nothing changes, and the refusal is an event', async () => {
  const { world, as } = await copyOf(made);
  const before = await world.store.read((tables) => tables.installation());
  const { rotateKey } = world.services;
  world.services.rotateKey = async () => {
    throw new TwofaError('key-kept-elsewhere', 'The key ring is kept elsewhere.');
  };
  await world.refused(as.owner, { do: 'db.rotate-key' }, 'key-kept-elsewhere');
  world.services.rotateKey = rotateKey;
  expect(await world.store.read((tables) => tables.installation())).toEqual(before);
  expect(await world.lastEvent()).toMatchObject({
    action: 'call.refused',
    details: { do: 'db.rotate-key', code: 'key-kept-elsewhere' },
  });
  await world.remove();
});
