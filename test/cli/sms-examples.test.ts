// The worked examples of gateways, as the topic sms and README have them, against a real HTTP server that plays the gateway.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { readConfig } from '../../src/cli/config.ts';
import { helpTopic } from '../../src/cli/topics.ts';
import { openDelivery } from '../../src/delivery/open.ts';
import type { Asked, GatewayServer, Reply } from '../delivery/gateway-server.ts';
import { gatewayServer } from '../delivery/gateway-server.ts';
import { phone, textMessage } from '../delivery/texting.ts';

interface Written {
  sms: {
    gateway?: string;
    http?: { url: string; passwordFile?: string; passwordCommand?: string[] };
    twilio?: { authTokenFile: string };
  };
}

/** Blocks of a text that are configurations of text messages. */
function examplesIn(text: string, block: RegExp): Written[] {
  return [...text.matchAll(block)]
    .map(([, yaml = '']) => parse(yaml) as Written)
    .filter(({ sms }) => sms.gateway !== undefined);
}

const inTopic = examplesIn(helpTopic('sms') ?? '', /\n\n((?: {2}sms:\n)(?: {4}.*\n)+)/g);
const readme = readFileSync(resolve(import.meta.dirname, '../../README.md'), 'utf8');
const inReadme = examplesIn(readme, /```yaml\n(.*?sms:\n.*?)```/gs);
const named = (all: Written[], part: string) => all.find(({ sms }) => sms.http?.url.includes(part));

let folder: string;
let server: GatewayServer | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'twofa-examples-'));
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  rmSync(folder, { recursive: true });
});

/** Sends by an example, with the server of the test in place of the gateway and the secret in a file of the test. */
async function sendBy({ sms }: Written, reply: Reply, accountName = 'Northside Family Health') {
  const gateway = await gatewayServer(() => reply);
  server = gateway;
  const secret = join(folder, 'secret');
  writeFileSync(secret, 'hunter2\n', { mode: 0o600 });
  const { passwordFile, passwordCommand, ...http } = sms.http ?? { url: '' };
  const url = http.url.replace(/^https?:\/\/[^/]+/, `http://127.0.0.1:${gateway.port}`);
  const password = passwordCommand ? { passwordCommand: ['cat', secret] } : { passwordFile: secret };
  const example = {
    ...sms,
    ...(sms.http ? { http: { ...http, url, ...password } } : {}),
    ...(sms.twilio ? { twilio: { ...sms.twilio, authTokenFile: secret } } : {}),
  };
  const file = join(folder, 'config.yaml');
  writeFileSync(file, stringify({ sms: example }), { mode: 0o600 });
  const config = await readConfig({ file, env: {} });
  const delivery = openDelivery({
    config: { ...config, domain: 'app.northside.example' },
    outboxFile: join(folder, 'outbox.ndjson'),
    notice: () => undefined,
    clock: () => 0,
    twilioServer: { secure: false, host: '127.0.0.1', port: gateway.port },
  });
  const receipt = await delivery.send(textMessage({ accountName }), 'live');
  await delivery.close();
  expect(gateway.asked).toHaveLength(1);
  return { receipt, asked: gateway.asked[0] as Asked };
}

