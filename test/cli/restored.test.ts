// A store that is an older copy of itself: found by what this machine knows beside the key, refused, and accepted by its owner.
import { copyFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Prepared, quickEnabledNorthside } from '../support/in-process.ts';
import { kid, otherThan } from '../support/program.ts';

let here: Prepared;
const platform = ['-a', kid, '-p', 'platform'];
const ip = ['--ip', '203.0.113.7'];

beforeEach(async () => {
  here = await quickEnabledNorthside();
  here.inProcess = true;
});
afterEach(() => here.remove());

const store = () => join(here.home, 'twofa.sqlite');
const markFile = () => join(here.home, 'high-water.json');

interface Mark {
  seq: number;
  subject: string;
  link: string;
}

function marks(): Record<string, Mark> {
  return JSON.parse(readFileSync(markFile(), 'utf8'));
}

function newest(): Mark {
  const database = here.database();
  const row = database.prepare('SELECT seq, subject, link FROM audit_events ORDER BY seq DESC LIMIT 1').get();
  database.close();
  return row as Mark;
}

/** A whole copy of the store as it is now. */
function copyStore(name: string): string {
  const copy = join(here.home, name);
  const database = here.database();
  database.prepare('VACUUM INTO ?').run(copy);
  database.close();
  return copy;
}

function putBack(copy: string): void {
  for (const suffix of ['-wal', '-shm']) rmSync(`${store()}${suffix}`, { force: true });
  copyFileSync(copy, store());
}

/** Runs statements as somebody with a shell on the database does, after all triggers are dropped. */
function tamper(...statements: [sql: string, ...bindings: unknown[]][]): void {
  const database = here.database();
  const triggers = database.prepare("SELECT name FROM sqlite_master WHERE type = 'trigger'").pluck().all();
  for (const name of triggers) database.exec(`DROP TRIGGER "${name}"`);
  for (const [sql, ...bindings] of statements) database.prepare(sql).run(...bindings);
  database.close();
}

async function lock(user: string): Promise<void> {
  await here.json(['code', 'send', user, '--via', 'email', ...platform]);
  const input = otherThan(here.lastCode(user));
  for (const exit of [8, 8, 8, 8, 8, 8, 9]) {
    await here.json(['code', 'verify', user, ...ip, ...platform], exit, { input });
  }
}

/** Leaves the store as it was before Sam was locked, with a code and a trusted location of Jane's. */
async function restoreOlder(): Promise<{ older: number; known: Mark; latest: string }> {
  await here.json(['code', 'send', 'jane', '--via', 'email', ...platform]);
  await here.json(['code', 'verify', 'jane', ...ip, ...platform], 0, { input: here.lastCode('jane') });
  await here.json(['code', 'send', 'jane', '--via', 'email', ...platform]);
  const older = newest().seq;
  const copy = copyStore('older.sqlite');
  await lock('sam');
  const latest = copyStore('latest.sqlite');
  const known = newest();
  putBack(copy);
  return { older, known, latest };
}

describe('the newest event known to this machine', () => {
  test('is beside the key, for the caller alone, and follows each command that writes', async () => {
    expect(Object.values(marks())).toMatchObject([newest()]);
    expect(statSync(markFile()).mode & 0o777).toBe(0o600);
    const before = readFileSync(markFile(), 'utf8');
    await here.json(['status', '-a', kid]);
    expect(readFileSync(markFile(), 'utf8')).toBe(before);
    await here.json(['user', 'update', 'jane', '--name', 'Jane Roe', '-a', kid]);
    expect(readFileSync(markFile(), 'utf8')).not.toBe(before);
    expect(Object.values(marks())).toMatchObject([newest()]);
  });

  test('is of one store: another with the same key has its own', async () => {
    const first = marks();
    const other = ['--database', `sqlite:${join(here.home, 'other.sqlite')}`];
    await here.json(['init', ...other]);
    await here.json(['account', 'create', '20967', '--name', 'Other', ...other]);
    expect(Object.keys(marks())).toHaveLength(2);
    expect(marks()).toMatchObject(first);
    const own = ['--database', `sqlite:${store()}`];
    expect(await here.json(['login', 'jane', ...ip, ...platform, ...own], 7)).toMatchObject({
      reason: 'first',
    });
  });

  test('that cannot be written is said, and fails nothing', async () => {
    const before = readFileSync(markFile(), 'utf8');
    mkdirSync(`${markFile()}.${process.pid}.new`);
    const ran = await here.run(['user', 'update', 'jane', '--name', 'Jane Roe', '-a', kid]);
    expect(ran).toMatchObject({ exit: 0 });
    expect(ran.stderr).toContain('The newest event could not be noted beside the key: ');
    expect(readFileSync(markFile(), 'utf8')).toBe(before);
  });

  test('that is malformed is said, and made anew', async () => {
    writeFileSync(markFile(), 'x', { mode: 0o600 });
    const ran = await here.run(['user', 'update', 'jane', '--name', 'Jane Roe', '-a', kid]);
    expect(ran).toMatchObject({ exit: 0 });
    expect(ran.stderr).toContain('high-water.json is malformed');
    expect(Object.values(marks())).toMatchObject([newest()]);
  });
});

