// Operating an installation by the built program: health, metrics, maintenance, pruning and the store's status, on both databases.
import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { migrationNames } from '../../migrations/names.ts';
import { type Prepared, quickEnabledNorthside } from '../support/in-process.ts';
import { kid, type Ran } from '../support/program.ts';

const day = 24 * 3_600_000;

let here: Prepared;
let onServer: boolean;

beforeAll(async () => {
  here = await quickEnabledNorthside();
  onServer = 'TWOFA_DATABASE_URL' in (await here.store.environment());
});
afterAll(() => here.remove());

interface Health {
  ok: boolean;
  store: string;
  key: string | null;
  schema: string | null;
  problem: { code: string; message: string; hint: string | null } | null;
  latencyMs: number;
}

const newestEvent = async () => (await here.store.sql('SELECT max(seq) AS seq FROM audit_events'))[0]?.seq;

/** Does something while a file has another name. */
async function without<T>(name: string, work: () => Promise<T>): Promise<T> {
  const file = join(here.home, name);
  renameSync(file, `${file}.aside`);
  try {
    return await work();
  } finally {
    renameSync(`${file}.aside`, file);
  }
}

/** Does something while this machine knows an event that the store has not. */
async function asOlderCopy<T>(work: () => Promise<T>): Promise<T> {
  const file = join(here.home, 'high-water.json');
  const text = readFileSync(file, 'utf8');
  const marks = Object.entries(JSON.parse(text) as Record<string, object>);
  const newer = marks.map(([store, mark]) => [
    store,
    { ...mark, seq: 999_999, link: 'of an event that is lost' },
  ]);
  writeFileSync(file, JSON.stringify(Object.fromEntries(newer)));
  try {
    return await work();
  } finally {
    writeFileSync(file, text);
  }
}

describe('health', () => {
  const health = (exit: number, env: Record<string, string> = {}) =>
    here.json<Health>(['health'], exit, { env });

  test('says that store and key can be used, without a token and without writing anything', async () => {
    const before = await newestEvent();
    const mark = readFileSync(join(here.home, 'high-water.json'), 'utf8');
    const found = await without('profiles.json', () => health(0));
    expect(found).toEqual({
      ok: true,
      store: onServer ? expect.stringMatching(/^postgres:/) : `sqlite:${join(here.home, 'twofa.sqlite')}`,
      key: 'k1',
      schema: migrationNames.at(-1),
      problem: null,
      latencyMs: expect.any(Number),
    });
    expect(found.store).not.toContain('twofa:twofa');
    expect(await newestEvent()).toBe(before);
    expect(readFileSync(join(here.home, 'high-water.json'), 'utf8')).toBe(mark);
  });

  test.each([
    ['the key is gone', () => without('key.json', () => health(11)), 'key-unavailable', null],
    [
      'there is no store',
      () => health(11, { TWOFA_DATABASE_URL: `sqlite:${join(here.home, 'none.sqlite')}` }),
      'not-initialised',
      'k1',
    ],
    [
      'the server does not answer',
      () => health(11, { TWOFA_DATABASE_URL: 'postgres://twofa:secret@127.0.0.1:1/twofa' }),
      'store-unavailable',
      'k1',
    ],
    ['the store is an older copy', () => asOlderCopy(() => health(11)), 'store-restored', 'k1'],
  ])('%s: exit 11, and the document says why', async (_, work, code, key) => {
    const found = await work();
    expect(found).toMatchObject({ ok: false, key, problem: { code } });
    expect(found.problem?.hint).toEqual(expect.any(String));
    expect(JSON.stringify(found)).not.toContain('secret');
  });

  test('a configuration that names no store is an error: exit 2', async () => {
    const env = { TWOFA_DATABASE_URL: 'mysql://db.northside.example/twofa' };
    expect((await here.run(['health'], { env })).exit).toBe(2);
  });

  test('people are told in a line', async () => {
    expect((await here.run(['health'])).stdout).toMatch(/^✓ \S+ answers, with the key k1, after \d+ ms\.\n$/);
  });
});

describe('metrics', () => {
  test('are text that Prometheus reads', async () => {
    const { exit, stdout } = await here.run(['metrics']);
    expect(exit).toBe(0);
    const [names, types] = [new Set<string>(), new Map<string, string>()];
    for (const line of stdout.trimEnd().split('\n')) {
      const [, type, of = ''] = /^# (HELP|TYPE) (\S+) \S/.exec(line) ?? [];
      if (type === 'TYPE') types.set(of, line.split(' ')[3] ?? '');
      if (type !== undefined) continue;
      const sample = /^([a-z_]+)(\{[a-z_]+="[^"\\\n]*"(,[a-z_]+="[^"\\\n]*")*\})? \d+(\.\d+)?$/.exec(line);
      expect(sample, line).not.toBeNull();
      expect(types.has(sample?.[1] ?? ''), `${line} comes after its type`).toBe(true);
      names.add(sample?.[1] ?? '');
    }
    expect([...types.values()].filter((type) => type !== 'counter' && type !== 'gauge')).toEqual([]);
    expect(names).toContain('twofa_logins_total');
    expect(names).toContain('twofa_trail_events');
  });

  test('are of the owner alone, and told of an older copy too', async () => {
    expect(await here.error(['metrics', '-p', 'maria'], 4)).toMatchObject({ code: 'not-permitted' });
    await asOlderCopy(async () => {
      await here.json(['metrics']);
      await here.json(['db', 'status']);
      expect(await here.error(['maintain'], 6)).toMatchObject({ code: 'store-restored' });
    });
  });
});

interface Maintained {
  pruned: Record<string, number> | null;
  counted: number;
  checkpoint: string | null;
  failed: { step: string; code: string }[];
}

