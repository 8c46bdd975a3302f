// Email over SMTP, against real servers that take it, refuse it, stall, or vanish.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { EmailConfig } from '../../src/delivery/config.ts';
import { openMailer } from '../../src/delivery/smtp.ts';
import { textsOf } from '../../src/delivery/texts.ts';
import { type Move, mailServer, scriptedServer, willing } from './mail-server.ts';
import { codeMessage, emailTo } from './messages.ts';

const ending: (() => Promise<void>)[] = [];
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'twofa-smtp-'));
});
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
  rmSync(folder, { recursive: true, force: true });
});

async function serving<T extends { close(): Promise<void> }>(starting: Promise<T>): Promise<T> {
  const server = await starting;
  ending.push(() => server.close());
  return server;
}

function mailing(email: EmailConfig, budgetMs?: number) {
  const mailer = openMailer(email, { budgetMs });
  ending.push(() => mailer.close());
  return (changes: Parameters<typeof codeMessage>[0] = {}) => {
    const message = codeMessage(changes);
    return mailer.send(message, textsOf(message, null));
  };
}

const refusal = (text: string, responseCode: number) => Object.assign(new Error(text), { responseCode });

/** Header lines by name, unfolded. */
function headersOf(source: string): Map<string, string> {
  const head = source.slice(0, source.indexOf('\r\n\r\n')).replace(/\r\n[ \t]+/g, ' ');
  const pairs = head.split('\r\n').map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  expect(new Set(pairs.map(([name]) => name)).size).toBe(pairs.length);
  return new Map(pairs);
}

const ourHeaders = [
  'Auto-Submitted',
  'Content-Language',
  'Content-Type',
  'Date',
  'From',
  'MIME-Version',
  'Message-ID',
  'Subject',
  'To',
  'X-Auto-Response-Suppress',
];

describe('a message that the server takes', () => {
  it('arrives once, encrypted, with our headers and no others', async () => {
    const server = await serving(mailServer());
    expect(await mailing(emailTo(server.port))()).toEqual({ status: 'accepted', reason: null });
    const [only, ...more] = server.received;
    expect(more).toEqual([]);
    expect(only).toMatchObject({
      from: 'no-reply@northside.example',
      to: ['jane@northside.example'],
      secure: true,
    });
    const headers = headersOf(only?.source ?? '');
    expect([...headers.keys()].sort()).toEqual(ourHeaders);
    expect(headers.get('From')).toBe('Northside <no-reply@northside.example>');
    expect(headers.get('To')).toBe('jane@northside.example');
    expect(headers.get('Auto-Submitted')).toBe('auto-generated');
    expect(headers.get('X-Auto-Response-Suppress')).toBe('All');
    expect(headers.get('Date')).toBe('Sun, 01 Mar 2026 09:30:00 +0000');
    expect(headers.get('Message-ID')).toMatch(/^<[0-9a-f-]+@northside\.example>$/);
    expect(only?.mail.subject).toBe('482913 is your sign-in code for Northside Family Health');
    expect(only?.mail.text).toBe(textsOf(codeMessage(), null).text);
    expect(only?.mail.html).toBe(textsOf(codeMessage(), null).html);
    expect(headers.get('Content-Language')).toBe('en');
    expect(headers.get('Content-Type')).toMatch(/^multipart\/alternative; boundary=/);
    expect(only?.mail.attachments).toEqual([]);
  });

  it('goes over TLS from the first byte to smtps', async () => {
    const server = await serving(mailServer({ secure: true }));
    const email = emailTo(server.port);
    const send = mailing({ ...email, server: { ...email.server, secure: true } });
    expect(await send()).toEqual({ status: 'accepted', reason: null });
    expect(server.received.map((each) => each.secure)).toEqual([true]);
  });

  it('goes unencrypted where TLS is turned off', async () => {
    const server = await serving(mailServer());
    expect(await mailing(emailTo(server.port, { tls: 'none' }))()).toEqual({
      status: 'accepted',
      reason: null,
    });
    expect(server.received.map((each) => each.secure)).toEqual([false]);
  });

  it('goes unencrypted where TLS is optional and not offered', async () => {
    const server = await serving(mailServer({ disabledCommands: ['STARTTLS'] }));
    expect(await mailing(emailTo(server.port))()).toEqual({ status: 'accepted', reason: null });
    expect(server.received.map((each) => each.secure)).toEqual([false]);
  });
});

