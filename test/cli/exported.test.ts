// What of the trail is kept elsewhere: checkpoints, and exports that the script of "twofa help audit" verifies.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { helpTopic } from '../../src/cli/topics.ts';
import { type Prepared, quickNorthside } from '../support/in-process.ts';
import { kid } from '../support/program.ts';

let here: Prepared;

beforeAll(async () => {
  here = await quickNorthside();
  here.inProcess = true;
});
afterAll(() => here.remove());

const file = (name: string) => join(here.home, name);

async function write(): Promise<void> {
  await here.json(['user', 'update', 'jane', '--name', `Jane “Bee” Doe ${Math.random()}`, '-a', kid]);
}

interface Checkpoint {
  account: string | null;
  at: string;
  seq: number;
  subjects: number;
  events: number;
  root: string;
  keyId: string;
  signature: string;
}

describe('audit checkpoint', () => {
  test('is a document, in a file or printed, and the trail goes on from it', async () => {
    const ran = await here.run(['audit', 'checkpoint', '--file', file('checkpoint.json')]);
    expect(ran).toMatchObject({ exit: 0, stdout: '' });
    expect(statSync(file('checkpoint.json')).mode & 0o777).toBe(0o600);
    const made = JSON.parse(readFileSync(file('checkpoint.json'), 'utf8')) as Checkpoint;
    const events = await here.json<object[]>(['audit', 'export']);
    expect(made).toMatchObject({ account: null, seq: events.length, events: events.length, keyId: 'k1' });
    const { stdout } = await here.run(['audit', 'checkpoint']);
    expect(JSON.parse(stdout)).toMatchObject({ root: made.root, seq: made.seq });
    await write();
    await here.json(['audit', 'verify', '--checkpoint', file('checkpoint.json')]);
    const said = await here.run(['audit', 'verify', '--checkpoint', file('checkpoint.json')]);
    expect(said.stdout).toContain(`intact, and goes on from the checkpoint of ${made.at}: `);
  });

  test('of an account is verified for that account alone', async () => {
    await here.json(['audit', 'checkpoint', '-p', 'maria', '--file', file('own.json')]);
    await here.json(['audit', 'verify', '-p', 'maria', '--checkpoint', file('own.json')]);
    const error = await here.error(['audit', 'verify', '--checkpoint', file('own.json')], 2);
    expect(error).toMatchObject({ code: 'checkpoint-invalid', hint: `Give --account ${kid}.` });
  });

  test('that was changed, or was signed with another key, is refused; so is what is none', async () => {
    const made = await here.json<Checkpoint>(['audit', 'checkpoint']);
    const verify = async (content: string, exit = 2) => {
      writeFileSync(file('given.json'), content);
      return here.error(['audit', 'verify', '--checkpoint', file('given.json')], exit);
    };
    const changes = [
      { seq: made.seq - 1 },
      { root: made.root.replace(/^./, 'x') },
      { keyId: 'k9' },
      { signature: 'x' },
    ];
    for (const change of changes) {
      expect((await verify(JSON.stringify({ ...made, ...change }))).code).toBe('checkpoint-invalid');
    }
    expect((await verify('{"seq": 1}')).code).toBe('invalid-input');
    expect((await verify('nonsense')).code).toBe('file-malformed');
    expect((await here.error(['audit', 'verify', '--checkpoint', file('none.json')], 2)).code).toBe(
      'file-unreadable',
    );
  });

  test('goes to a new file alone: one that is there stays as it is, and nothing is left behind', async () => {
    writeFileSync(file('mine.txt'), 'mine');
    const refused = [file('mine.txt'), file('no/such/folder'), file('mine.txt/below'), ''];
    for (const command of ['checkpoint', 'export']) {
      for (const path of refused) {
        const error = await here.error(['audit', command, '--file', path], 2);
        expect(error, `${command} ${path}`).toMatchObject({
          code: 'file-unwritable',
          details: { field: 'file' },
        });
      }
    }
    expect(readFileSync(file('mine.txt'), 'utf8')).toBe('mine');
    await here.error(['audit', 'export', '--file', file('refused.ndjson'), '-p', 'care'], 4);
    expect(readdirSync(here.home).filter((name) => /refused|\.new$/.test(name))).toEqual([]);
  });

  test('finds a row put back with its events removed and the numbers closed up', async () => {
    const database = here.database();
    const copy = file('before.sqlite');
    database.prepare('VACUUM INTO ?').run(copy);
    const before = database.prepare("SELECT * FROM users WHERE username = 'david'").get() as Record<
      string,
      unknown
    >;
    database.close();
    await here.json(['user', 'update', 'david', '--name', 'David O.', '-a', kid]);
    await write();
    await here.json(['audit', 'checkpoint', '--file', file('kept.json')]);
    const { seq } = JSON.parse(readFileSync(file('kept.json'), 'utf8')) as Checkpoint;
    const shell = here.database();
    const triggers = shell.prepare("SELECT name FROM sqlite_master WHERE type = 'trigger'").pluck().all();
    for (const name of triggers) shell.exec(`DROP TRIGGER "${name}"`);
    const subject = `user:${before.id}`;
    shell
      .prepare('DELETE FROM audit_events WHERE subject = ? AND place > ?')
      .run(subject, before.chain_count);
    const columns = Object.keys(before);
    shell
      .prepare(
        `UPDATE users SET ${columns.map((column) => `${column} = ?`).join(', ')} WHERE username = 'david'`,
      )
      .run(...Object.values(before));
    shell.prepare('UPDATE audit_events SET seq = seq - 1 WHERE seq = ?').run(seq);
    shell.prepare("UPDATE sqlite_sequence SET seq = seq - 1 WHERE name = 'audit_events'").run();
    shell.close();
    const verdict = await here.json(['audit', 'verify', '--checkpoint', file('kept.json')], 6);
    expect(verdict).toMatchObject({ intact: false, firstBroken: { subject: 'checkpoint', seq } });
    const text = await here.run(['audit', 'verify', '--checkpoint', file('kept.json')]);
    expect(text.stdout).toContain(`First at checkpoint, event ${seq}: the trail ends before event ${seq}, `);
  });
});

