// Text messages by Twilio's SDK, against a real server that answers as Twilio does, slowly, wrongly, or not at all.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openMessenger } from '../../src/delivery/sms.ts';
import type { TwilioAccount } from '../../src/delivery/sms-config.ts';
import { type GatewayServer, gatewayServer, type Reply } from './gateway-server.ts';
import { phone, textMessage } from './texting.ts';

const accountSid = `AC${'0123456789abcdef'.repeat(2)}`;
const sid = `SM${'fedcba9876543210'.repeat(2)}`;

let folder: string;
let file: string;
const ending: (() => Promise<void>)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'twofa-twilio-'));
  file = join(folder, 'token');
  writeFileSync(file, 'hunter2\n', { mode: 0o600 });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const end of ending.splice(0).reverse()) await end();
  rmSync(folder, { recursive: true, force: true });
});

async function twilio(reply: Parameters<typeof gatewayServer>[0]): Promise<GatewayServer> {
  const server = await gatewayServer(reply);
  ending.push(() => server.close());
  return server;
}

function messengerTo(server: { port: number }, changes: Partial<TwilioAccount> = {}, budgetMs?: number) {
  const account = {
    accountSid,
    apiKey: null,
    password: { file },
    sender: { from: '+12015550100' },
    ...changes,
  };
  return openMessenger(
    { gateway: 'twilio', twilio: account },
    { budgetMs, twilioServer: { secure: false, host: '127.0.0.1', port: server.port } },
  );
}

const json = (status: number, body: object, headers: Record<string, string> = {}): Reply => ({
  status,
  headers: { 'Content-Type': 'application/json', ...headers },
  body: JSON.stringify(body),
});
const queued = json(201, { sid, status: 'queued', error_code: null, error_message: null });
const failure = (status: number, code: number, message = 'in other words') =>
  json(status, { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status });

describe('a message that Twilio takes', () => {
  it('is one request for one recipient, with exactly the text, that expires with the code', async () => {
    const server = await twilio(() => queued);
    const text = 'Say "no" & 50 % + more=\r\n#1 \u202e😀\n@app.northside.example #482913';
    expect(await messengerTo(server).send(textMessage(), text)).toEqual({
      status: 'accepted',
      reason: null,
      gatewayId: sid,
    });
    const [asked, ...more] = server.asked;
    expect(more).toEqual([]);
    expect(asked).toMatchObject({ method: 'POST', url: `/2010-04-01/Accounts/${accountSid}/Messages.json` });
    expect(Object.fromEntries(new URLSearchParams(asked?.body))).toEqual({
      To: phone,
      From: '+12015550100',
      Body: text,
      ValidityPeriod: '900',
    });
    expect(asked?.headers.authorization).toBe(
      `Basic ${Buffer.from(`${accountSid}:hunter2`).toString('base64')}`,
    );
  });

  it('can come from a messaging service, by an API key, and lives ten hours at the most', async () => {
    const server = await twilio(() => queued);
    const messagingServiceSid = `MG${'0'.repeat(32)}`;
    const apiKey = `SK${'1'.repeat(32)}`;
    const messenger = messengerTo(server, { apiKey, sender: { messagingServiceSid } });
    const message = textMessage();
    await messenger.send({ ...message, expiresAt: message.sentAt + 14 * 86_400_000 }, 'x');
    expect(server.asked[0]?.url).toBe(`/2010-04-01/Accounts/${accountSid}/Messages.json`);
    expect(Object.fromEntries(new URLSearchParams(server.asked[0]?.body))).toEqual({
      To: phone,
      MessagingServiceSid: messagingServiceSid,
      Body: 'x',
      ValidityPeriod: '36000',
    });
    const [, encoded = ''] = server.asked[0]?.headers.authorization?.split(' ') ?? [];
    expect(Buffer.from(encoded, 'base64').toString()).toBe(`${apiKey}:hunter2`);
  });

  it('goes where it is to go, whatever the environment says, and is logged nowhere', async () => {
    vi.stubEnv('TWILIO_EDGE', 'sydney');
    vi.stubEnv('TWILIO_REGION', 'au1');
    vi.stubEnv('TWILIO_LOG_LEVEL', 'debug');
    vi.stubEnv('TWILIO_CA_BUNDLE', join(folder, 'none'));
    vi.stubEnv('HTTP_PROXY', 'http://127.0.0.1:1');
    vi.stubEnv('HTTPS_PROXY', 'http://127.0.0.1:1');
    const log = vi.spyOn(console, 'log');
    const server = await twilio(() => queued);
    expect(await messengerTo(server).send(textMessage(), 'x')).toMatchObject({ status: 'accepted' });
    expect(server.asked).toHaveLength(1);
    expect(log).not.toHaveBeenCalled();
    log.mockRestore();
  });

  it('and then cannot send, is told', async () => {
    const server = await twilio(() =>
      json(201, { sid, status: 'failed', error_code: 30007, error_message: null }),
    );
    expect(await messengerTo(server).send(textMessage(), 'x')).toEqual({
      status: 'undelivered',
      reason: 'the carrier filtered the message out as unwanted (Twilio 30007)',
    });
  });
});

