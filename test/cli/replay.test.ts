// What an export of the trail brings back of the time after a backup: what bars and ends, and never what lets in.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ExportedEvent } from '../../src/actions/store.ts';
import type { RestoreResult } from '../../src/cli/restore-lines.ts';
import { type Prepared, quickEnabledNorthside } from '../support/in-process.ts';
import { kid, otherThan } from '../support/program.ts';

let here: Prepared;
const admin = ['-a', kid, '-p', 'maria'];
const platform = ['-a', kid, '-p', 'platform'];
const ip = ['--ip', '203.0.113.7'];
const lakeside = '20967';

const inHome = (name: string) => join(here.home, name);
const backup = () => inHome('backup.sqlite');
const exported = () => inHome('audit.ndjson');

async function fail(user: string, times: number): Promise<void> {
  await here.json(['code', 'send', user, '--via', 'email', ...platform]);
  const input = otherThan(here.lastCode(user));
  for (let each = 1; each <= times; each += 1) {
    await here.json(['code', 'verify', user, ...ip, ...platform], each < 7 ? 8 : 9, { input });
  }
}

/** A second account, ready for 2FA. */
async function addLakeside(): Promise<void> {
  const on = ['-a', lakeside];
  await here.json(['account', 'create', lakeside, '--name', 'Lakeside']);
  await here.json(['practice', 'add', 'Lakeside', ...on]);
  for (const [user, phone] of [
    ['rosa', '+12015550141'],
    ['ines', '+12015550142'],
  ] as const) {
    const contact = ['--email', `${user}@lakeside.example`, '--phone', phone];
    const rest = ['--practice', 'Lakeside', '--system-administrator', ...on];
    await here.json(['user', 'add', user, '--name', user, ...contact, ...rest]);
  }
  const token = ['token', 'create', '--role', 'system-administrator', '--user', 'rosa', '--save', 'rosa'];
  await here.json([...token, ...on]);
}

const tokenId = async (name: string) => {
  const tokens = await here.json<{ id: string; name: string; revoked: boolean }[]>(['token', 'list']);
  return tokens.find((each) => each.name === name);
};

beforeEach(async () => {
  here = await quickEnabledNorthside();
  here.inProcess = true;
  await addLakeside();
  await fail('david', 7);
  await here.json(['db', 'backup', backup()]);
});
afterEach(() => here.remove());

/** What happens after the backup. */
async function later(): Promise<void> {
  await fail('sam', 7);
  await fail('jane', 5);
  await here.json(['reactivate', 'david', '--reason', 'called back', '--password-changed', ...admin]);
  await here.json(['user', 'update', 'nina', '--email', 'nina.new@northside.example', ...admin]);
  await here.json(['enable', '--confirm', lakeside, '-a', lakeside, '-p', 'rosa']);
  await here.json(['token', 'revoke', (await tokenId('Care'))?.id ?? '']);
  await here.json(['token', 'create', '--role', 'customer-care', '--name', 'Later']);
  await here.json(['token', 'revoke', (await tokenId('Later'))?.id ?? '']);
  const contact = ['--email', 'late@northside.example', '--phone', '+12015550150'];
  await here.json(['user', 'add', 'late', '--name', 'Late', ...contact, ...admin]);
  await here.json([
    'user',
    'add',
    'gone',
    '--name',
    'Gone',
    '--email',
    'gone@northside.example',
    ...contact.slice(2),
    ...admin,
  ]);
  await here.json(['user', 'deactivate', 'gone', ...admin]);
  await here.json(['user', 'deactivate', 'nina', ...admin]);
  await here.run(['audit', 'export', '--file', exported()]);
}

const restore = (...more: string[]) => [
  'db',
  'restore',
  backup(),
  '--confirm',
  'restore',
  '--replay',
  exported(),
  ...more,
];
const accept = ['--accept', '--reason', 'the disk failed'];

