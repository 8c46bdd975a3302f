// What each key of the configuration may be, and the variable that sets it too.
import { isAbsolute, resolve } from 'node:path';
import { type EmailConfig, readDomain, readMailServer, readSender, tlsModes } from '../delivery/config.ts';
import {
  bodyKinds,
  type GatewayHeader,
  gateways,
  httpMethods,
  readGatewayHeaders,
  readGatewayUrl,
  readPattern,
} from '../delivery/sms-config.ts';
import { hidden, readTemplate } from '../delivery/sms-template.ts';
import { withoutPassword } from '../rules/database-url.ts';

/** What is wrong with a value, in words that follow its key and never repeat it: it may be a secret. */
export class Misfit extends Error {}

/** A value, and how it is shown: never a secret. */
export interface Value<T> {
  value: T;
  shown: string;
}

function text(given: unknown): string {
  if (given === null || given === '') throw new Misfit('has no value');
  if (typeof given !== 'string') throw new Misfit('must be text');
  if (/\p{Cc}/u.test(given)) throw new Misfit('has a control character in it');
  return given;
}

function path(given: unknown): Value<string> {
  const written = text(given);
  if (written.startsWith('~')) throw new Misfit('starts with "~", which only a shell expands');
  const value = resolve(written);
  return { value, shown: value };
}

/** The form of a URL of PostgreSQL; its options are looked at when the store is opened. @throws Misfit */
function postgres(url: string): Value<string> {
  if (!/^postgres(ql)?:\/\/[^?#]*\/[^/?#]+(\?[^#]*)?$/.test(url)) {
    throw new Misfit('must be a URL such as postgres://twofa@db.northside.example/twofa');
  }
  return { value: url, shown: withoutPassword(url) };
}

/** Reads `sqlite:PATH` or `postgres://…`; a relative path is one of the working folder. @throws Misfit */
export function database(given: unknown): Value<string> {
  const url = text(given);
  if (/^postgres(ql)?:/.test(url)) return postgres(url);
  if (!url.startsWith('sqlite:')) {
    throw new Misfit('must be sqlite: and the path of a file, or a URL that starts with postgres://');
  }
  const file = url.slice('sqlite:'.length);
  if (file === '' || file === ':memory:') throw new Misfit('names no file');
  if (/^\/\/(?!\/)/.test(file)) throw new Misfit('names a host; write sqlite:/path or sqlite:///path');
  const value = `sqlite:${isAbsolute(file) ? resolve(file.replace(/^\/+/, '/')) : path(file).value}`;
  return { value, shown: value };
}

function command(given: unknown): Value<readonly [string, ...string[]]> {
  const [program, ...args]: unknown[] = Array.isArray(given) ? given : [];
  const fits = (each: unknown): each is string => typeof each === 'string' && !each.includes('\0');
  if (!fits(program) || program === '' || !args.every(fits)) {
    throw new Misfit('must be a list of the program and its arguments, each of them text');
  }
  // Arguments can be secrets.
  return { value: [program, ...args], shown: args.length === 0 ? program : `${program} …` };
}

/** A number of messages, as a number or as a variable's text. */
function whole(what: string, max: number): (given: unknown) => Value<number> {
  return (given) => {
    const value = typeof given === 'string' && /^[0-9]{1,9}$/.test(given) ? Number(given) : given;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > max) {
      throw new Misfit(`must be a whole number of messages ${what}, from 1 to ${max}`);
    }
    return { value, shown: String(value) };
  };
}
const rate = whole('a minute', 1_000_000);

function choice<T extends string>(known: readonly T[]): (given: unknown) => Value<T> {
  return (given) => {
    const value = known.find((each) => each === given);
    if (value === undefined) throw new Misfit(`must be one of ${known.join(', ')}`);
    return { value, shown: value };
  };
}

function plain(given: unknown): Value<string> {
  const value = text(given);
  return { value, shown: value };
}

/** Text of a form that a pattern tells. */
function shaped(pattern: RegExp, what: string): (given: unknown) => Value<string> {
  return (given) => {
    const value = text(given);
    if (!pattern.test(value)) throw new Misfit(`must be ${what}`);
    return { value, shown: value };
  };
}