describe('what Twilio refuses is told in words, and not asked again', () => {
  it.each([
    [400, 21211, 'this is not a phone number (Twilio 21211)'],
    [400, 21610, 'replied STOP; text START to the number that the codes come from (Twilio 21610)'],
    [400, 21614, 'this is not a mobile number (Twilio 21614)'],
    [
      403,
      21408,
      'text messages to this country are not enabled: enable it under Messaging Geo Permissions at Twilio (Twilio 21408)',
    ],
    [400, 21612, 'there is no way from the sender to this number (Twilio 21612)'],
    [
      401,
      20003,
      'Twilio does not accept the credentials: check accountSid and the auth token (Twilio 20003)',
    ],
    [429, 63038, "the account's limit of messages a day is reached (Twilio 63038)"],
    [400, 99999, 'in other words (Twilio 99999)'],
  ])('%d with the code %d', async (status, code, reason) => {
    const server = await twilio(() => failure(status, code));
    expect(await messengerTo(server).send(textMessage(), 'x')).toEqual({ status: 'undelivered', reason });
    expect(server.asked).toHaveLength(1);
  });

  it('without number, code and token', async () => {
    const server = await twilio(() =>
      failure(400, 99999, `The 'To' number ${phone} got "482913 is your code" from hunter2`),
    );
    expect(await messengerTo(server).send(textMessage(), 'x')).toEqual({
      status: 'undelivered',
      reason: `The 'To' number •••0125 got "••• is your code" from ••• (Twilio 99999)`,
    });
  });

  it('also by a problem document, or without a word', async () => {
    const problem = { type: 'https://twilio.com/x', title: 'No', status: 400, code: 21211 };
    const first = await twilio(() => json(400, problem));
    expect(await messengerTo(first).send(textMessage(), 'x')).toMatchObject({
      reason: 'this is not a phone number (Twilio 21211)',
    });
    const second = await twilio(() => ({ status: 400 }));
    expect(await messengerTo(second).send(textMessage(), 'x')).toEqual({
      status: 'undelivered',
      reason: 'Twilio answered 400',
    });
  });
});

describe('what Twilio takes later', () => {
  it.each([
    ['too many requests', failure(429, 20429)],
    ['too many messages', failure(400, 14107)],
    ['a fault of its own', failure(500, 20500)],
    ['a fault without words', { status: 503, body: '<html>' } as Reply],
  ])('(%s) is sent again', async (_what, reply) => {
    const server = await twilio((_asked, number) => (number === 1 ? reply : queued));
    expect(await messengerTo(server).send(textMessage(), 'x')).toMatchObject({ status: 'accepted' });
    expect(server.asked).toHaveLength(2);
  });

  it('than anybody waits, is told at once', async () => {
    const reply = json(429, { code: 20429, message: 'Too Many Requests' }, { 'Retry-After': '60' });
    const server = await twilio(() => reply);
    expect(await messengerTo(server).send(textMessage(), 'x')).toEqual({
      status: 'undelivered',
      reason: 'too many messages at once (Twilio 20429) (it asks to wait 60 s)',
    });
    expect(server.asked).toHaveLength(1);
  });
});

describe('where it is unknown what became of the message, it is not sent again', () => {
  it.each<[string, Reply, string]>([
    ['no answer', 'silence', 'no answer came in time'],
    ['the connection cut', 'cut', 'the connection was lost, or the answer was no HTTP'],
    ['an answer that is no JSON', { status: 201, body: 'queued' }, 'the answer could not be read'],
  ])('%s', async (_what, reply, why) => {
    const server = await twilio(() => reply);
    expect(await messengerTo(server, {}, 1000).send(textMessage(), 'x')).toEqual({
      status: 'unknown',
      reason: `no verdict after the message was sent: ${why}`,
    });
    expect(server.asked).toHaveLength(1);
  });
});

it('where Twilio cannot be reached, nothing was sent', async () => {
  const { port, close } = await gatewayServer();
  await close();
  expect(await messengerTo({ port }, {}, 1000).send(textMessage(), 'x')).toEqual({
    status: 'undelivered',
    reason: `127.0.0.1:${port}: the connection was refused`,
  });
});

