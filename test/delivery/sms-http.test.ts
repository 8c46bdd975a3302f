// Text messages by a templated HTTP request, against real gateways that take them, refuse them, stall, or vanish.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openMessenger } from '../../src/delivery/sms.ts';
import type { HttpGateway } from '../../src/delivery/sms-config.ts';
import { certificateFor } from '../support/certificate.ts';
import { type GatewayServer, gatewayServer, plainServer, type Reply } from './gateway-server.ts';
import { codeText, gatewayAt, phone, textMessage } from './texting.ts';

const ending: (() => Promise<void>)[] = [];
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'twofa-sms-'));
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

const query = 'to={to}&text={text}';
const gatewayOn = (port: number, changes: Parameters<typeof gatewayAt>[1] = {}) =>
  gatewayAt(`http://127.0.0.1:${port}/send?${query}`, changes);

function texting(http: HttpGateway, budgetMs?: number) {
  const messenger = openMessenger({ gateway: 'http', http }, { budgetMs });
  ending.push(() => messenger.close());
  return (changes: Parameters<typeof textMessage>[0] = {}, text: string = codeText) =>
    messenger.send(textMessage(changes), text);
}

function secretFile(text: string): string {
  const file = join(folder, 'password');
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

/** What one gateway asked for in a query. */
function queriesOf(server: GatewayServer): [string, string][][] {
  return server.asked.map(({ url }) => [...new URL(url, 'http://127.0.0.1').searchParams]);
}

const accepted = { status: 'accepted', reason: null };

describe('a message that the gateway takes', () => {
  it('is one request for one recipient with the text, and with our headers and no others', async () => {
    const server = await serving(gatewayServer());
    expect(await texting(gatewayOn(server.port))()).toEqual(accepted);
    expect(queriesOf(server)).toEqual([
      [
        ['to', phone],
        ['text', codeText],
      ],
    ]);
    const [asked] = server.asked;
    expect(asked).toMatchObject({ method: 'GET', body: '' });
    expect(asked?.headers).toEqual({
      host: `127.0.0.1:${server.port}`,
      connection: 'close',
      'user-agent': 'twofa',
      accept: '*/*',
    });
  });

  it('can be posted as a form, with the password', async () => {
    const server = await serving(gatewayServer());
    const send = texting(
      gatewayAt(`http://127.0.0.1:${server.port}/sms`, {
        body: 'key={password}&from={from}&to={toDigits}&text={text}',
        from: 'North & Co',
        password: { file: secretFile('hunter+2\n') },
      }),
    );
    expect(await send({}, 'Your code')).toEqual(accepted);
    expect(server.asked[0]).toMatchObject({
      method: 'POST',
      url: '/sms',
      body: 'key=hunter%2B2&from=North+%26+Co&to=12015550125&text=Your+code',
    });
    expect(server.asked[0]?.headers).toMatchObject({ 'content-type': 'application/x-www-form-urlencoded' });
  });

  it('can be sent as JSON, signed in by a header', async () => {
    const server = await serving(gatewayServer());
    const send = texting(
      gatewayAt(`http://127.0.0.1:${server.port}/v1/messages`, {
        method: 'PUT',
        body: '{"recipients": ["{to}"], "body": "{text}", "ttl": {seconds}}',
        headers: { Authorization: 'Bearer {password}' },
        password: { command: [process.execPath, '-e', 'console.log("hunter2")'] },
      }),
    );
    expect(await send({}, 'Say "no"\nto anyone')).toEqual(accepted);
    expect(server.asked[0]).toMatchObject({ method: 'PUT', headers: { authorization: 'Bearer hunter2' } });
    expect(JSON.parse(server.asked[0]?.body ?? '')).toEqual({
      recipients: [phone],
      body: 'Say "no"\nto anyone',
      ttl: 900,
    });
  });

  it('carries the id that the gateway gave it', async () => {
    const server = await serving(
      gatewayServer(() => ({ status: 202, body: '{"id":"m-17","state":"queued"}' })),
    );
    const send = texting(gatewayOn(server.port, { success: /"queued"/, messageId: /"id":"([^"]+)"/ }));
    expect(await send()).toEqual({ ...accepted, gatewayId: 'm-17' });
  });

  it.each(['', '{"id":"a b"}', `{"id":"${'9'.repeat(101)}"}`])(
    'is taken also without an id to keep (%#)',
    async (body) => {
      const server = await serving(gatewayServer(() => ({ body })));
      expect(await texting(gatewayOn(server.port, { messageId: /"id":"([^"]+)"/ }))()).toEqual(accepted);
    },
  );

  it('is exactly one, to one recipient, with exactly its text, whatever that is', async () => {
    const server = await serving(gatewayServer());
    const gateways = [
      gatewayOn(server.port),
      gatewayAt(`http://127.0.0.1:${server.port}/`, { body: query }),
      gatewayAt(`http://127.0.0.1:${server.port}/`, { body: '{"to":"{to}","text":"{text}"}' }),
    ];
    const odd = fc.string({
      unit: fc.constantFrom(
        '\r',
        '\n',
        '&',
        '=',
        '#',
        '+',
        '%',
        '"',
        "'",
        '\\',
        ',',
        '<script>',
        '\u202e',
        'a',
        'ü',
        '😀',
      ),
      maxLength: 60,
    });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...gateways), odd, async (gateway, text) => {
        server.asked.length = 0;
        expect(await texting(gateway)({}, text)).toEqual(accepted);
        const [asked, ...more] = server.asked;
        expect(more).toEqual([]);
        const { url, body } = asked ?? { url: '', body: '' };
        const got = body.startsWith('{')
          ? Object.entries(JSON.parse(body))
          : [...(body === '' ? new URL(url, 'http://127.0.0.1').searchParams : new URLSearchParams(body))];
        expect(got).toEqual([
          ['to', phone],
          ['text', text],
        ]);
      }),
      { numRuns: 60 },
    );
  });

  it('may be of 10,000 characters', async () => {
    const server = await serving(gatewayServer());
    const text = 'é&\n'.repeat(3334).slice(0, 10_000);
    expect(await texting(gatewayAt(`http://127.0.0.1:${server.port}/`, { body: query }))({}, text)).toEqual(
      accepted,
    );
    expect([...new URLSearchParams(server.asked[0]?.body)]).toEqual([
      ['to', phone],
      ['text', text],
    ]);
  });

  it('comes to an end although the answer does not', async () => {
    const server = await serving(
      gatewayServer(() => (response) => {
        response.writeHead(200);
        const more = () => !response.destroyed && response.write('0: '.repeat(10_000), more);
        more();
      }),
    );
    expect(await texting(gatewayOn(server.port, { success: /^0: / }))()).toEqual(accepted);
    expect(server.asked).toHaveLength(1);
  });
});

it('a message whose id takes too long to find is taken without one', async () => {
  const server = await serving(gatewayServer(() => ({ body: `ok ${'a'.repeat(4000)}!` })));
  const send = texting(gatewayOn(server.port, { success: /^ok/, messageId: /((?:a+)+)$/ }));
  expect(await send()).toEqual(accepted);
});

describe('an answer that says no', () => {
  const refused: [string, Reply, string][] = [
    ['400', { status: 400, body: 'bad\r\nrequest' }, 'the gateway answered 400: bad request'],
    [
      '403',
      { status: 403, body: 'Authorization failed for sendsms' },
      'the gateway answered 403: Authorization failed for sendsms',
    ],
    ['404 without words', { status: 404 }, 'the gateway answered 404'],
    [
      '2xx that the pattern does not match',
      { body: '5: Not routable' },
      'the gateway answered 200: 5: Not routable',
    ],
    [
      '2xx of many bytes',
      { body: Buffer.alloc(10_000_000, 'x') },
      `the gateway answered 200: ${'x'.repeat(174)}…`,
    ],
    ['2xx that is empty', { status: 204 }, 'the gateway answered 204'],
  ];
  it.each(refused)('%s is told, and not asked again', async (_what, reply, reason) => {
    const server = await serving(gatewayServer(() => reply));
    expect(await texting(gatewayOn(server.port, { success: /^(0|3): / }))()).toEqual({
      status: 'undelivered',
      reason,
    });
    expect(server.asked).toHaveLength(1);
  });

  it('is told without code, password and number, however they are written', async () => {
    const password = 'p&s "1';
    const said = [
      'to=%2B12015550125 to=12015550125 to=201-555-0125 to=+1 (201) 555-0125',
      `key=${password} ${encodeURIComponent(password)} ${Buffer.from(password).toString('base64')}`,
      'text=482913 is your code',
    ];
    const server = await serving(gatewayServer(() => ({ status: 400, body: said.join('\n') })));
    const send = texting(
      gatewayAt(`http://127.0.0.1:${server.port}/?${query}&key={password}`, {
        password: { file: secretFile(password) },
      }),
    );
    expect(await send()).toEqual({
      status: 'undelivered',
      reason:
        'the gateway answered 400: to=•••0125 to=•••0125 to=•••0125 to=•••0125 key=••• ••• ••• text=••• is your code',
    });
  });

  it('is told without a password that has the code in it', async () => {
    const password = 'x482913y';
    const server = await serving(gatewayServer(() => ({ status: 400, body: `no: ${password}` })));
    const send = texting(
      gatewayOn(server.port, {
        headers: { 'X-Key': '{password}' },
        password: { file: secretFile(password) },
      }),
    );
    expect(await send()).toEqual({ status: 'undelivered', reason: 'the gateway answered 400: no: •••' });
  });

  it('and sends elsewhere is not followed: the code would go with it', async () => {
    const elsewhere = await serving(gatewayServer());
    const server = await serving(
      gatewayServer(({ url }) => ({
        status: 302,
        headers: { Location: `http://127.0.0.1:${elsewhere.port}${url}` },
      })),
    );
    expect(await texting(gatewayOn(server.port))()).toEqual({
      status: 'undelivered',
      reason: 'it is answered by a redirect (302), which is not followed',
    });
    expect(server.asked).toHaveLength(1);
    expect(elsewhere.connections).toBe(0);
  });
});

describe('an answer that asks to come again', () => {
  it.each([
    ['429', { status: 429, headers: { 'Retry-After': '0' } }],
    [
      '429 at a date',
      {
        status: 429,
        headers: { Date: 'Sun, 01 Mar 2026 09:30:00 GMT', 'Retry-After': 'Sun, 01 Mar 2026 09:30:01 GMT' },
      },
    ],
    ['429 that does not say when', { status: 429 }],
    ['429 at a date that is none', { status: 429, headers: { 'Retry-After': 'soon' } }],
    ['500', { status: 500, body: 'oops' }],
    ['503', { status: 503, headers: { 'Retry-After': '1' } }],
  ])('(%s) is followed', async (_what, reply) => {
    const server = await serving(gatewayServer((_asked, number) => (number === 1 ? reply : { body: 'ok' })));
    expect(await texting(gatewayOn(server.port))()).toEqual(accepted);
    expect(server.asked).toHaveLength(2);
  });

  it.each([
    ['in seconds', { 'Retry-After': '3600' }],
    ['at a date', { Date: 'Sun, 01 Mar 2026 09:30:00 GMT', 'Retry-After': 'Sun, 01 Mar 2026 10:30:00 GMT' }],
  ])('later than anybody waits (%s) is told at once', async (_what, headers) => {
    const server = await serving(gatewayServer(() => ({ status: 429, headers, body: 'slow down' })));
    expect(await texting(gatewayOn(server.port))()).toEqual({
      status: 'undelivered',
      reason: 'the gateway answered 429: slow down (it asks to wait 3600 s)',
    });
    expect(server.asked).toHaveLength(1);
  });

  it('again and again is told in the end', async () => {
    const server = await serving(gatewayServer(() => ({ status: 503, body: 'Temporal failure' })));
    expect(await texting(gatewayOn(server.port), 1500)()).toEqual({
      status: 'undelivered',
      reason: 'the gateway answered 503: Temporal failure',
    });
    expect(server.asked.length).toBeGreaterThan(1);
  });
});

describe('where it is unknown what became of the message, it is not sent again', () => {
  const unknown = (why: string) => ({
    status: 'unknown',
    reason: `no verdict after the message was sent: ${why}`,
  });
  const lost = unknown('the connection was lost, or the answer was no HTTP');

  it('as the gateway does not answer', async () => {
    const server = await serving(gatewayServer(() => 'silence'));
    expect(await texting(gatewayOn(server.port), 400)()).toEqual(unknown('no answer came in time'));
    expect(server.asked).toHaveLength(1);
  });

  it('as it answers too slowly', async () => {
    const server = await serving(gatewayServer(() => ({ after: 2000 })));
    expect(await texting(gatewayOn(server.port), 400)()).toEqual(unknown('no answer came in time'));
    expect(server.asked).toHaveLength(1);
  });

  it('as it ends the connection after reading the request', async () => {
    const server = await serving(gatewayServer(() => 'cut'));
    expect(await texting(gatewayOn(server.port))()).toEqual(lost);
    expect(server.asked).toHaveLength(1);
  });

  it.each([
    ['ends the connection while it reads', '', lost],
    ['answers with what is no HTTP', '0: Accepted for delivery\r\n', lost],
    ['sends half of a header', 'HTTP/1.1 200 OK\r\nContent-Le', lost],
  ])('as it %s', async (_what, says, outcome) => {
    const server = await serving(plainServer((socket) => socket.end(says)));
    expect(await texting(gatewayOn(server.port))()).toEqual(outcome);
    expect(server.heard).toHaveLength(1);
  });

  it('as the answer is cut off before it says whether', async () => {
    const server = await serving(
      plainServer((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nmaybe')),
    );
    expect(await texting(gatewayOn(server.port, { success: /ok/ }))()).toEqual(
      unknown('the answer was cut off'),
    );
    expect(server.heard).toHaveLength(1);
  });

  it('as somebody between waited for it in vain', async () => {
    const server = await serving(gatewayServer(() => ({ status: 504, body: 'Gateway Timeout' })));
    expect(await texting(gatewayOn(server.port))()).toEqual({
      status: 'unknown',
      reason: 'the gateway answered 504: Gateway Timeout',
    });
    expect(server.asked).toHaveLength(1);
  });

  it('as the pattern does not come to an end on the answer', async () => {
    const server = await serving(gatewayServer(() => ({ body: `${'a'.repeat(4000)}!` })));
    expect(await texting(gatewayOn(server.port, { success: /^(a+)+$/ }))()).toEqual(
      unknown('the pattern sms.http.success takes too long on the answer'),
    );
    expect(server.asked).toHaveLength(1);
  });
});

describe('an answer that is cut off, but has said what counts,', () => {
  it.each([
    ['200 OK', 'ok, and more', accepted],
    ['400 No', 'no, and', { status: 'undelivered', reason: 'the gateway answered 400: no, and' }],
  ])('%s, counts', async (status, body, outcome) => {
    const server = await serving(
      plainServer((socket) => socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 100\r\n\r\n${body}`)),
    );
    expect(await texting(gatewayOn(server.port, { success: /^ok/ }))()).toEqual(outcome);
  });
});

describe('a gateway that cannot be reached', () => {
  it('is tried again: nothing was sent', async () => {
    const first = await gatewayServer();
    await first.close();
    const sending = texting(gatewayOn(first.port))();
    const { createServer } = await import('node:http');
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.end();
    });
    await new Promise<void>((resolve) =>
      setTimeout(() => server.listen(first.port, '127.0.0.1', resolve), 100),
    );
    ending.push(() => new Promise((resolve) => server.close(() => resolve())));
    expect(await sending).toEqual(accepted);
    expect(asked).toHaveLength(1);
  });

  it('is told by name in the end', async () => {
    const { port, close } = await gatewayServer();
    await close();
    expect(await texting(gatewayOn(port), 500)()).toEqual({
      status: 'undelivered',
      reason: `127.0.0.1:${port}: the connection was refused`,
    });
  });

  it('for its certificate is told at once, and gets nothing', async () => {
    const server = await serving(gatewayServer(undefined, certificateFor(['127.0.0.1'])));
    const send = texting(gatewayAt(`https://127.0.0.1:${server.port}/?${query}`));
    expect(await send()).toEqual({
      status: 'undelivered',
      reason: `127.0.0.1:${server.port}: its certificate is vouched for by nobody known here`,
    });
    expect(server.connections).toBe(1);
    expect(server.asked).toEqual([]);
  });

  it('for it speaks no TLS is told at once', async () => {
    const server = await serving(plainServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
    expect(await texting(gatewayAt(`https://127.0.0.1:${server.port}/?${query}`))()).toEqual({
      status: 'undelivered',
      reason: `127.0.0.1:${server.port}: no TLS can be agreed on with it`,
    });
  });
});

describe('the password', () => {
  const withPassword = (port: number, password: HttpGateway['password']) =>
    gatewayAt(`http://127.0.0.1:${port}/?${query}&key={password}`, { password });
  const keyOf = (url: string) => new URL(url, 'http://127.0.0.1').searchParams.get('key');

  it('of a file is read for each message', async () => {
    const server = await serving(gatewayServer());
    const file = secretFile('first');
    const send = texting(withPassword(server.port, { file }));
    await send();
    writeFileSync(file, 'second\r\n');
    await send();
    expect(server.asked.map(({ url }) => keyOf(url))).toEqual(['first', 'second']);
  });

  it('that a command said is kept, and asked for again when it is refused', async () => {
    const counter = join(folder, 'count');
    writeFileSync(counter, '0');
    const script = `const fs = require('node:fs'); const n = Number(fs.readFileSync(process.argv[1])) + 1; fs.writeFileSync(process.argv[1], String(n)); console.log('word-' + n);`;
    let right = 'word-1';
    const server = await serving(
      gatewayServer(({ url }) => (keyOf(url) === right ? {} : { status: 401, body: 'who are you?' })),
    );
    const send = texting(withPassword(server.port, { command: [process.execPath, '-e', script, counter] }));
    expect(await send()).toEqual(accepted);
    expect(await send()).toEqual(accepted);
    right = 'word-2';
    expect(await send()).toEqual(accepted);
    right = 'another';
    expect(await send()).toEqual({ status: 'undelivered', reason: 'the gateway answered 401: who are you?' });
    expect(server.asked.map(({ url }) => keyOf(url))).toEqual([
      'word-1',
      'word-1',
      'word-1',
      'word-2',
      'word-2',
      'word-3',
    ]);
  });

  it('that cannot be had keeps the message, and is told by where it should be', async () => {
    const server = await serving(gatewayServer());
    const file = secretFile('hunter2');
    const send = texting(withPassword(server.port, { file }));
    chmodSync(file, 0o604);
    expect(await send()).toEqual({
      status: 'undelivered',
      reason: `others can read the password file ${file}`,
    });
    rmSync(file);
    expect(await send()).toEqual({
      status: 'undelivered',
      reason: `the password file ${file} cannot be read (ENOENT)`,
    });
    expect(server.connections).toBe(0);
  });

  it('that no header can hold is not sent', async () => {
    const server = await serving(gatewayServer());
    const send = texting(
      gatewayOn(server.port, {
        headers: { 'X-Key': '{password}' },
        password: { file: secretFile('pässword') },
      }),
    );
    expect(await send()).toEqual({
      status: 'undelivered',
      reason: 'the text message could not be made: a value for a header is not one line of ASCII text',
    });
    expect(server.connections).toBe(0);
  });

  it('file that is missing is told before any message, with the key that names it', () => {
    const file = join(folder, 'none');
    expect(() => texting(withPassword(1, { file }))).toThrow(
      expect.objectContaining({
        code: 'file-unreadable',
        hint: 'Correct sms.http.passwordFile, or make the file with mode 600.',
      }),
    );
  });
});

it.each(['', '2015550125', '+12015550125,+12015550126', '+1201555012x', '+12015550125\r\n', '＋12015550125'])(
  'what is no number (%j) gets nothing',
  async (to) => {
    const server = await serving(gatewayServer());
    expect(await texting(gatewayOn(server.port))({ to })).toEqual({
      status: 'undelivered',
      reason: 'this is not a phone number',
    });
    expect(server.connections).toBe(0);
  },
);

describe('trying the gateway', () => {
  const probing = (http: HttpGateway, budgetMs?: number) =>
    openMessenger({ gateway: 'http', http }, { budgetMs }).probe();

  it('sends nothing', async () => {
    const server = await serving(gatewayServer());
    expect(await probing(gatewayOn(server.port))).toEqual({
      via: 'sms',
      ok: true,
      message: `The gateway at 127.0.0.1:${server.port} can be reached; only a message shows whether it takes any`,
      hint: null,
    });
    expect(server.connections).toBe(1);
    expect(server.asked).toEqual([]);
  });

  it('says that nobody is there', async () => {
    const { port, close } = await gatewayServer();
    await close();
    expect(await probing(gatewayOn(port))).toEqual({
      via: 'sms',
      ok: false,
      message: `The gateway cannot be reached. 127.0.0.1:${port}: the connection was refused.`,
      hint: 'Correct sms.http.url, or the network.',
    });
  });

  it('says that the host is not known', async () => {
    const { ok, message } = await probing(gatewayAt(`http://nobody.invalid/?${query}`));
    expect(ok).toBe(false);
    expect(message).toMatch(
      /^The gateway cannot be reached\. nobody\.invalid:80: (no such host is known|the name of the host cannot be looked up)\.$/,
    );
  });

  it('does not wait for ever for TLS', async () => {
    const server = await serving(plainServer(() => undefined));
    expect(await probing(gatewayAt(`https://127.0.0.1:${server.port}/?${query}`), 300)).toMatchObject({
      ok: false,
      message: `The gateway cannot be reached. 127.0.0.1:${server.port}: the connection was not made in time.`,
    });
  });

  it('says that the password cannot be had', async () => {
    const command = [process.execPath, '-e', 'process.exit(3)'] as const;
    const http = gatewayAt(`http://127.0.0.1:1/?${query}&key={password}`, { password: { command } });
    expect(await probing(http)).toEqual({
      via: 'sms',
      ok: false,
      message: `The gateway cannot be used: the password command ${process.execPath} failed (3).`,
      hint: 'Correct sms.http.passwordFile, or what it names.',
    });
  });
});
