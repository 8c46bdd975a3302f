// A program that is killed while it sends: what is recorded of the message, who reports it, and what settles it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type ScriptedServer, scriptedServer, willing } from '../delivery/mail-server.ts';
import { type Prepared, quickEnabledNorthside, runInProcess } from '../support/in-process.ts';
import { environment, kid } from '../support/program.ts';

const executable = resolve(import.meta.dirname, '../../bin/twofa.js');

let here: Prepared;
let server: ScriptedServer | undefined;

beforeAll(async () => {
  here = await quickEnabledNorthside();
});
afterAll(() => here.remove());
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const send = ['code', 'send', 'jane', '--via', 'email', '-a', kid, '-p', 'platform', '--json'];

/** Has email go to a server; without one it goes to the outbox again. */
function mailTo(port: number | null): void {
  const email = `email:\n  url: smtp://127.0.0.1:${port}\n  tls: none\n  from: no-reply@northside.example\n`;
  writeFileSync(join(here.home, 'config.yaml'), port === null ? '' : email, { mode: 0o600 });
}

/** Starts sending and kills the program as soon as the server has heard a line that starts so. */
async function killAt(stage: string): Promise<void> {
  let heard: () => void = () => {};
  const reached = new Promise<void>((resolve) => {
    heard = resolve;
  });
  server = await scriptedServer((line) => {
    if (!line.startsWith(stage)) return willing(line);
    heard();
    return 'silence';
  });
  mailTo(server.port);
  const child = spawn(process.execPath, [executable, ...send], {
    cwd: here.home,
    env: environment(here.home),
    stdio: 'ignore',
  });
  const ended = once(child, 'exit');
  await reached;
  child.kill('SIGKILL');
  expect(await ended).toEqual([null, 'SIGKILL']);
  mailTo(null);
}

function ageMessages(ms: number): void {
  const database = here.database();
  database.prepare('UPDATE messages SET created_at = created_at - ?').run(ms);
  database.close();
}

async function doctorOnMessages(): Promise<{ ok: boolean; message: string; hint: string | null }> {
  const { stdout } = await runInProcess(here.home, ['doctor', '--json']);
  return JSON.parse(stdout).checks.find(({ id }: { id: string }) => id === 'messages');
}

interface Status {
  outstandingCodes: number;
  messages: { via: string; to: string; status: string; reason: string | null }[];
}

const status = () => here.json<Status>(['status', 'jane', '-a', kid]);

describe('a program that is killed while it sends', () => {
  test.each([
    ['before the greeting', ''],
    ['when it has named the recipient', 'RCPT'],
    ['when the whole message is handed over', '.'],
  ])('%s leaves what doctor reports and maintain settles', async (_, stage) => {
    const before = await status();
    await killAt(stage);
    expect((await status()).messages[0]).toMatchObject({ status: 'pending', reason: null });
    expect(await doctorOnMessages(), 'it might still be at it').toMatchObject({ ok: true });
    ageMessages(61_000);
    expect(await doctorOnMessages()).toEqual({
      id: 'messages',
      ok: false,
      message: 'Messages without a recorded outcome: 1. Notices that did not go out: 0.',
      hint: 'Run "twofa maintain", by cron best; "twofa notices list" says why.',
    });
    expect(await here.json(['maintain'])).toMatchObject({ messages: { abandoned: 1 }, changed: true });
    expect(await here.json(['maintain'])).toMatchObject({ messages: { abandoned: 0 }, changed: false });
    expect(await doctorOnMessages()).toMatchObject({ ok: true });
    const after = await status();
    expect(after.outstandingCodes, 'it may have arrived').toBe(before.outstandingCodes + 1);
    expect(after.messages[0]).toEqual({
      messageId: expect.stringMatching(/^msg_/),
      via: 'email',
      to: 'j•••@northside.example',
      app: 'platform',
      status: 'unknown',
      reason: 'the program ended before it was known what became of the message',
      sentAt: expect.any(String),
      settledAt: expect.any(String),
    });
    expect(await here.json(['audit', 'verify'])).toMatchObject({ intact: true });
  });
});

test('a message that was reported as failed has no code that works', async () => {
  server = await scriptedServer((line) => (line.startsWith('RCPT') ? '550 no such mailbox' : willing(line)));
  mailTo(server.port);
  const before = await status();
  const failed = await here.error(send.slice(0, -1), 10);
  expect(failed).toMatchObject({ code: 'delivery-failed', details: { otherChannel: 'sms (•••0124)' } });
  mailTo(null);
  const after = await status();
  expect(after.outstandingCodes).toBe(before.outstandingCodes);
  expect(after.messages[0]).toMatchObject({ status: 'undelivered', reason: '550 no such mailbox' });
});

test('the screen says it in words', async () => {
  const { stdout } = await here.run(['status', 'jane', '-a', kid]);
  expect(stdout).toContain('email to j•••@northside.example was not delivered: 550 no such mailbox');
});

describe('doctor --send-test', () => {
  const sendTest = (address: string) => runInProcess(here.home, ['doctor', '--send-test', address, '--json']);
  const checkOf = (stdout: string) =>
    JSON.parse(stdout).checks.find(({ id }: { id: string }) => id === 'send-test');

  test('sends one message to the address, and says what became of it', async () => {
    server = await scriptedServer(willing);
    mailTo(server.port);
    const { stdout } = await sendTest('ops@northside.example');
    expect(checkOf(stdout)).toMatchObject({
      ok: true,
      message: 'The email to o•••@northside.example was accepted',
    });
    expect(server.heard.filter((line) => line.startsWith('RCPT'))).toEqual([
      'RCPT TO:<ops@northside.example>',
    ]);
    mailTo(null);
  });

  test('sends a text message to a phone, in a sandbox to its outbox', async () => {
    const { stdout } = await sendTest('+12015550177');
    expect(checkOf(stdout)).toMatchObject({ ok: true, message: 'The text message to •••0177 was delivered' });
    expect(here.outbox().at(-1)).toMatchObject({ via: 'sms', to: '+12015550177' });
  });

  test('a server that refuses is told, with exit 6', async () => {
    server = await scriptedServer((line) => (line.startsWith('MAIL') ? '550 go away' : willing(line)));
    mailTo(server.port);
    const { exit, stdout } = await sendTest('ops@northside.example');
    expect(exit).toBe(6);
    expect(checkOf(stdout)).toMatchObject({
      ok: false,
      message: 'The email to o•••@northside.example was not delivered: 550 go away.',
    });
    mailTo(null);
  });

  test.each(['ops', 'ops@', '2015550177', '+1201', ''])('%j is no address', async (address) => {
    const { exit, stdout, stderr } = await sendTest(address);
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
    expect(JSON.parse(stderr).error).toMatchObject({ code: 'invalid-input', details: { field: 'sendTest' } });
  });
});