describe('an older copy of the store', () => {
  test('serves reading, refuses everything else, and records nothing', async () => {
    const { older, known } = await restoreOlder();
    const refused: string[][] = [
      ['login', 'jane', ...ip, ...platform],
      ['code', 'send', 'jane', '--via', 'email', ...platform],
      ['user', 'update', 'jane', '--name', 'Jane Roe', '-a', kid],
      ['reactivate', 'sam', '--reason', 'called back', '-a', kid, '-p', 'maria'],
      ['token', 'create', '--role', 'owner'],
    ];
    for (const args of refused) {
      const error = await here.error(args, 6);
      expect(error, args.join(' ')).toMatchObject({ code: 'store-restored', details: { seq: known.seq } });
      expect(error.hint).toContain('twofa db restore --accept');
    }
    await here.json(['status', 'sam', '-a', kid]);
    await here.json(['audit', 'list', '--limit', '1']);
    await here.json(['auth', 'status']);
    await here.json(['token', 'list']);
    expect(newest().seq).toBe(older);
    expect(Object.values(marks())).toMatchObject([known]);
  });

  test('is said by audit verify, to the owner and to an administrator', async () => {
    const { known } = await restoreOlder();
    const verdict = await here.json(['audit', 'verify'], 6);
    expect(verdict).toMatchObject({ intact: false, firstBroken: { subject: 'store', seq: known.seq } });
    const own = await here.json<{ firstBroken: { reason: string } }>(['audit', 'verify', '-p', 'maria'], 6);
    expect(own.firstBroken).toMatchObject({ subject: 'store', seq: known.seq });
    expect(own.firstBroken.reason).not.toContain(known.subject);
  });

  test('is said by doctor', async () => {
    const { known, latest } = await restoreOlder();
    const examined = async () => {
      const { checks } = JSON.parse((await here.run(['doctor', '--json'])).stdout) as {
        checks: { id: string }[];
      };
      return checks.find(({ id }) => id === 'high-water');
    };
    expect(await examined()).toMatchObject({
      ok: false,
      message: expect.stringContaining(`event ${known.seq}`),
      hint: expect.stringContaining('twofa db restore --accept'),
    });
    putBack(latest);
    expect(await examined()).toMatchObject({ ok: true, hint: null });
  });

  test('goes as soon as the newest copy is back', async () => {
    const { latest } = await restoreOlder();
    await here.error(['login', 'jane', ...ip, ...platform], 6);
    putBack(latest);
    expect(await here.json(['login', 'jane', ...ip, ...platform])).toMatchObject({ result: 'granted' });
    await here.json(['audit', 'verify']);
  });

  test('is accepted by the owner: codes, trust and tokens end, and the trail says what is lost', async () => {
    const { older, known } = await restoreOlder();
    const tokens = await here.json<{ revoked: boolean }[]>(['token', 'list']);
    const accepted = await here.json(['db', 'restore', '--accept', '--reason', 'the disk failed']);
    expect(accepted).toMatchObject({
      lost: { from: older + 1, to: known.seq },
      codesEnded: 1,
      locationsEnded: 1,
      tokensRevoked: tokens.filter((token) => !token.revoked).length - 1,
      changed: true,
    });
    const [event] = await here.json<object[]>(['audit', 'list', '--action', 'store.restored']);
    expect(event).toMatchObject({
      role: 'owner',
      details: { reason: 'the disk failed', lost: { from: older + 1, to: known.seq }, newest: known.subject },
    });
    expect(Object.values(marks())).toMatchObject([newest()]);
    expect((await here.error(['login', 'jane', ...ip, ...platform], 4)).code).toBe('token-revoked');
    expect((await here.error(['status', '-p', 'maria'], 4)).code).toBe('token-revoked');
    await here.json(['token', 'create', '--role', 'application', '--app', 'platform', '--save', 'platform']);
    expect(await here.json(['login', 'jane', ...ip, ...platform], 7)).toMatchObject({
      reason: 'trust-ended',
    });
    const old = here.outbox().findLast((sent) => sent.user === 'jane')?.text ?? '';
    const input = /\b[0-9]{6}\b/.exec(old)?.[0] ?? '';
    expect(await here.json(['code', 'verify', 'jane', ...ip, ...platform], 8, { input })).toMatchObject({
      result: 'rejected',
    });
    await here.json(['audit', 'verify']);
    const again = await here.json(['db', 'restore', '--accept', '--reason', 'once more']);
    expect(again).toMatchObject({ lost: null, tokensRevoked: 0, accepted: false, changed: false });
  });

  test('voids the recovery codes, which may have been used or renewed since', async () => {
    const file = join(here.home, 'recovery-codes');
    await here.json(['recovery', 'renew', '-p', 'maria', '--recovery-codes-file', file]);
    const [code] = readFileSync(file, 'utf8').match(/([0-9A-Z]{4}-){6}[0-9A-Z]{4}/) ?? [];
    await restoreOlder();
    const said = await here.run(['db', 'restore', '--accept', '--reason', 'the disk failed']);
    expect(said.stdout).toContain('2 recovery codes');
    expect(said.stdout).toContain('twofa recovery renew');
    const events = await here.json<object[]>(['audit', 'list', '--action', 'recovery.voided']);
    expect(events).toMatchObject([{ account: kid, details: { reason: 'the disk failed', voided: 2 } }]);
    await here.json(['audit', 'verify']);
    await here.json([
      ...['token', 'create', '--role', 'system-administrator', '-a', kid],
      ...['--user', 'maria', '--save', 'maria'],
    ]);
    const use = ['reactivate', 'maria', '--recovery-code', '--reason', 'from the safe', '-p', 'maria'];
    const error = await here.error(use, 8, { input: code ?? '' });
    expect(error).toMatchObject({ code: 'recovery-code-rejected', details: { why: 'replaced' } });
  });

  test('what somebody puts back of the lost time does not count, and is found', async () => {
    const there = ['--ip', '198.51.100.9'];
    const copy = copyStore('older.sqlite');
    await here.json(['code', 'send', 'jane', '--via', 'email', ...platform]);
    await here.json(['code', 'verify', 'jane', ...there, ...platform], 0, { input: here.lastCode('jane') });
    await here.json(['code', 'send', 'jane', '--via', 'email', ...platform]);
    const input = here.lastCode('jane');
    const latest = copyStore('latest.sqlite');
    putBack(copy);
    await here.json(['db', 'restore', '--accept', '--reason', 'the disk failed']);
    await here.json(['token', 'create', '--role', 'application', '--app', 'platform', '--save', 'platform']);
    // Until her chain is as long as it was.
    for (let each = 0; each < 6; each += 1) await here.json(['login', 'jane', ...there, ...platform], 7);
    const shell = here.database();
    shell.prepare('ATTACH ? AS lost').run(latest);
    for (const table of ['messages', 'codes', 'trusted_locations']) {
      shell.exec(`INSERT INTO ${table} SELECT * FROM lost.${table} AS row
        WHERE user_id = (SELECT id FROM users WHERE username = 'jane') AND NOT EXISTS (SELECT 1 FROM ${table} AS kept
          WHERE kept.rowid = row.rowid)`);
    }
    shell.close();
    expect(await here.json(['login', 'jane', ...there, ...platform], 7)).toMatchObject({
      result: 'challenge',
    });
    expect(await here.json(['code', 'verify', 'jane', ...there, ...platform], 8, { input })).toMatchObject({
      why: 'none',
    });
    const { firstBroken } = await here.json<{ firstBroken: object }>(['audit', 'verify'], 6);
    expect(firstBroken).toMatchObject({
      subject: expect.stringMatching(/^user:[0-9]+$/),
      reason: expect.stringContaining("was put in or changed behind the trail's back"),
    });
  });

  test('is accepted by nobody else, and not by accident', async () => {
    await restoreOlder();
    const restore = ['db', 'restore', '--reason', 'the disk failed'];
    expect((await here.error(restore, 2)).details).toEqual({ field: 'accept' });
    expect((await here.error(['db', 'restore', '--accept'], 2)).code).toBe('missing-option');
    for (const profile of ['maria', 'care', 'ci', 'platform']) {
      const error = await here.error([...restore, '--accept', '-p', profile], 4);
      expect(error.code, profile).toBe('not-permitted');
    }
    expect((await here.error(['login', 'jane', ...ip, ...platform], 6)).code).toBe('store-restored');
  });
});

