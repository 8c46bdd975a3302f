// The templated request: whatever the values, it is the same request with these values in it.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  readGatewayBody,
  readGatewayHeaders,
  readGatewayUrl,
  readPattern,
} from '../../src/delivery/sms-config.ts';
import { requestFor } from '../../src/delivery/sms-http.ts';
import { gatewayAt, phone } from './texting.ts';

/** Texts with everything in them that means something somewhere. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({
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
      '{',
      '}',
      '\u202e',
      '?',
      '/',
      '.',
      ' ',
      '{to}',
      '•',
      '\u0000',
      '\ud800',
    ),
  }),
  fc.string({ unit: 'grapheme', minLength: 5000, maxLength: 10_000 }),
);
const wellFormed = (text: string) => Buffer.from(text).toString();

const sending = (gateway: Parameters<typeof requestFor>[0], text: string, password = 'hunter2') =>
  requestFor(gateway, { to: phone, text, lifeSeconds: 900 }, password);

describe('a value', () => {
  it('in a query is read from it as it was, and nothing else is', () => {
    const gateway = gatewayAt('http://127.0.0.1/send?user=u&to={to}&text={text}&key={password}');
    fc.assert(
      fc.property(anyText, anyText, (text, password) => {
        const { path, body } = sending(gateway, text, password);
        expect(path).toMatch(/^[!-~]+$/);
        const url = new URL(path, 'http://127.0.0.1');
        expect(url.pathname).toBe('/send');
        expect(url.hash).toBe('');
        expect([...url.searchParams]).toEqual([
          ['user', 'u'],
          ['to', phone],
          ['text', wellFormed(text)],
          ['key', wellFormed(password)],
        ]);
        expect(body).toBeNull();
      }),
    );
  });

  it('in a path stays in its place there', () => {
    const gateway = gatewayAt('http://127.0.0.1/to/{to}/text/{text}/end');
    fc.assert(
      fc.property(anyText, (text) => {
        const { path } = sending(gateway, text);
        const [, to, number, before, written, after, ...more] = path.split('/');
        expect([to, number, before, after, more]).toEqual(['to', '%2B12015550125', 'text', 'end', []]);
        expect(written).not.toMatch(/[?#&=+'"]/);
        expect(decodeURIComponent(written ?? '')).toBe(wellFormed(text));
      }),
    );
  });

  it('in a form is read from it as it was, and nothing else is', () => {
    const gateway = gatewayAt('http://127.0.0.1/', { body: 'to={toDigits}&text={text}&key={password}' });
    fc.assert(
      fc.property(anyText, anyText, (text, password) => {
        const { body, path, headers } = sending(gateway, text, password);
        expect([...new URLSearchParams(body ?? '')]).toEqual([
          ['to', '12015550125'],
          ['text', wellFormed(text)],
          ['key', wellFormed(password)],
        ]);
        expect(path).toBe('/');
        expect(headers['Content-Type']).toBe('application/x-www-form-urlencoded');
      }),
    );
  });

  it('in JSON is read from it as it was, and nothing else is', () => {
    const gateway = gatewayAt('http://127.0.0.1/', {
      body: '{"to": ["{to}"], "content": {"text": "{text}", "key": "k-{password}"}, "ttl": {seconds}}',
    });
    fc.assert(
      fc.property(anyText, anyText, (text, password) => {
        const { body, headers } = sending(gateway, text, password);
        expect(JSON.parse(body ?? '')).toEqual({
          to: [phone],
          content: { text, key: `k-${password}` },
          ttl: 900,
        });
        expect(headers['Content-Type']).toBe('application/json');
      }),
    );
  });

  it('in a header is there as it is', () => {
    const gateway = gatewayAt('http://127.0.0.1/', { headers: { Authorization: 'Bearer {password}' } });
    expect(sending(gateway, 'x', 'a b&c').headers).toMatchObject({ Authorization: 'Bearer a b&c' });
    const refusal = /^a value for a header is not one line of ASCII text$/;
    expect(() => sending(gateway, 'x', 'a\r\nX: y')).toThrow(refusal);
    expect(() => sending(gateway, 'x', 'pässword')).toThrow(refusal);
  });
});

describe('the life of a code, and how its text is coded', () => {
  const gateway = gatewayAt(
    'http://127.0.0.1/?m={minutes}&s={seconds}&ms={milliseconds}&c={coding}&t={type}',
  );

  it.each([
    [900, 'Your code', 'm=15&s=900&ms=900000&c=0&t=text'],
    [899, 'Your code', 'm=15&s=899&ms=899000&c=0&t=text'],
    [1, 'Your code', 'm=1&s=1&ms=1000&c=0&t=text'],
    [900, 'Клиника', 'm=15&s=900&ms=900000&c=2&t=unicode'],
  ])('%d s, %j', (lifeSeconds, text, query) => {
    expect(requestFor(gateway, { to: phone, text, lifeSeconds }, null).path).toBe(`/?${query}`);
  });
});

describe('a URL', () => {
  it.each([
    ['http://127.0.0.1:13013/cgi-bin/sendsms?to={to}', false, '127.0.0.1', 13013],
    ['https://SMS.Gateway.example?to={to}', true, 'sms.gateway.example', 443],
    ['http://[::1]/x', false, '::1', 80],
    ['https://jõgeva.example/', true, 'xn--jgeva-dua.example', 443],
  ])('%s is read', (text, secure, host, port) => {
    expect(readGatewayUrl(text)).toMatchObject({ server: { secure, host, port } });
  });

  it.each([
    ['ftp://host/', 'must start with http:// or https://'],
    ['host/path', 'must start with http:// or https://'],
    ['http://', 'is no valid URL'],
    ['http://ho st/', 'is no valid URL'],
    ['http://host:99999/', 'is no valid URL'],
    ['http://host:0/', 'has the port 0'],
    [
      'https://user:hunter2@host/?to={to}',
      'has a user or a password before its host; {password} takes it from a file or a command',
    ],
    ['https://{to}.host/', 'has a placeholder in its host, where none may stand'],
    ['https://host:{password}/', 'has a placeholder in its host, where none may stand'],
    ['https://host/?to={to}#{text}', 'has a "#" in it, and what follows would not be sent; write %23'],
    ['https://host/?to={to}&x={', 'has a brace that belongs to no placeholder'],
    ['https://host/?text=code {text}', 'has white space in it; write %20'],
    ['https://host/?text=100%&to={to}', 'has a "%" in it that begins no %XX; write %25'],
    ['https://host/?text=%{text}', 'has a "%" in it that begins no %XX; write %25'],
    [
      'https://host/?to={phone}',
      'has an unknown placeholder; known are {to} {toDigits} {text} {from} {password} {minutes} {seconds} {milliseconds} {coding} {type}',
    ],
  ])('%s is refused', (text, problem) => {
    expect(readGatewayUrl(text)).toBe(problem);
  });

  it('goes out with what else is in it encoded', () => {
    const gateway = gatewayAt('http://127.0.0.1/süd?a="b"&from=Nørth%20{text}');
    expect(sending(gateway, 'x').path).toBe('/s%C3%BCd?a=%22b%22&from=N%C3%B8rth%20x');
  });

  it('is shown without the values of its query', () => {
    const url = readGatewayUrl('https://host/send?api_key=hunter2&to={to}&text=hunter2{text}&hunter2&x=');
    expect(url).toMatchObject({
      shown: 'https://host/send?api_key=•••&to={to}&text=•••{text}&•••&x=',
    });
  });
});

describe('a body', () => {
  it.each([
    ['to={to}&text={text}', null, 'application/x-www-form-urlencoded'],
    ['{to}={text}', null, 'application/x-www-form-urlencoded'],
    ['{"to": "{to}"}', null, 'application/json'],
    ['\n[{"to": "{to}"}]\n', null, 'application/json'],
    ['"{text}"', 'application/json', 'application/json'],
  ] as const)('%j of the type %s is %s', (text, given, kind) => {
    expect(readGatewayBody(text, given)).toMatchObject({ kind });
  });

  it.each([
    ['{"to": {to}}', 'is no valid JSON; placeholders for text stand within quotes'],
    ['{"to": "\\{to}"}', 'is no valid JSON; placeholders for text stand within quotes'],
    ['{"to": "\\u00{to}"}', 'is no valid JSON; placeholders for text stand within quotes'],
    ['{"ttl": 0{seconds}}', 'is no valid JSON; placeholders for text stand within quotes'],
    ['to={to}&\ntext={text}', 'has white space in it; write %20'],
    ['to={to}&text=%zz', 'has a "%" in it that begins no %XX; write %25'],
  ])('%j is refused', (text, problem) => {
    expect(readGatewayBody(text, null)).toBe(problem);
  });
});

describe('headers', () => {
  it.each([
    [{ 'X Y': 'a' }, 'has a name in it that is none of a header'],
    [{ 'X\r\nY': 'a' }, 'has a name in it that is none of a header'],
    [{ X: 'a\r\nY: b' }, 'has a value for X that is not one line of ASCII text'],
    [{ X: '' }, 'has a value for X that is not one line of ASCII text'],
    [{ X: 1 }, 'has a value for X that is not one line of ASCII text'],
    [{ X: '{text}' }, 'has a placeholder in it that cannot stand in a header'],
    [{ X: '{to}' }, 'has a placeholder in it that cannot stand in a header'],
    [{ Host: 'elsewhere' }, 'has Host in it, which is not to be set'],
    [{ 'content-length': '1' }, 'has content-length in it, which is not to be set'],
    [{ 'x-a': '1', 'X-A': '2' }, 'has a header twice'],
  ])('%j are refused', (given, problem) => {
    expect(readGatewayHeaders(given)).toBe(problem);
  });
});

describe('a pattern', () => {
  it.each([
    ['^(0|3): ', null, /^(0|3): /],
    ['"id": "([^"]+)"', 1, /"id": "([^"]+)"/],
    ['(', null, 'is no valid regular expression'],
    ['id', 1, 'must have one group in it, in parentheses, that is the id of the message'],
    ['(a)|(b)', 1, 'must have one group in it, in parentheses, that is the id of the message'],
  ])('%s', (text, groups, read) => {
    expect(readPattern(text, groups)).toEqual(read);
  });
});