const text = expect.stringMatching(/^482913 is your Northside .*\n@app\.northside\.example #482913$/);
const queryOf = ({ url }: Asked) => Object.fromEntries(new URL(url, 'http://127.0.0.1').searchParams);

test('there is one for Kannel, Vonage, a gateway of your own and Twilio', () => {
  const servers = inTopic.map(({ sms }) => (sms.http ? new URL(sms.http.url).host : sms.gateway));
  expect(servers).toEqual(['127.0.0.1:13013', 'rest.nexmo.com', 'sms.internal.northside.example', 'twilio']);
  expect(inReadme.map(({ sms }) => new URL(sms.http?.url ?? '').host)).toEqual([
    '127.0.0.1:13013',
    'rest.nexmo.com',
  ]);
});

describe.each([
  ['the topic', inTopic],
  ['README', inReadme],
])('Kannel, by %s,', (_where, examples) => {
  const example = named(examples, 'sendsms') as Written;

  test('gets its sendsms', async () => {
    const { receipt, asked } = await sendBy(example, { status: 202, body: '0: Accepted for delivery' });
    expect(receipt).toEqual({ status: 'accepted', reason: null });
    expect(asked.method).toBe('GET');
    expect(asked.url).toMatch(/^\/cgi-bin\/sendsms\?/);
    expect(queryOf(asked)).toEqual({
      username: 'twofa',
      password: 'hunter2',
      from: '12015550100',
      to: phone,
      text,
      charset: 'UTF-8',
      coding: '0',
      validity: '15',
    });
  });

  test('is told what GSM-7 cannot say', async () => {
    const { asked } = await sendBy(example, { body: '3: Queued for later delivery' }, 'Клиника');
    expect(queryOf(asked)).toMatchObject({ coding: '2', text: expect.stringContaining('Клиника') });
  });

  test('says no in words', async () => {
    const { receipt } = await sendBy(example, { status: 403, body: 'Authorization failed for sendsms' });
    expect(receipt).toEqual({
      status: 'undelivered',
      reason: 'the gateway answered 403: Authorization failed for sendsms',
    });
  });
});

describe.each([
  ['the topic', inTopic],
  ['README', inReadme],
])('Vonage, by %s,', (_where, examples) => {
  const example = named(examples, 'nexmo') as Written;
  const answer = (status: string, more: object) => ({
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(
      { 'message-count': '1', messages: [{ to: '12015550125', status, ...more }] },
      null,
      4,
    ),
  });

  test('gets its form', async () => {
    const { receipt, asked } = await sendBy(
      example,
      answer('0', { 'message-id': 'aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab', 'message-price': '0.03330000' }),
    );
    expect(receipt).toEqual({
      status: 'accepted',
      reason: null,
      gatewayId: 'aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab',
    });
    expect(asked).toMatchObject({ method: 'POST', url: '/sms/json' });
    expect(asked.headers).toMatchObject({ 'content-type': 'application/x-www-form-urlencoded' });
    expect(Object.fromEntries(new URLSearchParams(asked.body))).toEqual({
      api_key: 'a1b2c3d4',
      api_secret: 'hunter2',
      from: 'Northside',
      to: '12015550125',
      text,
      type: 'text',
      ttl: '900000',
    });
  });

  test('says no in its answer, whatever the status', async () => {
    const { receipt } = await sendBy(example, answer('4', { 'error-text': 'Bad Credentials' }));
    expect(receipt.status).toBe('undelivered');
    expect(receipt.reason).toContain('"error-text": "Bad Credentials"');
    expect(receipt.reason).toContain('•••0125');
  });
});

describe('a gateway of your own', () => {
  test('gets JSON and a bearer token', async () => {
    const { receipt, asked } = await sendBy(named(inTopic, 'internal') as Written, {
      status: 202,
      body: '{"id": "17", "state": "queued"}',
    });
    expect(receipt).toEqual({ status: 'accepted', reason: null, gatewayId: '17' });
    expect(asked).toMatchObject({ method: 'POST', url: '/v1/messages' });
    expect(asked.headers).toMatchObject({
      authorization: 'Bearer hunter2',
      'content-type': 'application/json',
    });
    expect(JSON.parse(asked.body)).toEqual({
      recipient: phone,
      sender: 'Northside',
      message: text,
      expiresInSeconds: 900,
    });
  });
});

test('Twilio gets its message', async () => {
  const example = inTopic.find(({ sms }) => sms.gateway === 'twilio') as Written;
  const sid = `SM${'0'.repeat(32)}`;
  const { receipt, asked } = await sendBy(example, {
    status: 201,
    body: JSON.stringify({ sid, status: 'queued', error_code: null, error_message: null }),
  });
  expect(receipt).toEqual({ status: 'accepted', reason: null, gatewayId: sid });
  expect(asked.url).toBe('/2010-04-01/Accounts/AC0123456789abcdef0123456789abcdef/Messages.json');
  expect(Object.fromEntries(new URLSearchParams(asked.body))).toEqual({
    To: phone,
    From: '+12015550100',
    Body: text,
    ValidityPeriod: '900',
  });
});