describe('where TLS is required', () => {
  it('nothing is said in the clear to a server that offers none', async () => {
    const server = await serving(
      scriptedServer((line) => (line === 'STARTTLS' ? '502 not here' : willing(line))),
    );
    const file = join(folder, 'password');
    writeFileSync(file, 'hunter2\n', { mode: 0o600 });
    const send = mailing(emailTo(server.port, { tls: 'required', password: { file } }, 'mailer'));
    expect(await send()).toEqual({ status: 'undelivered', reason: 'the server offers no TLS: 502 not here' });
    expect(server.heard.map((line) => line.split(' ')[0])).toEqual(['EHLO', 'STARTTLS']);
    expect(server.connections).toBe(1);
  });

  it.each([false, true])('a certificate that nobody vouches for is refused (smtps: %s)', async (secure) => {
    const server = await serving(mailServer({ secure }));
    const email = emailTo(server.port, { tls: 'required' });
    const receipt = await mailing({ ...email, server: { ...email.server, secure } })();
    expect(receipt.status).toBe('undelivered');
    expect(receipt.reason).toMatch(/^no trusted TLS connection: .*(certificate)/);
    expect(server.received).toEqual([]);
  });
});

describe('signing in to the server', () => {
  const taking = (password: () => string) =>
    mailServer({
      authOptional: false,
      onAuth: (auth, _session, done) => {
        if (auth.username === 'mailer' && auth.password === password()) done(null, { user: 'mailer' });
        // Some servers repeat what they were given.
        else
          done(
            refusal(
              `no: ${auth.password} ${Buffer.from(`\0mailer\0${auth.password}`).toString('base64')}`,
              535,
            ),
          );
      },
    });
  const print = (file: string) => [
    '-e',
    'process.stdout.write(require("fs").readFileSync(process.argv[1]))',
    file,
  ];

  it('is done with the password of a file', async () => {
    const server = await serving(taking(() => 'hunter2 ü'));
    const file = join(folder, 'password');
    writeFileSync(file, 'hunter2 ü\n', { mode: 0o600 });
    const send = mailing(emailTo(server.port, { password: { file } }, 'mailer'));
    expect(await send()).toEqual({ status: 'accepted', reason: null });
    expect(server.received.map((each) => each.user)).toEqual(['mailer']);
  });

  it('fails once with a wrong password, which is in no reason', async () => {
    const server = await serving(taking(() => 'right'));
    const file = join(folder, 'password');
    writeFileSync(file, 'hunter2', { mode: 0o600 });
    const receipt = await mailing(emailTo(server.port, { password: { file } }, 'mailer'))();
    expect(receipt).toEqual({ status: 'undelivered', reason: '535 no: ••• •••' });
    expect(server.connections).toBe(1);
    expect(server.received).toEqual([]);
  });

  it('is done with what a command says, asked again once the server has changed its mind', async () => {
    let password = 'first';
    const server = await serving(taking(() => password));
    const file = join(folder, 'password');
    writeFileSync(file, `${password}\n`);
    const send = mailing(
      emailTo(server.port, { password: { command: [process.execPath, ...print(file)] } }, 'mailer'),
    );
    expect(await send()).toEqual({ status: 'accepted', reason: null });
    password = 'second; $(touch x)';
    writeFileSync(file, password);
    // A connection that is signed in stays so: only a new one asks for the password.
    server.hangUp();
    expect(await send()).toEqual({ status: 'accepted', reason: null });
    expect(server.received).toHaveLength(2);
    expect(server.connections).toBe(3);
  });

  it.each([
    ['fails', ['-e', 'console.log("hunter2"); console.error("hunter2"); process.exit(3)'], 'failed (3)'],
    ['says nothing', ['-e', ''], 'holds no password on one line'],
    ['says too much', ['-e', 'console.log("hunter2\\nhunter3")'], 'holds no password on one line'],
  ])('is given up when the command %s', async (_what, args, problem) => {
    const server = await serving(taking(() => 'right'));
    const send = mailing(
      emailTo(server.port, { password: { command: [process.execPath, ...args] } }, 'mailer'),
    );
    expect(await send()).toEqual({
      status: 'undelivered',
      reason: `the password command ${process.execPath} ${problem}`,
    });
    expect(server.connections).toBe(0);
  });

  it('is given up when the file has become open to others', async () => {
    const server = await serving(taking(() => 'right'));
    const file = join(folder, 'password');
    writeFileSync(file, 'right', { mode: 0o600 });
    const send = mailing(emailTo(server.port, { password: { file } }, 'mailer'));
    chmodSync(file, 0o644);
    expect(await send()).toEqual({
      status: 'undelivered',
      reason: `others can read the password file ${file}`,
    });
    expect(server.connections).toBe(0);
  });

  it('is not left out where the server does not offer it', async () => {
    const server = await serving(scriptedServer(willing));
    const file = join(folder, 'password');
    writeFileSync(file, 'hunter2', { mode: 0o600 });
    const send = mailing(emailTo(server.port, { password: { file } }, 'mailer'));
    expect(await send()).toEqual({
      status: 'undelivered',
      reason: 'the mail server offers no sign-in on this connection',
    });
    expect(server.heard).not.toContain('DATA');
  });
});

