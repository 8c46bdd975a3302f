// The service: its socket, what it turns away and what it answers, whose token counts, what it logs, and how it stops.
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { listen, passedSocket, socketModeOf } from '../../src/cli/socket.ts';
import { holdingServer } from '../delivery/holding-server.ts';
import { copyOf } from '../scenarios/steps.ts';
import { Prepared, prepareNorthside } from '../support/in-process.ts';
import { executable, kid, otherThan } from '../support/program.ts';
import { type Service, startService, tokenOf } from '../support/running.ts';

const ip = '203.0.113.7';
const about = { account: kid, ip };
const login = (user: string) => ({ do: 'login', user, ...about });
const send = (user: string) => ({ do: 'code.send', user, via: 'email', ...about });
const verify = (user: string, code: string) => ({ do: 'code.verify', user, code, ...about });

let prepared: Prepared;
let here: Prepared;
let started: Service[] = [];
let platform: string;

beforeAll(async () => {
  prepared = await prepareNorthside(new Prepared());
});
afterAll(() => prepared.remove());
beforeEach(() => {
  here = copyOf(prepared, new Prepared());
  platform = tokenOf(here, 'platform');
  started = [];
});
afterEach(async () => {
  for (const each of started) each.kill('SIGKILL');
  await here.remove();
});

async function start(args: readonly string[] = [], env: Record<string, string> = {}): Promise<Service> {
  const service = await startService(here, args, { env });
  started.push(service);
  return service;
}

describe('the socket', () => {
  const modeOf = (path: string) => statSync(path).mode & 0o777;

  test('is for its owner and group, unless told otherwise, and gone when the service is', async () => {
    const service = await start();
    expect(modeOf(service.socket)).toBe(0o660);
    expect(await service.stop()).toBe(0);
    expect(existsSync(service.socket)).toBe(false);
    const other = await start(['--socket-mode', '600']);
    expect(modeOf(other.socket)).toBe(0o600);
  });

  test('of a service that lives is left to it', async () => {
    const service = await start();
    const error = await here.error(['serve', '--socket', service.socket], 6);
    expect(error.code).toBe('socket-in-use');
    expect(await service.ask(platform, login('jane'))).toMatchObject({ exit: 7 });
  });

  test('of one that was killed is replaced', async () => {
    const killed = await start();
    killed.kill('SIGKILL');
    await killed.ended;
    expect(existsSync(killed.socket)).toBe(true);
    const service = await start();
    expect(await service.ask(platform, login('jane'))).toMatchObject({ exit: 7 });
  });

  test('never takes the place of anything else', async () => {
    const file = join(here.home, 'file');
    writeFileSync(file, 'kept');
    const link = join(here.home, 'link');
    symlinkSync(join(here.home, 'nowhere'), link);
    for (const path of [file, link, here.home]) {
      const error = await here.error(['serve', '--socket', path], 2);
      expect(error, path).toMatchObject({ code: 'file-unwritable', details: { field: 'socket' } });
    }
    expect(existsSync(file)).toBe(true);
  });

  test('is refused where it cannot be, in words', async () => {
    const long = join(here.home, 'x'.repeat(108));
    const tooLong = await here.error(['serve', '--socket', long], 2);
    expect(tooLong.message).toMatch(/at most 107/);
    const error = await here.error(['serve', '--socket', join(here.home, 'no', 'socket')], 2);
    expect(error.message).toContain('there is no folder');
    expect((await here.error(['serve', '--socket', ''], 2)).details).toEqual({ field: 'socket' });
    expect((await here.error(['serve'], 2)).code).toBe('missing-option');
    for (const mode of ['777', '640', '066', '6600', 'rw', ''])
      expect((await here.error(['serve', '--socket', 'x', `--socket-mode=${mode}`], 2)).details).toEqual({
        field: 'socketMode',
      });
  });

  test('is refused in a folder in which others could put theirs', async () => {
    const folder = join(here.home, 'open');
    mkdirSync(folder);
    chmodSync(folder, 0o777);
    const error = await here.error(['serve', '--socket', join(folder, 'twofa.sock')], 4);
    expect(error).toMatchObject({ code: 'unsafe-file', hint: `chmod go-w ${folder}` });
    chmodSync(folder, 0o1777);
    await expect(listenBriefly(join(folder, 'twofa.sock'))).resolves.toBeUndefined();
  });

  async function listenBriefly(path: string): Promise<void> {
    const server = net.createServer();
    await listen(server, { path, mode: 0o600 });
    await new Promise((closed) => server.close(closed));
  }

  test('has one of three modes', () => {
    expect(['600', '660', '666', '0660'].map(socketModeOf)).toEqual([0o600, 0o660, 0o666, 0o660]);
  });
});

