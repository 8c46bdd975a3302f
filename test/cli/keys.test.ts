// The key of an installation by the built program: another key, a lost one, and a ring that is kept elsewhere.
import { spawn } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addKey } from '../../src/cli/key-file.ts';
import { openTwofa } from '../../src/index.ts';
import { Prepared, quickEnabledNorthside } from '../support/in-process.ts';
import { environment, kid, otherThan } from '../support/program.ts';
import { hasTerminal, onTerminal, readable } from '../support/terminal.ts';

let here: Prepared;
afterEach(() => here.remove());

const at = (name: string) => join(here.home, name);
const ring = () => JSON.parse(readFileSync(at('key.json'), 'utf8'));
const account = ['-a', kid];
const app = [...account, '-p', 'platform'];
const ip = ['--ip', '203.0.113.7'];
const rekey = ['db', 'rekey', '--lost-key', '--reason', 'the disk died'];
const confirmed = [...rekey, '--confirm', 'rekey'];

interface Verdict {
  intact: boolean;
  events: number;
  unproved: number;
  breaks: { reason: string; at: string; seq: number }[];
  firstBroken: { subject: string } | null;
}
const verified = (exit = 0) => here.json<Verdict>(['audit', 'verify', '-p', 'owner'], exit);

async function enabled(): Promise<void> {
  here = await quickEnabledNorthside();
}

async function empty(): Promise<void> {
  here = await new Prepared().prepare(async (json) => {
    await json(['init', '--sandbox']);
  });
}

describe('db rotate-key', () => {
  test('a code that was sent before verifies after, over two rotations, and the trail is intact', async () => {
    await enabled();
    await here.prepare(async (json) => {
      await json(['code', 'send', 'jane', '--via', 'email', ...app]);
    });
    const code = here.lastCode('jane');
    expect(await here.json(['db', 'rotate-key'])).toEqual({
      key: 'k2',
      previous: 'k1',
      keptAt: at('key.json'),
      changed: true,
    });
    const wrong = { input: otherThan(code) };
    expect(await here.json(['code', 'verify', 'jane', ...ip, ...app], 8, wrong)).toMatchObject({
      attemptsLeft: 6,
    });
    expect(await here.json(['db', 'rotate-key'])).toMatchObject({ key: 'k3', previous: 'k2' });
    const right = { input: code };
    expect(await here.json(['code', 'verify', 'jane', ...ip, ...app], 0, right)).toMatchObject({
      result: 'verified',
    });
    expect(await here.json(['login', 'jane', ...ip, ...app])).toMatchObject({ result: 'granted' });
    expect(await verified()).toMatchObject({ intact: true, breaks: [], unproved: 0 });
    const rotations = await here.json<{ actor: string; details: object }[]>([
      ...['audit', 'list', '--action', 'key.rotated'],
    ]);
    expect(rotations).toMatchObject([
      { actor: 'owner', details: { from: 'k1', to: 'k2' } },
      { actor: 'owner', details: { from: 'k2', to: 'k3' } },
    ]);
    expect(Object.keys(ring().keys), 'older keys stay').toEqual(['k1', 'k2', 'k3']);
    expect(statSync(at('key.json')).mode & 0o777).toBe(0o600);
  });

  test('says what to back up, that older keys stay, and no secret', async () => {
    await empty();
    const ran = await here.run(['db', 'rotate-key']);
    expect(ran).toMatchObject({ exit: 0, stderr: '' });
    expect(ran.stdout).toContain(at('key.json'));
    expect(ran.stdout).toContain('They are never dropped.');
    for (const key of Object.values<{ secret: string }>(ring().keys)) {
      expect(ran.stdout).not.toContain(key.secret);
      expect(readFileSync(at('twofa.sqlite'), 'latin1')).not.toContain(key.secret);
    }
  });

  test('two at once both make a key, and neither loses the other’s', async () => {
    await empty();
    const both = await Promise.all([here.json(['db', 'rotate-key']), here.json(['db', 'rotate-key'])]);
    expect(both.map((each) => each.key).sort()).toEqual(['k2', 'k3']);
    expect(Object.keys(ring().keys)).toEqual(['k1', 'k2', 'k3']);
    expect(await verified()).toMatchObject({ intact: true });
  });

  test('a process that has the older ring goes on, and what it writes is in the trail', async () => {
    await enabled();
    const tokens = JSON.parse(readFileSync(at('profiles.json'), 'utf8')).profiles;
    const running = openTwofa({ env: environment(here.home), token: tokens.platform.token });
    try {
      const login = (user: string) =>
        running.request('login', { account: kid, user, ip: '203.0.113.8', app: 'platform' });
      expect(await login('jane')).toMatchObject({ exit: 7 });
      await here.json(['db', 'rotate-key']);
      expect(await login('jane'), 'a row of the older key').toMatchObject({ exit: 7 });
      await here.json(['login', 'david', ...ip, ...app], 7);
      const send = { account: kid, user: 'david', via: 'email' as const, app: 'platform' };
      expect(await running.request('code.send', send), 'a row of the newer key').toMatchObject({ exit: 0 });
      const input = here.lastCode('david');
      expect(await here.json(['code', 'verify', 'david', ...ip, ...app], 0, { input })).toMatchObject({
        result: 'verified',
      });
    } finally {
      await running.close();
    }
    expect(await verified()).toMatchObject({ intact: true });
  });

  test('a crash after the ring was written leaves an installation that works, init included', async () => {
    await enabled();
    addKey(at('key.json'), { secret: Buffer.alloc(32, 9), now: new Date() });
    expect(await here.json(['login', 'jane', ...ip, ...app], 7)).toMatchObject({ result: 'challenge' });
    expect(await here.json(['init', '--sandbox'])).toMatchObject({ changed: false });
    expect(await verified()).toMatchObject({ intact: true });
    expect(await here.json(['db', 'rotate-key'])).toMatchObject({ key: 'k3', previous: 'k1' });
    expect(await verified()).toMatchObject({ intact: true });
  });

  test('killed at any instant, it leaves an installation that works', async () => {
    await empty();
    const started = performance.now();
    await here.json(['db', 'rotate-key']);
    const whole = performance.now() - started;
    const executable = resolve(import.meta.dirname, '../../bin/twofa.js');
    const options = { env: environment(here.home), stdio: 'ignore' } as const;
    for (const part of [0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 1]) {
      const child = spawn(process.execPath, [executable, 'db', 'rotate-key'], options);
      const timer = setTimeout(() => child.kill('SIGKILL'), whole * part);
      await new Promise((ended) => child.on('close', ended));
      clearTimeout(timer);
      await here.prepare(async (json) => {
        expect(await json(['auth', 'status']), `killed after ${part} of it`).toMatchObject({ role: 'owner' });
      });
    }
    expect(await verified()).toMatchObject({ intact: true });
  });
});

