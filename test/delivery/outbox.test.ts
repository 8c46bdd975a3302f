// The sandbox's outbox, and which channel a message takes.
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDelivery } from '../../src/delivery/open.ts';
import { TwofaError } from '../../src/errors.ts';
import { mailServer } from './mail-server.ts';
import { codeMessage, emailTo } from './messages.ts';

let folder: string;
let outboxFile: string;
let notices: string[];
const sms = { via: 'sms', to: '+12015550125' } as const;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'twofa-outbox-'));
  outboxFile = join(folder, 'data', 'outbox.ndjson');
  notices = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function open(changes: Partial<Parameters<typeof openDelivery>[0]> = {}) {
  return openDelivery({
    config: { domain: 'app.northside.example', email: null },
    outboxFile,
    notice: (text) => notices.push(text),
    clock: () => Date.UTC(2026, 2, 1, 9, 31),
    ...changes,
  });
}

const lines = () => readFileSync(outboxFile, 'utf8').split('\n').slice(0, -1);

describe('in a sandbox, what is not configured', () => {
  it('goes to the outbox, one line a message, and is said', async () => {
    const delivery = open();
    expect(await delivery.send(codeMessage(), 'sandbox')).toEqual({ status: 'delivered', reason: null });
    expect(await delivery.send(codeMessage(sms), 'sandbox')).toEqual({ status: 'delivered', reason: null });
    const [email, text] = lines().map((line) => JSON.parse(line));
    expect(email).toEqual({
      at: '2026-03-01T09:31:00.000Z',
      account: '10482',
      user: 'jane',
      via: 'email',
      to: 'jane@northside.example',
      subject: '482913 is your sign-in code for Northside Family Health',
      text: expect.stringMatching(/^482913 is your sign-in code/),
    });
    expect(Object.keys(email)).toEqual(['at', 'account', 'user', 'via', 'to', 'subject', 'text']);
    expect(text).toMatchObject({ via: 'sms', to: '+12015550125', subject: null });
    expect(text.text).toMatch(/\n@app\.northside\.example #482913$/);
    expect(lines()).toHaveLength(2);
    expect(notices).toEqual([
      `Sandbox: the email to j•••@northside.example is in ${outboxFile}.`,
      `Sandbox: the text message to •••0125 is in ${outboxFile}.`,
    ]);
  });

  it('is in a file that only its owner can read', async () => {
    await open().send(codeMessage(), 'sandbox');
    expect(statSync(outboxFile).mode & 0o777).toBe(0o600);
  });

  it('keeps the lines of messages sent at once whole', async () => {
    const delivery = open();
    const users = Array.from({ length: 50 }, (_, index) => `user-${index}`);
    await Promise.all(
      users.map((user) => delivery.send(codeMessage({ user, accountName: 'x\n{"y"}' }), 'sandbox')),
    );
    expect(
      lines()
        .map((line) => JSON.parse(line).user)
        .sort(),
    ).toEqual([...users].sort());
  });

  it('is refused where others can write the file', async () => {
    await open().send(codeMessage(), 'sandbox');
    chmodSync(outboxFile, 0o602);
    expect(await open().send(codeMessage(), 'sandbox')).toEqual({
      status: 'undelivered',
      reason: `the sandbox's outbox cannot be used: others can write it: chmod 600 ${outboxFile}`,
    });
    expect(lines()).toHaveLength(1);
    expect(notices).toHaveLength(1);
  });

  it('is not written through a link', async () => {
    const target = join(folder, 'elsewhere');
    writeFileSync(target, '');
    const link = join(folder, 'link.ndjson');
    symlinkSync(target, link);
    const receipt = await open({ outboxFile: link }).send(codeMessage(), 'sandbox');
    expect(receipt.status).toBe('undelivered');
    expect(receipt.reason).toMatch(/^the sandbox's outbox cannot be used: ELOOP/);
    expect(readFileSync(target, 'utf8')).toBe('');
  });
});

describe('outside a sandbox', () => {
  it('what is not configured is not delivered', async () => {
    const delivery = open();
    expect(delivery.channels()).toEqual({ email: false, sms: false });
    expect(await delivery.send(codeMessage(), 'live')).toEqual({
      status: 'undelivered',
      reason: 'email delivery is not configured',
    });
    expect(await delivery.send(codeMessage(sms), 'live')).toEqual({
      status: 'undelivered',
      reason: 'text message delivery is not configured',
    });
    expect(() => statSync(outboxFile)).toThrow(/ENOENT/);
  });
});

describe('where email is configured', () => {
  it('an email goes out, in a sandbox too, and a text message goes to the outbox', async () => {
    const server = await mailServer();
    const delivery = open({ config: { domain: null, email: emailTo(server.port) } });
    try {
      expect(delivery.channels()).toEqual({ email: true, sms: false });
      expect(await delivery.send(codeMessage(), 'sandbox')).toEqual({ status: 'accepted', reason: null });
      expect(await delivery.send(codeMessage(sms), 'sandbox')).toEqual({ status: 'delivered', reason: null });
      expect(server.received.map((each) => each.to)).toEqual([['jane@northside.example']]);
      expect(lines().map((line) => JSON.parse(line).via)).toEqual(['sms']);
    } finally {
      await delivery.close();
      await server.close();
    }
  });

  it('a password file that others can read is refused before anything is sent', () => {
    const file = join(folder, 'password');
    writeFileSync(file, 'hunter2\n');
    chmodSync(file, 0o604);
    const email = emailTo(25, { password: { file } }, 'mailer');
    const error = (() => {
      try {
        open({ config: { domain: null, email } });
        return null;
      } catch (thrown) {
        return thrown as TwofaError;
      }
    })();
    expect(error).toBeInstanceOf(TwofaError);
    expect(error).toMatchObject({ code: 'unsafe-file', exit: 4, hint: `chmod 600 ${file}` });
  });

  it('a password file that is missing is said by name', () => {
    const file = join(folder, 'none');
    const email = emailTo(25, { password: { file } }, 'mailer');
    expect(() => open({ config: { domain: null, email } })).toThrow(
      `The password file ${file} cannot be read.`,
    );
  });
});