/** The script, word for word as the topic shows it. */
function script(): string {
  const shown = (helpTopic('audit') ?? '').split('\nverify.mjs:\n\n')[1] ?? '';
  return shown.replace(/^ {2}/gm, '');
}

describe('an export, verified elsewhere', () => {
  let away: Prepared;
  let events: string[];
  let words: (...given: string[]) => string[];

  beforeAll(async () => {
    away = await quickNorthside();
    away.inProcess = true;
    await away.json(['user', 'update', 'jane', '--name', 'Jane “Bee” 🐝', '-a', kid]);
    const at = (name: string) => join(away.home, name);
    writeFileSync(at('verify.mjs'), script());
    await away.run(['audit', 'export', '--file', at('first.ndjson')]);
    await away.json(['user', 'update', 'sam', '--name', 'Sam', '-a', kid]);
    await away.json(['audit', 'checkpoint', '--file', at('checkpoint.json')]);
    await away.json(['user', 'update', 'jane', '--name', 'Jane', '-a', kid]);
    await away.run(['audit', 'export', '--file', at('events.ndjson')]);
    events = readFileSync(at('events.ndjson'), 'utf8').trimEnd().split('\n');
    words = (...given) => given.map((word) => (word === '-' ? word : at(word)));
  });
  afterAll(() => away.remove());

  function verify(...given: string[]): {
    exit: number | null;
    says: { events: number; linked: number; broken: unknown[] };
  } {
    const ran = spawnSync(process.execPath, words('verify.mjs', ...given), { encoding: 'utf8' });
    return { exit: ran.status, says: JSON.parse(ran.stdout) };
  }

  function altered(change: (lines: string[]) => string[]): string {
    writeFileSync(join(away.home, 'altered.ndjson'), `${change([...events]).join('\n')}\n`);
    return 'altered.ndjson';
  }

  test('has every event, oldest first, and begins as an earlier one does', async () => {
    const parsed = events.map((line) => JSON.parse(line) as { seq: number });
    expect(parsed.map((event) => event.seq)).toEqual(parsed.map((_, index) => index + 1));
    const first = readFileSync(join(away.home, 'first.ndjson'), 'utf8');
    expect(first.trimEnd().split('\n')).toHaveLength(events.length - 2);
    expect(`${events.join('\n')}\n`.startsWith(first)).toBe(true);
    const { stdout } = await away.run(['audit', 'export', '--after', String(events.length - 1)]);
    expect(stdout).toBe(`${events.at(-1)}\n`);
  });

  test('is well with the key ring, and with a checkpoint, and with both', () => {
    const all = events.length;
    expect(verify('events.ndjson', 'key.json', 'checkpoint.json')).toEqual({
      exit: 0,
      says: { events: all, linked: all, broken: [] },
    });
    expect(verify('events.ndjson', '-', 'checkpoint.json').says).toEqual({
      events: all,
      linked: 0,
      broken: [],
    });
    expect(verify('events.ndjson').says).toEqual({ events: all, linked: 0, broken: [] });
  });

  test('with one byte altered is found, by the key', () => {
    const index = events.findIndex((line) => line.includes('user.updated'));
    const change = (lines: string[]) =>
      lines.map((line, at) => (at === index ? line.replace('owner', 'awner') : line));
    expect(verify(altered(change), 'key.json')).toMatchObject({ exit: 6, says: { broken: [index + 1] } });
  });

  test('with an event left out is found, without the key', () => {
    const index = events.findIndex((line) => line.includes('"subject":"account:'));
    const without = altered((lines) => lines.filter((_, at) => at !== index));
    const { exit, says } = verify(without);
    expect(exit).toBe(6);
    expect(says.broken.length).toBeGreaterThan(0);
  });

  test('with the newest event of a chain left out, or another link, is found by the checkpoint', () => {
    const sam = events.length - 2;
    expect(verify(altered((lines) => lines.filter((_, at) => at !== sam))).exit).toBe(0);
    const point = ['-', 'checkpoint.json'];
    const without = altered((lines) => lines.filter((_, at) => at !== sam));
    expect(verify(without, ...point)).toMatchObject({ exit: 6, says: { broken: ['the checkpoint'] } });
    const relinked = altered((lines) =>
      lines.map((line, at) => (at === sam ? line.replace(/"link":"./, '"link":"_') : line)),
    );
    expect(verify(relinked, ...point)).toMatchObject({ exit: 6, says: { broken: ['the checkpoint'] } });
  });

  test("of an account has its own chains whole, and the account's checkpoint fits", async () => {
    await away.run(['audit', 'export', '-p', 'maria', '--file', join(away.home, 'own.ndjson')]);
    await away.json(['audit', 'checkpoint', '-p', 'maria', '--file', join(away.home, 'own.json')]);
    const { exit, says } = verify('own.ndjson', 'key.json', 'own.json');
    expect({ exit, broken: says.broken }).toEqual({ exit: 0, broken: [] });
    expect(says.events).toBeLessThan(events.length);
    expect(says.linked).toBe(says.events);
  });
});
