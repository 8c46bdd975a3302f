// rollcall and announce from the command line: what they print, ask and refuse, and what is left when they are ended.
import { spawn } from 'node:child_process';
import { cpSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type MailServer, mailServer, scriptedServer, willing } from '../delivery/mail-server.ts';
import { checkWordsIn, lastCheckWords } from '../support/check-words.ts';
import { Prepared, quickNorthside } from '../support/in-process.ts';
import { endOf, environment, kid } from '../support/program.ts';
import { hasTerminal, onTerminal, readable } from '../support/terminal.ts';
import { instant } from './fields.ts';

const executable = resolve(import.meta.dirname, '../../bin/twofa.js');
const maria = ['-a', kid, '-p', 'maria'];
const platform = ['-a', kid, '-p', 'platform'];
const everybody = ['david', 'jane', 'maria', 'nina', 'sam'];
const skipped = hasTerminal ? '' : ' (skipped: there is no script of util-linux here)';

interface Called {
  called: number;
  alreadyReachable: number;
  alreadyCalled: number;
  failed: { username: string; via: string; to: string; reason: string | null }[];
  skipped: { username: string; via: string; reason: string }[];
  changed: boolean;
}

interface Row {
  username: string;
  email: { state: string; at: string | null; reason: string | null };
  sms: { state: string; at: string | null; reason: string | null };
}

let template: Prepared;
let here: Prepared;

beforeAll(async () => {
  template = await quickNorthside();
});
afterAll(() => template.remove());
beforeEach(() => {
  here = new Prepared();
  cpSync(template.home, here.home, { recursive: true });
});
afterEach(() => here.remove());

/** The variables by which email goes to a server of the test. */
function mailTo({ port }: { port: number }): Record<string, string> {
  return {
    TWOFA_EMAIL_URL: `smtp://127.0.0.1:${port}`,
    TWOFA_EMAIL_TLS: 'none',
    TWOFA_EMAIL_FROM: 'Northside <no-reply@northside.example>',
  };
}

const status = (env: Record<string, string> = {}) =>
  here.json<Row[]>(['rollcall', 'status', ...maria], 0, { env });
const statesOf = (rows: Row[]) => Object.fromEntries(rows.map((row) => [row.username, row.email.state]));

