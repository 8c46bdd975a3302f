// Requests from standard input: their replies, their order, what holds up nobody, and how it ends.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { type HoldingServer, holdingServer } from '../delivery/holding-server.ts';
import { copyOf } from '../scenarios/steps.ts';
import { Prepared, prepareNorthside, runInProcess } from '../support/in-process.ts';
import { kid, otherThan } from '../support/program.ts';
import { type Batch, type Reply, startBatch, tokenOf } from '../support/running.ts';

const ip = '203.0.113.7';
const about = { account: kid, ip };
const login = (id: unknown, user: string) => ({ id, do: 'login', user, ...about });
const send = (id: unknown, user: string) => ({ id, do: 'code.send', user, via: 'email', ...about });
const verify = (id: unknown, user: string, code: string) => ({ id, do: 'code.verify', user, code, ...about });

let prepared: Prepared;
let here: Prepared;
/** What was started in a test, so that none outlives it. */
let started: Batch[] = [];

beforeAll(async () => {
  prepared = await prepareNorthside(new Prepared());
});
afterAll(() => prepared.remove());
beforeEach(() => {
  here = copyOf(prepared, new Prepared());
  started = [];
});
afterEach(async () => {
  for (const each of started) each.kill('SIGKILL');
  await here.remove();
});

async function start(
  args: readonly string[] = ['-p', 'platform'],
  env: Record<string, string> = {},
): Promise<Batch> {
  const batch = await startBatch(here, args, { env });
  started.push(batch);
  return batch;
}

/** The replies to lines that are all there is. */
async function repliesTo(
  lines: Parameters<Batch['send']>,
  args?: readonly string[],
  env?: Record<string, string>,
): Promise<Reply[]> {
  const batch = await start(args, env);
  batch.send(...lines);
  const { exit, replies } = await batch.end();
  expect(exit).toBe(0);
  return replies;
}

const ids = (replies: readonly Reply[]) => replies.map(({ id }) => id);
const replyTo = (replies: readonly Reply[], id: unknown) => replies.find((reply) => reply.id === id);

describe('a reply', () => {
  test('has what --json prints, and the exit code', async () => {
    const [shown] = await repliesTo(
      [{ id: 1, do: 'user.show', account: kid, user: 'jane' }],
      ['-p', 'owner'],
    );
    const printed = await here.json(['user', 'show', 'jane', '-a', kid, '-p', 'owner']);
    expect(shown).toEqual({ id: 1, exit: 0, result: printed });

    const missing = { id: 2, do: 'user.show', account: kid, user: 'nobody' };
    const [refused] = await repliesTo([missing], ['-p', 'owner']);
    const error = await here.error(['user', 'show', 'nobody', '-a', kid, '-p', 'owner'], 5);
    expect(refused).toEqual({ id: 2, exit: 5, error });
  });

  test('has the exit code of a verdict', async () => {
    const [challenge] = await repliesTo([login('a', 'jane')]);
    expect(challenge).toMatchObject({ id: 'a', exit: 7, result: { result: 'challenge' } });
  });

  test.each([['text'], [7], [0], [null], [false], [['a', { b: 1 }]], [{ é: '🦷\u202e' }]])(
    'has the id of the request: %j',
    async (id) => {
      expect(ids(await repliesTo([login(id, 'jane')]))).toEqual([id]);
    },
  );

  test('to a request without an id has null', async () => {
    expect(ids(await repliesTo([{ do: 'auth.status' }]))).toEqual([null]);
  });

  test('has new recovery codes, which are nowhere else', async () => {
    const [reply] = await repliesTo([{ id: 1, do: 'recovery.renew', account: kid }], ['-p', 'maria']);
    expect(reply?.result.recoveryCodes).toEqual([expect.any(String), expect.any(String)]);
  });

  test('is the same for a token narrowed to an account, which need not be named', async () => {
    const [reply] = await repliesTo([{ id: 1, do: 'user.show', user: 'jane' }], ['-p', 'maria']);
    expect(reply).toMatchObject({ exit: 0, result: { account: kid } });
  });

  test('is about the account of -a, or of TWOFA_ACCOUNT, where the request names none', async () => {
    const request = { id: 1, do: 'user.show', user: 'jane' };
    expect((await repliesTo([request], ['-p', 'owner', '-a', kid]))[0]).toMatchObject({ exit: 0 });
    expect((await repliesTo([request], ['-p', 'owner'], { TWOFA_ACCOUNT: kid }))[0]).toMatchObject({
      exit: 0,
    });
    expect((await repliesTo([request], ['-p', 'owner']))[0]).toMatchObject({
      exit: 2,
      error: { code: 'missing-option' },
    });
    const other = { ...request, account: '99999' };
    expect((await repliesTo([other], ['-p', 'owner', '-a', kid]))[0]).toMatchObject({ exit: 5 });
  });
});

