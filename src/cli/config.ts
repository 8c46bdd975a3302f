// Reads the configuration: config.yaml, each key also by a variable, which beats the file.
import type { DeliveryConfig, EmailConfig } from '../delivery/config.ts';
import { TwofaError } from '../errors.ts';
import { fault, type Place, readYaml } from './config-file.ts';
import { type Found, passwordIn, requiredIn, valueIn } from './config-found.ts';
import { smsOf } from './config-sms.ts';
import { database, type Key, keys, Misfit, readers, type Value, variableOf } from './config-values.ts';
import { readIfThere, refuseWritable } from './private-file.ts';

/** A setting as `config show` prints it: never a secret. */
export interface Setting {
  key: string;
  value: string | null;
  source: 'default' | 'file' | 'variable';
  /** The variable that sets it. */
  variable: string;
}

/** The configuration as it takes effect; null where nothing is configured and the place's own default applies. */
export interface Config extends DeliveryConfig {
  /** `sqlite:` and an absolute path. */
  database: string | null;
  /** A standby that status and lists are read from. */
  databaseRead: string | null;
  keyFile: string | null;
  /** Prints the key ring, in place of a file. */
  keyCommand: readonly [string, ...string[]] | null;
  /** The folder of the installation's own words for messages. */
  templates: string | null;
  settings: readonly Setting[];
}

const defaults: Partial<Record<Key, string>> = { 'email.tls': 'required' };

/** @throws TwofaError saying where the value stands and what is wrong with it. */
function readValue(key: Key, given: unknown, place: Place): Value<unknown> & { place: Place } {
  try {
    return { ...readers[key](given), place };
  } catch (error) {
    if (!(error instanceof Misfit)) throw error;
    throw fault(place, `${key} ${error.message}`, key);
  }
}

async function unknownName(place: Place, name: string, known: readonly string[]): Promise<TwofaError> {
  const { nearest } = await import('../rules/nearest.ts');
  const near = nearest(name, known);
  const hint = near === null ? `Known are ${known.join(', ')}.` : `Did you mean ${near}?`;
  const what = 'file' in place ? 'key' : 'variable';
  return fault(place, `there is no ${what} ${JSON.stringify(name.slice(0, 100))}`, name, hint);
}

/** What is known in the section that a name stands in. */
function siblingsOf(name: string): string[] {
  const section = name.slice(0, name.lastIndexOf('.') + 1);
  const within = keys.filter((key) => key.startsWith(section));
  return [...new Set(within.map((key) => section + key.slice(section.length).replace(/\..*/, '')))];
}

async function fromFile(file: string): Promise<Found> {
  const found: Found = new Map();
  const source = readIfThere(file);
  if (source === null) return found;
  refuseWritable(file);
  for (const { name, value, isSection, place, valuePlace } of await readYaml(source, file)) {
    const key = keys.find((each) => each === name);
    if (key) found.set(key, readValue(key, value, valuePlace));
    else if (keys.some((each) => each.startsWith(`${name}.`))) {
      if (!isSection) throw fault(valuePlace, `${name} must be a section with keys of its own`, name);
    } else if (!keys.some((each) => name.startsWith(`${each}.`))) {
      throw await unknownName(place, name, siblingsOf(name));
    }
  }
  return found;
}

function fromJson(given: string): unknown {
  try {
    return JSON.parse(given);
  } catch {
    return null;
  }
}

async function fromVariables(env: NodeJS.ProcessEnv): Promise<Found> {
  const found: Found = new Map();
  for (const key of keys) {
    const variable = variableOf(key);
    const given = env[variable];
    if (given === undefined) continue;
    const value = /Command$|\.headers$/.test(key) ? fromJson(given) : given;
    found.set(key, readValue(key, value, { variable }));
  }
  const known = keys.filter((key) => key.includes('.')).map(variableOf);
  // Only of a section's variables is it sure that they are meant for the configuration.
  const stray = Object.keys(env).find((name) => /^TWOFA_(EMAIL|SMS)_/.test(name) && !known.includes(name));
  if (stray !== undefined) throw await unknownName({ variable: stray }, stray, known);
  return found;
}

function emailOf(found: Found): EmailConfig | null {
  const first = keys.find((key) => key.startsWith('email.') && key !== 'email.perMinute' && found.has(key));
  const place = first && found.get(first)?.place;
  if (!place) return null;
  const what = { name: 'email', place };
  const server = requiredIn(found, 'email.url', what);
  const from = requiredIn(found, 'email.from', what);
  const tls = valueIn(found, 'email.tls') ?? 'required';
  const password = passwordIn(found, 'email.passwordFile', 'email.passwordCommand');
  const { place: urlPlace } = found.get('email.url') ?? { place };
  if (tls === 'none' && server.secure) {
    throw fault(
      found.get('email.tls')?.place ?? place,
      'email.tls is none, but email.url is smtps',
      'email.tls',
    );
  }
  if (server.user !== null && password === null) {
    throw fault(
      urlPlace,
      'email.url names a user, but there is no password',
      'email.url',
      'Set email.passwordFile or email.passwordCommand.',
    );
  }
  if (server.user === null && password !== null) {
    throw fault(
      urlPlace,
      'there is a password, but email.url names no user',
      'email.url',
      'Write it as smtp://user@host:587.',
    );
  }
  return { server, from, tls, password };
}

/**
 * Reads the configuration. The file's library is loaded only where there is a file.
 * @throws TwofaError `invalid-configuration` with file, line and column, or with the variable; `unsafe-file` for a file
 * that others can write.
 */
export async function readConfig(input: { file: string; env: NodeJS.ProcessEnv }): Promise<Config> {
  const found: Found = new Map([...(await fromFile(input.file)), ...(await fromVariables(input.env))]);
  const command = found.get('keyCommand');
  if (command && found.has('keyFile')) {
    throw fault(
      command.place,
      'keyCommand stands beside keyFile; a key ring is kept in one place',
      'keyCommand',
    );
  }
  const get = <K extends Key>(key: K) => valueIn(found, key);
  const settings = keys.map((key): Setting => {
    const value = found.get(key);
    const variable = variableOf(key);
    if (!value) return { key, value: defaults[key] ?? null, source: 'default', variable };
    return { key, value: value.shown, source: 'file' in value.place ? 'file' : 'variable', variable };
  });
  return {
    database: get('database'),
    databaseRead: get('databaseRead'),
    keyFile: get('keyFile'),
    keyCommand: get('keyCommand'),
    domain: get('domain'),
    templates: get('templates'),
    email: emailOf(found),
    sms: smsOf(found),
    rates: { email: get('email.perMinute'), sms: get('sms.perMinute') },
    textsPerUserPerDay: get('sms.textsPerUserPerDay'),
    settings,
  };
}

/** The database of a URL given elsewhere than in the configuration, made absolute. @throws TwofaError */
export function databaseOf(url: string, where: string): string {
  try {
    return database(url).value;
  } catch (error) {
    if (!(error instanceof Misfit)) throw error;
    throw new TwofaError('invalid-configuration', `${where} ${error.message}.`, {
      hint: 'Give a database such as sqlite:/var/lib/twofa/twofa.sqlite.',
      details: { field: 'database' },
    });
  }
}

/** Every setting in effect, with where it comes from. */
export function effective(config: Config): readonly Setting[] {
  return config.settings;
}
