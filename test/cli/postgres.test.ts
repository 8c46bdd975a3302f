// The built program on PostgreSQL, from several processes at once: no guess beyond seven, no code twice, nothing lost to a crash.
import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Prepared, prepareNorthside } from '../support/in-process.ts';
import { newDatabase, type Server, startServer } from '../support/postgres.ts';
import { environment, kid, otherThan, type Ran, type RunOptions } from '../support/program.ts';

const script = resolve(import.meta.dirname, '../support/requests-at-once.js');
const processes = 8;

/** An installation whose store is on a server. */
class OnServer extends Prepared {
  readonly url: string;

  constructor(url: string) {
    super();
    this.url = url;
  }

  override run(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
    return super.run(args, { ...options, env: { TWOFA_DATABASE_URL: this.url, ...options.env } });
  }

  /** Sends requests through the library from a process of its own, all at once. */
  atOnce(token: string, requests: readonly object[]): Promise<Outcome[]> {
    return new Promise((done, fail) => {
      const child = spawn(process.execPath, [script], {
        env: environment(this.home, { TWOFA_DATABASE_URL: this.url }),
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      let printed = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        printed += text;
      });
      child.on('error', fail);
      child.on('close', () => {
        try {
          done(JSON.parse(printed));
        } catch (error) {
          fail(error);
        }
      });
      child.stdin.end(JSON.stringify({ token, requests }));
    });
  }
}

interface Outcome {
  exit: number;
  result?: { result: string; attemptsLeft: number };
  error?: string;
}

let server: Server;
let here: OnServer;
let token: string;
/** Users whose codes nobody has used yet. */
let fresh: string[];

beforeAll(async () => {
  server = await startServer();
  const { url } = await newDatabase(server, { testClock: false });
  here = new OnServer(url);
  await prepareNorthside(here);
  ({ token } = await here.json<{ token: string }>([
    ...['token', 'create', '--role', 'application', '--app', 'platform'],
  ]));
}, 300_000);

afterAll(async () => {
  here.remove();
  await server.stop();
});

beforeEach(async () => {
  fresh = ['jane', 'david', 'sam'];
  for (const user of fresh) {
    const { status } = await here.json<{ status: string }>(['status', user, '-a', kid]);
    if (status === 'locked')
      await here.json(['reactivate', user, '--reason', 'test', '-a', kid, '-p', 'maria']);
  }
});

async function codeFor(user: string): Promise<string> {
  await here.json(['code', 'send', user, '--via', 'email', '-a', kid, '-p', 'platform']);
  return here.lastCode(user);
}

function verify(user: string, code: string) {
  return { do: 'code.verify', account: kid, user, code, ip: '203.0.113.7' };
}

/** The same request from several processes at once, so many times in all. */
async function fromAll(request: object, times: number): Promise<Outcome[]> {
  const each = times / processes;
  const sent = Array.from({ length: processes }, () =>
    here.atOnce(
      token,
      Array.from({ length: each }, () => request),
    ),
  );
  return (await Promise.all(sent)).flat();
}

function counted(outcomes: readonly Outcome[]): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { result, error } of outcomes) {
    const name = result?.result ?? error ?? 'nothing';
    found[name] = (found[name] ?? 0) + 1;
  }
  return found;
}

/** Events of codes that were compared: everything else of these actions is refused. */
async function compared(user: string): Promise<string[]> {
  const events = await here.json<{ action: string; outcome: string }[]>([
    ...['audit', 'list', '--user', user, '-a', kid, '-p', 'owner', '--limit', '100000'],
  ]);
  const since = events.findLastIndex(({ action }) => action === 'user.reactivated');
  return events
    .slice(since + 1)
    .filter(
      ({ action, outcome }) =>
        /^(code\.verified|code\.rejected|user\.locked)$/.test(action) && outcome !== 'refused',
    )
    .map(({ action }) => action);
}

const intact = async () => expect(await here.json(['audit', 'verify'])).toMatchObject({ intact: true });

describe('from 8 processes at once', () => {
  test('of 200 wrong codes exactly 7 are compared', async () => {
    const code = otherThan(await codeFor('jane'));
    expect(counted(await fromAll(verify('jane', code), 200))).toEqual({ rejected: 6, locked: 194 });
    expect(await compared('jane')).toEqual([...Array(6).fill('code.rejected'), 'user.locked']);
    await intact();
  });

  test('of 48 right ones one verifies', async () => {
    const code = await codeFor('david');
    const outcomes = counted(await fromAll(verify('david', code), 48));
    expect(outcomes.verified).toBe(1);
    expect((await compared('david')).filter((action) => action === 'code.verified')).toHaveLength(1);
    await intact();
  });

  test('a follower prints every event once, in the order of the trail, and a checkpoint made meanwhile holds', async () => {
    const follow = ['audit', 'follow', '--once', '--cursor-file', join(here.home, 'follow.cursor')];
    const checkpoint = join(here.home, 'checkpoint.json');
    const seen: number[] = [];
    const read = async () => {
      const { exit, stdout } = await here.run(follow);
      expect(exit).toBe(0);
      for (const line of stdout.split('\n').filter(Boolean)) seen.push(JSON.parse(line).seq);
    };
    const logins = ['jane', 'david', 'sam'].map((user) => {
      return fromAll({ do: 'login', account: kid, user, ip: '203.0.113.7' }, 160);
    });
    let writing = true;
    const written = Promise.all(logins).finally(() => {
      writing = false;
    });
    await here.run(['audit', 'checkpoint', '--file', checkpoint]);
    while (writing) await read();
    await written;
    await read();
    const stored = await here.json<{ seq: number }[]>(['audit', 'list', '--limit', '100000']);
    expect(seen).toEqual(stored.map(({ seq }) => seq));
    await here.json(['audit', 'verify', '--checkpoint', checkpoint]);
  });
});

describe('the server is killed in the middle', () => {
  test('nothing acknowledged is lost, no guess is given away, and none is taken', async (context) => {
    if (!server.crash) return context.skip();
    const code = otherThan(await codeFor('sam'));
    const sending = fromAll(verify('sam', code), 200);
    await sleep(700);
    await server.crash();
    const outcomes = await sending;
    const { rejected = 0, locked = 0, 'store-unavailable': refused = 0 } = counted(outcomes);
    // A process that finds the server gone before it was there once does not wait for it.
    expect(rejected + locked + refused).toBe(200);
    const left = outcomes.flatMap(({ result }) => (result?.result === 'rejected' ? result.attemptsLeft : []));
    expect(new Set(left).size, 'each failure took an attempt of its own').toBe(rejected);
    expect(rejected).toBeLessThanOrEqual(6);
    expect(locked).toBeGreaterThan(0);
    expect(await compared('sam')).toEqual([...Array(6).fill('code.rejected'), 'user.locked']);
    await intact();
  });
});

describe('a server that is not there', () => {
  test('ends with exit 11 and says so, without a password', async () => {
    const env = { TWOFA_DATABASE_URL: 'postgres://twofa:secret@127.0.0.1:1/twofa' };
    const error = await here.error(['status', '-a', kid], 11, { env });
    expect(error.code).toBe('store-unavailable');
    expect(error.message).toContain('postgres://twofa:•••@127.0.0.1:1/twofa');
    expect(JSON.stringify(error)).not.toContain('secret');
  });
});