describe('an export that goes on from the backup', () => {
  test('has locks, used attempts, deactivations, revocations and enabling done again', async () => {
    await later();
    const result = await here.json<RestoreResult>(restore(...accept));
    const { restored, replayed, look, lostByAction, lost } = result;
    expect(replayed).toMatchObject({ enabled: 1, locked: 1, deactivated: 1, attempts: 1, revoked: 1 });
    expect(lost).toMatchObject({ from: (restored?.newest?.seq ?? 0) + 1, to: replayed?.until });
    expect(lostByAction).toMatchObject({
      'user.locked': 1,
      'account.enabled': 1,
      'user.reactivated': 1,
      'user.added': 2,
    });
    const show = (user: string) => here.json(['user', 'show', user, '-a', kid]);
    expect(await show('sam')).toMatchObject({ status: 'locked', attemptsLeft: 0 });
    expect(await show('jane')).toMatchObject({ status: 'active', attemptsLeft: 2 });
    expect(await show('david'), 'a reactivation lifts nothing').toMatchObject({ status: 'locked' });
    expect(await show('nina')).toMatchObject({ status: 'inactive' });
    expect((await here.error(['user', 'show', 'late', '-a', kid], 5)).code).toBe('user-not-found');
    expect(await here.json(['account', 'show', '-a', lakeside])).toMatchObject({
      twoFactor: { enabled: true, enabledBy: 'rosa' },
    });
    expect(look.map(({ why, user }) => [why, user])).toEqual([
      ['contact-changed', 'nina'],
      ['added', 'late'],
      ['added', 'gone'],
      ['reactivated', 'david'],
    ]);
    expect(look[0]?.details).toMatchObject({ email: 'n•••@northside.example' });
    const [event] = await here.json<{ details: { replays: { seq: number } } }[]>([
      ...['audit', 'list', '--user', 'sam', '--action', 'user.locked'],
      ...['-a', kid],
    ]);
    const lines = readFileSync(exported(), 'utf8').trim().split('\n');
    const original = lines.map((line) => JSON.parse(line) as ExportedEvent);
    expect(original.find(({ seq }) => seq === event?.details.replays.seq)).toMatchObject({
      action: 'user.locked',
      user: 'sam',
    });
    await here.json(['audit', 'verify']);
  });

  test('says to people what is lost, and what to look at', async () => {
    await later();
    const { stdout } = await here.run(restore());
    expect(stdout).toMatch(/^Lost, as far as that is known: events [0-9]+ to [0-9]+, until /m);
    expect(stdout).toContain(
      'Done again: 2FA turned on for 1 account, 1 lock, 1 deactivation, used attempts of 1 user, 1 revocation.',
    );
    expect(stdout).toContain(`${kid}  nina: got other contact data, which is lost (n•••@northside.example)`);
    expect(stdout).toContain(`${kid}  david: was reactivated; is barred as in the backup`);
    expect(stdout).toContain('It refuses sign-ins and changes until it is accepted');
    expect(stdout).not.toContain('nina.new@');
  });

  test('may be given after the store was put back, and again', async () => {
    await later();
    await here.json(['db', 'restore', backup(), '--confirm', 'restore']);
    const replay = ['db', 'restore', '--replay', exported()];
    expect(await here.json(replay)).toMatchObject({
      replayed: { locked: 1 },
      accepted: false,
      changed: true,
    });
    expect(await here.json(replay)).toMatchObject({ replayed: { locked: 0 }, changed: false });
    await here.json(['db', 'restore', ...accept]);
    expect((await here.error(replay, 6)).code).toBe('not-restored');
    await here.json(['audit', 'verify']);
  });

  test('that ends before what this machine knew is done as far as it goes, and that is said', async () => {
    await later();
    await here.json(['login', 'jane', ...ip, ...platform], 7);
    const { stdout } = await here.run(restore());
    expect(stdout).toMatch(/! The export ends at event [0-9]+: what came after is unknown\./);
  });

  test('does not revoke a token that got the number of a later one', async () => {
    await here.json(['token', 'create', '--role', 'owner', '--name', 'second', '--save', 'second']);
    await here.json(['token', 'revoke', (await tokenId('second'))?.id ?? '']);
    await here.json(['token', 'create', '--role', 'owner', '--name', 'third', '--save', 'third']);
    await here.run(['audit', 'export', '--file', exported()]);
    const result = await here.json<RestoreResult>(restore(...accept, '-p', 'third'));
    expect(result).toMatchObject({ restored: { profile: 'restored' }, replayed: { revoked: 0 } });
    await here.json(['token', 'list', '-p', 'restored']);
  });

  test('is refused to whose own token was revoked after the backup', async () => {
    await here.json(['token', 'create', '--role', 'owner', '--name', 'other', '--save', 'other']);
    await here.json(['db', 'backup', inHome('second.sqlite')]);
    const { id } = (await tokenId('other')) ?? {};
    await here.json(['token', 'revoke', id ?? '']);
    await here.run(['audit', 'export', '--file', exported()]);
    await here.json(['db', 'restore', inHome('second.sqlite'), '--confirm', 'restore']);
    const error = await here.error(['db', 'restore', '--replay', exported(), '-p', 'other'], 4);
    expect(error).toMatchObject({ code: 'token-revoked' });
    await here.json(['db', 'restore', '--replay', exported(), ...accept]);
  });
});

