// Recovery codes: made with 2FA, lifting an administrator's lock once each, slowed by wrong tries and never used up by them.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { formatRecoveryCode, recoveryCodeDigest } from '../../src/rules/recovery-code.ts';
import type { Minted } from '../support/actions.ts';
import {
  copyOf,
  failCodes,
  ip,
  kid,
  type Northside,
  otherKid,
  preparedNorthside,
  prove,
  signIn,
} from '../support/northside.ts';

const reason = 'codes from the safe';
const elsewhere = formatRecoveryCode(randomBytes(16));

let prepared: Northside;
let template: Northside & { codes: string[] };
let here: Northside & { codes: string[] };
/** Tokens of Maria and Omar that no code was ever verified for. */
let maria: Minted;
let omar: Minted;

beforeAll(async () => {
  prepared = await preparedNorthside();
  const enabled = await copyOf(prepared);
  const request = { do: 'enable', account: kid, confirm: kid, recoveryCodes: true };
  const { recoveryCodes } = await enabled.world.done(enabled.as['system-administrator'], request);
  template = { ...enabled, codes: recoveryCodes };
  await failCodes(template, 'maria');
});
afterAll(async () => {
  await prepared.world.remove();
  await template.world.remove();
});
beforeEach(async () => {
  here = { ...(await copyOf(template)), codes: template.codes };
  maria = await here.world.mint('system-administrator', { kid, user: 'maria' });
  omar = await here.world.mint('system-administrator', { kid, user: 'omar' });
});
afterEach(() => here.world.remove());

const withCode = (code: string, user = 'maria', more: object = {}) => ({
  do: 'reactivate',
  users: [user],
  reason,
  recoveryCode: code,
  ...more,
});

async function status(user: string): Promise<{ active: boolean; attemptsLeft: number; locked: boolean }> {
  const row = await here.world.store.read((tables) => tables.user(kid, user));
  if (!row) throw new Error('There is no such user.');
  return { active: row.active, attemptsLeft: row.attemptsLeft, locked: row.lockedAt !== null };
}

const isLocked = async (user: string) => (await status(user)).locked;
/** Who was told of something by email. */
async function toldOf(notice: string): Promise<string[]> {
  await here.world.settled();
  return here.world.delivery.messages
    .flatMap((message) => (message.kind === 'notice' && message.notice === notice ? [message.user] : []))
    .sort();
}

const usedUp = () =>
  Number(
    here.world.kept.sql('SELECT count(*) AS used FROM recovery_codes WHERE used_at IS NOT NULL')[0]?.used,
  );

describe('made with 2FA', () => {
  test('there are two, different, of 128 bits', () => {
    expect(template.codes).toHaveLength(2);
    expect(new Set(template.codes).size).toBe(2);
    for (const code of template.codes) expect(code).toMatch(/^([0-9A-Z]{4}-){6}[0-9A-Z]{4}$/);
  });

  test('only where they are asked for, and not a second time', async () => {
    const fresh = await copyOf(prepared);
    const { world, as } = fresh;
    const request = { do: 'enable', account: kid, confirm: kid };
    const admin = as['system-administrator'];
    const preview = { ...request, preview: true, recoveryCodes: true };
    expect(await world.done(admin, preview)).toMatchObject({ recoveryCodes: null });
    expect(await world.done(admin, request)).toMatchObject({ changed: true, recoveryCodes: null });
    await prove(fresh, admin);
    const again = { ...request, recoveryCodes: true };
    expect(await world.done(admin, again)).toMatchObject({ changed: false, recoveryCodes: null });
    expect(world.kept.sql('SELECT * FROM recovery_codes')).toEqual([]);
    await world.remove();
  });

  test('are in the store as hashes, and in no event', async () => {
    const rows = here.world.kept.sql('SELECT digest FROM recovery_codes ORDER BY id');
    expect(rows.map((row) => row.digest)).toEqual(template.codes.map(recoveryCodeDigest));
    const file = readFileSync(here.world.kept.file).toString('latin1');
    for (const code of template.codes) {
      expect(file).not.toContain(code);
      expect(file).not.toContain(code.replaceAll('-', ''));
    }
  });

  test('go where they are kept before anything is enabled; when they cannot, nothing is', async () => {
    const { world, as } = await copyOf(prepared);
    const kept: unknown[] = [];
    world.services.keepRecoveryCodes = async (account, codes) => {
      kept.push([account, codes]);
      throw new RangeError('the disk is full');
    };
    const request = { do: 'enable', account: kid, confirm: kid, recoveryCodes: true };
    await expect(world.call(as['system-administrator'], request)).rejects.toThrow('the disk is full');
    expect(await world.done(as.owner, { do: 'account.show', account: kid })).toMatchObject({
      twoFactor: { enabled: false },
    });
    expect(world.kept.sql('SELECT * FROM recovery_codes')).toEqual([]);
    world.services.keepRecoveryCodes = async (account, codes) => void kept.push([account, codes]);
    const { recoveryCodes } = await world.done(as['system-administrator'], request);
    expect(kept[1]).toEqual([kid, recoveryCodes]);
    await world.remove();
  });
});

