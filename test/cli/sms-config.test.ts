// The configuration of text messages: what it may be, and every way in which it is wrong.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { effective, readConfig } from '../../src/cli/config.ts';
import { TwofaError } from '../../src/errors.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'twofa-config-'));
  file = join(folder, 'config.yaml');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const read = (env: NodeJS.ProcessEnv = {}) => readConfig({ file, env });
const given = (text: string, env: NodeJS.ProcessEnv = {}) => {
  writeFileSync(file, text, { mode: 0o600 });
  return read(env);
};

async function errorOf(reading: Promise<unknown>): Promise<TwofaError> {
  const error = await reading.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(TwofaError);
  return error as TwofaError;
}

const accountSid = `AC${'0'.repeat(32)}`;
/** As SPEC has it. */
const kannel = `sms:
  gateway: http
  http:
    method: GET
    url: http://127.0.0.1:13013/cgi-bin/sendsms?username=u&password={password}&to={to}&text={text}
    passwordFile: /etc/twofa/sms-password
    success: "^(0|3): "
  twilio: { accountSid: ${accountSid}, authTokenFile: /etc/twofa/twilio, from: "+12015550100" }
`;

describe('a gateway', () => {
  it('by http is read from the file', async () => {
    expect((await given(kannel)).sms).toEqual({
      gateway: 'http',
      http: {
        method: 'GET',
        url: {
          server: { secure: false, host: '127.0.0.1', port: 13013 },
          path: [
            '/cgi-bin/sendsms?username=u&password=',
            { placeholder: 'password' },
            '&to=',
            { placeholder: 'to' },
            '&text=',
            { placeholder: 'text' },
          ],
          shown: expect.any(String),
        },
        body: null,
        headers: [],
        from: null,
        password: { file: '/etc/twofa/sms-password' },
        success: /^(0|3): /,
        messageId: null,
      },
    });
  });

  it('by Twilio is read from the file, whatever stands there of the other', async () => {
    expect((await given(kannel, { TWOFA_SMS_GATEWAY: 'twilio' })).sms).toEqual({
      gateway: 'twilio',
      twilio: {
        accountSid,
        apiKey: null,
        password: { file: '/etc/twofa/twilio' },
        sender: { from: '+12015550100' },
      },
    });
  });

  it('is taken from variables, which beat the file', async () => {
    const config = await given(kannel, {
      TWOFA_SMS_HTTP_METHOD: 'POST',
      TWOFA_SMS_HTTP_URL: 'https://gateway.example/send',
      TWOFA_SMS_HTTP_BODY: '{"to":"{to}","text":"{text}","from":"{from}"}',
      TWOFA_SMS_HTTP_CONTENT_TYPE: 'application/json',
      TWOFA_SMS_HTTP_HEADERS: '{"Authorization": "Bearer {password}"}',
      TWOFA_SMS_HTTP_FROM: 'Northside',
      TWOFA_SMS_HTTP_PASSWORD_COMMAND: '["pass", "show", "sms"]',
      TWOFA_SMS_HTTP_SUCCESS: 'ok',
      TWOFA_SMS_HTTP_MESSAGE_ID: 'id=(.*)',
      TWOFA_SMS_PER_MINUTE: '60',
      TWOFA_SMS_TEXTS_PER_USER_PER_DAY: '10',
    });
    expect(config).toMatchObject({
      sms: {
        http: {
          method: 'POST',
          url: { server: { secure: true, host: 'gateway.example', port: 443 } },
          body: { kind: 'application/json' },
          headers: [{ name: 'Authorization', value: ['Bearer ', { placeholder: 'password' }] }],
          from: 'Northside',
          password: { command: ['pass', 'show', 'sms'] },
          success: /ok/,
          messageId: /id=(.*)/,
        },
      },
      rates: { sms: 60 },
      textsPerUserPerDay: 10,
    });
  });

  it('by Twilio can be had from variables alone', async () => {
    const messagingServiceSid = `MG${'0'.repeat(32)}`;
    const config = await read({
      TWOFA_SMS_GATEWAY: 'twilio',
      TWOFA_SMS_TWILIO_ACCOUNT_SID: accountSid,
      TWOFA_SMS_TWILIO_API_KEY: `SK${'0'.repeat(32)}`,
      TWOFA_SMS_TWILIO_AUTH_TOKEN_COMMAND: '["pass", "show", "twilio"]',
      TWOFA_SMS_TWILIO_MESSAGING_SERVICE_SID: messagingServiceSid,
    });
    expect(config.sms).toEqual({
      gateway: 'twilio',
      twilio: {
        accountSid,
        apiKey: `SK${'0'.repeat(32)}`,
        password: { command: ['pass', 'show', 'twilio'] },
        sender: { messagingServiceSid },
      },
    });
  });

  it('is not configured by limits alone', async () => {
    const config = await given('sms:\n  perMinute: 60\n  textsPerUserPerDay: 5\n');
    expect(config).toMatchObject({ sms: null, rates: { sms: 60 }, textsPerUserPerDay: 5 });
  });

  it('posts where there is a body', async () => {
    const { sms } = await given(
      'sms: { gateway: http, http: { url: "http://h/", body: "to={to}&text={text}" } }\n',
    );
    expect(sms).toMatchObject({
      http: { method: 'POST', body: { kind: 'application/x-www-form-urlencoded' } },
    });
  });
});

