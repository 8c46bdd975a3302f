// Recovery codes and the sealed preview by the built program: who sees the codes, where they are kept, and many processes at once.
import { existsSync, lstatSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { copyOf } from '../scenarios/steps.ts';
import { Prepared, quickNorthside } from '../support/in-process.ts';
import { kid, otherThan } from '../support/program.ts';
import { hasTerminal, onTerminal, readable } from '../support/terminal.ts';

const maria = ['-a', kid, '-p', 'maria'];
const nina = ['-a', kid, '-p', 'nina'];
const ip = '203.0.113.7';
const codeShape = /([0-9A-Z]{4}-){6}[0-9A-Z]{4}/;
const codesIn = (text: string): string[] => text.match(new RegExp(codeShape, 'g')) ?? [];
const nobodys = '0000-0000-0000-0000-0000-0000-0000';
const skipped = hasTerminal ? '' : ' (skipped: there is no script of util-linux here)';

let prepared: Prepared;
let enabled: Prepared;
let codes: string[];
let here: Prepared;

beforeAll(async () => {
  prepared = await quickNorthside();
  enabled = copyOf(prepared, new Prepared());
  const file = join(enabled.home, 'codes.txt');
  await enabled.prepare(async (json) => {
    await json(['enable', '--confirm', kid, '--recovery-codes-file', file, ...maria]);
  });
  codes = codesIn(readFileSync(file, 'utf8'));
});
afterAll(() => {
  prepared.remove();
  enabled.remove();
});
afterEach(() => here.remove());

/** What a command of the owner shows, in the test's own process. */
async function shown<T>(...args: string[]): Promise<T> {
  let document: unknown;
  await here.prepare(async (json) => {
    document = await json([...args, '-a', kid]);
  });
  return document as T;
}

const isEnabled = async () =>
  (await shown<{ twoFactor: { enabled: boolean } }>('account', 'show')).twoFactor.enabled;

/** Has a user locked by seven wrong codes. */
async function lock(user: string): Promise<void> {
  await here.prepare(async (json) => {
    const platform = ['-a', kid, '-p', 'platform'];
    await json(['code', 'send', user, '--via', 'email', ...platform]);
    for (const exit of [8, 8, 8, 8, 8, 8, 9]) {
      const input = otherThan(here.lastCode(user));
      await json(['code', 'verify', user, '--ip', ip, ...platform], exit, { input });
    }
  });
}

/** Has so many wrong tries be behind the account that the next wrong one makes everybody wait for 15 minutes. */
function longWait(): void {
  const database = here.database();
  database
    .prepare('INSERT INTO recovery_tries (account_kid, failures, last_failed_at) VALUES (?, 30, 1)')
    .run(kid);
  database.close();
}

const attemptsOf = async (user: string) =>
  (await shown<{ attemptsLeft: number }>('user', 'show', user)).attemptsLeft;

const recovering = (user: string) => ['reactivate', user, '--recovery-code', '--reason', 'from the safe'];

describe('enable off a terminal', () => {
  beforeEach(() => {
    here = copyOf(prepared, new Prepared());
  });

  test('shows no recovery codes, makes none, and says how to get them', async () => {
    const ran = await here.run(['enable', '--confirm', kid, ...maria, '--json'], { env: { CI: 'true' } });
    expect(ran.exit).toBe(0);
    expect(JSON.parse(ran.stdout)).toMatchObject({ changed: true, recoveryCodes: null });
    expect(ran.stdout + ran.stderr).not.toMatch(codeShape);
    expect(ran.stderr).toContain(`twofa recovery renew --recovery-codes-file FILE -a ${kid}`);
    const database = here.database();
    expect(database.prepare('SELECT count(*) AS made FROM recovery_codes').get()).toEqual({ made: 0 });
    database.close();
  });

  test('writes them to a new file that nobody else can read, and nowhere else', async () => {
    const file = join(here.home, 'codes.txt');
    const args = ['enable', '--confirm', kid, '--recovery-codes-file', 'codes.txt', ...maria];
    const ran = await here.run([...args, '--json']);
    expect(ran.exit).toBe(0);
    expect(JSON.parse(ran.stdout)).toMatchObject({ changed: true, recoveryCodes: { file } });
    expect(ran.stdout + ran.stderr).not.toMatch(codeShape);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const text = readFileSync(file, 'utf8');
    expect(text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))).toEqual(codesIn(text));
    expect(new Set(codesIn(text)).size).toBe(2);
    expect(text).toContain(kid);
  });

  test.each<[string, (home: string) => string]>([
    [
      'that exists',
      (home) => {
        writeFileSync(join(home, 'mine'), 'mine');
        return join(home, 'mine');
      },
    ],
    [
      'that is a link to nothing',
      (home) => {
        symlinkSync('/nowhere/x', join(home, 'link'));
        return join(home, 'link');
      },
    ],
    ['that is a folder', (home) => home],
    ['in a folder that does not exist', (home) => join(home, 'no', 'codes.txt')],
    ['in a folder that is a file', (home) => join(home, 'key.json', 'codes.txt')],
    ['that no folder takes', () => '/proc/codes.txt'],
    ['without a name', () => ''],
  ])('a file %s is refused, exit 2, and nothing is enabled', async (_, name) => {
    const file = name(here.home);
    const before = file !== '' && existsSync(file);
    const args = ['enable', '--confirm', kid, '--recovery-codes-file', file, ...maria];
    const error = await here.error(args, 2);
    expect(error.code).toBe('file-unwritable');
    expect(error.hint).toContain('Nothing was done.');
    expect(file !== '' && existsSync(file)).toBe(before);
    if (file.endsWith('mine')) expect(readFileSync(file, 'utf8')).toBe('mine');
    if (file.endsWith('link')) expect(lstatSync(file).isSymbolicLink()).toBe(true);
    expect(await isEnabled()).toBe(false);
  });

  test('leaves no file where it is refused', async () => {
    const file = join(here.home, 'codes.txt');
    const args = ['enable', '--recovery-codes-file', file, ...maria];
    expect((await here.error([...args, '--confirm', '1'], 2)).code).toBe('confirmation-mismatch');
    await here.json(['user', 'update', 'sam', '--phone', '', '-a', kid]);
    expect((await here.error([...args, '--confirm', kid], 6)).code).toBe('not-ready');
    expect(existsSync(file)).toBe(false);
  });
});