describe('a right code', () => {
  test('lifts the own lock of one who is locked, without a second factor', async () => {
    const { world, as, codes } = here;
    await world.refused(maria, { do: 'checklist' }, 'operator-locked');
    const [user] = await world.done(maria, withCode(codes[0] ?? ''));
    expect(user).toMatchObject({ username: 'maria', status: 'active', attemptsLeft: 7, changed: true });
    expect(user, 'their token is not verified by it').toMatchObject({
      email: 'm•••@northside.example',
      phone: '•••0123',
    });
    await world.refused(maria, { do: 'checklist' }, 'second-factor-required');
    await signIn(here, 'maria');
    const events = (await world.events()).slice(-8);
    expect(events.find((event) => event.action === 'recovery.used')).toMatchObject({
      actor: 'maria',
      account: kid,
      user: 'maria',
      details: { left: 1 },
    });
    expect(events.find((event) => event.action === 'user.reactivated')).toMatchObject({
      actor: 'maria',
      user: 'maria',
      details: { reason, from: 'locked', by: 'recovery-code' },
    });
    expect(JSON.stringify(events)).not.toContain(codes[0]);
    expect(await world.call(as.application, { do: 'login', account: kid, user: 'maria', ip })).toMatchObject({
      exit: 0,
      result: { reason: 'trusted-location' },
    });
  });

  test('lifts the lock of another administrator, however it is typed', async () => {
    const typed = ` ${(here.codes[1] ?? '').toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o')} `;
    const [user] = await here.world.done(omar, withCode(typed));
    expect(user).toMatchObject({ username: 'maria', attemptsLeft: 7, changed: true });
    expect(await toldOf('recovery-code-used'), 'all are told, the one who did it too').toEqual([
      'maria',
      'omar',
    ]);
    expect(await toldOf('user-reactivated')).toEqual(['maria']);
    for (const code of here.codes) expect(JSON.stringify(here.world.delivery.messages)).not.toContain(code);
  });

  test('works once', async () => {
    const { world, codes } = here;
    await world.done(maria, withCode(codes[0] ?? ''));
    await failCodes(here, 'maria');
    const error = await world.refused(maria, withCode(codes[0] ?? ''), 'recovery-code-rejected');
    expect(error.details).toMatchObject({ why: 'used' });
    expect(await isLocked('maria')).toBe(true);
    world.clock.move(1000);
    await world.done(maria, withCode(codes[1] ?? ''));
    expect(await isLocked('maria')).toBe(false);
    await failCodes(here, 'maria');
    for (const code of codes) {
      world.clock.move(900_000);
      await world.refused(maria, withCode(code), 'recovery-code-rejected');
    }
  });

  test('is not used up where there is no lock to lift', async () => {
    const { world, codes } = here;
    expect(await world.done(maria, withCode(codes[0] ?? '', 'maria'))).toMatchObject([{ changed: true }]);
    const [again] = await world.done(maria, withCode(codes[1] ?? ''));
    expect(again).toMatchObject({ username: 'maria', changed: false });
    expect(usedUp()).toBe(1);
  });

  test('is for System Administrators who are locked, and for no other', async () => {
    const { world, codes } = here;
    const code = codes[0] ?? '';
    await failCodes(here, 'li');
    await world.refused(omar, withCode(code, 'li'), 'not-an-administrator');
    await world.refused(omar, withCode(code, 'nobody'), 'user-not-found');
    await world.store.write({ actor: 'test', role: 'owner', tokenId: null }, async (tables) => {
      const user = await tables.user(kid, 'maria');
      if (user) await tables.saveUser(user, { active: false }, { action: 'user.deactivated' });
    });
    await world.refused(omar, withCode(code), 'user-deactivated');
    expect(await isLocked('li')).toBe(true);
    expect(usedUp()).toBe(0);
  });

  test('is of its account alone', async () => {
    const { world, codes } = here;
    const other = await world.mint('system-administrator', { kid: otherKid, user: 'maria' });
    await world.refused(other, { ...withCode(codes[0] ?? ''), account: otherKid }, 'recovery-code-rejected');
    await world.refused(other, { ...withCode(codes[0] ?? ''), account: kid }, 'account-not-found');
    expect(usedUp()).toBe(0);
  });
});

