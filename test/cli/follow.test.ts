// Feeding a log collector: every event once, in the order of the trail, while others write and it is ended and started again.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readProfiles } from '../../src/cli/profiles.ts';
import { type Prepared, quickNorthside } from '../support/in-process.ts';
import { environment, kid } from '../support/program.ts';

const executable = resolve(import.meta.dirname, '../../bin/twofa.js');
const library = resolve(import.meta.dirname, '../../dist/index.cjs');

let here: Prepared;

beforeAll(async () => {
  here = await quickNorthside();
});
afterAll(() => here.remove());

interface Event {
  seq: number;
  action: string;
}

const follow = ['audit', 'follow', '--interval', '1s', '--cursor-file'];

/** A follower as a process of its own. */
class Follower {
  readonly child: ChildProcess;
  #text = '';
  readonly ended: Promise<number | null>;

  constructor(cursor: string, ...more: string[]) {
    this.child = spawn(process.execPath, [executable, ...follow, cursor, ...more], {
      env: environment(here.home),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.child.stdout?.setEncoding('utf8').on('data', (text) => {
      this.#text += text;
    });
    this.ended = new Promise((done) => this.child.on('close', done));
  }

  get events(): Event[] {
    const whole = this.#text.slice(0, this.#text.lastIndexOf('\n') + 1);
    return whole
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Event);
  }

  /** Waits until so many events have come. */
  async reaches(count: number): Promise<void> {
    while (this.events.length < count) {
      if (this.child.exitCode !== null) throw new Error('The follower has ended.');
      await new Promise((later) => setTimeout(later, 20));
    }
  }
}

/** A process that writes events, as an application does, through the library. */
function writer(token: string, times: number): Promise<number | null> {
  const script = `
    const { openTwofa } = require(${JSON.stringify(library)});
    const twofa = openTwofa({ token: ${JSON.stringify(token)} });
    (async () => {
      for (let each = 0; each < ${times}; each += 1) {
        await twofa.request('user.show', { account: '${kid}', user: 'jane' });
      }
      await twofa.close();
    })();`;
  const child = spawn(process.execPath, ['-e', script], { env: environment(here.home), stdio: 'inherit' });
  return new Promise((done) => child.on('close', done));
}

const careToken = () => readProfiles(join(here.home, 'profiles.json')).profiles.care?.token ?? '';
const all = () => here.json<Event[]>(['audit', 'list']);
const seqs = (events: readonly Event[]) => events.map((event) => event.seq);

describe('audit follow', () => {
  test('prints what audit list does, from the first event on, and goes on where it ended', async () => {
    const cursor = join(here.home, 'once.cursor');
    const first = await here.run([...follow, cursor, '--once']);
    const listed = await here.run(['audit', 'list', '-o', 'ndjson']);
    expect(first).toEqual({ exit: 0, stdout: listed.stdout, stderr: '' });
    expect(await here.run([...follow, cursor, '--once'])).toEqual({ exit: 0, stdout: '', stderr: '' });
    await here.json(['user', 'show', 'jane', '-a', kid, '-p', 'care']);
    const [line, ...more] = (await here.run([...follow, cursor, '--once'])).stdout.trimEnd().split('\n');
    expect(JSON.parse(line ?? '')).toMatchObject({ action: 'user.viewed', user: 'jane' });
    expect(more).toEqual([]);
  });

  test('without a cursor begins with what comes', async () => {
    expect(await here.run(['audit', 'follow', '--once'])).toEqual({ exit: 0, stdout: '', stderr: '' });
  });

  test('for an administrator prints the events of the own account', async () => {
    await here.json(['account', 'create', '20967', '--name', 'Lakeside']);
    const cursor = join(here.home, 'maria.cursor');
    const { stdout } = await here.run([...follow, cursor, '--once', '-p', 'maria']);
    const listed = await here.run(['audit', 'list', '-o', 'ndjson', '-p', 'maria']);
    expect(stdout).toBe(listed.stdout);
    const newest = (await all()).at(-1)?.seq;
    expect(readFileSync(cursor, 'utf8')).toMatch(new RegExp(`^${newest}\\.`));
  });

  test('while four processes write, ended and started again in between: every event once, in order', async () => {
    const cursor = join(here.home, 'writers.cursor');
    const token = careToken();
    const before = (await all()).length;
    const writers = [1, 2, 3, 4].map(() => writer(token, 250));
    const seen: Event[] = [];
    // They write for longer than three followers need for so few events.
    for (const until of [before + 10, 5, 5]) {
      const follower = new Follower(cursor);
      await follower.reaches(until);
      follower.child.kill('SIGTERM');
      expect(await follower.ended).toBe(0);
      seen.push(...follower.events);
    }
    expect(await Promise.all(writers)).toEqual([0, 0, 0, 0]);
    const last = new Follower(cursor, '--once');
    expect(await last.ended).toBe(0);
    seen.push(...last.events);
    const stored = await all();
    expect(stored.length).toBe(before + 1000);
    expect(seqs(seen)).toEqual(seqs(stored));
  });

  test('killed, it skips nothing; what it prints again are the last lines before', async () => {
    const cursor = join(here.home, 'killed.cursor');
    const token = careToken();
    const writers = [1, 2].map(() => writer(token, 40));
    const killed = new Follower(cursor);
    await killed.reaches((await all()).length);
    killed.child.kill('SIGKILL');
    await killed.ended;
    await Promise.all(writers);
    const last = new Follower(cursor, '--once');
    expect(await last.ended).toBe(0);
    const again = new Set(seqs(last.events));
    const distinct = seqs(killed.events).filter((seq) => !again.has(seq));
    expect([...distinct, ...again]).toEqual(seqs(await all()));
  });

  test('whose reader goes away ends quietly, and Ctrl-C ends it with 0', async () => {
    const closed = new Follower(join(here.home, 'closed.cursor'));
    await closed.reaches(1);
    closed.child.stdout?.destroy();
    await here.json(['user', 'show', 'jane', '-a', kid, '-p', 'care']);
    expect(await closed.ended).toBe(0);
    const interrupted = new Follower(join(here.home, 'interrupted.cursor'));
    await interrupted.reaches(1);
    interrupted.child.kill('SIGINT');
    expect(await interrupted.ended).toBe(0);
    expect(interrupted.events.length).toBe((await all()).length);
  });

  test('refuses a cursor that is not of this store, an interval that is none, and a file that cannot be written', async () => {
    const cursor = join(here.home, 'other.cursor');
    writeFileSync(cursor, `5.${'x'.repeat(43)}\n`);
    const error = await here.error([...follow, cursor, '--once'], 6);
    expect(error).toMatchObject({ code: 'cursor-unknown', details: { seq: 5 } });
    writeFileSync(cursor, 'seven\n');
    const other = await here.error([...follow, cursor, '--once'], 2);
    expect(other).toMatchObject({ code: 'file-unwritable', details: { field: 'cursorFile' } });
    expect(readFileSync(cursor, 'utf8'), 'a file of another kind stays as it is').toBe('seven\n');
    expect((await here.error(['audit', 'follow', '--interval', 'often'], 2)).details).toEqual({
      field: 'interval',
    });
    for (const nowhere of [join(here.home, 'no', 'such.cursor'), join(here.home, 'profiles.json', 'x'), '']) {
      expect((await here.error([...follow, nowhere, '--once'], 2)).code).toMatch(
        /^file-un(writable|readable)$/,
      );
    }
    expect(existsSync(join(here.home, 'no'))).toBe(false);
    expect((await here.error(['audit', 'follow', '--once', '-p', 'care'], 4)).code).toBe('not-permitted');
  });
});