describe('enable by the digest of a preview', () => {
  beforeEach(() => {
    here = copyOf(prepared, new Prepared());
  });

  test('is refused when the roster moved, says what did, and takes the new digest', async () => {
    const { plan } = await here.json<{ plan: string }>(['enable', '--preview', ...maria]);
    await here.json(['user', 'update', 'sam', '--phone', '+12015550199', '-a', kid]);
    const enable = (digest: string) => ['enable', '--confirm', kid, '--plan', digest, ...maria];
    const error = await here.error(enable(plan), 6);
    expect(error.code).toBe('plan-changed');
    expect(error.details).toEqual({
      plan: expect.stringMatching(/^p1\./),
      changed: [{ what: 'contacts', after: null }],
    });
    expect(error.hint).toContain(String(error.details?.plan));
    expect((await here.error(['enable', '--preview', '--plan', plan, ...maria], 6)).code).toBe(
      'plan-changed',
    );
    expect((await here.error(enable(plan.slice(0, -1)), 2)).code).toBe('invalid-input');
    expect(await isEnabled()).toBe(false);
    const enabledNow = await here.json<{ plan: string }>(enable(String(error.details?.plan)));
    expect(enabledNow).toMatchObject({ changed: true, plan: error.details?.plan });
  });

  test('the preview shows for people what it means', async () => {
    await here.json(['user', 'update', 'sam', '--phone', '', '--email', '', '-a', kid]);
    const env = { TWOFA_EMAIL_PER_MINUTE: '300' };
    const { stdout } = await here.run(['enable', '--preview', ...maria], { env });
    expect(stdout).toContain(`2FA for account ${kid}: 2 practices, 5 users`);
    expect(stdout).toContain('  Northside Pediatrics: 3 users');
    expect(stdout).toContain('✗ email-present (1): sam');
    expect(stdout).toContain('Kept out: 1 user\n  sam: no email, no phone');
    expect(stdout).toContain('First morning: 1 code a minute (assumed: every active user');
    expect(stdout).toContain('email: 300 messages a minute, enough');
    expect(stdout).toContain('text messages: its rate is not configured');
    expect(stdout).toMatch(/Plan p1\.[0-9a-f.]+: with --plan/);
  });
});