test("a user's row put back with the newest events removed is found, though the chains are whole", async () => {
  const database = here.database();
  const before = database.prepare("SELECT * FROM users WHERE username = 'sam'").get() as Record<
    string,
    unknown
  >;
  database.close();
  await lock('sam');
  const known = newest();
  const columns = Object.keys(before);
  tamper(
    ['DELETE FROM audit_events WHERE subject = ? AND place > ?', `user:${before.id}`, before.chain_count],
    ["UPDATE sqlite_sequence SET seq = (SELECT max(seq) FROM audit_events) WHERE name = 'audit_events'"],
    ['DELETE FROM codes'],
    [
      `UPDATE users SET ${columns.map((column) => `${column} = ?`).join(', ')} WHERE username = 'sam'`,
      ...Object.values(before),
    ],
  );
  expect(await here.json(['status', 'sam', '-a', kid])).toMatchObject({ status: 'active', attemptsLeft: 7 });
  expect((await here.error(['login', 'sam', ...ip, ...platform], 6)).code).toBe('store-restored');
  const verdict = await here.json<{ firstBroken: { reason: string } }>(['audit', 'verify'], 6);
  expect(verdict.firstBroken).toMatchObject({ subject: 'store', seq: known.seq });
  expect(verdict.firstBroken.reason).toContain(`of user:${before.id}`);
});