test('what keeps it from serving at all is said at once', async () => {
  const empty = new Prepared();
  try {
    const error = await empty.error(['serve', '--socket', join(empty.home, 'twofa.sock')], 11);
    expect(error.code).toBe('not-initialised');
  } finally {
    await empty.remove();
  }
});

describe('a socket of systemd', () => {
  test('is the third descriptor, when it was passed to this very process, and no child hears of it', () => {
    const passed = (env: NodeJS.ProcessEnv) => [passedSocket(env, 77), env];
    const names = { LISTEN_FDNAMES: 'twofa.socket', OTHER: 'kept' };
    expect(passed({ LISTEN_PID: '77', LISTEN_FDS: '1', ...names })).toEqual([
      { descriptor: 3 },
      { OTHER: 'kept' },
    ]);
    expect(passed({ LISTEN_PID: '78', LISTEN_FDS: '1', ...names })).toEqual([null, { OTHER: 'kept' }]);
    expect(passed({ OTHER: 'kept' })).toEqual([null, { OTHER: 'kept' }]);
    expect(() => passedSocket({ LISTEN_PID: '77', LISTEN_FDS: '2' }, 77)).toThrow(/passed 2 sockets/);
  });

  /** Starts the service as systemd does, with a socket that listens already. */
  async function activated(server: net.Server, args: string[] = []) {
    const { fd } = (server as unknown as { _handle: { fd: number } })._handle;
    const child = spawn(
      'sh',
      ['-c', 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"', 'sh', process.execPath, executable, 'serve', ...args],
      { env: await here.environment(), stdio: ['ignore', 'pipe', 'pipe', fd] },
    );
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text) => {
      said += text;
    });
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    return { child, ended, said: () => said };
  }

  function post(socketPath: string, request: object): Promise<string> {
    return new Promise((done, failed) => {
      const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${platform}` };
      const sent = http.request({ socketPath, path: '/requests', method: 'POST', headers }, (response) => {
        let text = '';
        response.on('data', (part) => {
          text += part;
        });
        response.on('end', () => done(text));
      });
      sent.on('error', failed);
      sent.end(JSON.stringify(request));
    });
  }

  test('is served, and stays when the service stops', async () => {
    const path = join(here.home, 'systemd.sock');
    const server = net.createServer();
    await new Promise<void>((listening) => server.listen(`${path}.made`, listening));
    // Closing removes the name under which it was made, not the socket, which the service has by then.
    renameSync(`${path}.made`, path);
    const { child, ended } = await activated(server);
    server.close();
    try {
      expect(JSON.parse(await post(path, login('jane')))).toMatchObject({ exit: 7 });
      child.kill('SIGTERM');
      expect(await ended).toBe(0);
      expect(existsSync(path)).toBe(true);
    } finally {
      child.kill('SIGKILL');
    }
  });

  test('is refused over the network, and beside --socket', async () => {
    const server = net.createServer();
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const network = await activated(server);
    expect(await network.ended).toBe(2);
    expect(network.said()).toContain('is no Unix socket');
    const both = await activated(server, ['--socket', join(here.home, 'twofa.sock')]);
    expect(await both.ended).toBe(2);
    server.close();
  });
});

describe('an answer', () => {
  let service: Service;
  beforeEach(async () => {
    service = await start();
  });

  test('is the reply that batch would write, with notices, and status 200 whatever the verdict', async () => {
    const { status, headers, body } = await service.post(JSON.stringify({ id: 'a', ...login('jane') }), {
      token: platform,
    });
    expect({ status, body }).toEqual({
      status: 200,
      body: { id: 'a', exit: 7, result: expect.objectContaining({ result: 'challenge' }), notices: [] },
    });
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'twofa-version': packageJson.version,
      'cache-control': 'no-store',
    });
    const refused = await service.post(JSON.stringify(login('nobody')), { token: platform });
    expect(refused).toMatchObject({
      status: 200,
      body: { id: null, exit: 5, error: { code: 'user-not-found' } },
    });
  });

  test('has as notices what the command would say on stderr, and no one else hears it', async () => {
    const [sent, other] = await Promise.all([
      service.ask(platform, send('jane')),
      service.ask(platform, login('sam')),
    ]);
    expect(sent.notices).toEqual([
      expect.stringMatching(/^Sandbox: the email to j•••@northside\.example is in /),
    ]);
    expect(other.notices).toEqual([]);
    expect(service.said).not.toContain('Sandbox');
  });

  const body = JSON.stringify(login('jane'));
  const long = `{"do": "${'x'.repeat(4 * 1024 * 1024)}"}`;
  test.each<[string, number, number, string, Parameters<Service['post']>[1]]>([
    ['no JSON', 400, 2, '{"code": "123456"', {}],
    ['a list', 400, 2, '[]', {}],
    ['without do', 400, 2, '{}', {}],
    ['with too long a list', 400, 2, '{"do": "user.list", "limit": 10001}', {}],
    ['without a token', 401, 4, body, { token: undefined }],
    ['with another scheme', 401, 4, body, { token: undefined, headers: { Authorization: 'Basic dHdvZmE=' } }],
    ['with two tokens in one', 401, 4, body, { token: undefined, headers: { Authorization: 'Bearer a b' } }],
    ['at another path', 404, 2, body, { path: '/' }],
    ['at a path that looks like it', 404, 2, body, { path: '/requests/' }],
    ['by another method', 405, 2, body, { method: 'PUT' }],
    ['that is too long', 413, 2, long, {}],
    ['that is too long in parts', 413, 2, long, { headers: { 'Transfer-Encoding': 'chunked' } }],
    ['of another type', 415, 2, body, { headers: { 'Content-Type': 'text/plain' } }],
    [
      'in another encoding',
      415,
      2,
      body,
      { headers: { 'Content-Type': 'application/json; charset=latin1' } },
    ],
    ['that is packed', 415, 2, body, { headers: { 'Content-Encoding': 'gzip' } }],
  ])('turns away what is %s: %i, exit %i', async (_, status, exit, sent, options) => {
    const answered = await service.post(sent, { token: platform, ...options });
    expect(answered).toMatchObject({ status, body: { id: null, exit, notices: [] } });
    expect(JSON.stringify(answered.body)).not.toContain('123456');
    expect(await service.ask(platform, login('jane'))).toMatchObject({ exit: 7 });
  });

  test.each([
    ['declared', {}],
    ['in parts', { 'Transfer-Encoding': 'chunked' }],
  ])('to what is far too long is not lost while it is still being sent: %s', async (_, headers) => {
    const far = `{"do": "${'x'.repeat(12 * 1024 * 1024)}"}`;
    const answers = Array.from({ length: 8 }, () => service.post(far, { token: platform, headers }));
    for (const answered of await Promise.all(answers)) {
      expect(answered).toMatchObject({ status: 413, body: { exit: 2 } });
    }
  });

  test('to a request in .NET’s spelling of its type is as usual', async () => {
    const headers = { 'Content-Type': 'application/json; charset=utf-8', 'Transfer-Encoding': 'chunked' };
    expect(await service.post(body, { token: platform, headers })).toMatchObject({ status: 200 });
  });

  test('to a token that is worth nothing is exit 4', async () => {
    for (const token of ['twofa_nothing', `${platform}x`])
      expect(await service.post(body, { token })).toMatchObject({
        status: 200,
        body: { exit: 4, error: { code: 'token-invalid' } },
      });
  });

  test('to many on one connection comes for each', async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, id) =>
        service.post(JSON.stringify({ id, ...login('jane') }), { token: platform, agent }),
      ),
    );
    expect(answers.map(({ body }) => body.id)).toEqual(Array.from({ length: 20 }, (_, id) => id));
    agent.destroy();
  });

  test('to health takes no token', async () => {
    const { status, body } = await service.post('', { method: 'GET', path: '/health' });
    expect(status).toBe(200);
    expect(body).toMatchObject({ ok: true, problem: null, latencyMs: expect.any(Number) });
    expect(await service.post('', { path: '/health' })).toMatchObject({
      status: 405,
      headers: { allow: 'GET' },
    });
  });
});

test('the tokens and the account of its own environment are nobody else’s', async () => {
  const env = { TWOFA_TOKEN: tokenOf(here, 'owner'), TWOFA_ACCOUNT: kid };
  const service = await start([], env);
  const request = JSON.stringify({ do: 'token.list' });
  expect(await service.post(request)).toMatchObject({
    status: 401,
    body: { error: { code: 'not-signed-in' } },
  });
  expect(await service.ask(platform, { do: 'login', user: 'jane', ip })).toMatchObject({
    exit: 2,
    error: { code: 'missing-option' },
  });
});

test('what many clients ask at once about one user is in an order: seven guesses, and no more', async () => {
  const service = await start();
  await service.ask(platform, send('jane'));
  const wrong = otherThan(here.lastCode('jane'));
  const { id } = await here.json<{ id: string }>(['user', 'show', 'jane', '-a', kid, '-p', 'owner']);
  const replies = await Promise.all(
    Array.from({ length: 40 }, (_, each) => service.ask(platform, verify(each % 2 ? 'jane' : id, wrong))),
  );
  const left = replies.map(({ result }) => result.attemptsLeft).sort();
  expect(left.slice(-6)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(left.filter((each) => each === 0)).toHaveLength(34);
  expect(await here.json(['audit', 'verify', '-p', 'owner'])).toMatchObject({ intact: true });
});

describe('the log', () => {
  test('has a line for each request with --log, and nothing of what was sent beside its name and account', async () => {
    const service = await start(['--log']);
    await service.ask(platform, send('jane'));
    const code = here.lastCode('jane');
    await service.ask(platform, verify('jane', code));
    await service.ask(platform, { do: 'secret 123456', account: 'x y' });
    await service.stop();
    const lines = service.said.split('\n').filter((line) => line.startsWith('{'));
    const tokens = await here.json<{ id: string; app: string }[]>(['token', 'list', '-p', 'owner']);
    const token = tokens.find(({ app }) => app === 'platform')?.id;
    const common = { at: expect.any(String), account: kid, token, ms: expect.any(Number) };
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { ...common, do: 'code.send', exit: 0 },
      { ...common, do: 'code.verify', exit: 0 },
      { ...common, do: null, account: null, token: null, exit: 2 },
    ]);
    for (const secret of [code, platform, 'jane', ip, '123456', 'x y'])
      expect(service.said).not.toContain(secret);
  });

  test('has no line for a request without it', async () => {
    const service = await start();
    await service.ask(platform, login('jane'));
    await service.stop();
    expect(service.said).toMatch(/^Serving on .*\nStopping: .*\n$/);
  });
});

test('a failure that nobody expected is exit 1 for one, and the others are served', async () => {
  await here.store.sql(
    "CREATE TRIGGER somebodys BEFORE INSERT ON practices BEGIN SELECT RAISE(ABORT, 'kept secret 123456'); END",
  );
  const service = await start();
  const owner = tokenOf(here, 'owner');
  const failed = await service.ask(owner, { id: 3, do: 'practice.add', name: 'Oncology', account: kid });
  expect(failed).toMatchObject({ id: 3, exit: 1, error: { code: 'unexpected-failure' } });
  expect(await service.ask(platform, login('jane'))).toMatchObject({ exit: 7 });
  expect(service.said).toMatch(/twofa: a request failed: .*\n\s+at /);
  expect(service.said + JSON.stringify(failed)).not.toContain('123456');
});

test('of 1024 clients one more is told to come again, and served once there is room', async () => {
  const service = await start();
  const sockets: net.Socket[] = [];
  // A few at a time: the system keeps only so many waiting until they are accepted.
  while (sockets.length < 1024) {
    const some = Array.from({ length: 64 }, () => net.connect(service.socket));
    await Promise.all(some.map((socket) => new Promise((connected) => socket.once('connect', connected))));
    sockets.push(...some);
  }
  const request = JSON.stringify(login('jane'));
  const refused = await service.post(request, { token: platform });
  expect(refused).toMatchObject({
    status: 503,
    headers: { 'retry-after': '1', connection: 'close' },
    body: { exit: 11, error: { code: 'service-unavailable' } },
  });
  for (const socket of sockets) socket.destroy();
  for (let status = 503; status !== 200; ) status = (await service.post(request, { token: platform })).status;
});

describe('when it is stopped', () => {
  test('what was begun is answered, the rest is turned away, and it ends with 0', async () => {
    const mail = await holdingServer();
    const service = await start([], mail.env);
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    await service.post(JSON.stringify(login('sam')), { token: platform, agent });
    const sending = service.ask(platform, send('jane'));
    await mail.holds(1);
    service.kill('SIGTERM');
    await service.until(/Stopping: /);
    const late = await service
      .ask(platform, login('sam'))
      .catch((error: NodeJS.ErrnoException) => error.code);
    expect(['ECONNREFUSED', 'ENOENT']).toContain(late);
    mail.release();
    expect(await sending).toMatchObject({ exit: 0, result: { result: 'sent' } });
    expect(await service.ended).toBe(0);
    agent.destroy();
    await mail.close();
  });

  test('nobody is waited for who went away', async () => {
    const mail = await holdingServer();
    const service = await start([], mail.env);
    const agent = new http.Agent();
    const sending = service.post(JSON.stringify(send('jane')), { token: platform, agent });
    const gone = expect(sending).rejects.toThrow('socket hang up');
    await mail.holds(1);
    agent.destroy();
    await gone;
    service.kill('SIGTERM');
    await service.until(/Stopping: /);
    mail.release();
    expect(await service.ended).toBe(0);
    expect(
      await here.store.sql(
        "SELECT status FROM messages WHERE kind = 'code' ORDER BY created_at DESC LIMIT 1",
      ),
    ).toEqual([{ status: 'accepted' }]);
    await mail.close();
  });

  test('a second signal ends it at once', async () => {
    const mail = await holdingServer();
    const service = await start([], mail.env);
    const sending = service.ask(platform, send('jane')).catch((error: NodeJS.ErrnoException) => error.code);
    await mail.holds(1);
    service.kill('SIGTERM');
    await service.until(/Stopping: /);
    service.kill('SIGTERM');
    expect(await service.ended).toBe(null);
    expect(await sending).toBe('ECONNRESET');
    mail.release();
    await mail.close();
  });
});
