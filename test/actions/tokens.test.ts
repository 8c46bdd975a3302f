// Access tokens: how long they serve, whom they serve, and what ends them.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { dayMs } from '../../src/rules/constants.ts';
import { isTokenShaped } from '../../src/rules/token-format.ts';
import type { Minted } from '../support/actions.ts';
import {
  app,
  copyOf,
  enabledNorthside,
  failCodes,
  ip,
  kid,
  missingKid,
  type Northside,
  prove,
} from '../support/northside.ts';

let template: Northside;
let here: Northside;

beforeAll(async () => {
  template = await enabledNorthside();
});
afterAll(() => template.world.remove());
beforeEach(async () => {
  here = await copyOf(template);
});
afterEach(() => here.world.remove());

const status = { do: 'auth.status' };
const owner = () => here.as.owner;
const create = (options: object) => here.world.done(owner(), { do: 'token.create', ...options });
const mintedOf = (made: { id: string; token: string }): Minted => ({
  id: Number(made.id.slice(4)),
  secret: made.token,
});

describe('a new token', () => {
  test('is shown once, and kept as a hash', async () => {
    const { world } = here;
    const made = await create({ role: 'customer-care', name: 'Care desk' });
    expect(isTokenShaped(made.token)).toBe(true);
    expect(made).toMatchObject({ role: 'customer-care', account: null, user: null, name: 'Care desk' });
    const listed = JSON.stringify(await world.done(owner(), { do: 'token.list' }));
    const tables = JSON.stringify([
      world.kept.sql('SELECT * FROM tokens'),
      world.kept.sql('SELECT * FROM audit_events'),
    ]);
    const secret = made.token.slice('twofa_'.length, -6);
    expect(listed).not.toContain(secret);
    expect(tables).not.toContain(secret);
    expect(await world.done(mintedOf(made), status)).toMatchObject({ role: 'customer-care' });
  });

  test.each([
    ['owner', {}, 90],
    ['system-administrator', { account: kid, user: 'omar' }, 90],
    ['customer-care', {}, 90],
    ['provisioner', {}, null],
    ['application', { app }, null],
  ])("of the role %s has its role's life", async (role, options, days) => {
    const expected = days === null ? null : new Date(here.world.clock.now() + days * dayMs).toISOString();
    expect((await create({ role, ...options })).expiresAt).toBe(expected);
    expect((await create({ role, ...options, expires: '12h' })).expiresAt).toBe('2026-03-02T21:00:00.000Z');
  });

  test("of a System Administrator is for an active one of an account's users", async () => {
    const { world } = here;
    const request = { do: 'token.create', role: 'system-administrator' };
    await world.refused(owner(), request, 'missing-option');
    await world.refused(owner(), { ...request, account: kid }, 'missing-option');
    await world.refused(owner(), { ...request, account: kid, user: 'jane' }, 'not-an-administrator');
    await world.refused(owner(), { ...request, account: kid, user: 'nobody' }, 'user-not-found');
    await world.refused(owner(), { ...request, account: missingKid, user: 'omar' }, 'account-not-found');
    await world.done(owner(), { do: 'token.create', role: 'owner' });
    const event = await create({ role: 'system-administrator', account: kid, user: 'omar' }).then(() =>
      world.lastEvent(),
    );
    expect(event).toMatchObject({
      action: 'token.created',
      account: kid,
      user: 'omar',
      details: { role: 'system-administrator' },
    });
  });

  test.each([
    { role: 'application', user: 'omar', account: kid },
    { role: 'customer-care', app },
    { role: 'root' },
    { role: 'owner', expires: 'soon' },
  ])('is not made of %o', async (options) => {
    await here.world.refused(owner(), { do: 'token.create', ...options }, 'invalid-input');
  });
});