const maintained = ({ exit, stdout }: Ran) => ({ exit, ...(JSON.parse(stdout) as Maintained) });

describe('maintain', () => {
  test('from several processes at once does everything once', async () => {
    for (const user of ['jane', 'david', 'sam']) {
      await here.json(['code', 'send', user, '--via', 'email', '-a', kid, '-p', 'platform']);
    }
    await here.age(2 * day);
    const codes = Number((await here.store.sql('SELECT count(*) AS n FROM codes'))[0]?.n);
    const events = Number((await here.store.sql('SELECT count(*) AS n FROM audit_events'))[0]?.n);
    const ran = await Promise.all(Array.from({ length: 4 }, () => here.run(['maintain', '--json'])));
    const results = ran.map(maintained);
    expect(results.flatMap(({ exit, failed }) => [exit, ...failed])).toEqual([0, 0, 0, 0]);
    const sum = (of: (result: Maintained) => number) => results.reduce((total, each) => total + of(each), 0);
    expect(sum(({ pruned }) => pruned?.codes ?? 0)).toBe(codes);
    expect(sum(({ counted }) => counted)).toBeGreaterThanOrEqual(events);
    const [{ n } = { n: 0 }] = await here.store.sql('SELECT sum(count) AS n FROM event_counts');
    expect(Number(n), 'no event is counted twice').toBe(sum(({ counted }) => counted));
    const kept = results.flatMap(({ checkpoint }) => checkpoint ?? []);
    expect(kept).toHaveLength(1);
    const folder = join(here.home, 'checkpoints');
    expect(readdirSync(folder).map((name) => join(folder, name))).toEqual(kept);
    expect(statSync(kept[0] ?? '').mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(await here.json(['audit', 'verify', '--checkpoint', kept[0] ?? ''])).toMatchObject({
      intact: true,
    });
    expect(await here.json(['maintain'])).toMatchObject({ pruned: null, checkpoint: null, changed: false });
  });

  test('keeps its checkpoints where it is told', async () => {
    const folder = join(here.home, 'evidence');
    const { checkpoint } = await here.json<Maintained>(['maintain', '--checkpoint-folder', folder]);
    expect(checkpoint).toBe(join(folder, readdirSync(folder)[0] ?? ''));
    const { stdout } = await here.run(['db', 'status']);
    expect(stdout).toMatch(/^Last checkpoint +of event \d+, made 20\S+Z$/m);
  });

  test('a step that fails is named on stderr, however quiet, and the others are done', async () => {
    await without('checkpoints', async () => {
      writeFileSync(join(here.home, 'checkpoints'), '');
      const ran = await here.run(['maintain', '--quiet', '--json']);
      expect(ran.stderr).toMatch(/^twofa: checkpoint: There can be no folder "\S+" for checkpoints: /);
      expect(maintained(ran)).toMatchObject({
        exit: 2,
        checkpoint: null,
        failed: [{ step: 'checkpoint', code: 'file-unwritable' }],
        counted: expect.any(Number),
      });
      rmSync(join(here.home, 'checkpoints'));
    });
  });

  test('a folder that there cannot be is refused before anything is done', async () => {
    const before = await newestEvent();
    const args = ['maintain', '--checkpoint-folder', join(here.home, 'key.json', 'in')];
    expect(await here.error(args, 2)).toMatchObject({ code: 'file-unwritable' });
    expect(await newestEvent()).toBe(before);
  });
});

describe('db prune', () => {
  test('goes on beside sign-ins, in batches, and the trail stays intact', async () => {
    const [user] = await here.store.sql("SELECT id FROM users WHERE username = 'jane'");
    const rows = Array.from(
      { length: 2500 },
      (_, each) => `('platform', 'old${each}', ${user?.id}, 'login', '{}', 1, 1, 'k1', '')`,
    );
    await here.store.sql(
      `INSERT INTO requests (app, request_id, user_id, action, answer, created_at, place, key_id, seal)
       VALUES ${rows.join(', ')}`,
    );
    expect(await here.json(['db', 'prune', '--dry-run'])).toMatchObject({ requests: 2500, changed: false });
    const login = ['login', 'jane', '--ip', '203.0.113.99', '-a', kid, '-p', 'platform'];
    const [pruned, ...logins] = await Promise.all([
      here.json(['db', 'prune']),
      ...Array.from({ length: 6 }, () => here.run(login)),
    ]);
    expect(pruned).toMatchObject({ requests: 2500, changed: true });
    expect(logins.map(({ exit }) => exit)).toEqual([7, 7, 7, 7, 7, 7]);
    expect(await here.store.sql("SELECT 1 AS one FROM requests WHERE request_id LIKE 'old%'")).toEqual([]);
    expect(await here.json(['audit', 'verify'])).toMatchObject({ intact: true });
    const { stdout } = await here.run(['db', 'prune']);
    expect(stdout).toBe('· There is nothing to be removed.\n');
  });
});

describe('db status', () => {
  test('tells engine, schema, tables and trail', async () => {
    const status = await here.json<Record<string, unknown>>(['db', 'status']);
    expect(status).toMatchObject({
      engine: onServer ? 'postgresql' : 'sqlite',
      counted: onServer ? 'estimated' : 'exact',
      schema: { unknown: [], oldestProgram: '0.1.0', program: '0.1.0' },
      keys: ['k1'],
      maintainedAt: expect.stringMatching(/Z$/),
    });
    expect(JSON.stringify(status)).not.toContain('twofa:twofa');
    const { stdout } = await here.run(['db', 'status']);
    expect(stdout).toMatch(onServer ? /^TABLE +ROWS \(ESTIMATED\) +SIZE$/m : /^TABLE +ROWS +SIZE$/m);
    expect(stdout).toMatch(/^audit_events +\d+ +\d+\.\d [KM]iB$/m);
  });
});
