// An import that is interrupted or killed: what it leaves, and that the same command completes it.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Prepared, quickNorthside } from '../support/in-process.ts';
import { environment } from '../support/program.ts';
import { hasTerminal, onTerminal, readable } from '../support/terminal.ts';

const executable = resolve(import.meta.dirname, '../../bin/twofa.js');
const skipped = hasTerminal ? '' : ' (skipped: there is no script of util-linux here)';
const many = 20_000;
const header = 'username,name,email,phone,practices,system_administrator';

let here: Prepared;
let roster: string;
let account: string;
let accounts = 30_000;

beforeAll(async () => {
  here = await quickNorthside();
  roster = join(here.home, 'many.csv');
  const rows = Array.from(
    { length: many },
    (_, n) => `user${n},User ${n},user${n}@lakeside.example,+1201555${String(n % 10_000).padStart(4, '0')},,`,
  );
  writeFileSync(roster, `${[header, ',nobody,,,,', ...rows, `user${many - 1},Twice,,,,`].join('\n')}\n`);
});
afterAll(() => here.remove());
beforeEach(() => newAccount());

async function newAccount(): Promise<void> {
  accounts += 1;
  account = String(accounts);
  await here.prepare(async (json) => {
    await json(['account', 'create', account, '--name', 'Lakeside']);
  });
}

const importing = (...args: string[]) => ['user', 'import', roster, '-a', account, ...args];

interface Ended {
  exit: number | null;
  stderr: string;
}

/** Imports the roster, and sends a signal once the first users are stored and the first row is rejected. */
async function stopped(signal: NodeJS.Signals, args: readonly string[]): Promise<Ended & { kept: number }> {
  const child: ChildProcess = spawn(process.execPath, [executable, ...args], {
    cwd: here.home,
    env: environment(here.home),
  });
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  const database = here.database();
  const count = database.prepare('SELECT count(*) FROM users WHERE account_kid = ?').pluck();
  const closed = new Promise<number | null>((done) => child.on('close', (exit) => done(exit)));
  while ((count.get(account) === 0 || drafts().length === 0) && child.exitCode === null) {
    await new Promise((done) => setTimeout(done, 5));
  }
  child.kill(signal);
  const exit = await closed;
  const kept = Number(count.get(account));
  database.close();
  return { exit, stderr, kept };
}

const drafts = () => readdirSync(here.home).filter((name) => name.endsWith('.new'));
const rosterOf = async (kid: string) => {
  const { stdout } = await here.run(['user', 'export', '-a', kid]);
  const rows = parse(stdout, { columns: true }) as Record<string, string>[];
  return rows.map(({ id: _, account: __, ...rest }) => rest);
};

describe('an import that ends in the middle', () => {
  test('by a kill leaves whole parts; the same command completes it, as if it had never been killed', async () => {
    const { exit, kept } = await stopped('SIGKILL', importing());
    expect(exit).toBeNull();
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThan(many);
    expect(drafts()).toHaveLength(1);
    expect(await here.json(['audit', 'verify'])).toMatchObject({ intact: true });

    const again = await here.json(importing(), 2);
    const counts = { read: many + 2, added: many - kept, updated: 0, unchanged: kept, rejected: 2 };
    expect(again).toMatchObject({ ...counts, changed: true });
    expect(drafts()).toEqual([]);
    const refused = parse(readFileSync(join(here.home, 'many.rejected.csv')), { columns: true });
    expect(refused).toMatchObject([
      { line: '2', reason: 'username is empty.' },
      { line: String(many + 3), reason: `The same username is in line ${many + 2} already.` },
    ]);

    const killed = account;
    await newAccount();
    expect(await here.json(importing(), 2)).toMatchObject({ added: many, rejected: 2 });
    expect(await rosterOf(killed)).toEqual(await rosterOf(account));
    expect(await here.json(['audit', 'verify'])).toMatchObject({ intact: true });
  });

  test('by Ctrl-C says what is stored and what completes it, exit 130', async () => {
    const { exit, stderr, kept } = await stopped('SIGINT', importing());
    expect(exit).toBe(130);
    const [said, hint] = stderr.trimEnd().split('\n');
    const { read } = /after (?<read>\d+) of/.exec(said ?? '')?.groups ?? {};
    expect(said).toBe(
      `twofa: Interrupted after ${read} of ${many + 2} rows: ${kept} added, 0 updated, 0 unchanged, 1 rejected. What was added and updated is stored.`,
    );
    expect(Number(read)).toBe(kept + 1);
    expect(hint).toBe('The same command completes the import.');
    expect(drafts()).toEqual([]);
    expect(await here.json(importing(), 2)).toMatchObject({ added: many - kept, unchanged: kept });
  });
});

test('one that the disk has no room for says what is stored, and the same command completes it', async () => {
  const limited = ['-c', 'ulimit -f 4096; exec "$0" "$@"', process.execPath, executable];
  const { status, stderr } = spawnSync('sh', [...limited, ...importing('--json')], {
    cwd: here.home,
    env: environment(here.home),
    encoding: 'utf8',
  });
  expect(status).toBe(11);
  const { error } = JSON.parse(stderr.trimEnd().split('\n').at(-1) ?? '');
  expect(error.code).toBe('store-unavailable');
  const said =
    /This was after (\d+) of 20002 rows: (\d+) added, 0 updated, 0 unchanged, 1 rejected. What was added and updated is stored; the same command completes the import.$/;
  const [, read = '', added = ''] = said.exec(error.hint) ?? [];
  expect(Number(read)).toBe(Number(added) + 1);
  expect(Number(added)).toBeGreaterThan(0);
  expect(await here.json(importing(), 2)).toMatchObject({
    added: many - Number(added),
    unchanged: Number(added),
  });
  expect(await here.json(['audit', 'verify'])).toMatchObject({ intact: true });
});

describe('progress', () => {
  const rowsSoFar = /Importing: [\d,]+ of 20,002 rows/;

  test.skipIf(!hasTerminal)(`is shown on a terminal${skipped}`, async () => {
    const { exit, screen } = await onTerminal(here.home, importing());
    expect(exit).toBe(2);
    expect(readable(screen)).toMatch(rowsSoFar);
    expect(readable(screen)).toContain('20002 read: 20000 added');
  });

  test.skipIf(!hasTerminal)(`is not shown with --quiet${skipped}`, async () => {
    const { screen } = await onTerminal(here.home, importing('-q'));
    expect(readable(screen)).not.toMatch(/Importing/);
  });

  test('is not shown where stderr is no terminal', async () => {
    const { stderr } = await here.run(importing());
    expect(stderr).toBe('');
  });
});
