// The program on a real terminal: what it asks, that secrets are not echoed, Ctrl-C, colour, and data that is no command to the terminal.
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Prepared, quickEnabledNorthside, quickNorthside } from '../support/in-process.ts';
import { environment, kid, otherThan } from '../support/program.ts';
import { hasTerminal, onTerminal, readable } from '../support/terminal.ts';

const executable = resolve(import.meta.dirname, '../../bin/twofa.js');
const maria = ['-a', kid, '-p', 'maria'];
const platform = ['-a', kid, '-p', 'platform'];
const interrupt = '\x03';
const colour = /\x1b\[[0-9;]*m/;
const skipped = hasTerminal ? '' : ' (skipped: there is no script of util-linux here)';

const isEnabled = async (here: Prepared) => {
  const { twoFactor } = await here.json<{ twoFactor: { enabled: boolean } }>(['account', 'show', '-a', kid]);
  return twoFactor.enabled;
};

describe.skipIf(!hasTerminal)(`enable on a terminal${skipped}`, () => {
  let here: Prepared;
  beforeAll(async () => {
    here = await quickNorthside();
  });
  afterAll(() => here.remove());
  const question = /Type the KID/;

  test('shows the impact and asks for the KID; a wrong one changes nothing, exit 2', async () => {
    const typing = [{ when: question, type: '10483\r' }];
    const { exit, screen } = await onTerminal(here.home, ['enable', ...maria], { typing });
    expect(exit).toBe(2);
    const text = readable(screen);
    expect(text).toContain(`2FA for account ${kid}: 2 practices, 5 users`);
    expect(text).toContain('It can never be turned off again.');
    expect(text).toContain('That is not the KID of the account; nothing was changed.');
    expect(await isEnabled(here)).toBe(false);
  });

  test.each(['y\r', '\r', 'yes\r'])('%j is no KID', async (type) => {
    const { exit } = await onTerminal(here.home, ['enable', ...maria], {
      typing: [{ when: question, type }],
    });
    expect(exit).toBe(2);
    expect(await isEnabled(here)).toBe(false);
  });

  test('Ctrl-C is exit 130, and changes nothing', async () => {
    const typing = [{ when: question, type: interrupt }];
    const { exit, screen } = await onTerminal(here.home, ['enable', ...maria], { typing });
    expect(exit).toBe(130);
    expect(readable(screen)).toContain('Interrupted; nothing was changed.');
    expect(readable(screen)).not.toMatch(/\n\s+at |ExitPromptError/);
    expect(await isEnabled(here)).toBe(false);
  });

  test('asks nothing with --no-input, nor because CI is set: it names the option', async () => {
    const { exit, screen } = await onTerminal(here.home, ['enable', '--no-input', ...maria]);
    expect(exit).toBe(2);
    expect(readable(screen)).toContain(`Give --confirm ${kid}`);
    expect(screen).not.toMatch(question);
    const ci = await here.error(['enable', ...maria], 2, { env: { CI: 'true' } });
    expect(ci.code).toBe('missing-option');
    const typing = [{ when: question, type: 'no\r' }];
    const asked = await onTerminal(here.home, ['enable', ...maria], { typing, env: { CI: 'true' } });
    expect(asked.exit).toBe(2);
    expect(await isEnabled(here)).toBe(false);
  });

  test('the KID typed turns 2FA on', async () => {
    const typing = [{ when: question, type: `${kid}\r` }];
    const { exit, screen } = await onTerminal(here.home, ['enable', ...maria], { typing });
    expect(exit).toBe(0);
    expect(readable(screen)).toContain(`✓ 2FA is on for account ${kid}: 2 practices, 5 users.`);
    expect(await isEnabled(here)).toBe(true);
    await here.prove('maria');
    const again = await onTerminal(here.home, ['enable', ...maria]);
    expect(again.exit).toBe(0);
    expect(readable(again.screen)).toMatch(/2FA is on for account 10482 since .* by maria\./);
  });
});

describe.skipIf(!hasTerminal)(`codes and tokens on a terminal${skipped}`, () => {
  let here: Prepared;
  beforeAll(async () => {
    here = await quickEnabledNorthside();
  });
  afterAll(() => here.remove());
  const verify = ['code', 'verify', 'jane', '--ip', '203.0.113.7', ...platform];
  const question = /The code:/;
  const attempts = async () =>
    (await here.json<{ attemptsLeft: number }>(['user', 'show', 'jane', '-a', kid])).attemptsLeft;

  test('code verify asks for the code and does not echo it', async () => {
    await here.json(['code', 'send', 'jane', '--via', 'email', ...platform]);
    const code = here.lastCode('jane');
    const wrong = otherThan(code);
    const rejected = await onTerminal(here.home, verify, {
      typing: [{ when: question, type: `${wrong}\r` }],
    });
    expect(rejected.exit).toBe(8);
    expect(rejected.screen).not.toContain(wrong);
    expect(readable(rejected.screen)).toMatch(/Result +rejected\nWhy +wrong\nAttempts left +6/);
    const verified = await onTerminal(here.home, verify, { typing: [{ when: question, type: `${code}\r` }] });
    expect(verified.exit).toBe(0);
    expect(verified.screen).not.toContain(code);
  });

  test('Ctrl-C at the question is exit 130, and uses no attempt', async () => {
    const before = await attempts();
    const { exit } = await onTerminal(here.home, verify, { typing: [{ when: question, type: interrupt }] });
    expect(exit).toBe(130);
    expect(await attempts()).toBe(before);
  });

  test('--no-input asks nothing', async () => {
    const { exit, screen } = await onTerminal(here.home, [...verify, '--no-input']);
    expect(exit).toBe(2);
    expect(screen).not.toMatch(question);
    expect(readable(screen)).toContain('it is never an argument');
  });

  test('auth login asks for the token and does not echo it', async () => {
    const made = await here.json<{ token: string }>(['token', 'create', '--role', 'provisioner']);
    const typing = [{ when: /The token:/, type: `${made.token}\r` }];
    const { exit, screen } = await onTerminal(here.home, ['auth', 'login', '-p', 'typed'], { typing });
    expect(exit).toBe(0);
    expect(screen).not.toContain(made.token.slice(6, 20));
    expect(await here.json(['auth', 'status', '-p', 'typed'])).toMatchObject({ role: 'provisioner' });
    await here.json(['auth', 'login', '-p', 'owner'], 0, {
      input: JSON.parse(readFileSync(join(here.home, 'profiles.json'), 'utf8')).profiles.owner.token,
    });
  });

  test('JSON is the same with and without a terminal', async () => {
    for (const args of [
      ['user', 'list', '-a', kid],
      ['account', 'show', '-a', kid],
      ['config', 'show'],
      ['policy'],
    ]) {
      const { stdout } = await here.run([...args, '--json']);
      const { screen } = await onTerminal(here.home, [...args, '--json']);
      expect(screen.replaceAll('\r\n', '\n')).toBe(stdout);
    }
  });

  test('Ctrl-T reveals nothing', async () => {
    const typing = [{ when: question, type: ['111222', '\x14', interrupt] }];
    const { exit, screen } = await onTerminal(here.home, verify, { typing });
    expect(exit).toBe(130);
    expect(screen).not.toContain('111222');
    expect(screen).not.toContain('toggle');
  });

  test('a terminal that does not know its width is served too', async () => {
    for (const args of [
      ['audit', 'verify'],
      ['user', 'list', '-a', kid],
    ]) {
      const { exit, screen } = await onTerminal(here.home, args, { columns: 0 });
      expect(exit).toBe(0);
      expect(screen.length).toBeLessThan(5000);
    }
  });

  test('a spinner is for a terminal, not for --quiet, and leaves stdout alone', async () => {
    const spun = await onTerminal(here.home, ['audit', 'verify', '--json'], { more: '2>/dev/null' });
    expect(JSON.parse(spun.screen)).toMatchObject({ intact: true });
    const quiet = await onTerminal(here.home, ['audit', 'verify', '--json', '-q']);
    expect(JSON.parse(quiet.screen)).toMatchObject({ intact: true });
    const piped = await here.run(['audit', 'verify', '--json']);
    expect(piped.stderr).toBe('');
  });
});

describe('colour', () => {
  let here: Prepared;
  beforeAll(async () => {
    here = await quickNorthside();
  });
  afterAll(() => here.remove());
  const args = ['checklist', '-a', kid];

  test.skipIf(!hasTerminal)(`is for a terminal, unless told otherwise${skipped}`, async () => {
    const shown = async (more: string[], env: Record<string, string> = {}) =>
      (await onTerminal(here.home, [...args, ...more], { env })).screen;
    expect(await shown([])).toMatch(colour);
    expect(await shown(['--no-color'])).not.toMatch(colour);
    expect(await shown([], { NO_COLOR: '1' })).not.toMatch(colour);
    expect(await shown([], { NO_COLOR: '1', FORCE_COLOR: '1' })).not.toMatch(colour);
    expect(await shown([], { NO_COLOR: '' })).toMatch(colour);
    expect(await shown([], { FORCE_COLOR: '0' })).not.toMatch(colour);
    expect(await shown([], { TERM: 'dumb' })).not.toMatch(colour);
  });

  test.skipIf(!hasTerminal)(`nor is there any in questions and spinners then${skipped}`, async () => {
    for (const [more, env] of [
      [['--no-color'], {}],
      [[], { NO_COLOR: '1' }],
    ] as [string[], Record<string, string>][]) {
      const spun = await onTerminal(here.home, ['audit', 'verify', ...more], { env });
      expect(spun.screen).not.toMatch(colour);
      const typing = [{ when: /Type the KID/, type: 'no\r' }];
      const asked = await onTerminal(here.home, ['enable', ...maria, ...more], { env, typing });
      expect(asked.screen).not.toMatch(colour);
    }
  });

  test('is not for a pipe, unless forced', async () => {
    expect((await here.run(args)).stdout).not.toMatch(colour);
    expect((await here.run(args, { env: { FORCE_COLOR: '1' } })).stdout).toMatch(colour);
    expect((await here.run([...args, '--no-color'], { env: { FORCE_COLOR: '1' } })).stdout).not.toMatch(
      colour,
    );
    expect((await here.run([...args, '--json'], { env: { FORCE_COLOR: '1' } })).stdout).not.toMatch(colour);
  });
});

describe('data is no command to the terminal', () => {
  let here: Prepared;
  const name = 'Eve\u202elosrep\u200b';
  beforeAll(async () => {
    here = await quickNorthside();
    await here.prepare(async (json) => {
      await json(['user', 'add', 'eve', '--name', name, '-a', kid]);
      await json(['user', 'add', 'mallory', '--name', 'Mallory', '-a', kid]);
    });
    // What no command stores, somebody else may have.
    const database = here.database();
    database.prepare("UPDATE users SET name = ? WHERE username = 'mallory'").run('\x1b[31mred\x07\x9b2J');
    database.close();
  });
  afterAll(() => here.remove());

  test('tables have it as \\u{…}', async () => {
    const { stdout } = await here.run(['user', 'list', '-a', kid]);
    expect(stdout).toContain('Eve\\u{202e}losrep\\u{200b}');
    expect(stdout).toContain('\\u{1b}[31mred\\u{7}\\u{9b}2J');
    expect(stdout).not.toMatch(/[\x1b\x07\x9b\u202e\u200b]/);
    const shown = await here.run(['user', 'show', 'eve', '-a', kid]);
    expect(shown.stdout).toContain('Eve\\u{202e}losrep');
  });

  test('JSON has it as \\uXXXX, which is the same value', async () => {
    const { stdout } = await here.run(['user', 'list', '-a', kid, '--json']);
    expect(stdout).toContain('"Eve\\u202elosrep\\u200b"');
    expect(stdout).toContain('\\u001b[31mred\\u0007\\u009b2J');
    expect(stdout).not.toMatch(/[\x1b\x07\x9b\u202e\u200b]/);
    const names = JSON.parse(stdout).map((user: { name: string }) => user.name);
    expect(names).toEqual(expect.arrayContaining([name, '\x1b[31mred\x07\x9b2J']));
    const lines = await here.run(['user', 'list', '-a', kid, '-o', 'ndjson']);
    expect(lines.stdout).not.toMatch(/[\x1b\x07\x9b\u202e\u200b]/);
  });

  test.skipIf(!hasTerminal)(`CSV is escaped on a terminal, and whole in a file${skipped}`, async () => {
    const args = ['user', 'list', '-a', kid, '-o', 'csv'];
    const { screen } = await onTerminal(here.home, args);
    expect(screen).not.toMatch(/[\x1b\x07\x9b\u202e\u200b]/);
    expect((await here.run(args)).stdout).toContain(name);
  });

  test('errors have it escaped too', async () => {
    const text = await here.run(['user', 'show', 'a\x1b[31mb', '-a', kid]);
    expect(text).toMatchObject({ exit: 2, stdout: '' });
    expect(text.stderr).not.toContain('\x1b');
    const unknown = await here.run(['user', '\u202eadd']);
    expect(unknown).toMatchObject({ exit: 2, stdout: '' });
    expect(unknown.stderr).not.toContain('\u202e');
  });
});

describe('pipes and interruptions', () => {
  let here: Prepared;
  let roster: string;
  beforeAll(async () => {
    here = await quickNorthside();
    await here.prepare(async (json) => {
      await json(['account', 'create', '20001', '--name', 'Lakeside']);
    });
    roster = join(here.home, 'many.csv');
    const rows = Array.from({ length: 20_000 }, (_, n) => `user${n},User ${n},user${n}@lakeside.example,,,`);
    const header = 'username,name,email,phone,practices,system_administrator';
    writeFileSync(roster, `${[header, ',nobody,,,,', ...rows].join('\n')}\n`);
  });
  afterAll(() => here.remove());

  const start = (args: readonly string[]) =>
    spawn(process.execPath, [executable, ...args], { cwd: here.home, env: environment(here.home) });

  test('what an import stores is there to be listed', async () => {
    const done = await here.json<{ added: number }>(['user', 'import', roster, '-a', '20001'], 2);
    expect(done).toMatchObject({ read: 20_001, added: 20_000, rejected: 1 });
  });

  test('a reader that goes away ends a list quietly', async () => {
    for (const format of ['ndjson', 'json', 'csv', 'table']) {
      const child = start(['user', 'list', '-a', '20001', '-o', format]);
      let stderr = '';
      child.stderr.setEncoding('utf8').on('data', (text) => {
        stderr += text;
      });
      const first = new Promise<string>((done) => child.stdout.once('data', (chunk) => done(String(chunk))));
      expect(await first).not.toBe('');
      child.stdout.destroy();
      const exit = await new Promise((done) => child.on('close', done));
      expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    }
  });

  test('and asks for no more of it', async () => {
    const looks = async () =>
      (await here.json<unknown[]>(['audit', 'list', '-a', '20001', '--action', 'account.viewed'])).length;
    const before = await looks();
    const child = start(['user', 'list', '-a', '20001', '-o', 'ndjson', '-p', 'care']);
    await new Promise((done) => child.stdout.once('data', done));
    child.stdout.destroy();
    await new Promise((done) => child.on('close', done));
    // Of 20 pages: the one that was read, and what was on its way.
    expect((await looks()) - before).toBeLessThan(5);
  });

  test('a shell’s pipe into head does too', async () => {
    const command = `"$0" "$1" user list -a 20001 -o ndjson | head -1`;
    const child = spawn('sh', ['-c', command, process.execPath, executable], { env: environment(here.home) });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    await new Promise((done) => child.on('close', done));
    expect(JSON.parse(stdout)).toMatchObject({ account: '20001', username: 'user0' });
    expect(stderr).toBe('');
  });
});