describe('a locked administrator', () => {
  test('uses a code for nobody but themselves', async () => {
    const { world, codes } = here;
    await failCodes(here, 'omar');
    const code = codes[0] ?? '';
    await world.refused(maria, withCode(code, 'omar'), 'operator-locked');
    await world.refused(maria, withCode(code, 'nobody'), 'operator-locked');
    await world.refused(maria, { do: 'reactivate', users: ['maria'], reason }, 'operator-locked');
    await world.refused(maria, { do: 'recovery.renew' }, 'operator-locked');
    const row = await world.store.read((tables) => tables.user(kid, 'maria'));
    expect(await world.done(maria, withCode(code, `usr_${row?.id}`))).toMatchObject([{ changed: true }]);
    expect(await isLocked('omar')).toBe(true);
    await world.done(maria, withCode(codes[1] ?? '', 'omar'));
    expect(await isLocked('omar')).toBe(false);
  });
});

describe('a wrong code', () => {
  test('is refused with exit 8 and recorded, and tells nothing of anybody', async () => {
    const { world } = here;
    const answers = [];
    for (const user of ['maria', 'omar', 'li', 'nobody']) {
      world.clock.move(900_000);
      const { exit, error, result } = await world.call(omar, withCode(elsewhere, user));
      answers.push({ exit, code: error?.code, message: error?.message, why: error?.details?.why, result });
      expect(await world.lastEvent()).toMatchObject({
        action: 'recovery.rejected',
        outcome: 'failed',
        actor: 'omar',
        account: kid,
        user,
        details: { why: 'wrong', failures: answers.length },
      });
    }
    const answer = {
      exit: 8,
      code: 'recovery-code-rejected',
      message: 'The recovery code is none of this account (account 10482).',
      why: 'wrong',
      result: undefined,
    };
    expect(answers).toEqual([answer, answer, answer, answer]);
    expect(JSON.stringify(await world.events())).not.toContain(elsewhere);
  });

  test('makes the next wait: 1 second, doubled by each; nothing is compared meanwhile, and nothing used up', async () => {
    const { world, codes } = here;
    const right = withCode(codes[0] ?? '');
    for (const waitMs of [1000, 2000, 4000, 8000]) {
      const at = world.clock.now();
      const rejected = await world.refused(maria, withCode(elsewhere), 'recovery-code-rejected');
      const retryAt = new Date(at + waitMs).toISOString();
      expect(rejected.details).toEqual({ why: 'wrong', retryAt });
      world.clock.move(waitMs - 1);
      const { exit, error } = await world.call(omar, right);
      expect({ exit, code: error?.code, details: error?.details }).toEqual({
        exit: 6,
        code: 'too-soon',
        details: { retryAt },
      });
      world.clock.move(1);
    }
    expect(await isLocked('maria')).toBe(true);
    await world.done(maria, right);
    expect(await isLocked('maria')).toBe(false);
    await failCodes(here, 'maria');
    const at = world.clock.now();
    const again = await world.refused(maria, withCode(elsewhere), 'recovery-code-rejected');
    expect(again.details, 'a success begins anew').toMatchObject({
      retryAt: new Date(at + 1000).toISOString(),
    });
  });

  test('however often, makes nobody wait for more than 15 minutes', async () => {
    const { world, codes } = here;
    for (let each = 0; each < 40; each += 1) {
      world.clock.move(900_000);
      await world.refused(maria, withCode(elsewhere), 'recovery-code-rejected');
    }
    world.clock.move(899_999);
    await world.refused(maria, withCode(codes[0] ?? ''), 'too-soon');
    world.clock.move(1);
    await world.done(maria, withCode(codes[0] ?? ''));
  });

  test('is told to all administrators, the one who tried too, and not each time', async () => {
    const { world, codes } = here;
    for (let each = 1; each <= 3; each += 1) {
      await world.refused(maria, withCode(elsewhere), 'recovery-code-rejected');
      await world.refused(maria, withCode(elsewhere), 'too-soon');
      world.clock.move(900_000);
    }
    expect(await toldOf('recovery-code-rejected')).toEqual(['maria', 'maria', 'omar', 'omar']);
    expect(JSON.stringify(world.delivery.messages)).not.toContain(elsewhere);
    world.clock.move(86_400_000);
    await world.refused(omar, withCode(elsewhere, 'nobody'), 'recovery-code-rejected');
    expect(await toldOf('recovery-code-rejected')).toHaveLength(6);
    world.clock.move(900_000);
    await world.done(maria, withCode(codes[0] ?? ''));
    await failCodes(here, 'maria');
    await world.refused(maria, withCode(codes[0] ?? ''), 'recovery-code-rejected');
    expect(await toldOf('recovery-code-rejected'), 'a success begins anew').toHaveLength(8);
  });

  test('of one account slows no other', async () => {
    const { world } = here;
    await world.refused(maria, withCode(elsewhere), 'recovery-code-rejected');
    const other = await world.mint('system-administrator', { kid: otherKid, user: 'omar' });
    await world.refused(other, withCode(elsewhere, 'maria'), 'recovery-code-rejected');
  });

  test.each([
    ['mistyped', (code: string) => `${code.slice(0, -1)}${code.endsWith('0') ? '1' : '0'}`],
    ['incomplete', (code: string) => code.slice(0, -4)],
    ['empty', () => ''],
  ])('that is %s is invalid input: not repeated, and no try', async (_, spoil) => {
    const { world, codes } = here;
    const typed = spoil(codes[0] ?? '');
    const error = await world.refused(maria, withCode(typed), 'invalid-input');
    expect(error.message).toMatch(/^recoveryCode must be a recovery code as it was shown/);
    if (typed !== '') expect(JSON.stringify(error)).not.toContain(typed);
    await world.done(maria, withCode(codes[0] ?? ''));
  });
});