describe('db rekey', () => {
  /** Jane has a code and a trusted location, and has failed once; David is locked. */
  async function inUse(): Promise<string> {
    await enabled();
    await here.prepare(async (json) => {
      const verify = (user: string) => ['code', 'verify', user, ...ip, ...app];
      await json(['code', 'send', 'jane', '--via', 'email', ...app]);
      await json(verify('jane'), 0, { input: here.lastCode('jane') });
      await json(['code', 'send', 'jane', '--via', 'email', ...app]);
      await json(verify('jane'), 8, { input: otherThan(here.lastCode('jane')) });
      for (let left = 6; left >= 0; left -= 1) {
        await json(verify('david'), left > 0 ? 8 : 9, { input: '000000' });
      }
    });
    return here.lastCode('jane');
  }

  const database = (statement: string): void => {
    const opened = here.database();
    opened.exec(statement);
    opened.close();
  };

  test('ends codes, locations and tokens, keeps locks, attempts and 2FA, and marks the break', async () => {
    const code = await inUse();
    const old = readFileSync(at('profiles.json'), 'utf8');
    rmSync(at('key.json'));
    const result = await here.json(confirmed);
    expect(result).toMatchObject({
      key: 'k2',
      keptAt: at('key.json'),
      putAside: null,
      profile: 'owner',
      accounts: 1,
      users: 5,
      ended: { codes: 1, locations: 1 },
      unfitting: 0,
      changed: true,
    });
    const tokens = JSON.parse(old).profiles;
    for (const profile of ['owner', 'maria', 'platform', 'care', 'ci']) {
      const error = await here.error(['auth', 'status'], 4, { env: { TWOFA_TOKEN: tokens[profile].token } });
      expect(error.code, profile).toBe('token-revoked');
    }
    expect(await here.json(['auth', 'status'])).toMatchObject({ role: 'owner' });
    await here.json(['token', 'create', '--role', 'application', '--app', 'platform', '--save', 'platform']);
    expect(await here.json(['login', 'jane', ...ip, ...app], 7)).toMatchObject({ result: 'challenge' });
    expect(await here.json(['code', 'verify', 'jane', ...ip, ...app], 8, { input: code })).toMatchObject({
      attemptsLeft: 5,
    });
    expect(await here.json(['login', 'david', ...ip, ...app], 9)).toMatchObject({ result: 'locked' });
    expect(await here.json(['account', 'show', ...account])).toMatchObject({ twoFactor: { enabled: true } });
    const verdict = await verified();
    expect(verdict).toMatchObject({ intact: true, unproved: result.unproved });
    expect(verdict.breaks).toMatchObject([{ reason: 'the disk died' }]);
    const said = (await here.run(['audit', 'verify'])).stdout;
    expect(said).toContain('A key was lost');
    expect(said).toContain(verdict.breaks[0]?.at);
    const events = await here.json<{ actor: string; user: string | null }[]>([
      ...['audit', 'list', '--action', 'chain.rekeyed'],
    ]);
    expect(new Set(events.map((event) => event.actor))).toEqual(new Set(['rekey']));
    expect(events.map((event) => event.user)).toEqual(expect.arrayContaining(['jane', 'maria', 'david']));

    database(`DROP TRIGGER audit_events_not_changed;
      UPDATE audit_events SET actor = 'nobody' WHERE action = 'user.locked'`);
    const [david] = await here.json<{ id: string }[]>(['user', 'list', '--search', 'david', ...account]);
    expect((await verified(6)).firstBroken?.subject).toBe(david?.id.replace('usr_', 'user:'));
  });

  test('is refused as long as the key is there, also to a ring whose current key is newer', async () => {
    await empty();
    expect((await here.error(confirmed, 6)).code).toBe('key-not-lost');
    addKey(at('key.json'), { secret: Buffer.alloc(32, 9), now: new Date() });
    expect((await here.error(confirmed, 6)).code).toBe('key-not-lost');
    chmodSync(at('key.json'), 0o644);
    expect((await here.error(confirmed, 11)).hint).toBe(`chmod 600 ${at('key.json')}`);
    expect(Object.keys(ring().keys)).toEqual(['k1', 'k2']);
  });

  test.each(['another installation’s', 'damaged'])('a key file that is %s is put aside', async (which) => {
    await empty();
    const other = await new Prepared().prepare(async (json) => {
      await json(['init']);
    });
    if (which === 'damaged') writeFileSync(at('key.json'), '{"current":');
    else copyFileSync(join(other.home, 'key.json'), at('key.json'));
    other.remove();
    const before = readFileSync(at('key.json'), 'utf8');
    const { putAside } = await here.json<{ putAside: string }>(confirmed);
    expect(readFileSync(putAside, 'utf8')).toBe(before);
    expect(statSync(putAside).mode & 0o777).toBe(0o600);
    expect(Object.keys(ring().keys)).toEqual(['k2']);
    expect(await verified()).toMatchObject({ intact: true });
  });

  test('asks for consent: the word, --lost-key and a reason; CI=true is none', async () => {
    await empty();
    rmSync(at('key.json'));
    const missing = await here.error(rekey, 2, { env: { CI: 'true' }, input: 'rekey\n' });
    expect(missing).toMatchObject({ code: 'missing-option', details: { field: 'confirm' } });
    expect((await here.error([...rekey, '--confirm', 'yes'], 2)).code).toBe('confirmation-mismatch');
    for (const args of [
      ['db', 'rekey', '--confirm', 'rekey', '--reason', 'gone'],
      ['db', 'rekey', '--confirm', 'rekey', '--lost-key'],
    ]) {
      expect((await here.error(args, 2)).code).toBe('missing-option');
    }
    expect(
      (await here.error(['db', 'rekey', '--confirm', 'rekey', '--lost-key', '--reason', ' '], 2)).code,
    ).toBe('invalid-input');
    expect(existsSync(at('key.json'))).toBe(false);
    expect(readdirSync(here.home).filter((name) => name.startsWith('key'))).toEqual([]);
  });

  test.runIf(hasTerminal)('on a terminal it names the price and has the word typed', async () => {
    await empty();
    rmSync(at('key.json'));
    const ask = /Type the word rekey/;
    const no = await onTerminal(here.home, rekey, { typing: [{ when: ask, type: 'no\r' }] });
    expect(no.exit).toBe(2);
    expect(readable(no.screen)).toContain('all outstanding codes, trusted locations, access tokens');
    expect(existsSync(at('key.json'))).toBe(false);
    const yes = await onTerminal(here.home, rekey, { typing: [{ when: ask, type: 'rekey\r' }] });
    expect(yes.exit).toBe(0);
    expect(await verified()).toMatchObject({ intact: true });
  });

  test('where there is no store there is none to rekey', async () => {
    here = new Prepared();
    expect((await here.error(confirmed, 11)).code).toBe('not-initialised');
    expect(readdirSync(here.home)).toEqual([]);
  });
});

