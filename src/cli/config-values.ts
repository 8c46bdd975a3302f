// What each key of the configuration may be, and the variable that sets it too.
import { isAbsolute, resolve } from 'node:path';
import { type EmailConfig, readDomain, readMailServer, readSender, tlsModes } from '../delivery/config.ts';

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

/** Reads `sqlite:PATH`; a relative path is one of the working folder. @throws Misfit */
export function database(given: unknown): Value<string> {
  const url = text(given);
  if (!url.startsWith('sqlite:')) {
    throw new Misfit('must be sqlite: and the path of a file; this version keeps its store in nothing else');
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

/** Messages a minute, as a number or as a variable's text. */
function rate(given: unknown): Value<number> {
  const value = typeof given === 'string' && /^[0-9]{1,9}$/.test(given) ? Number(given) : given;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > 1_000_000) {
    throw new Misfit('must be a whole number of messages a minute, from 1 to 1000000');
  }
  return { value, shown: String(value) };
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
  keyFile: path,
  keyCommand: command,
  domain(given: unknown): Value<string> {
    const value = readDomain(text(given));
    if (value === null) throw new Misfit('must be a domain such as app.northside.example');
    return { value, shown: value };
  },
  'email.url': reading(readMailServer),
  'email.passwordFile': path,
  'email.passwordCommand': command,
  'email.tls'(given: unknown): Value<EmailConfig['tls']> {
    const mode = tlsModes.find((each) => each === given);
    if (!mode) throw new Misfit(`must be one of ${tlsModes.join(', ')}`);
    return { value: mode, shown: mode };
  },
  'email.from': reading(readSender),
  'email.perMinute': rate,
  'sms.perMinute': rate,
};

export type Key = keyof typeof readers;
export type ValueOf<K extends Key> = ReturnType<(typeof readers)[K]>['value'];
export const keys = Object.keys(readers) as Key[];

/** The variable of a key: `email.passwordFile` → `TWOFA_EMAIL_PASSWORD_FILE`. */
export function variableOf(key: string): string {
  if (key === 'database') return 'TWOFA_DATABASE_URL';
  return `TWOFA_${key.replace(/[A-Z]/g, '_$&').replaceAll('.', '_').toUpperCase()}`;
}