describe('a line that is no request', () => {
  const code = '123456';
  test.each<[string, string | Buffer, unknown]>([
    ['no JSON', `{"do": "login", "code": "${code}"`, null],
    ['a number', '5', null],
    ['a list', '[{"do": "login"}]', null],
    ['null', 'null', null],
    ['text', '"login"', null],
    ['no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), null],
    ['too long', `{"id": 1, "do": "${'x'.repeat(4 * 1024 * 1024)}"}`, null],
    ['without do', '{"id": 5, "account": "10482"}', 5],
    ['whose do is no text', '{"id": 6, "do": 7}', 6],
    ['whose do is no request', '{"id": 7, "do": "init"}', 7],
    ['whose do is inherited', '{"id": 8, "do": "toString"}', 8],
    ['with an option that there is not', '{"id": 9, "do": "auth.status", "verbose": true}', 9],
    ['with __proto__', '{"id": 10, "do": "auth.status", "__proto__": {"admin": true}}', 10],
    ['with an account that is none', '{"id": 11, "do": "user.list", "account": {"$gt": ""}}', 11],
    [
      'with an id nested without end',
      `{"id": ${'['.repeat(200_000)}${']'.repeat(200_000)}, "do": "auth.status"}`,
      null,
    ],
  ])('%s gets its reply, exit 2, and the next one is read', async (_, line, id) => {
    const replies = await repliesTo([line, login('next', 'jane')]);
    expect(replies).toHaveLength(2);
    const malformed = replies.find((reply) => reply.id !== 'next');
    expect(malformed).toEqual({ id, exit: 2, error: expect.objectContaining({ code: 'invalid-input' }) });
    expect(JSON.stringify(malformed)).not.toContain(code);
    expect(replyTo(replies, 'next')).toMatchObject({ exit: 7 });
  });

  test('does not repeat a code that is none', async () => {
    const [reply] = await repliesTo([verify(1, 'jane', '98765')]);
    expect(reply).toMatchObject({ exit: 2, error: { details: { field: 'code' } } });
    expect(JSON.stringify(reply)).not.toContain('98765');
  });
});

test('lines may end as they like: CRLF, blank ones, a byte order mark, no end at all', async () => {
  const batch = await start();
  const lines = [login(1, 'jane'), login(2, 'sam')].map((each) => JSON.stringify(each));
  batch.child.stdin.write(`\ufeff${lines[0]}\r\n\r\n  \n\n${lines[1]}`);
  const { exit, replies } = await batch.end();
  expect(exit).toBe(0);
  expect(ids(replies).sort()).toEqual([1, 2]);
});

test('without any request it ends with 0 and has printed nothing', async () => {
  const batch = await start();
  expect(await batch.end()).toEqual({ exit: 0, replies: [] });
});

describe('the token', () => {
  test('is that of the command: without one it ends with 4 before it reads', async () => {
    const error = await here.error(['batch', '-p', 'nobody'], 4, { input: JSON.stringify(login(1, 'jane')) });
    expect(error.code).toBe('profile-not-found');
  });

  test('counts no more as soon as it is revoked', async () => {
    const batch = await start();
    batch.send(login(1, 'jane'));
    await batch.untilReplies(1);
    const tokens = await here.json<{ id: string; app: string }[]>(['token', 'list', '-p', 'owner']);
    const id = tokens.find(({ app }) => app === 'platform')?.id ?? '';
    await here.json(['token', 'revoke', id, '-p', 'owner']);
    batch.send(login(2, 'jane'));
    const { replies } = await batch.end();
    expect(replyTo(replies, 1)).toMatchObject({ exit: 7 });
    expect(replyTo(replies, 2)).toMatchObject({ exit: 4, error: { code: 'token-revoked' } });
  });

  test('of an administrator needs its second factor: exit 7', async () => {
    await here.store.sql(
      'UPDATE tokens SET verified_at = NULL, verified_place = NULL WHERE role = ?',
      'owner',
    );
    const made = await here.json<{ token: string }>([
      'token',
      'create',
      '--role',
      'system-administrator',
      '--user',
      'nina',
      '-a',
      kid,
      '-p',
      'owner',
    ]);
    const [reply] = await repliesTo([{ id: 1, do: 'user.list' }], [], { TWOFA_TOKEN: made.token });
    expect(reply).toMatchObject({ exit: 7, error: { code: 'second-factor-required' } });
  });
});

describe('order', () => {
  test('requests of one user take effect and are answered in theirs, by username and by id', async () => {
    const { id } = await here.json<{ id: string }>(['user', 'show', 'jane', '-a', kid, '-p', 'owner']);
    await here.json(['code', 'send', 'jane', '--via', 'email', '-a', kid, '-p', 'platform']);
    const wrong = otherThan(here.lastCode('jane'));
    const names = ['jane', id, 'jane', id, id, 'jane', 'jane', id];
    const lines = names.flatMap((name, index) => [
      verify(`jane ${index}`, name, wrong),
      login(`other ${index}`, index % 2 ? 'sam' : 'david'),
    ]);
    const replies = await repliesTo(lines);
    const janes = replies.filter(({ id }) => String(id).startsWith('jane'));
    expect(ids(janes)).toEqual(names.map((_, index) => `jane ${index}`));
    expect(janes.map(({ result }) => result.attemptsLeft)).toEqual([6, 5, 4, 3, 2, 1, 0, 0]);
    expect(janes.map(({ exit }) => exit)).toEqual([8, 8, 8, 8, 8, 8, 9, 9]);
  });

  test('what is wrong in its form waits for its turn too', async () => {
    const replies = await repliesTo([
      login(1, 'jane'),
      verify(2, 'jane', 'x'),
      login(3, 'jane'),
      verify(4, 'jane', ''),
    ]);
    expect(ids(replies)).toEqual([1, 2, 3, 4]);
  });

  test('requests about several users, or a whole account, stand where they are among those of its users', async () => {
    const by = { account: kid };
    const rows = Array.from({ length: 40 }, (_, index) => ({
      username: `new${index}`,
      name: `New ${index}`,
    }));
    const contact = rows.map((row, index) => ({
      ...row,
      email: `${row.username}@northside.example`,
      phone: `+120155502${String(index).padStart(2, '0')}`,
    }));
    const replies = await repliesTo(
      [
        { id: 'before', do: 'user.show', user: 'new7', ...by },
        { id: 'import', do: 'user.import', rows: contact, ...by },
        { id: 'after', do: 'user.show', user: 'new7', ...by },
        { id: 'out', do: 'user.deactivate', user: 'new7', ...by },
        { id: 'out too', do: 'user.deactivate', user: 'new8', ...by },
        {
          id: 'back',
          do: 'reactivate',
          users: ['new7', 'new8'],
          deactivated: true,
          reason: 'a mistake',
          ...by,
        },
        { id: 'seen', do: 'user.show', user: 'new8', ...by },
        { id: 'renamed', do: 'user.rename', user: 'new8', newUsername: 'new99', ...by },
        { id: 'again', do: 'user.show', user: 'new99', ...by },
        { id: 'list', do: 'user.list', search: 'new99', ...by },
      ],
      ['-p', 'maria'],
    );
    expect(replyTo(replies, 'before')).toMatchObject({ exit: 5 });
    expect(replyTo(replies, 'import')).toMatchObject({ exit: 0, result: { outcomes: { length: 40 } } });
    expect(replyTo(replies, 'after')).toMatchObject({ exit: 0 });
    expect(replyTo(replies, 'back')?.result).toMatchObject([{ changed: true }, { changed: true }]);
    expect(replyTo(replies, 'seen')).toMatchObject({ result: { status: 'active' } });
    expect(replyTo(replies, 'again')).toMatchObject({ exit: 0 });
    expect(replyTo(replies, 'list')?.result).toHaveLength(1);
  });
});

describe('a slow mail server', () => {
  let mail: HoldingServer;
  beforeEach(async () => {
    mail = await holdingServer();
  });
  afterEach(async () => {
    mail.release();
    await mail.close();
  });

  test('holds up nobody else, be there ever so few places', async () => {
    const batch = await start(['-p', 'platform', '--in-flight', '1'], mail.env);
    batch.send(
      send('jane', 'jane'),
      send('sam', 'sam'),
      login('jane again', 'jane'),
      login('david', 'david'),
    );
    await mail.holds(2);
    expect(ids(await batch.untilReplies(1))).toEqual(['david']);
    mail.release();
    const { exit, replies } = await batch.end();
    expect(exit).toBe(0);
    expect(ids(replies).sort()).toEqual(['david', 'jane', 'jane again', 'sam']);
    expect(ids(replies).indexOf('jane')).toBeLessThan(ids(replies).indexOf('jane again'));
  });

  test('does not hold up what is about the whole account either', async () => {
    const sending = await start(['-p', 'maria'], mail.env);
    sending.send(
      { id: 'own code', do: 'auth.challenge', via: 'email' },
      { id: 'practice', do: 'practice.add', name: 'Oncology', account: kid },
      { id: 'sam', do: 'user.show', user: 'sam', account: kid },
    );
    expect(ids(await sending.untilReplies(2))).toEqual(['practice', 'sam']);
    mail.release();
    expect(ids((await sending.end()).replies)).toEqual(['practice', 'sam', 'own code']);
  });

  test('holds up the replies, not the requests, with --ordered', async () => {
    const batch = await start(['-p', 'platform', '--ordered'], mail.env);
    batch.send(send(1, 'jane'), 'no request', login(3, 'sam'));
    await mail.holds(1);
    for (let logins: unknown[] = []; logins.length === 0; )
      logins = await here.store.sql("SELECT seq FROM audit_events WHERE action = 'login.challenged'");
    expect(batch.replies).toEqual([]);
    mail.release();
    expect(ids((await batch.end()).replies)).toEqual([1, null, 3]);
  });

  test('is waited for by SIGTERM: what was taken is answered, exit 0', async () => {
    const batch = await start(['-p', 'platform'], mail.env);
    batch.send(send(1, 'jane'), login(2, 'sam'));
    await batch.untilReplies(1);
    await mail.holds(1);
    batch.kill('SIGTERM');
    mail.release();
    expect(await batch.ended).toBe(0);
    expect(ids(batch.replies)).toEqual([2, 1]);
    expect(batch.replies[1]).toMatchObject({ exit: 0, result: { result: 'sent' } });
  });
});

describe('an end in the middle', () => {
  const users = ['maria', 'nina', 'jane', 'david', 'sam'];
  /** Requests without an end. */
  function keepSending(batch: Batch): void {
    for (let id = 0; id < 5000; id += 1) batch.send(login(id, users[id % users.length] ?? ''));
  }
  const logins = async () =>
    (await here.store.sql("SELECT seq FROM audit_events WHERE action = 'login.challenged'")).length;

  test.each<[NodeJS.Signals, number]>([
    ['SIGTERM', 0],
    ['SIGINT', 130],
  ])('by %s answers all that was begun, and nothing else: exit %i', async (signal, exit) => {
    const batch = await start();
    keepSending(batch);
    await batch.untilReplies(100);
    batch.kill(signal);
    expect(await batch.ended).toBe(exit);
    expect(batch.replies.length).toBeLessThan(5000);
    expect(await logins()).toBe(batch.replies.length);
  });

  test('by a second signal comes at once', async () => {
    const mail = await holdingServer();
    const batch = await start(['-p', 'platform'], mail.env);
    batch.send(send(1, 'jane'));
    await mail.holds(1);
    batch.kill('SIGINT');
    await batch.until(/a second signal ends it at once/);
    batch.kill('SIGINT');
    expect(await batch.ended).toBe(130);
    expect(batch.replies).toEqual([]);
    mail.release();
    await mail.close();
  });

  test('by a reader that goes away is quiet', async () => {
    const batch = await start(['-p', 'platform', '-q']);
    batch.send(login(1, 'jane'));
    await batch.untilReplies(1);
    batch.child.stdout.destroy();
    keepSending(batch);
    expect(await batch.ended).toBe(0);
    expect(batch.said).toBe('');
  });
});

describe('a reader that is slow', () => {
  test('stops the reading', async () => {
    const { PassThrough, Writable, Readable } = await import('node:stream');
    const { main } = await import('../../src/cli/main.ts');
    let read = 0;
    let release: () => void = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const total = 50_000;
    const stdin = Readable.from(
      (function* () {
        for (; read < total; read += 1) yield Buffer.from(`{"id": ${read}, "do": 5}\n`);
      })(),
      { objectMode: false, highWaterMark: 1024 },
    );
    let written = '';
    const stdout = new Writable({
      write(chunk, _encoding, done) {
        written += chunk;
        void released.then(() => done());
      },
    });
    const env = { ...(await here.environment()) };
    const ended = main(['batch', '-p', 'platform'], {
      env,
      stdin,
      stdout,
      stderr: new PassThrough(),
    } as never);
    while (!stdout.writableNeedDrain) await new Promise(setImmediate);
    for (let each = 0; each < 1000; each += 1) await new Promise(setImmediate);
    expect(read).toBeLessThan(total / 10);
    release();
    expect(await ended).toBe(0);
    expect(written.trim().split('\n')).toHaveLength(total);
  });
});

describe('what was acknowledged is there after a kill', () => {
  const users = Array.from({ length: 300 }, (_, index) => `u${index}`);
  /** Ten requests a user. */
  const requests = [
    'send',
    'wrong',
    'login',
    'wrong',
    'send',
    'login',
    'wrong',
    'login',
    'send',
    'login',
  ].flatMap((kind, step) =>
    users.map((user) => {
      const id = `${kind} ${user} ${step}`;
      if (kind === 'send') return send(id, user);
      return kind === 'wrong' ? verify(id, user, '000000') : login(id, user);
    }),
  );

  test(`of ${requests.length} requests, killed in the middle`, async () => {
    const rows = users.map(
      (user, index) => `${user},User,${user}@northside.example,+1201${String(2_000_000 + index)}`,
    );
    await here.prepare(async (json) => {
      const { writeFileSync } = await import('node:fs');
      writeFileSync(`${here.home}/many.csv`, `username,name,email,phone\n${rows.join('\n')}\n`);
      await json(['user', 'import', `${here.home}/many.csv`, '-a', kid, '-p', 'maria']);
    });
    const batch = await start(['-p', 'platform', '-q']);
    batch.send(...requests);
    await batch.untilReplies(requests.length / 2);
    batch.kill('SIGKILL');
    await batch.ended;
    const acknowledged = batch.replies;
    expect(acknowledged.length).toBeLessThan(requests.length);

    const messages = new Set((await here.store.sql('SELECT id FROM messages')).map((row) => row.id));
    const sent = acknowledged.filter(({ id }) => String(id).startsWith('send'));
    expect(sent.length).toBeGreaterThan(users.length / 2);
    for (const { result } of sent) expect(messages).toContain(result.messageId);

    const counted = async (action: string) => {
      const query = 'SELECT "user", count(*) AS events FROM audit_events WHERE action = ? GROUP BY "user"';
      return new Map((await here.store.sql(query, action)).map((row) => [row.user, Number(row.events)]));
    };
    for (const [kind, action] of [
      ['wrong', 'code.rejected'],
      ['login', 'login.challenged'],
    ] as const) {
      const events = await counted(action);
      const answered = new Map<string, number>();
      for (const { id } of acknowledged) {
        const [what, user = ''] = String(id).split(' ');
        if (what === kind) answered.set(user, (answered.get(user) ?? 0) + 1);
      }
      for (const [user, count] of answered)
        expect(events.get(user), `${user}: ${kind}`).toBeGreaterThanOrEqual(count);
    }
    expect(await here.json(['audit', 'verify', '-p', 'owner'])).toMatchObject({ intact: true });
  });
});

test('is refused numbers that are none', async () => {
  for (const value of ['0', '1001', '-1', 'x', '']) {
    const error = await here.error(['batch', `--in-flight=${value}`, '-p', 'platform'], 2);
    expect(error.details, value).toEqual({ field: 'inFlight' });
  }
  expect(await runInProcess(here.home, ['batch', '--ordered', 'x'])).toMatchObject({ exit: 2 });
});

test(`runs on ${inject('server') === null ? 'SQLite' : 'PostgreSQL'} with the token of its variable`, async () => {
  const env = { TWOFA_TOKEN: tokenOf(here, 'platform') };
  expect((await repliesTo([login(1, 'jane')], [], env))[0]).toMatchObject({ exit: 7 });
});