describe.skipIf(!hasTerminal)(`on a terminal${skipped}`, () => {
  const question = /Type the KID/;

  test('enable shows the codes once, with --json too', async () => {
    here = copyOf(prepared, new Prepared());
    const typing = [{ when: question, type: `${kid}\r` }];
    const { exit, screen } = await onTerminal(here.home, ['enable', ...maria], { typing });
    expect(exit).toBe(0);
    expect(readable(screen)).toContain('Recovery codes, shown this once.');
    expect(codesIn(readable(screen))).toHaveLength(2);
    await here.prove('maria');
    const again = await onTerminal(here.home, ['enable', ...maria]);
    expect(again.screen).not.toMatch(codeShape);
    const renewed = await onTerminal(here.home, ['recovery', 'renew', '--json', ...maria], {
      more: '2>/dev/null',
    });
    const document = JSON.parse(renewed.screen);
    expect(document).toEqual({
      account: kid,
      recoveryCodes: [expect.stringMatching(codeShape), expect.stringMatching(codeShape)],
      changed: true,
    });
  });

  test('enable shows none where its result goes to a file', async () => {
    here = copyOf(prepared, new Prepared());
    const typing = [{ when: question, type: `${kid}\r` }];
    const more = `> '${here.home}/result'`;
    const { exit, screen } = await onTerminal(here.home, ['enable', '--json', ...maria], { typing, more });
    expect(exit).toBe(0);
    expect(screen).not.toMatch(codeShape);
    expect(JSON.parse(readFileSync(join(here.home, 'result'), 'utf8'))).toMatchObject({
      recoveryCodes: null,
    });
  });

  test('what was shown is what is enabled: a roster that moves at the question is refused', async () => {
    here = copyOf(prepared, new Prepared());
    const move = () => here.json(['user', 'update', 'sam', '--email', 'thief@northside.example', '-a', kid]);
    const typing = [{ when: question, before: move, type: `${kid}\r` }];
    const { exit, screen } = await onTerminal(here.home, ['enable', ...maria], { typing });
    expect(exit).toBe(6);
    expect(readable(screen)).toContain('is not what the preview showed any more: contacts changed.');
    expect(await isEnabled()).toBe(false);
  });

  test('reactivate asks for the code and does not echo it', async () => {
    here = copyOf(enabled, new Prepared());
    await lock('maria');
    const typing = [{ when: /The recovery code:/, type: `${codes[0]}\r` }];
    const { exit, screen } = await onTerminal(here.home, [...recovering('maria'), ...maria], { typing });
    expect(exit).toBe(0);
    expect(screen).not.toContain(codes[0]);
    expect(await attemptsOf('maria')).toBe(7);
  });
});

describe('reactivate --recovery-code', () => {
  beforeEach(async () => {
    here = copyOf(enabled, new Prepared());
    await lock('maria');
  });

  test('lifts the own lock of a System Administrator, once for each code', async () => {
    const locked = await here.error(['checklist', ...maria], 4);
    expect(locked.code).toBe('operator-locked');
    const [user] = await here.json<{ changed: boolean }[]>([...recovering('maria'), ...maria], 0, {
      input: `${codes[0]}\n`,
    });
    expect(user).toMatchObject({ username: 'maria', status: 'active', attemptsLeft: 7, changed: true });
    await lock('maria');
    longWait();
    const again = await here.error([...recovering('maria'), ...maria], 8, { input: codes[0] ?? '' });
    expect(again).toMatchObject({ code: 'recovery-code-rejected', details: { why: 'used' } });
    const soon = await here.error([...recovering('maria'), ...nina], 6, { input: nobodys });
    expect(soon.code).toBe('too-soon');
    const trail = await here.run(['audit', 'list', '--user', 'maria', '-a', kid]);
    expect(trail.stdout).toMatch(/recovery\.used[\s\S]*user\.reactivated[\s\S]*recovery\.rejected/);
    for (const code of [...codes, nobodys]) expect(trail.stdout).not.toContain(code);
    expect(await here.json(['audit', 'verify'])).toMatchObject({ intact: true });
  });

  test('never takes the code as an argument, and needs one and a reason', async () => {
    const argued = await here.error([...recovering('maria'), codes[0] ?? '', ...maria], 2, {
      input: nobodys,
    });
    expect(argued.message).toBe('users must be one user where a recovery code is given.');
    expect((await here.error([...recovering('maria'), ...maria], 2)).code).toBe('missing-option');
    const unsaid = ['reactivate', 'maria', '--recovery-code', ...maria];
    expect((await here.error(unsaid, 2, { input: codes[0] ?? '' })).code).toBe('missing-option');
    const mistyped = await here.error([...recovering('maria'), ...maria], 2, { input: `${codes[0]}0` });
    expect(mistyped.code).toBe('invalid-input');
    expect(JSON.stringify(mistyped)).not.toContain(codes[0]);
    expect(await attemptsOf('maria')).toBe(0);
  });

  test('is no door for other roles', async () => {
    for (const profile of ['owner', 'care', 'ci', 'platform']) {
      const args = [...recovering('maria'), '-a', kid, '-p', profile];
      expect((await here.error(args, 4, { input: codes[0] ?? '' })).code).toBe('not-permitted');
    }
    expect(await attemptsOf('maria')).toBe(0);
  });
});