test('a recovery code goes with one user, and lifts a lock alone', async () => {
  const { world, codes } = here;
  const request = withCode(codes[0] ?? '');
  const two = await world.refused(omar, { ...request, users: ['maria', 'omar'] }, 'invalid-input');
  expect(two.message).toBe('users must be one user where a recovery code is given.');
  const deactivated = await world.refused(omar, { ...request, deactivated: true }, 'invalid-input');
  expect(deactivated.message).toBe('deactivated does not go with a recovery code, which lifts a lock alone.');
  await world.refused(omar, { do: 'reactivate', users: ['maria'], recoveryCode: codes[0] }, 'invalid-input');
  expect(usedUp()).toBe(0);
});

describe('renewed', () => {
  test('the old ones are worthless, the new ones work', async () => {
    const { world, codes } = here;
    await world.done(maria, withCode(codes[0] ?? ''));
    await world.refused(maria, { do: 'recovery.renew' }, 'second-factor-required');
    const admin = here.omar;
    await prove(here, admin);
    const renewed = await world.done(admin, { do: 'recovery.renew' });
    expect(renewed).toEqual({ account: kid, recoveryCodes: expect.any(Array), changed: true });
    expect(await toldOf('recovery-codes-renewed')).toEqual(['maria', 'omar']);
    expect(await world.lastEvent()).toMatchObject({
      action: 'recovery.renewed',
      actor: 'omar',
      details: { made: 2, replaced: 1 },
    });
    await failCodes(here, 'maria');
    const error = await world.refused(maria, withCode(codes[1] ?? ''), 'recovery-code-rejected');
    expect(error.details).toMatchObject({ why: 'replaced' });
    world.clock.move(1000);
    await world.done(maria, withCode(renewed.recoveryCodes[1]));
    expect(await isLocked('maria')).toBe(false);
  });

  test('there are none before 2FA is on', async () => {
    const { world, as } = await copyOf(prepared);
    await world.refused(as['system-administrator'], { do: 'recovery.renew' }, 'not-enabled');
    await world.remove();
  });
});