describe('what became of a message', () => {
  it.each([
    ['delivered', null, { status: 'delivered', reason: null }],
    ['queued', null, null],
    ['sending', null, null],
    ['sent', null, null],
    [
      'undelivered',
      30003,
      {
        status: 'undelivered',
        reason:
          'the phone cannot be reached: it is off, out of reach, or takes no text messages (Twilio 30003)',
      },
    ],
    [
      'undelivered',
      30005,
      { status: 'undelivered', reason: 'the number is unknown or no longer in service (Twilio 30005)' },
    ],
    [
      'failed',
      30006,
      {
        status: 'undelivered',
        reason: 'this is a landline, or its carrier cannot be reached (Twilio 30006)',
      },
    ],
    ['failed', null, { status: 'undelivered', reason: 'Twilio gave no reason' }],
  ])('%s, %s', async (status, code, receipt) => {
    const server = await twilio(() => json(200, { sid, status, error_code: code, error_message: null }));
    expect(await messengerTo(server).statusOf(sid)).toEqual(receipt);
    expect(server.asked.map(({ method, url }) => [method, url])).toEqual([
      ['GET', `/2010-04-01/Accounts/${accountSid}/Messages/${sid}.json`],
    ]);
  });

  it('is told without the number', async () => {
    const said = `Cannot reach ${phone}, that is (201) 555-0125`;
    const server = await twilio(() =>
      json(200, { sid, status: 'failed', error_code: 39999, error_message: said }),
    );
    expect(await messengerTo(server).statusOf(sid)).toEqual({
      status: 'undelivered',
      reason: 'Cannot reach •••0125, that is •••0125 (Twilio 39999)',
    });
  });

  it('is not known where Twilio does not know it, or does not answer', async () => {
    const server = await twilio(() => failure(404, 20404));
    expect(await messengerTo(server).statusOf(sid)).toBeNull();
    const silent = await twilio(() => 'silence');
    expect(await messengerTo(silent, {}, 1000).statusOf(sid)).toBeNull();
  });

  it('is not asked by the id of another gateway', async () => {
    const server = await twilio(() => queued);
    expect(await messengerTo(server).statusOf('../Messages')).toBeNull();
    expect(server.connections).toBe(0);
  });

  it('is not asked where the token cannot be had', async () => {
    const server = await twilio(() => queued);
    const messenger = messengerTo(server);
    rmSync(file);
    expect(await messenger.statusOf(sid)).toBeNull();
    expect(server.connections).toBe(0);
  });
});

describe('trying Twilio', () => {
  it('asks for the account, and sends nothing', async () => {
    const server = await twilio(() => json(200, { sid: accountSid, status: 'active' }));
    expect(await messengerTo(server).probe()).toEqual({
      via: 'sms',
      ok: true,
      message: 'Twilio accepts the credentials',
      hint: null,
    });
    expect(server.asked.map(({ method, url }) => [method, url])).toEqual([
      ['GET', `/2010-04-01/Accounts/${accountSid}.json`],
    ]);
  });

  it('asks by an API key for what that may see', async () => {
    const server = await twilio(() => json(200, { messages: [], page_size: 1 }));
    const apiKey = `SK${'1'.repeat(32)}`;
    expect(await messengerTo(server, { apiKey }).probe()).toMatchObject({ ok: true });
    const refusing = await twilio(() => failure(401, 20003));
    expect(await messengerTo(refusing, { apiKey }).probe()).toMatchObject({
      ok: false,
      message:
        'Twilio does not answer as it should: Twilio does not accept the credentials: check accountSid and the auth token (Twilio 20003).',
    });
    expect(server.asked.map(({ method, url }) => [method, url])).toEqual([
      ['GET', `/2010-04-01/Accounts/${accountSid}/Messages.json?PageSize=1`],
    ]);
  });

  it.each<[string, Reply, string]>([
    [
      'a suspended account',
      json(200, { sid: accountSid, status: 'suspended' }),
      'The account at Twilio is suspended.',
    ],
    [
      'a wrong token',
      failure(401, 20003, 'Authenticate'),
      'Twilio does not answer as it should: Twilio does not accept the credentials: check accountSid and the auth token (Twilio 20003).',
    ],
    ['a fault', { status: 500 }, 'Twilio does not answer as it should: Twilio answered 500.'],
  ])('says of %s that it is one', async (_what, reply, message) => {
    const server = await twilio(() => reply);
    expect(await messengerTo(server).probe()).toMatchObject({ via: 'sms', ok: false, message });
  });
});