describe('a key that is not as it should be', () => {
  const commands = [
    ['status', ...account],
    ['login', 'jane', ...ip, ...app],
    ['code', 'send', 'jane', '--via', 'email', ...app],
    ['audit', 'verify'],
    ['token', 'list'],
    ['db', 'rotate-key'],
  ];
  const faults: [what: string, harm: () => void][] = [
    ['missing', () => rmSync(at('key.json'))],
    ['malformed', () => writeFileSync(at('key.json'), 'no key')],
    ['open to others', () => chmodSync(at('key.json'), 0o644)],
    [
      'of another store',
      () => {
        const secret = Buffer.alloc(32, 5).toString('base64');
        writeFileSync(
          at('key.json'),
          JSON.stringify({ current: 'k1', keys: { k1: { secret, createdAt: '' } } }),
        );
      },
    ],
  ];

  test('is recognised by every command, with what to do, and nothing is done', async () => {
    await enabled();
    const key = readFileSync(at('key.json'));
    const events = (await verified()).events;
    const sent = here.outbox().length;
    for (const [what, harm] of faults) {
      harm();
      await here.prepare(async () => {
        for (const args of commands) {
          const error = await here.error(args, 11);
          expect(error, `${what}: ${args.join(' ')}`).toMatchObject({ code: 'key-unavailable' });
          expect(error.hint, what).toMatch(/chmod 600|TWOFA_KEY_FILE|backup/);
        }
        const init = await here.error(['init', '--sandbox'], what === 'of another store' ? 6 : 11);
        expect(init.code, what).toBe(what === 'of another store' ? 'key-mismatch' : 'key-unavailable');
        if (what !== 'open to others') expect(init.hint).toContain('twofa db rekey --lost-key');
      });
      writeFileSync(at('key.json'), key, { mode: 0o600 });
      chmodSync(at('key.json'), 0o600);
    }
    expect((await verified()).events).toBe(events);
    expect(here.outbox()).toHaveLength(sent);
  });
});