describe('behind the trail', () => {
  test.each([
    [
      'a code put in',
      `INSERT INTO recovery_codes (account_kid, digest, created_at)
       VALUES ('${kid}', '${recoveryCodeDigest(elsewhere)}', 1)`,
    ],
    [
      'a code put in place of another',
      `UPDATE recovery_codes SET digest = '${recoveryCodeDigest(elsewhere)}' WHERE id = 1`,
    ],
    ['a code taken away', 'DELETE FROM recovery_codes WHERE id = 1'],
    ['a code voided', 'UPDATE recovery_codes SET void_at = 1 WHERE id = 1'],
  ])('%s reactivates nobody, and is found', async (_, sql) => {
    const { world, codes } = here;
    expect((await world.store.verifyTrail(null)).intact, 'before').toBe(true);
    world.kept.tamper(sql);
    for (const code of [elsewhere, ...codes]) {
      await world.refused(maria, withCode(code), 'audit-broken');
    }
    expect(await isLocked('maria')).toBe(true);
    expect(await world.store.verifyTrail(null)).toMatchObject({
      intact: false,
      firstBroken: { subject: `account:${kid}`, seq: null },
    });
  });

  test('a used code does not come back', async () => {
    const { world, codes } = here;
    await world.done(maria, withCode(codes[0] ?? ''));
    await failCodes(here, 'maria');
    world.kept.tamper('UPDATE recovery_codes SET used_at = NULL, used_by = NULL');
    await world.refused(maria, withCode(codes[0] ?? ''), 'audit-broken');
    expect((await world.store.verifyTrail(null)).firstBroken?.subject).toBe(`account:${kid}`);
  });

  test.each([
    [
      'changed',
      'UPDATE recovery_codes SET used_at = NULL, used_by = NULL WHERE used_at IS NOT NULL',
      /stays so/,
    ],
    [
      'replaced by another',
      `INSERT OR REPLACE INTO recovery_codes SELECT id, account_kid, digest, created_at, NULL, NULL, NULL FROM recovery_codes`,
      /never replaced/,
    ],
    ['deleted', 'DELETE FROM recovery_codes', /never deleted/],
  ])('the database refuses that one is %s', async (_, sql, message) => {
    await here.world.done(maria, withCode(here.codes[0] ?? ''));
    expect(() => here.world.kept.sql(sql)).toThrow(message);
  });
});
