// A client has neither key nor database, so that what its token may do is a boundary: everything goes through the service.
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTwofa } from '../../src/index.ts';
import { Client, socketFolder } from '../support/client.ts';
import { type Prepared, quickNorthside } from '../support/in-process.ts';
import { kid, otherThan } from '../support/program.ts';
import { type Service, startService, tokenOf } from '../support/running.ts';

let here: Prepared;
let folder: string;
let service: Service;
let client: Client;

beforeAll(async () => {
  here = await quickNorthside();
  folder = socketFolder();
  service = await startService(here, ['--socket-mode', '666'], { folder });
  client = new Client(join(here.home, 'profiles.json'));
});
afterAll(async () => {
  await service.stop();
  client.remove();
  here.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs a command as a client, whose variables name a key and a database that it must not touch. */
function run(args: readonly string[], input = '', env: Record<string, string> = {}) {
  const decoys = {
    TWOFA_KEY_FILE: join(client.home, 'no-key.json'),
    TWOFA_DATABASE_URL: `sqlite:${join(client.home, 'no-store.sqlite')}`,
  };
  return client.run(args, { input, env: { TWOFA_URL: `unix:${service.socket}`, ...decoys, ...env } });
}

/** The document of a command that ends as expected. */
async function json<T = Record<string, unknown>>(args: readonly string[], exit = 0, input = ''): Promise<T> {
  const ran = await run([...args, '--json'], input);
  expect(ran, args.join(' ')).toMatchObject({ exit });
  return JSON.parse(ran.stdout) as T;
}

async function refusal(args: readonly string[], exit: number, env: Record<string, string> = {}) {
  const ran = await run([...args, '--json'], '', env);
  expect(ran, args.join(' ')).toMatchObject({ exit, stdout: '' });
  return JSON.parse(ran.stderr.trim().split('\n').at(-1) ?? '').error;
}

interface Verified {
  attemptsLeft: number;
}

const account = ['-a', kid];
const maria = [...account, '-p', 'maria'];
const platform = [...account, '-p', 'platform'];

describe('from a client', () => {
  test('only a System Administrator of the account turns 2FA on; the codes go into a file of their own', async () => {
    for (const profile of ['owner', 'care', 'ci', 'platform']) {
      const error = await refusal(['enable', '--confirm', kid, ...account, '-p', profile], 4);
      expect(error.code).toBe('not-permitted');
    }
    const file = join(client.home, 'codes.txt');
    const enabled = await json(['enable', '--confirm', kid, '--recovery-codes-file', file, ...maria]);
    expect(enabled).toMatchObject({ changed: true, recoveryCodes: { file } });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    expect(lines.filter((line) => !line.startsWith('#'))).toHaveLength(2);
    expect(lines[0]).toContain(`Recovery codes of account ${kid}`);
  });

  test('where nothing is turned on, there is no file of codes', async () => {
    const file = join(client.home, 'none.txt');
    await json(['auth', 'challenge', '--via', 'email', '-p', 'maria']);
    await json(['auth', 'verify', '-p', 'maria'], 0, here.lastCode('maria'));
    const again = await json(['enable', '--confirm', kid, '--recovery-codes-file', file, ...maria]);
    expect(again).toMatchObject({ changed: false, recoveryCodes: null });
    expect(existsSync(file)).toBe(false);
    const refused = ['recovery', 'renew', '--recovery-codes-file', file, ...account, '-p', 'care'];
    expect((await refusal(refused, 4)).code).toBe('not-permitted');
    expect(existsSync(file)).toBe(false);
  });

  test('a file of codes that is there already is left alone, and nothing is done', async () => {
    const file = join(client.home, 'codes.txt');
    const before = readFileSync(file, 'utf8');
    const error = await refusal(['recovery', 'renew', '--recovery-codes-file', file, ...maria], 2);
    expect(error.code).toBe('file-unwritable');
    expect(readFileSync(file, 'utf8')).toBe(before);
  });

  test('an application signs users in; a lock is lifted by the administrator, by nobody else', async () => {
    expect(await json(['login', 'jane', '--ip', '203.0.113.7', ...platform], 7)).toMatchObject({
      reason: 'first',
    });
    const sent = await run(['code', 'send', 'jane', '--via', 'email', ...platform]);
    expect(sent.stderr).toContain('Sandbox: the email to j•••@northside.example is in');
    const wrong = otherThan(here.lastCode('jane'));
    const verify = ['code', 'verify', 'jane', '--ip', '203.0.113.7', ...platform];
    for (const exit of [8, 8, 8, 8, 8, 8, 9]) await json(verify, exit, wrong);
    const lift = ['reactivate', 'jane', '--reason', 'called back', '--password-changed'];
    for (const profile of ['care', 'owner', 'ci', 'platform']) {
      expect((await refusal([...lift, ...account, '-p', profile], 4)).code).toBe('not-permitted');
    }
    expect(await json([...lift, ...maria])).toMatchObject([
      { username: 'jane', changed: true, attemptsLeft: 7 },
    ]);
  });

  test('Customer Care sees what is masked, the owner the rest', async () => {
    const masked = await run(['user', 'show', 'jane', ...account, '-p', 'care', '--json']);
    expect(masked).toMatchObject({ exit: 0, stderr: '' });
    expect(masked.stdout).not.toContain('jane@');
    expect((await json(['user', 'show', 'jane', ...account, '-p', 'owner'])).email).toBe(
      'jane@northside.example',
    );
    expect(await json(['audit', 'verify'])).toMatchObject({ intact: true });
  });

  test('a token that is none, unknown, or missing is worth nothing: exit 4', async () => {
    const unknown = `twofa_${'0'.repeat(43)}`;
    const mistyped = await refusal(['account', 'list'], 4, { TWOFA_TOKEN: `${unknown}000000` });
    expect(mistyped).toMatchObject({
      code: 'token-invalid',
      message: 'The access token is incomplete or mistyped.',
    });
    const header = await refusal(['account', 'list'], 4, { TWOFA_TOKEN: 'twofa_x\r\nX-Role: owner' });
    expect(header.code).toBe('token-invalid');
    const { formatToken } = await import('../../src/rules/token-format.ts');
    const stranger = await refusal(['account', 'list'], 4, { TWOFA_TOKEN: formatToken(Buffer.alloc(32, 7)) });
    expect(stranger.message).toBe('The access token is not known to this store.');
    writeFileSync(join(client.home, 'empty.token'), '');
    const none = await refusal(['account', 'list'], 4, {
      TWOFA_TOKEN_FILE: join(client.home, 'empty.token'),
    });
    expect(none.code).toBe('token-invalid');
    const form = await refusal(['login', 'jane', '--ip', 'nowhere', '--app', 'pm', ...account], 2, {
      TWOFA_TOKEN: '',
    });
    expect(form.code).toBe('invalid-input');
  });

  test('batch sends each request when its turn has come, and its replies are those of the service', async () => {
    const who = { account: kid, ip: '203.0.113.9' };
    const wrong = otherThan(here.lastCode('jane'));
    const verify = { do: 'code.verify', user: 'david', ...who, code: wrong };
    const requests: Record<string, unknown>[] = [1, 2, 3, 4, 5, 6, 7].map((id) => ({ id, ...verify }));
    const others = [
      { id: 'login', do: 'login', user: 'sam', ...who },
      { id: 'refused', do: 'reactivate', users: ['david'], reason: 'let me', account: kid },
      { id: 'unknown', do: 'no.such', account: kid },
    ];
    const lines = [...requests, ...others].map((request) => JSON.stringify(request));
    const ran = await run(['batch', '-p', 'platform'], [...lines, 'no JSON', ''].join('\n'));
    expect(ran.exit).toBe(0);
    const texts = ran.stdout.trim().split('\n');
    const replies = texts.map((text) => JSON.parse(text) as { id: unknown; exit: number; result?: Verified });
    const verdicts = replies.filter(({ id }) => typeof id === 'number');
    expect(verdicts.map(({ id, result }) => [id, result?.attemptsLeft])).toEqual(
      [1, 2, 3, 4, 5, 6, 7].map((id) => [id, 7 - id]),
    );
    const exits = replies
      .filter((reply) => !verdicts.includes(reply))
      .map(({ id, exit }) => `${id}: ${exit}`);
    expect(exits.sort()).toEqual(['login: 7', 'null: 2', 'refused: 4', 'unknown: 2']);
    await json(['reactivate', 'david', '--reason', 'tried', '--password-changed', ...maria]);
  });

  test('the library is a client too', async () => {
    const env = { TWOFA_HOME: client.home, TWOFA_URL: `unix:${service.socket}` };
    const said: string[] = [];
    const twofa = openTwofa({ env, token: tokenOf(here, 'platform'), notice: (text) => said.push(text) });
    const options = { account: kid, user: 'jane' };
    expect(await twofa.request('login', { ...options, ip: '203.0.113.11' })).toMatchObject({ exit: 7 });
    await twofa.request('code.send', { ...options, via: 'email' });
    expect(said).toEqual([expect.stringContaining('Sandbox: the email to j•••@northside.example is in')]);
    await expect(
      twofa.request('reactivate', { users: ['jane'], reason: 'x', account: kid }),
    ).rejects.toMatchObject({
      code: 'not-permitted',
      exit: 4,
    });
    await twofa.close();
  });

  test('a profile is stored when the service knows its token', async () => {
    const { token } = await json<{ token: string }>([
      'token',
      'create',
      '--role',
      'customer-care',
      '-p',
      'owner',
    ]);
    expect(await json(['auth', 'login', '-p', 'new'], 0, token)).toMatchObject({
      profile: 'new',
      role: 'customer-care',
    });
    expect(await json(['auth', 'status', '-p', 'new'])).toMatchObject({ role: 'customer-care' });
    const unknown = await run(['auth', 'login', '-p', 'bad', '--json'], `${token}x`);
    expect(unknown).toMatchObject({ exit: 4, stdout: '' });
    expect(await json(['auth', 'logout', '-p', 'new'])).toMatchObject({ profile: 'new', changed: true });
    expect((await refusal(['auth', 'status', '-p', 'new'], 4)).code).toBe('profile-not-found');
  });

  test.each([
    ['init', ['init']],
    ['serve', ['serve', '--socket', '/nowhere/other.sock']],
    ['db migrate', ['db', 'migrate', '--dry-run']],
    ['db backup', ['db', 'backup', 'backup.sqlite']],
    ['db restore of a file', ['db', 'restore', 'backup.sqlite', '--confirm', 'restore']],
    ['db restore with an export', ['db', 'restore', '--replay', 'audit.ndjson']],
    ['db rekey', ['db', 'rekey', '--lost-key', '--reason', 'gone', '--confirm', 'rekey']],
    ['a folder of checkpoints', ['maintain', '--checkpoint-folder', 'elsewhere']],
    ['a test message', ['doctor', '--send-test', 'ops@northside.example']],
  ])('%s is for whoever has the store: exit 6', async (_, args) => {
    const error = await refusal(args, 6);
    expect(error).toMatchObject({
      code: 'not-here',
      hint: "Run it without TWOFA_URL, where the store is, as the service's user.",
      details: { socket: service.socket },
    });
  });

  test('maintain keeps its checkpoint where the service has its data', async () => {
    const { checkpoint } = await json<{ checkpoint: string }>(['maintain', '-p', 'owner']);
    expect(checkpoint).toContain(join(here.home, 'checkpoints'));
    expect(existsSync(checkpoint)).toBe(true);
  });

  test('what tells of oneself tells of the client', async () => {
    expect(await json(['health'])).toMatchObject({ ok: true, problem: null });
    expect((await run(['health'])).stdout).toMatch(/ answers.*, after \d+ ms\.\n$/);
    expect(await json(['doctor', '-p', 'maria'])).toEqual({
      ok: true,
      checks: [
        { id: 'service', ok: true, message: expect.stringContaining(service.socket), hint: null },
        { id: 'token', ok: true, message: `You are maria of account ${kid}`, hint: null },
      ],
    });
    expect(await json(['config', 'path'])).toEqual({
      config: join(client.home, 'config.yaml'),
      profiles: join(client.home, 'profiles.json'),
      key: null,
      database: null,
      outbox: null,
      service: `unix:${service.socket}`,
    });
    expect((await run(['config', 'show'])).stderr).toContain(
      `Requests go to the service at unix:${service.socket}`,
    );
  });

  test('what needs neither key nor store goes on without a service', async () => {
    const env = { TWOFA_URL: 'unix:/nowhere/twofa.sock' };
    expect(await run(['policy', '--json'], '', env)).toMatchObject({ exit: 0, stderr: '' });
    expect(await run(['disable'], '', env)).toMatchObject({ exit: 6 });
    expect(await run(['version'], '', { TWOFA_URL: 'nonsense' })).toMatchObject({ exit: 0, stderr: '' });
  });

  test('the trail is followed by requests, until Ctrl-C', async () => {
    const env = { TWOFA_URL: `unix:${service.socket}` };
    let seen = () => {};
    const first = new Promise<void>((resolve) => {
      seen = resolve;
    });
    const args = ['audit', 'follow', '--cursor-file', join(client.home, 'cursor'), '-p', 'owner'];
    const follow = client.start(args, { env }, () => seen());
    await first;
    follow.child.kill('SIGINT');
    expect(await follow.ended).toMatchObject({ exit: 0, stderr: '' });
  });

  test('nothing of an installation came to be beside its profiles', () => {
    expect(readdirSync(client.home).sort()).toEqual(['codes.txt', 'cursor', 'empty.token', 'profiles.json']);
  });
});