describe('a key ring that a command prints', () => {
  let vault: string;
  const env = () => ({ TWOFA_KEY_COMMAND: JSON.stringify(['cat', vault]) });
  const set = (...ids: string[]) => {
    const keys = Object.fromEntries(
      ids.map((id) => [
        id,
        { secret: Buffer.alloc(32, Number(id.slice(1))).toString('base64'), createdAt: '' },
      ]),
    );
    writeFileSync(vault, JSON.stringify({ current: ids.at(-1), keys }), { mode: 0o600 });
  };

  beforeEach(() => {
    here = new Prepared();
    vault = at('vault.json');
    set('k1');
  });

  test('makes and opens the store; no key file appears, and only the program is shown', async () => {
    const options = { env: env() };
    expect(await here.json(['init'], 0, options)).toMatchObject({ changed: true });
    expect(await here.json(['token', 'list'], 0, options)).toHaveLength(1);
    expect(existsSync(at('key.json'))).toBe(false);
    const shown = await here.run(['config', 'show', '--json'], options);
    expect(JSON.parse(shown.stdout)).toContainEqual({
      key: 'keyCommand',
      value: 'cat …',
      source: 'variable',
      variable: 'TWOFA_KEY_COMMAND',
    });
    expect(shown.stdout).not.toContain(vault);
  });

  test('is rotated where it is kept; the program says so, and takes it over afterwards', async () => {
    const options = { env: env() };
    await here.json(['init'], 0, options);
    const error = await here.error(['db', 'rotate-key'], 6, options);
    expect(error.code).toBe('key-kept-elsewhere');
    expect(error.hint).toContain('Add a key there');
    set('k1', 'k2');
    expect(await here.json(['token', 'list'], 0, options), 'before it is taken over').toHaveLength(1);
    expect(await here.json(['db', 'rotate-key'], 0, options)).toMatchObject({ key: 'k2', previous: 'k1' });
    expect((await here.error(['db', 'rotate-key'], 6, options)).code).toBe('key-kept-elsewhere');
    expect(await here.json(['audit', 'verify'], 0, options)).toMatchObject({ intact: true });
  });

  test('that is lost goes on with another that was put there, under another id', async () => {
    const options = { env: env() };
    await here.json(['init'], 0, options);
    rmSync(vault);
    expect((await here.error(confirmed, 11, options)).code).toBe('key-unavailable');
    writeFileSync(
      vault,
      JSON.stringify({ current: 'k1', keys: { k1: { secret: Buffer.alloc(32, 9).toString('base64') } } }),
    );
    expect(await here.error(confirmed, 6, options)).toMatchObject({ code: 'key-mismatch' });
    set('k2');
    expect(await here.json(confirmed, 0, options)).toMatchObject({ key: 'k2', putAside: null });
    expect(await here.json(['audit', 'verify'], 0, options)).toMatchObject({ intact: true, unproved: 1 });
    expect(existsSync(at('key.json'))).toBe(false);
  });

  test('beside a key file is an error, wherever the two stand', async () => {
    writeFileSync(at('config.yaml'), `keyFile: ${at('key.json')}\n`, { mode: 0o600 });
    const error = await here.error(['init'], 2, { env: env() });
    expect(error.code).toBe('invalid-configuration');
    expect(error.message).toBe(
      'TWOFA_KEY_COMMAND: keyCommand stands beside keyFile; a key ring is kept in one place.',
    );
  });
});