describe('recovery renew', () => {
  test('off a terminal needs a file; the old codes are worthless then', async () => {
    here = copyOf(enabled, new Prepared());
    await here.prove('nina');
    const error = await here.error(['recovery', 'renew', ...nina], 2);
    expect(error).toMatchObject({ code: 'missing-option', details: { field: 'recovery-codes-file' } });
    const file = join(here.home, 'new.txt');
    const renew = ['recovery', 'renew', '--recovery-codes-file', file, ...nina];
    expect(await here.json(renew)).toEqual({ account: kid, recoveryCodes: { file }, changed: true });
    expect((await here.error(renew, 2)).code).toBe('file-unwritable');
    await lock('maria');
    const old = await here.error([...recovering('maria'), ...maria], 8, { input: codes[1] ?? '' });
    expect(old.details).toMatchObject({ why: 'replaced' });
  });
});

describe('many processes at once', () => {
  const exits = async (attempts: readonly (readonly [readonly string[], string])[]) =>
    (await Promise.all(attempts.map(([args, input]) => here.run(args, { input }))))
      .map(({ exit }) => exit)
      .sort();

  test('of wrong codes entered together one is compared', async () => {
    here = copyOf(enabled, new Prepared());
    await lock('maria');
    longWait();
    const attempts = Array.from({ length: 8 }, (_, each) => {
      const profile = each % 2 ? maria : nina;
      return [[...recovering('maria'), ...profile], nobodys] as const;
    });
    expect(await exits(attempts)).toEqual([6, 6, 6, 6, 6, 6, 6, 8]);
    const database = here.database();
    expect(database.prepare('SELECT failures FROM recovery_tries').get()).toEqual({ failures: 31 });
    const rejected = "SELECT count(*) AS events FROM audit_events WHERE action = 'recovery.rejected'";
    expect(database.prepare(rejected).get()).toEqual({ events: 1 });
    database.close();
    expect(await attemptsOf('maria')).toBe(0);
  });

  test('one right code entered together works once', async () => {
    here = copyOf(enabled, new Prepared());
    await lock('maria');
    const attempts = Array.from({ length: 6 }, (_, each) => {
      const profile = each % 2 ? maria : nina;
      return [[...recovering('maria'), ...profile], codes[0] ?? ''] as const;
    });
    const ended = await exits(attempts);
    expect(ended.filter((exit) => exit === 0)).toHaveLength(1);
    expect(ended.filter((exit) => exit !== 0 && exit !== 6 && exit !== 8)).toEqual([]);
    const database = here.database();
    const events = "SELECT count(*) AS events FROM audit_events WHERE action = 'user.reactivated'";
    expect(database.prepare(events).get()).toEqual({ events: 1 });
    const used = 'SELECT count(*) AS codes FROM recovery_codes WHERE used_at IS NOT NULL';
    expect(database.prepare(used).get()).toEqual({ codes: 1 });
    database.close();
    expect(await here.json(['audit', 'verify'])).toMatchObject({ intact: true });
  });
});
