// What insiders could try: an administrator of one's own making, a token of a revoked or another owner (section 3 of the rules, R2, R15).
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { EventRow } from '../../src/cli/columns.ts';
import { by, copyOf } from '../scenarios/steps.ts';
import { Prepared, quickEnabledNorthside, quickNorthside } from '../support/in-process.ts';
import { Installation, kid } from '../support/program.ts';

let prepared: Prepared;
let enabled: Prepared;
let here: Prepared;

beforeAll(async () => {
  [prepared, enabled] = [await quickNorthside(), await quickEnabledNorthside()];
});
afterAll(() => {
  prepared.remove();
  enabled.remove();
});
afterEach(async () => {
  expect(await here.json(['audit', 'verify', '-p', 'owner'])).toMatchObject({ intact: true });
  here.remove();
});

function start(from: Prepared): Prepared {
  here = copyOf(from, new Prepared());
  return here;
}

interface Listed {
  id: string;
  role: string;
  account: string | null;
  user: string | null;
  revoked: boolean;
}

const puppet = [
  ...['user', 'add', 'puppet', '--name', 'Puppet', '--email', 'puppet@northside.example'],
  ...['--phone', '+12015550155', '--practice', 'Northside Pediatrics'],
];

describe('a puppet administrator made by a CI token', () => {
  it('before 2FA is on: CI can make one, and neither a token of it nor its enabling; the preview does not fit any more', async () => {
    start(prepared);
    const preview = await here.json<{ plan: string }>(['enable', '--preview', ...by('maria')]);
    await here.json([...puppet, '--system-administrator', ...by('ci')]);
    for (const args of [
      ['token', 'create', '--role', 'system-administrator', '--user', 'puppet', '-a', kid],
      ['token', 'create', '--role', 'owner'],
      ['token', 'rotate', 'tok_2'],
      ['enable', '--confirm', kid, '-a', kid],
    ]) {
      expect((await here.error([...args, '-p', 'ci'], 4)).code, args.join(' ')).toBe('not-permitted');
    }
    const enabling = ['enable', '--confirm', kid, '--plan', preview.plan, ...by('maria')];
    const refused = await here.error(enabling, 6);
    expect(refused.code).toBe('plan-changed');
    const { changed } = refused.details as { changed: { what: string }[] };
    expect(changed.map(({ what }) => what)).toEqual(expect.arrayContaining(['users', 'roles']));
    const trail = await here.json<EventRow[]>([
      ...['audit', 'list', '--action', 'user.added', ...by('maria')],
    ]);
    expect(trail.at(-1)).toMatchObject({ actor: 'CI', role: 'provisioner', user: 'puppet' });
    expect(trail.at(-1)?.details).toMatchObject({ systemAdministrator: true });
  });

  it('once 2FA is on: by no command, on no user, not even one who was deactivated', async () => {
    start(enabled);
    await here.json(['token', 'create', '--role', 'provisioner', '--may', 'contacts', '--save', 'contacts']);
    await here.json(['user', 'update', 'jane', '--system-administrator', ...by('maria')]);
    await here.json(['user', 'deactivate', 'jane', ...by('maria')]);
    const attempts = [
      [...puppet, '--system-administrator'],
      ['user', 'update', 'sam', '--system-administrator'],
      ['user', 'update', 'nina', '--no-system-administrator'],
      ['user', 'update', 'nina', '--email', 'puppet@northside.example'],
      ['user', 'update', 'nina', '--phone', '+12015550155'],
      ['user', 'update', 'jane', '--email', 'puppet@northside.example'],
      ['user', 'update', 'nina', '--no-system-administrator', '--email', 'puppet@northside.example'],
      ['user', 'deactivate', 'nina'],
      ['reactivate', 'jane', '--deactivated', '--reason', 'ours'],
    ];
    const before = await here.json(['user', 'list', ...by('maria')]);
    for (const profile of ['ci', 'contacts', 'owner']) {
      for (const args of attempts) {
        const refused = await here.error([...args, ...by(profile)], 4);
        expect(refused.code, `${profile}: ${args.join(' ')}`).toBe('not-permitted');
      }
    }
    const file = join(here.home, 'roster.csv');
    const rows = [
      'puppet,Puppet,puppet@northside.example,+12015550155,yes',
      'sam,,,,yes',
      'nina,,,,no',
      'nina,,puppet@northside.example,,',
      'jane,,,+12015550155,',
    ];
    for (const row of rows) {
      writeFileSync(file, `username,name,email,phone,system_administrator\n${row}\n`);
      const imported = await here.json(['user', 'import', file, ...by('contacts')], 2);
      expect(imported, row).toMatchObject({ read: 1, rejected: 1, changed: false });
    }
    expect(await here.json(['user', 'list', ...by('maria')])).toEqual(before);
  });

  it("the owner's token for an administrator is worth nothing without their mailbox; all are told, and one revokes it", async () => {
    start(enabled);
    const from = here.outbox().length;
    const minted = await here.json<{ id: string }>([
      ...['token', 'create', '--role', 'system-administrator', '--user', 'nina', '-a', kid],
      ...['--save', 'puppet', '-p', 'owner'],
    ]);
    for (const args of [
      ['user', 'list'],
      ['reactivate', 'jane', '--reason', 'ours'],
      ['user', 'update', 'sam', '--system-administrator'],
      ['token', 'revoke', 'tok_2'],
      ['recovery', 'renew', '--recovery-codes-file', 'codes.txt'],
    ]) {
      const refused = await here.error([...args, ...by('puppet')], 7);
      expect(refused.code, args.join(' ')).toBe('second-factor-required');
    }
    const told = here.outbox().slice(from);
    expect(told.map(({ user, via }) => [user, via]).sort()).toEqual([
      ['maria', 'email'],
      ['nina', 'email'],
    ]);
    expect(told.every(({ text }) => text.includes(minted.id))).toBe(true);
    expect(await here.json(['token', 'revoke', minted.id, ...by('maria')])).toMatchObject({ changed: true });
    const revoked = await here.error(['auth', 'challenge', '--via', 'email', '-p', 'puppet'], 4);
    expect(revoked.code).toBe('token-revoked');
  });
});