/** The body of a request, which may have several lines; what it is, is known together with its type. */
function requestBody(given: unknown): Value<string> {
  if (typeof given !== 'string' || given.trim() === '') throw new Misfit('must be text');
  const template = readTemplate(given.trim());
  if (typeof template === 'string') throw new Misfit(template);
  return { value: given, shown: hidden(template) };
}

/** The headers of a request, as a mapping. */
function requestHeaders(given: unknown): Value<readonly GatewayHeader[]> {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new Misfit('must be a mapping of names to values');
  const value = readGatewayHeaders(given);
  if (typeof value === 'string') throw new Misfit(value);
  return { value, shown: value.map((header) => `${header.name}: ${hidden(header.value)}`).join(', ') };
}

/** A reader of delivery's, which says a problem in words, as one of settings. */
function reading<T extends object>(read: (written: string) => T | string): (given: unknown) => Value<T> {
  return (given) => {
    const written = text(given);
    const value = read(written);
    if (typeof value === 'string') throw new Misfit(value);
    return { value, shown: written };
  };
}

/** Reads a value of each key as YAML, or its variable, gives it. They throw Misfit. */
export const readers = {
  database,
  databaseRead: (given: unknown) => postgres(text(given)),
  keyFile: path,
  keyCommand: command,
  domain(given: unknown): Value<string> {
    const value = readDomain(text(given));
    if (value === null) throw new Misfit('must be a domain such as app.northside.example');
    return { value, shown: value };
  },
  templates: path,
  'email.url': reading(readMailServer),
  'email.passwordFile': path,
  'email.passwordCommand': command,
  'email.tls': choice<EmailConfig['tls']>(tlsModes),
  'email.from': reading(readSender),
  'email.perMinute': rate,
  'sms.gateway': choice(gateways),
  'sms.http.method': choice(httpMethods),
  'sms.http.url'(given: unknown) {
    const { value } = reading(readGatewayUrl)(given);
    return { value, shown: value.shown };
  },
  'sms.http.body': requestBody,
  'sms.http.contentType': choice(bodyKinds),
  'sms.http.headers': requestHeaders,
  'sms.http.from': plain,
  'sms.http.passwordFile': path,
  'sms.http.passwordCommand': command,
  'sms.http.success': reading((written) => readPattern(written, null)),
  'sms.http.messageId': reading((written) => readPattern(written, 1)),
  'sms.twilio.accountSid': shaped(/^AC[0-9a-f]{32}$/, 'AC and 32 hexadecimal digits'),
  'sms.twilio.apiKey': shaped(/^SK[0-9a-f]{32}$/, 'SK and 32 hexadecimal digits'),
  'sms.twilio.authTokenFile': path,
  'sms.twilio.authTokenCommand': command,
  'sms.twilio.from': shaped(
    /^(\+[1-9][0-9]{6,14}|[0-9]{3,8}|[A-Za-z0-9 ]{1,11})$/,
    'a number such as +12015550100, a short code, or a sender of up to 11 letters and digits',
  ),
  'sms.twilio.messagingServiceSid': shaped(/^MG[0-9a-f]{32}$/, 'MG and 32 hexadecimal digits'),
  'sms.perMinute': rate,
  'sms.textsPerUserPerDay': whole('a day for each user', 1000),
};

export type Key = keyof typeof readers;
export type ValueOf<K extends Key> = ReturnType<(typeof readers)[K]>['value'];
export const keys = Object.keys(readers) as Key[];

/** The variable of a key: `email.passwordFile` → `TWOFA_EMAIL_PASSWORD_FILE`. */
export function variableOf(key: string): string {
  if (key === 'database') return 'TWOFA_DATABASE_URL';
  if (key === 'databaseRead') return 'TWOFA_DATABASE_READ_URL';
  return `TWOFA_${key.replace(/[A-Z]/g, '_$&').replaceAll('.', '_').toUpperCase()}`;
}
