// What a client says when the service is not there, does not answer, is busy, or is none: exit 11, and what to do.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer as createHttpServer, type Server as HttpServer, type RequestListener } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { serviceDoor } from '../../src/cli/service-door.ts';
import type { TwofaError } from '../../src/errors.ts';
import { formatToken } from '../../src/rules/token-format.ts';
import { Client } from '../support/client.ts';
import { runInProcess } from '../support/in-process.ts';

const token = formatToken(Buffer.alloc(32, 1));
const patience = { signInMs: 5000, answerMs: 5000, busyMs: 600 };

let folder: string;
let socket: string;
let server: Server | HttpServer | null;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'twofa-test-'));
  socket = join(folder, 'twofa.sock');
  server = null;
});
afterEach(async () => {
  if (server && 'closeAllConnections' in server) server.closeAllConnections();
  if (server?.listening) await new Promise((resolve) => server?.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

function listen<S extends Server>(made: S): Promise<S> {
  server = made;
  return new Promise((resolve) => made.listen(socket, () => resolve(made)));
}
/** Listens at the socket, and does this with whoever connects. */
const connected = (work: (socket: Socket) => void) => listen(createServer((each) => work(each.resume())));
/** Serves HTTP at the socket. */
const serve = (listener: RequestListener) => listen(createHttpServer(listener));

function run(args: readonly string[], env: Record<string, string> = {}, input = '') {
  return runInProcess(folder, args, {
    input,
    env: { TWOFA_URL: `unix:${socket}`, TWOFA_TOKEN: token, ...env },
  });
}

/** What a command says that is refused. */
async function refusal(args: readonly string[], exit: number, env: Record<string, string> = {}) {
  const ran = await run([...args, '--json'], env);
  expect(ran).toMatchObject({ exit, stdout: '' });
  return JSON.parse(ran.stderr).error;
}

/** What a request by the door ends with. */
async function failureOf(name: string): Promise<TwofaError> {
  const door = serviceDoor(socket, () => {}, patience);
  return door
    .request({ do: name }, async () => token)
    .then(
      () => {
        throw new Error('It was answered.');
      },
      (error: TwofaError) => error,
    );
}

describe('TWOFA_URL', () => {
  test.each([
    ['', 'TWOFA_URL: has no value.'],
    ['/run/twofa.sock', 'TWOFA_URL: must be unix: and the path of a socket.'],
    ['http://localhost:8080', 'TWOFA_URL: must be unix: and the path of a socket.'],
    ['unix:', 'TWOFA_URL: names no socket.'],
    ['unix:twofa.sock', 'TWOFA_URL: must name the socket by its whole path.'],
    ['unix://host/run/twofa.sock', 'TWOFA_URL: names a host; write unix:/path or unix:///path.'],
    ['unix:/run/two\u001bfa.sock', 'TWOFA_URL: has a control character in it.'],
    [`unix:/${'x'.repeat(107)}`, 'TWOFA_URL: names a path of 108 bytes; that of a socket has at most 107.'],
    [`unix:/${'é'.repeat(54)}`, 'TWOFA_URL: names a path of 109 bytes; that of a socket has at most 107.'],
  ])('%j is refused: exit 2', async (url, message) => {
    const error = await refusal(['account', 'list'], 2, { TWOFA_URL: url });
    expect(error).toMatchObject({
      code: 'invalid-configuration',
      message,
      details: { variable: 'TWOFA_URL' },
    });
    expect(error.hint).toContain('such as unix:/run/twofa.sock');
    expect((await refusal(['init'], 2, { TWOFA_URL: url })).code).toBe('invalid-configuration');
  });

  test.each(['unix:', 'unix://'])('with %s before the path names a socket', async (scheme) => {
    await serve((_, response) => response.end('{"ok": true}'));
    expect(await run(['health', '--json'], { TWOFA_URL: `${scheme}${socket}` })).toMatchObject({ exit: 0 });
  });

  test('and --database contradict each other; of the variables TWOFA_URL counts', async () => {
    const error = await refusal(['account', 'list', '--database', 'sqlite:/x/twofa.sqlite'], 2);
    expect(error).toMatchObject({ code: 'usage', details: { field: 'database' } });
    const other = await refusal(['account', 'list'], 11, { TWOFA_DATABASE_URL: 'sqlite:/x/twofa.sqlite' });
    expect(other.code).toBe('service-unavailable');
  });
});

describe('nobody is reached: exit 11', () => {
  test('no socket', async () => {
    const error = await refusal(['account', 'list'], 11);
    expect(error).toEqual({
      code: 'service-unavailable',
      message: `The service at unix:${socket} is not there: there is no such socket.`,
      hint: 'Look whether it runs, such as by "systemctl status twofa", and that TWOFA_URL names its socket.',
      details: { socket, code: 'ENOENT' },
    });
    const health = await run(['health', '--json']);
    expect(health).toMatchObject({ exit: 11, stderr: '' });
    expect(JSON.parse(health.stdout)).toMatchObject({ ok: false, problem: { code: 'service-unavailable' } });
    expect((await run(['doctor'])).exit).toBe(6);
  });

  test('another kind of file', async () => {
    writeFileSync(socket, '');
    expect((await refusal(['account', 'list'], 11)).message).toContain(
      'is none: this is a file of another kind',
    );
  });

  test('a socket that was left over', async () => {
    await connected(() => {});
    const left = join(folder, 'left.sock');
    renameSync(socket, left);
    await new Promise((resolve) => server?.close(resolve));
    const error = await refusal(['account', 'list'], 11, { TWOFA_URL: `unix:${left}` });
    expect(error.message).toContain('is not running: nobody listens at its socket');
    expect(error.details.code).toBe('ECONNREFUSED');
  });

  test('a socket that is for others', async () => {
    await connected(() => {});
    chmodSync(folder, 0o755);
    chmodSync(socket, 0o000);
    writeFileSync(join(folder, 'profiles.json'), '{}', { mode: 0o600 });
    const client = new Client(join(folder, 'profiles.json'));
    const ran = await client.run(['account', 'list'], {
      env: { TWOFA_URL: `unix:${socket}`, TWOFA_TOKEN: token },
    });
    client.remove();
    expect(ran).toMatchObject({ exit: 11, stdout: '' });
    expect(ran.stderr).toContain('is not open to you');
    expect(ran.stderr).toContain('has to be in the group of the socket');
  });

  test('a socket where anybody can put one gets no token: exit 4', async () => {
    const open = join(folder, 'open');
    mkdirSync(open);
    chmodSync(open, 0o777);
    socket = join(open, 'twofa.sock');
    let connections = 0;
    await connected(() => {
      connections += 1;
    });
    expect((await refusal(['account', 'list'], 4)).code).toBe('unsafe-file');
    expect(connections).toBe(0);
  });
});

describe('what listens is no service: exit 11', () => {
  test.each<[string, RequestListener]>([
    ['that knows no such path', (_, response) => response.writeHead(404).end('<h1>Not found</h1>')],
    ['that answers with other JSON', (_, response) => response.end('{"hello": 1}')],
    ['that answers with half a reply', (_, response) => response.end('{"id": null, "exit": 0}')],
    [
      'that answers with an error of another kind',
      (_, response) => response.end('{"exit": 1, "error": "no"}'),
    ],
    ['that answers nothing', (_, response) => response.end()],
  ])('a server %s', async (_, listener) => {
    await serve(listener);
    const error = await refusal(['account', 'list'], 11);
    expect(error.code).toBe('service-unavailable');
    expect(error.message).toContain('answered with what is no reply of twofa (HTTP ');
    expect(error.hint).toContain('twofa serve');
  });

  test('a server that does not speak HTTP', async () => {
    await connected((socket) => socket.end('220 mail.northside.example ESMTP\r\n'));
    expect((await refusal(['account', 'list'], 11)).message).toContain('does not speak HTTP');
  });

  test('a service of an older version', async () => {
    const error = {
      code: 'invalid-input',
      message: 'There is no request.',
      hint: null,
      details: { field: 'do' },
    };
    await serve((_, response) => response.end(JSON.stringify({ id: null, exit: 2, error })));
    const told = await refusal(['account', 'list'], 11);
    expect(told.message).toContain('is of an older version: it does not know account.list');
  });

  test('a service of a newer version has codes that this program does not know, and their exit codes', async () => {
    const error = { code: 'moon-full', message: 'Not tonight.', hint: 'Wait.', details: { until: 'dawn' } };
    await serve((_, response) => response.end(JSON.stringify({ id: null, exit: 6, error })));
    expect(await refusal(['account', 'list'], 6)).toEqual(error);
  });
});

describe('the answer is lost: exit 11, and it is not known what was done', () => {
  const lost = (problem: string) => ({ code: 'answer-lost', message: expect.stringContaining(problem) });

  test('the service closes the connection', async () => {
    await serve((request) => request.socket.destroy());
    const error = await refusal(['practice', 'add', 'Oncology', '-a', '10482'], 11);
    expect(error).toEqual({
      code: 'answer-lost',
      message: `The service at unix:${socket} closed the connection before it answered to practice.add: whether it was done is not known.`,
      hint: 'Look how things are before you repeat it. A sign-in is safely repeated with the same --request-id.',
      details: { socket, do: 'practice.add' },
    });
  });

  test('in the middle of its answer', async () => {
    await serve((_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"exit": 0, ', () => response.destroy());
    });
    expect(await refusal(['account', 'list'], 11)).toMatchObject(lost('closed the connection in the middle'));
  });

  test('it does not answer', async () => {
    await serve(() => {});
    const door = serviceDoor(socket, () => {}, { ...patience, answerMs: 50 });
    const asked = door.request({ do: 'account.list' }, async () => token);
    await expect(asked).rejects.toMatchObject(lost('did not answer within 1 s to account.list'));
  });

  test('a request is made once: what may have been done is not repeated', async () => {
    let requests = 0;
    await serve((request) => {
      requests += 1;
      request.socket.destroy();
    });
    expect((await failureOf('account.list')).code).toBe('answer-lost');
    expect(requests).toBe(1);
  });

  test('with recovery codes in it: no file is left, and it says how to get others', async () => {
    const file = join(folder, 'codes.txt');
    let atRequest = '';
    await serve((request) => {
      atRequest = readFileSync(file, 'utf8');
      request.socket.destroy();
    });
    const args = ['enable', '--confirm', '10482', '--recovery-codes-file', file, '-a', '10482'];
    const error = await refusal(args, 11);
    expect(error.code).toBe('answer-lost');
    expect(error.hint).toContain('make others with "twofa recovery renew"');
    expect(atRequest).toContain('there are no recovery codes in this file');
    expect(existsSync(file)).toBe(false);
  });
});

describe('a service that is busy', () => {
  const reply = JSON.stringify({ id: null, exit: 0, result: [] });

  test('is asked again after a while', async () => {
    const statuses = [503, 429, 200];
    await serve((_, response) => {
      const status = statuses.shift() ?? 200;
      response.writeHead(status, { 'retry-after': '0' }).end(status === 200 ? reply : '');
    });
    expect(await run(['account', 'list', '--json'])).toEqual({ exit: 0, stdout: '[]\n', stderr: '' });
    expect(statuses).toEqual([]);
  });

  test('and that restarts meanwhile too', async () => {
    const first = await serve((_, response) => {
      response.writeHead(503, { connection: 'close' }).end();
      first.close(() => serve((_, response) => response.end(reply)));
    });
    expect(await run(['account', 'list', '--json'])).toMatchObject({ exit: 0, stdout: '[]\n' });
  });

  test('for too long is unavailable, in its own words where it has some', async () => {
    await serve((_, response) => response.writeHead(503).end());
    expect(await failureOf('account.list')).toMatchObject({ code: 'service-unavailable', exit: 11 });
  });
});

test('a request that is longer than a service takes is not sent: exit 2', async () => {
  const rows = [{ username: 'jane', name: 'x'.repeat(4 * 1024 * 1024) }];
  const asked = serviceDoor(socket, () => {}, patience).request(
    { do: 'user.import', rows },
    async () => token,
  );
  await expect(asked).rejects.toMatchObject({
    code: 'invalid-input',
    message: 'The request is longer than 4194304 bytes.',
    hint: expect.stringContaining('Split the file'),
  });
});

test('what a service says is made safe for a terminal', async () => {
  const notices = ['to \u001b[31mred\u001b[0m', 7];
  await serve((_, response) => response.end(JSON.stringify({ exit: 0, result: [], notices })));
  const ran = await run(['account', 'list']);
  expect(ran).toMatchObject({ exit: 0, stdout: '' });
  expect(ran.stderr).toBe('to \\u{1b}[31mred\\u{1b}[0m\nNo account.\n');
});

test('Ctrl-C ends the wait for an answer: exit 130', async () => {
  let asked = () => {};
  const request = new Promise<void>((resolve) => {
    asked = resolve;
  });
  await serve(() => asked());
  chmodSync(folder, 0o755);
  chmodSync(socket, 0o666);
  writeFileSync(join(folder, 'profiles.json'), '{}', { mode: 0o600 });
  const client = new Client(join(folder, 'profiles.json'));
  const env = { TWOFA_URL: `unix:${socket}`, TWOFA_TOKEN: token };
  const waiting = client.start(['account', 'list'], { env });
  await request;
  waiting.child.kill('SIGINT');
  expect(await waiting.ended).toEqual({ exit: 130, stdout: '', stderr: '' });
  client.remove();
});