describe('a token serves until', () => {
  test('it expires', async () => {
    const { world } = here;
    const token = mintedOf(await create({ role: 'customer-care', expires: '1h' }));
    world.clock.move(3_600_000 - 1);
    await world.done(token, status);
    world.clock.move(1);
    await world.refused(token, status, 'token-expired');
    expect(await world.lastEvent()).toMatchObject({
      action: 'call.refused',
      tokenId: token.id,
      details: { do: 'auth.status', code: 'token-expired' },
    });
  });

  test('it is revoked, once and for all', async () => {
    const { world } = here;
    const token = mintedOf(await create({ role: 'provisioner' }));
    const revoke = { do: 'token.revoke', tokenId: `tok_${token.id}` };
    expect(await world.done(owner(), revoke)).toMatchObject({ changed: true });
    expect(await world.done(owner(), revoke)).toMatchObject({ changed: false });
    await world.refused(token, status, 'token-revoked');
    await world.refused(owner(), { do: 'token.rotate', tokenId: revoke.tokenId }, 'token-revoked');
  });

  test('a System Administrator of its account revokes it', async () => {
    const { world, as, omar } = here;
    const mine = await world.mint('application', { kid, app });
    await world.done(as['system-administrator'], { do: 'token.revoke', tokenId: `tok_${mine.id}` });
    await world.refused(mine, status, 'token-revoked');
    await world.done(omar, { do: 'token.revoke', tokenId: `tok_${as['system-administrator'].id}` });
    await world.refused(as['system-administrator'], { do: 'user.list' }, 'token-revoked');
  });

  test('the overlap after its rotation is over', async () => {
    const { world } = here;
    const old = mintedOf(await create({ role: 'provisioner', account: kid, name: 'CI', mayContacts: true }));
    const made = await world.done(owner(), { do: 'token.rotate', tokenId: `tok_${old.id}`, overlap: '2d' });
    expect(made).toMatchObject({ role: 'provisioner', account: kid, name: 'CI', expiresAt: null });
    const fresh = mintedOf(made);
    expect((await world.events()).slice(-2)).toMatchObject([
      { action: 'token.created', details: { rotates: `tok_${old.id}` } },
      { action: 'token.rotated', details: { by: `tok_${fresh.id}` } },
    ]);
    world.clock.move(2 * dayMs - 1);
    await world.done(old, status);
    world.clock.move(1);
    await world.refused(old, status, 'token-expired');
    await world.done(fresh, status);
  });

  test('an overlap never makes a token live longer than it would', async () => {
    const { world } = here;
    const old = mintedOf(await create({ role: 'customer-care', expires: '1d' }));
    const made = await world.done(owner(), { do: 'token.rotate', tokenId: `tok_${old.id}` });
    expect(made.expiresAt).toBe('2026-03-03T09:00:00.000Z');
    world.clock.move(dayMs);
    await world.refused(old, status, 'token-expired');
  });

  test('a token rotated twice does not pass its shortened life on', async () => {
    const { world } = here;
    const old = mintedOf(await create({ role: 'application', app: 'platform' }));
    await world.done(owner(), { do: 'token.rotate', tokenId: `tok_${old.id}`, overlap: '1d' });
    expect(
      (await world.done(owner(), { do: 'token.rotate', tokenId: `tok_${old.id}` })).expiresAt,
    ).toBeNull();
  });
});

describe("a System Administrator's token", () => {
  const maria = () => here.as['system-administrator'];

  test('serves only auth status while they are locked', async () => {
    const { world } = here;
    await failCodes(here, 'maria');
    expect(await world.done(maria(), status)).toMatchObject({
      role: 'system-administrator',
      account: kid,
      user: 'maria',
    });
    for (const request of [
      { do: 'user.list' },
      { do: 'audit.list' },
      { do: 'reactivate', users: ['maria'], reason: 'it is me' },
      { do: 'user.update', user: 'maria', phone: '+12015550199' },
      { do: 'token.list' },
    ]) {
      const error = await world.refused(maria(), request, 'operator-locked');
      expect(error.message).toBe('maria is locked, and so is their token.');
    }
    expect(await world.lastEvent()).toMatchObject({
      action: 'call.refused',
      tokenId: maria().id,
      details: { code: 'operator-locked' },
    });
    await world.done(here.omar, { do: 'reactivate', users: ['maria'], reason: 'it is her' });
    await world.refused(maria(), { do: 'user.list' }, 'second-factor-required');
    await prove(here, maria());
    await world.done(maria(), { do: 'user.list' });
  });

  test.each([
    ['deactivated', { do: 'user.deactivate', user: 'maria' }],
    ['without the role', { do: 'user.update', user: 'maria', systemAdministrator: false }],
  ])('is dead while they are %s', async (_, request) => {
    const { world, omar } = here;
    await world.done(omar, request);
    for (const each of [status, { do: 'user.list' }]) {
      await world.refused(maria(), each, 'operator-inactive');
    }
  });

  test('goes on under their new username', async () => {
    const { world } = here;
    await world.done(maria(), { do: 'user.rename', user: 'maria', newUsername: 'maria.lopez' });
    expect(await world.done(maria(), status)).toMatchObject({ user: 'maria.lopez' });
  });
});

test('what is no token of this store is refused, and is no event', async () => {
  const { world } = here;
  const before = (await world.events()).length;
  const stranger = await here.world.copy();
  const token = await stranger.mint('owner');
  await stranger.remove();
  const unknown = await world.refused(token, status, 'token-invalid');
  expect(unknown.message).toBe('The access token is not known to this store.');
  const mistyped = { ...token, secret: `${token.secret.slice(0, -1)}${token.secret.endsWith('0') ? 1 : 0}` };
  const incomplete = await world.refused(mistyped, status, 'token-invalid');
  expect(incomplete.message).toBe('The access token is incomplete or mistyped.');
  expect((await world.events()).length).toBe(before);
});

test('a token narrowed to an application names it', async () => {
  const { world } = here;
  const token = mintedOf(await create({ role: 'application', account: kid, app: 'desktop' }));
  await world.call(token, { do: 'login', user: 'jane', ip });
  expect(await world.lastEvent()).toMatchObject({
    action: 'login.challenged',
    role: 'application',
    actor: 'desktop',
    account: kid,
    details: { app: 'desktop', ip },
  });
});