describe('an export is refused with its line, and nothing is changed', () => {
  type Lines = ExportedEvent[];
  const edits: [
    what: string,
    edit: (lines: Lines, later: number) => (ExportedEvent | string)[],
    line: (lines: Lines, later: number) => number,
  ][] = [
    [
      'a later event was changed',
      (lines, at) => lines.with(at, { ...(lines[at] as ExportedEvent), user: 'jane' }),
      (_, at) => at + 1,
    ],
    [
      'an earlier event was changed',
      (lines) => lines.with(2, { ...(lines[2] as ExportedEvent), actor: 'x' }),
      () => 3,
    ],
    ['a line is missing', (lines, at) => lines.toSpliced(at, 1), (_, at) => at + 1],
    ['an earlier line is missing', (lines) => lines.toSpliced(3, 1), () => 4],
    [
      'a line is there twice',
      (lines, at) => lines.toSpliced(at, 0, lines[at] as ExportedEvent),
      (_, at) => at + 2,
    ],
    [
      'the last line is cut off',
      (lines) => [...lines.slice(0, -1), JSON.stringify(lines.at(-1)).slice(0, -20)],
      (lines) => lines.length,
    ],
    ['the beginning is missing', (lines, at) => lines.slice(at + 1), () => 1],
    ['it ends before the backup', (lines) => lines.slice(0, 5), () => 5],
    ['it is empty', () => [], () => 0],
    ['it is no export', () => ['[', ']'], () => 1],
  ];

  test.each(edits)('%s', async (_, edit, line) => {
    await fail('sam', 7);
    await here.json(['login', 'jane', ...ip, ...platform], 7);
    await here.run(['audit', 'export', '--file', exported()]);
    const lines = readFileSync(exported(), 'utf8')
      .trim()
      .split('\n')
      .map((each) => JSON.parse(each) as ExportedEvent);
    const at = lines.findIndex(({ action, user }) => action === 'user.locked' && user === 'sam');
    const edited = edit(lines, at).map((each) => (typeof each === 'string' ? each : JSON.stringify(each)));
    writeFileSync(exported(), edited.map((each) => `${each}\n`).join(''));
    const error = await here.error(restore(...accept), 2);
    expect(error).toMatchObject({ code: 'export-invalid', details: { line: line(lines, at) } });
    expect(await here.json(['user', 'show', 'sam', '-a', kid])).toMatchObject({ status: 'locked' });
    expect(await here.json(['db', 'status'])).toMatchObject({ restoredAt: null });
  });

  test('of another store, and one that cannot be read', async () => {
    const other = await quickEnabledNorthside();
    try {
      await other.run(['audit', 'export', '--file', exported()]);
      expect((await here.error(restore(), 2)).code).toBe('export-invalid');
    } finally {
      await other.remove();
    }
    const missing = ['db', 'restore', backup(), '--confirm', 'restore', '--replay', inHome('none')];
    expect((await here.error(missing, 2)).code).toBe('file-unreadable');
    expect(await here.json(['db', 'status'])).toMatchObject({ restoredAt: null });
  });
});