describe('a refusal for good', () => {
  it('of the recipient is not tried again, and shows the address masked', async () => {
    const server = await serving(
      mailServer({
        onRcptTo: (_address, _session, done) =>
          done(refusal('<Jane@northside.example>: no such user jane', 550)),
      }),
    );
    expect(await mailing(emailTo(server.port))()).toEqual({
      status: 'undelivered',
      reason: '550 <j•••@northside.example>: no such user j•••',
    });
    expect(server.connections).toBe(1);
  });

  it.each([
    ['the sender', 'MAIL', '553 not yours'],
    ['the data', 'DATA', '554 no'],
    ['the message', '.', '554 looks like spam: 482913'],
  ])('of %s is not tried again', async (_what, word, reply) => {
    const server = await serving(
      scriptedServer((line) => (line.split(' ')[0] === word ? reply : willing(line))),
    );
    expect(await mailing(emailTo(server.port))()).toEqual({
      status: 'undelivered',
      reason: reply.replace('482913', '•••'),
    });
    expect(server.connections).toBe(1);
    // A server that has answered is told goodbye: some count those who just hang up.
    await vi.waitFor(() => expect(server.heard.at(-1)).toBe('QUIT'));
  });

  it('is one line of 200 characters at the most', async () => {
    const reply = `550-${'\u001b[31mno '.repeat(200)}\r\n550-two\r\n550 three`;
    const server = await serving(scriptedServer((line) => (line.startsWith('RCPT') ? reply : willing(line))));
    const { reason } = await mailing(emailTo(server.port))();
    expect(reason).toMatch(/^550- \[31mno [^\p{Cc}]*…$/u);
    expect(reason).toHaveLength(201);
  });
});

describe('a refusal for now', () => {
  it.each(['MAIL', 'RCPT', 'DATA', '.'])(
    'of %s is tried again, and the message arrives once',
    async (word) => {
      const server = await serving(
        scriptedServer((line, connection) =>
          connection === 1 && line.split(' ')[0] === word ? '451 later' : willing(line),
        ),
      );
      expect(await mailing(emailTo(server.port))()).toEqual({ status: 'accepted', reason: null });
      expect(server.connections).toBe(2);
      const ids = server.heard.filter((line) => line.startsWith('Message-ID:'));
      expect(new Set(ids).size).toBe(1);
    },
  );

  it('that lasts ends with the reason of the last try', async () => {
    const server = await serving(
      scriptedServer((line) => (line.startsWith('RCPT') ? '451 later' : willing(line))),
    );
    expect(await mailing(emailTo(server.port), 900)()).toEqual({
      status: 'undelivered',
      reason: '451 later',
    });
    expect(server.connections).toBeGreaterThan(1);
    expect(server.heard).not.toContain('DATA');
  });

  it('includes a connection lost before the message was asked for', async () => {
    const cut = ['', 'EHLO', 'MAIL', 'RCPT', 'DATA'];
    const server = await serving(
      scriptedServer((line, connection) =>
        line.split(/[ ]/)[0] === cut[connection - 1] ? 'cut' : willing(line),
      ),
    );
    expect(await mailing(emailTo(server.port))()).toEqual({ status: 'accepted', reason: null });
    expect(server.connections).toBe(6);
    expect(server.heard.filter((line) => line === '.')).toHaveLength(1);
  });

  it('includes a server that is not there', async () => {
    const server = await mailServer();
    await server.close();
    const receipt = await mailing(emailTo(server.port), 500)();
    expect(receipt.status).toBe('undelivered');
    expect(receipt.reason).toMatch(/ECONNREFUSED/);
  });
});

describe('a message that may have gone out', () => {
  it.each<[string, Move]>([
    ['the connection is cut', 'cut'],
    ['the server never answers', 'silence'],
    ['the server answers nonsense', 'what?'],
  ])('is unknown, and is not sent again, when after it %s', async (_what, move) => {
    const server = await serving(scriptedServer((line) => (line === '.' ? move : willing(line))));
    const receipt = await mailing(emailTo(server.port), 1500)();
    expect(receipt.status).toBe('unknown');
    expect(receipt.reason).toMatch(/^no verdict after the message was sent: /);
    expect(server.heard.filter((line) => line === '.')).toHaveLength(1);
    expect(server.connections).toBe(1);
  });
});

describe('a server that stalls', () => {
  it.each(['', 'EHLO', 'MAIL', 'RCPT', 'DATA'])(
    'at %j ends within the time allowed, undelivered',
    async (word) => {
      const server = await serving(
        scriptedServer((line) => (line.split(' ')[0] === word ? 'silence' : willing(line))),
      );
      const receipt = await mailing(emailTo(server.port), 400)();
      expect(receipt.status).toBe('undelivered');
      expect(receipt.reason).toMatch(/Greeting never received|Timeout|did not answer in time/);
      expect(server.heard).not.toContain('.');
    },
  );

  it('is not waited for when it does not answer the goodbye', async () => {
    const server = await serving(scriptedServer((line) => (line === 'QUIT' ? 'silence' : willing(line))));
    expect(await mailing(emailTo(server.port))()).toEqual({ status: 'accepted', reason: null });
  });
});

describe('addresses', () => {
  it.each(["o'brien+2fa@northside.example", '{a|b}@northside.example', '=?utf-8?Q?x?=@northside.example'])(
    '%s is one recipient',
    async (to) => {
      const server = await serving(mailServer());
      expect(await mailing(emailTo(server.port))({ to })).toEqual({ status: 'accepted', reason: null });
      expect(server.received.map((each) => each.to)).toEqual([[to]]);
      expect([...headersOf(server.received[0]?.source ?? '').keys()].sort()).toEqual(ourHeaders);
    },
  );

  it.each([
    ['two lines', 'jane@northside.example\r\nRCPT TO:<eve@evil.example>'],
    ['two with a comma', 'jane@northside.example, eve@evil.example'],
    ['two with a semicolon', 'jane@northside.example;eve@evil.example'],
    ['one named like another', 'eve@evil.example <jane@northside.example>'],
    ['one with a name', 'Jane <jane@northside.example>'],
    ['markup', '<script>@northside.example'],
    ['turned around', 'jane\u202e@northside.example'],
    ['huge', `${'x'.repeat(10_000)}@northside.example`],
    ['nothing', ''],
  ])('%s: no address, and nothing is sent', async (_what, to) => {
    const server = await serving(mailServer());
    const receipt = await mailing(emailTo(server.port))({ to });
    expect(receipt.status).toBe('undelivered');
    expect(receipt.reason).toMatch(/^the address /);
    expect(server.connections).toBe(0);
  });

  it('of an international domain go to its ASCII form', async () => {
    const server = await serving(scriptedServer(willing));
    expect((await mailing(emailTo(server.port))({ to: 'jane@jõgeva.example' })).status).toBe('accepted');
    expect(server.heard.filter((line) => line.startsWith('RCPT'))).toEqual([
      'RCPT TO:<jane@xn--jgeva-dua.example>',
    ]);
  });

  it('with other letters before the "@" need a server that knows them', async () => {
    const old = await serving(scriptedServer(willing));
    expect(await mailing(emailTo(old.port))({ to: 'jürgen@northside.example' })).toEqual({
      status: 'undelivered',
      reason:
        'the mail server cannot deliver to an address with letters other than ASCII before the "@" (no SMTPUTF8)',
    });
    expect(old.heard.map((line) => line.split(' ')[0])).toEqual(['EHLO']);

    const able = await serving(mailServer({ hideSMTPUTF8: false }));
    expect((await mailing(emailTo(able.port))({ to: 'jürgen@northside.example' })).status).toBe('accepted');
    expect(able.received.map((each) => each.to)).toEqual([['jürgen@northside.example']]);
  });
});

describe('an account whose name is', () => {
  it.each([
    ['two lines', 'Northside\r\nBcc: eve@evil.example\r\n\r\nCall us'],
    ['a list', 'a, b; "c" <eve@evil.example>'],
    ['markup', '<script>alert(1)</script>'],
    ['turned around', 'north\u202eedis\u202c \u2066side'],
    ['an encoded word', '=?utf-8?Q?=0d=0aBcc:_eve@evil.example?='],
    ['the end of a message', '.\r\n.\r\nMAIL FROM:<eve@evil.example>'],
    ['in another script', 'नॉर्थसाइड 健康 👨‍👩‍👧'],
    ['very long', 'x'.repeat(10_000)],
  ])('%s makes one message to one recipient with our headers only', async (_what, accountName) => {
    const server = await serving(mailServer());
    expect(await mailing(emailTo(server.port))({ accountName })).toEqual({
      status: 'accepted',
      reason: null,
    });
    const [only, ...more] = server.received;
    expect(more).toEqual([]);
    expect(only?.to).toEqual(['jane@northside.example']);
    expect([...headersOf(only?.source ?? '').keys()].sort()).toEqual(ourHeaders);
    const texts = textsOf(codeMessage({ accountName }), null);
    expect(only?.mail.subject).toBe(texts.subject);
    expect(only?.mail.text).toBe(texts.text);
    expect(only?.mail.to).toMatchObject({ text: 'jane@northside.example' });
  });

  it('is no danger in the name of the sender either', async () => {
    const server = await serving(mailServer());
    const from = { name: 'North, "side" <eve@evil.example>', address: 'no-reply@northside.example' };
    expect((await mailing(emailTo(server.port, { from }))()).status).toBe('accepted');
    expect(server.received[0]?.from).toBe('no-reply@northside.example');
    expect(server.received[0]?.mail.from?.value).toEqual([from]);
  });
});

describe('many messages at once', () => {
  it('arrive, each at its own recipient, before delivery is closed', async () => {
    const server = await serving(mailServer());
    const mailer = openMailer(emailTo(server.port));
    const addresses = Array.from({ length: 20 }, (_, index) => `user-${index}@northside.example`);
    const receipts = addresses.map((to) => {
      const message = codeMessage({ to });
      return mailer.send(message, textsOf(message, null));
    });
    await mailer.close();
    expect(server.received.map((each) => each.to[0]).sort()).toEqual([...addresses].sort());
    expect(new Set((await Promise.all(receipts)).map((each) => each.status))).toEqual(new Set(['accepted']));
  });
});