describe("the last owner's token revoked", () => {
  const owners = async (as: string): Promise<Listed[]> =>
    (await here.json<Listed[]>(['token', 'list', '-p', as])).filter(({ role }) => role === 'owner');

  const countTokens = (): unknown => {
    const database = here.database();
    const count = database.prepare('SELECT count(*) FROM tokens').pluck().get();
    database.close();
    return count;
  };

  it('is by no other role, and not by an owner of one account', async () => {
    start(enabled);
    const [owner] = await owners('owner');
    await here.json(['token', 'create', '--role', 'owner', '-a', kid, '--save', 'narrowed', '-p', 'owner']);
    for (const command of ['revoke', 'rotate']) {
      for (const [profile, exit] of Object.entries({ care: 4, ci: 4, platform: 4, narrowed: 5 })) {
        const refused = await here.error(['token', command, owner?.id ?? '', '-p', profile], exit);
        expect(refused.code, profile).toBe(exit === 4 ? 'not-permitted' : 'token-not-found');
      }
    }
    const refused = await here.error(['token', 'revoke', owner?.id ?? '', ...by('maria')], 5);
    expect(refused.code).toBe('token-not-found');
    expect((await owners('owner')).map(({ revoked }) => revoked)).toEqual([false, false]);
  });

  it('works nowhere; another key makes nobody an owner, the right one makes one, in the trail', async () => {
    start(enabled);
    const [owner] = await owners('owner');
    const secret = JSON.parse(readFileSync(join(here.home, 'profiles.json'), 'utf8')).profiles.owner.token;
    await here.json(['token', 'revoke', owner?.id ?? '', '-p', 'owner']);
    const env = { TWOFA_TOKEN: secret };
    const commands = [
      ['token', 'list'],
      ['token', 'create', '--role', 'owner'],
      ['token', 'rotate', owner?.id ?? ''],
      ['account', 'list'],
      ['audit', 'list'],
      ['db', 'rotate-key'],
      ['auth', 'status'],
    ];
    for (const args of commands) {
      expect((await here.error(args, 4, { env })).code, args.join(' ')).toBe('token-revoked');
    }
    expect((await here.error(['auth', 'login', '-p', 'mine'], 4, { input: secret })).code).toBe(
      'token-revoked',
    );

    const tokens = countTokens();
    const key = join(here.home, 'key.json');
    const other = new Installation();
    await other.json(['init', '--sandbox']);
    copyFileSync(key, join(here.home, 'kept.json'));
    copyFileSync(join(other.home, 'key.json'), key);
    other.remove();
    expect((await here.error(['init'], 6)).code).toBe('key-mismatch');
    rmSync(key);
    expect((await here.error(['init'], 11)).code).toBe('key-unavailable');
    copyFileSync(join(here.home, 'kept.json'), key);
    expect(countTokens()).toBe(tokens);

    const both = await Promise.all([here.json(['init']), here.json(['init'])]);
    expect(both.map(({ changed }) => changed).sort()).toEqual([false, true]);
    expect((await owners('owner')).map(({ revoked }) => revoked)).toEqual([true, false]);
    const created = await here.json<EventRow[]>([
      'audit',
      'list',
      '--action',
      'token.created',
      '-p',
      'owner',
    ]);
    expect(created.at(-1)).toMatchObject({ actor: 'init', role: 'owner', details: { by: 'init' } });
    expect(await here.json(['init'])).toMatchObject({ changed: false });
  });

  it('beside an owner of one account alone, who is none of the installation', async () => {
    start(enabled);
    const [owner] = await owners('owner');
    await here.json(['token', 'create', '--role', 'owner', '-a', kid, '--save', 'narrowed', '-p', 'owner']);
    await here.json(['token', 'revoke', owner?.id ?? '', '-p', 'owner']);
    expect(await here.json(['init'])).toMatchObject({ changed: true });
    expect(await here.json(['auth', 'status', '-p', 'owner'])).toMatchObject({
      role: 'owner',
      account: null,
    });
  });
});