/** A process that the test ends while it runs. */
function started(args: readonly string[], env: Record<string, string>) {
  const child = spawn(process.execPath, [executable, ...args], {
    cwd: here.home,
    env: environment(here.home, env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return { end: (signal: NodeJS.Signals) => child.kill(signal), ended: endOf(child) };
}

describe('a roll call', () => {
  test('calls, confirms and shows, as JSON', async () => {
    const none = { failed: [], skipped: [], alreadyReachable: 0 };
    expect(await here.json(['rollcall', 'start', ...maria])).toEqual({
      ...{ ...none, called: 10, alreadyCalled: 0, changed: true },
    });
    expect(await here.json(['rollcall', 'start', ...maria])).toEqual({
      ...{ ...none, called: 0, alreadyCalled: 10, changed: false },
    });
    const confirm = ['rollcall', 'confirm', 'jane', '--via'];
    const words = { input: `${lastCheckWords(here, 'jane', 'email')}\n` };
    expect(await here.json([...confirm, 'email', ...maria], 0, words)).toEqual({
      ...{ result: 'confirmed', why: null, via: 'email', triesLeft: 5, changed: true },
    });
    expect(await here.json([...confirm, 'sms', ...platform], 8, words)).toEqual({
      ...{ result: 'rejected', why: 'wrong', via: 'sms', triesLeft: 4, changed: true },
    });
    const jane = (await status()).find(({ username }) => username === 'jane');
    expect(jane).toEqual({
      username: 'jane',
      name: 'Jane Doe',
      practices: ['Northside Cardiology', 'Northside Pediatrics'],
      email: { state: 'reachable', at: expect.stringMatching(instant), reason: null },
      sms: { state: 'called', at: expect.stringMatching(instant), reason: null },
    });
  });

  test('shows who is reachable as a table, as CSV, a part at a time, and by practice', async () => {
    await here.json(['rollcall', 'start', '--via', 'email', ...maria]);
    const input = lastCheckWords(here, 'david', 'email');
    await here.json(['rollcall', 'confirm', 'david', '--via', 'email', ...maria], 0, { input });
    const table = await here.run(['rollcall', 'status', ...maria]);
    expect(table.stdout.split('\n')[0]).toMatch(
      /^USERNAME +NAME +PRACTICES +EMAIL +SINCE +REASON +TEXT MESSAGE/,
    );
    expect(table.stdout).toMatch(
      /^david +David Okafor +Northside Cardiology +reachable +\S+Z +– +not-called +–/m,
    );
    const csv = await here.run([
      'rollcall',
      'status',
      '-o',
      'csv',
      '--practice',
      'Northside Cardiology',
      ...maria,
    ]);
    expect(csv.stdout.split('\n')[0]).toBe(
      'username,name,practices,email_state,email_at,email_reason,sms_state,sms_at,sms_reason',
    );
    expect(
      csv.stdout
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => line.split(',')[0]),
    ).toEqual([...['david', 'jane', 'nina']]);
    const page = await here.json<Row[]>(['rollcall', 'status', '--after', 'jane', '--limit', '2', ...maria]);
    expect(page.map(({ username }) => username)).toEqual(['maria', 'nina']);
    const counts = { reachable: 0, called: 0, bounced: 0, notCalled: 0, noAddress: 0 };
    expect(await here.json(['rollcall', 'status', '--summary', ...maria])).toEqual([
      {
        ...{ practice: 'Northside Cardiology', users: 3 },
        email: { ...counts, reachable: 1, called: 2 },
        sms: { ...counts, notCalled: 3 },
      },
      {
        ...{ practice: 'Northside Pediatrics', users: 3 },
        email: { ...counts, called: 3 },
        sms: { ...counts, notCalled: 3 },
      },
    ]);
    const only = [
      'rollcall',
      'status',
      '--summary',
      '--practice',
      'northside pediatrics',
      '-o',
      'csv',
      ...maria,
    ];
    expect((await here.run(only)).stdout).toMatch(
      /^practice,users,email_reachable,.*\nNorthside Pediatrics,3,0,3,0,0,0,0,0,0,3,0\n$/,
    );
  });

  test('tells people what was sent, who got nothing, and what comes next', async () => {
    await here.json(['user', 'update', 'sam', '--phone', '12', '-a', kid]);
    const { exit, stdout, stderr } = await here.run(['rollcall', 'start', ...maria]);
    expect(exit).toBe(0);
    expect(stdout).toContain('9 messages with check words went out.');
    expect(stdout).toContain('  sam: phone is no valid phone number');
    expect(stdout).toContain('twofa rollcall confirm USER --via CHANNEL');
    expect(stderr).toContain('Sending 9 messages.');
    expect(stderr).toContain('Sandbox: the text message to •••0124');
    const words = here.outbox().filter((sent) => checkWordsIn(sent) !== null);
    expect(words).toHaveLength(9);
    for (const { text } of words) expect(text, 'nothing to be taken for a code').not.toMatch(/\d{6}/);
  });

  test('reads words from standard input alone, and refuses what is none', async () => {
    const confirm = ['rollcall', 'confirm', 'jane', '--via', 'sms'];
    await here.json(['rollcall', 'start', ...maria]);
    expect((await here.error([...confirm, ...maria], 2)).code).toBe('missing-option');
    const given = await here.run([...confirm, 'maple river', ...maria]);
    expect(given).toMatchObject({ exit: 2, stdout: '' });
    const code = await here.error([...confirm, ...maria], 2, { input: '123456' });
    expect(code).toMatchObject({ code: 'invalid-input', details: { field: 'checkWord' } });
    expect(code.message).not.toContain('123456');
    expect((await here.error(['rollcall', 'confirm', 'jane', ...maria], 2)).message).toContain('--via');
    for (const args of [
      ['rollcall', 'start', '--via', 'pigeon'],
      ['rollcall', 'start', '--per-minute', '0'],
      ['rollcall', 'start', '--per-minute', 'fast'],
    ]) {
      expect((await here.error([...args, ...maria], 2)).code).toBe('invalid-input');
    }
  });

  test('ends with enable', async () => {
    await here.json(['rollcall', 'start', ...maria]);
    const input = lastCheckWords(here, 'jane', 'sms');
    await here.json(['enable', '--confirm', kid, ...maria]);
    await here.prove('maria');
    const confirm = ['rollcall', 'confirm', 'jane', '--via', 'sms', ...platform];
    expect((await here.error(confirm, 6, { input })).code).toBe('already-enabled');
    expect((await here.error(['rollcall', 'start', ...maria], 6)).code).toBe('already-enabled');
    expect((await here.error(['announce', ...maria], 6)).code).toBe('already-enabled');
    expect(await here.json(['audit', 'verify'])).toMatchObject({ intact: true });
  });
});

describe('over a mail server', () => {
  let server: MailServer;
  const start = ['rollcall', 'start', '--via', 'email', ...maria];
  const mailed = () => server.received.map(({ to }) => to.join().replace(/@.*/, '')).sort();
  afterEach(() => server.close());

  test('two starts at once send to each user once', async () => {
    server = await mailServer();
    const env = mailTo(server);
    const results = await Promise.all([
      here.json<Called>(start, 0, { env }),
      here.json<Called>(start, 0, { env }),
    ]);
    expect(mailed()).toEqual(everybody);
    expect(results.reduce((sum, { called }) => sum + called, 0)).toBe(5);
    expect(Object.values(statesOf(await status()))).toEqual(Array(5).fill('called'));
  });

  test('a recipient who is refused has bounced, and is tried again', async () => {
    let full = true;
    server = await mailServer({
      onRcptTo({ address }, _session, done) {
        const refused = full && address.startsWith('jane@');
        done(refused ? Object.assign(new Error('mailbox is full'), { responseCode: 552 }) : null);
      },
    });
    const env = mailTo(server);
    const first = await here.json<Called>(start, 0, { env });
    expect(first).toMatchObject({ called: 4, changed: true });
    expect(first.failed).toMatchObject([{ username: 'jane', via: 'email', to: 'j•••@northside.example' }]);
    const bounced = (await status()).find(({ username }) => username === 'jane')?.email;
    expect(bounced?.state).toBe('bounced');
    expect(bounced?.reason).toBe(first.failed[0]?.reason);
    full = false;
    expect(await here.json(start, 0, { env })).toMatchObject({ called: 1, alreadyCalled: 4, failed: [] });
    expect(mailed()).toEqual(everybody);
  });

  test('Ctrl-C ends it with 130 once what is being sent is recorded; the next start goes on', async () => {
    server = await mailServer();
    const env = mailTo(server);
    const process = started([...start, '--per-minute', '6'], env);
    await expect.poll(() => server.received.length, { timeout: 20_000 }).toBe(1);
    process.end('SIGINT');
    const { exit, stdout, stderr } = await process.ended;
    expect({ exit, stdout }).toEqual({ exit: 130, stdout: '' });
    expect(stderr).toContain('Sending 5 messages, at most 6 emails and 6 text messages a minute.');
    expect(stderr).toContain('Interrupted after 1 of 5 messages.');
    expect(stderr).toContain('nobody is sent anything twice');
    expect(mailed()).toEqual(['david']);
    expect(statesOf(await status())).toMatchObject({ david: 'called', jane: 'not-called' });
    const rest = await here.json<Called>([...start], 0, { env });
    expect(rest).toMatchObject({ called: 4, alreadyCalled: 1 });
    expect(mailed()).toEqual(everybody);
  });

  test('killed while a message is being sent, it leaves one that is offered again after a minute', async () => {
    const silent = await scriptedServer((line) => (line === '.' ? 'silence' : willing(line)));
    const process = started(start, mailTo(silent));
    await expect
      .poll(() => silent.heard.filter((line) => line === '.').length, { timeout: 20_000 })
      .toBeGreaterThan(0);
    process.end('SIGKILL');
    await process.ended;
    await silent.close();
    server = await mailServer();
    const env = mailTo(server);
    expect(statesOf(await status())).toEqual(Object.fromEntries(everybody.map((user) => [user, 'called'])));
    expect(await here.json(start, 0, { env })).toMatchObject({ called: 0, alreadyCalled: 5 });
    const database = here.database();
    database.prepare('UPDATE messages SET created_at = created_at - 60000').run();
    database.close();
    expect(statesOf(await status())).toEqual(
      Object.fromEntries(everybody.map((user) => [user, 'not-called'])),
    );
    expect(await here.json(start, 0, { env })).toMatchObject({ called: 5, failed: [] });
    expect(mailed()).toEqual(everybody);
    expect(await here.json(['audit', 'verify'])).toMatchObject({ intact: true });
  });

  test('announce mails each user once, with masked addresses and no others', async () => {
    server = await mailServer();
    const env = mailTo(server);
    const announce = ['announce', '--on', '2999-01-31', ...maria];
    expect(await here.json(announce, 0, { env })).toEqual({
      ...{ sent: 5, alreadyTold: 0, failed: [], skipped: [], changed: true },
    });
    expect(mailed()).toEqual(everybody);
    expect(await here.json(announce, 0, { env })).toMatchObject({ sent: 0, alreadyTold: 5, changed: false });
    expect(await here.json([...announce, '--again'], 0, { env })).toMatchObject({ sent: 5 });
    for (const { mail } of server.received) {
      expect(mail.text).not.toMatch(/[a-z]{2,}@northside\.example|\+1201555/);
    }
  });
});

test('announce names the day that is wrong, and mails nobody', async () => {
  for (const on of ['2026-02-30', '2020-01-01', 'soon']) {
    const error = await here.error(['announce', '--on', on, ...maria], 2);
    expect(error).toMatchObject({ code: 'invalid-input', details: { field: 'on' } });
    expect(error.message).toContain(JSON.stringify(on));
  }
});

describe.skipIf(!hasTerminal)(`on a terminal${skipped}`, () => {
  const question = /Send now\?/;

  test('it says how many and asks first; no, and nothing, sends nothing', async () => {
    for (const type of ['\r', 'n\r']) {
      const { exit, screen } = await onTerminal(here.home, ['rollcall', 'start', ...maria], {
        typing: [{ when: question, type }],
      });
      expect(exit).toBe(2);
      expect(readable(screen)).toContain('This sends 10 messages. Send now?');
      expect(readable(screen)).toContain('Not confirmed; nothing was sent.');
    }
    expect(Object.values(statesOf(await status()))).toEqual(Array(5).fill('not-called'));
  });

  test('yes sends; --no-input does not ask', async () => {
    const { exit, screen } = await onTerminal(here.home, ['rollcall', 'start', '--via', 'sms', ...maria], {
      typing: [{ when: question, type: 'y\r' }],
    });
    expect(exit).toBe(0);
    expect(readable(screen)).toContain('5 messages with check words went out.');
    const announced = await onTerminal(here.home, ['announce', '--no-input', ...maria]);
    expect(announced.exit).toBe(0);
    expect(readable(announced.screen)).toContain('5 emails went out.');
  });

  test('words are asked for without echo', async () => {
    await here.json(['rollcall', 'start', ...maria]);
    const words = lastCheckWords(here, 'jane', 'sms');
    const { exit, screen } = await onTerminal(
      here.home,
      ['rollcall', 'confirm', 'jane', '--via', 'sms', ...maria],
      { typing: [{ when: /The check words:/, type: `${words}\r` }] },
    );
    expect(exit).toBe(0);
    expect(screen).not.toContain(words);
  });
});