describe('config show', () => {
  it('hides what may be a secret, and keeps the placeholders', async () => {
    const config = await given(
      `sms:
  gateway: http
  http:
    url: https://gateway.example/send?key=hunter2&to={to}
    body: '{"secret": "hunter2", "text": "{text}"}'
    headers: { Authorization: "Basic hunter2", X-Key: "{password}" }
    passwordCommand: [pass, hunter2]
`,
    );
    const shown = Object.fromEntries(effective(config).map(({ key, value }) => [key, value]));
    expect(shown).toMatchObject({
      'sms.http.url': 'https://gateway.example/send?key=•••&to={to}',
      'sms.http.body': '•••{text}•••',
      'sms.http.headers': 'Authorization: •••, X-Key: {password}',
      'sms.http.passwordCommand': 'pass …',
    });
    expect(JSON.stringify(shown)).not.toContain('hunter2');
  });
});

describe('what is wrong is said with line and column', () => {
  const http = (lines: string) => `sms:\n  gateway: http\n  http:\n${lines}`;
  const url = '    url: http://h/?to={to}&text={text}\n';
  const twilio = (lines: string) =>
    `sms:\n  gateway: twilio\n  twilio:\n    accountSid: ${accountSid}\n${lines}`;
  const token = '    authTokenFile: /x\n';

  it.each<[string, string, string, string | null]>([
    [
      'a gateway like no other',
      'sms: { gateway: smpp }\n',
      '1:17: sms.gateway must be one of http, twilio',
      null,
    ],
    [
      'no gateway',
      `sms:\n  http:\n${url}`,
      '3:10: a gateway of text messages is configured without sms.gateway',
      'Set sms.gateway, or the variable TWOFA_SMS_GATEWAY.',
    ],
    [
      'no URL',
      'sms: { gateway: http }\n',
      '1:17: the gateway http is configured without sms.http.url',
      'Set sms.http.url, or the variable TWOFA_SMS_HTTP_URL.',
    ],
    [
      'an unknown key of the gateway',
      http('    ulr: http://h/\n'),
      '4:5: there is no key "sms.http.ulr"',
      'Did you mean sms.http.url?',
    ],
    [
      'an unknown section',
      'sms:\n  kannel: { url: http://h/ }\n',
      '2:3: there is no key "sms.kannel"',
      'Known are sms.gateway, sms.http, sms.twilio, sms.perMinute, sms.textsPerUserPerDay.',
    ],
    [
      'a section that is a value',
      'sms: { gateway: http, http: "http://h/" }\n',
      '1:29: sms.http must be a section with keys of its own',
      null,
    ],
    [
      'another method',
      http(`${url}    method: DELETE\n`),
      '5:13: sms.http.method must be one of GET, POST, PUT',
      null,
    ],
    [
      'an unknown placeholder',
      http('    url: http://h/?to={phone}\n'),
      '4:10: sms.http.url has an unknown placeholder; known are {to} {toDigits} {text} {from} {password} {minutes} {seconds} {milliseconds} {coding} {type}',
      null,
    ],
    [
      'a password in the URL',
      http('    url: https://u:hunter2@h/?to={to}&text={text}\n'),
      '4:10: sms.http.url has a user or a password before its host; {password} takes it from a file or a command',
      null,
    ],
    [
      'no number',
      http('    url: http://h/?text={text}\n'),
      '4:10: the request has neither {to} nor {toDigits} in it',
      null,
    ],
    ['no text', http('    url: http://h/?to={to}\n'), '4:10: the request has no {text} in it', null],
    [
      'no sender for {from}',
      http('    url: http://h/?to={to}&text={text}&from={from}\n'),
      '4:10: the request has {from} in it, but there is no sms.http.from',
      null,
    ],
    [
      'no password for {password}',
      http(`${url}    headers: { X-Key: "{password}" }\n`),
      '4:10: the request has {password} in it, but there is no password',
      'Set sms.http.passwordFile or sms.http.passwordCommand.',
    ],
    [
      'a password that goes nowhere',
      http(`${url}    passwordFile: /x\n`),
      '4:10: there is a password, but the request has no {password} in it',
      null,
    ],
    [
      'two passwords',
      http(
        '    url: http://h/?to={to}&text={text}&p={password}\n    passwordFile: /x\n    passwordCommand: [y]\n',
      ),
      '6:22: sms.http.passwordCommand stands beside sms.http.passwordFile; one is enough',
      null,
    ],
    [
      'a body by GET',
      http(`${url}    method: GET\n    body: a={text}\n`),
      '6:11: sms.http.body cannot be sent by GET',
      'Set sms.http.method to POST, or PUT.',
    ],
    [
      'a body that is no JSON',
      http(`${url}    body: '{"to": {to}}'\n`),
      '5:11: sms.http.body is no valid JSON; placeholders for text stand within quotes',
      null,
    ],
    [
      'a type of no body',
      http(`${url}    contentType: application/json\n`),
      '5:18: sms.http.contentType stands without sms.http.body',
      null,
    ],
    [
      'another type',
      http(`${url}    contentType: text/xml\n`),
      '5:18: sms.http.contentType must be one of application/x-www-form-urlencoded, application/json',
      null,
    ],
    [
      'headers that are a list',
      http(`${url}    headers: [a]\n`),
      '5:14: sms.http.headers must be a mapping of names to values',
      null,
    ],
    [
      'a header of two lines',
      http(`${url}    headers: { X-Key: "hunter2\\r\\nX: y" }\n`),
      '5:14: sms.http.headers has a value for X-Key that is not one line of ASCII text',
      null,
    ],
    [
      'a pattern that is none',
      http(`${url}    success: "("\n`),
      '5:14: sms.http.success is no valid regular expression',
      null,
    ],
    [
      'a pattern without a group',
      http(`${url}    messageId: id\n`),
      '5:16: sms.http.messageId must have one group in it, in parentheses, that is the id of the message',
      null,
    ],
    [
      'an account that is none',
      'sms:\n  twilio:\n    accountSid: AC1\n',
      '3:17: sms.twilio.accountSid must be AC and 32 hexadecimal digits',
      null,
    ],
    [
      'no account',
      'sms:\n  gateway: twilio\n',
      '2:12: the gateway twilio is configured without sms.twilio.accountSid',
      'Set sms.twilio.accountSid, or the variable TWOFA_SMS_TWILIO_ACCOUNT_SID.',
    ],
    [
      'no token',
      twilio('    from: "+12015550100"\n'),
      '2:12: the gateway twilio is configured without an auth token',
      'Set sms.twilio.authTokenFile or sms.twilio.authTokenCommand.',
    ],
    [
      'no sender',
      twilio(token),
      '2:12: the gateway twilio is configured without a sender',
      'Set sms.twilio.from or sms.twilio.messagingServiceSid.',
    ],
    [
      'two senders',
      twilio(`${token}    from: "+12015550100"\n    messagingServiceSid: MG${'0'.repeat(32)}\n`),
      '7:26: sms.twilio.messagingServiceSid stands beside sms.twilio.from; one is enough',
      null,
    ],
    [
      'a sender that is none',
      twilio(`${token}    from: "Northside Family Health"\n`),
      '6:11: sms.twilio.from must be a number such as +12015550100, a short code, or a sender of up to 11 letters and digits',
      null,
    ],
    [
      'a limit of none',
      'sms: { textsPerUserPerDay: 0 }\n',
      '1:28: sms.textsPerUserPerDay must be a whole number of messages a day for each user, from 1 to 1000',
      null,
    ],
  ])('%s', async (_what, text, problem, hint) => {
    const error = await errorOf(given(text));
    expect(error.message).toBe(`${file}:${problem}.`);
    expect(error).toMatchObject({ code: 'invalid-configuration', exit: 2, hint });
    expect(JSON.stringify(error.report())).not.toContain('hunter2');
  });

  it.each([
    ['TWOFA_SMS_GATEWAY', 'smpp', 'sms.gateway must be one of http, twilio'],
    ['TWOFA_SMS_HTTP_HEADERS', 'X-Key: hunter2', 'sms.http.headers must be a mapping of names to values'],
    [
      'TWOFA_SMS_HTTP_URL',
      'http://h/?to={to}',
      'a gateway of text messages is configured without sms.gateway',
    ],
    ['TWOFA_SMS_HTTP_ULR', 'http://h/', 'there is no variable "TWOFA_SMS_HTTP_ULR"'],
  ])('or with the variable: %s=%j', async (variable, value, problem) => {
    const error = await errorOf(read({ [variable]: value }));
    expect(error.message).toBe(`${variable}: ${problem}.`);
    expect(JSON.stringify(error.report())).not.toContain('hunter2');
  });
});
