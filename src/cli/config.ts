// Reads the configuration: config.yaml, each key also by a variable, which beats the file.
import type { DeliveryConfig, EmailConfig, PasswordSource } from '../delivery/config.ts';
import { TwofaError } from '../errors.ts';
import { fault, type Place, readYaml } from './config-file.ts';
import {
  database,
  type Key,
  keys,
  Misfit,
  readers,
  type Value,
  type ValueOf,
  variableOf,
} from './config-values.ts';
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
  keyFile: string | null;
  /** Prints the key ring, in place of a file. */
  keyCommand: readonly [string, ...string[]] | null;
  settings: readonly Setting[];
}

const topKeys = [...new Set(keys.map((key) => key.replace(/\..*/, '')))];
const defaults: Partial<Record<Key, string>> = { 'email.tls': 'required' };

type Found = Map<Key, Value<unknown> & { place: Place }>;

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

async function fromFile(file: string): Promise<Found> {
  const found: Found = new Map();
  const source = readIfThere(file);
  if (source === null) return found;
  refuseWritable(file);
  for (const { name, value, isSection, place, valuePlace } of await readYaml(source, file)) {
    const key = keys.find((each) => each === name);
    const section = name.replace(/\..*/, '');
    if (key) found.set(key, readValue(key, value, valuePlace));
    else if (topKeys.includes(name)) {
      if (!isSection) throw fault(valuePlace, `${name} must be a section with keys of its own`, name);
    } else {
      const siblings = name === section ? [] : keys.filter((each) => each.startsWith(`${section}.`));
      throw await unknownName(place, name, siblings.length > 0 ? siblings : topKeys);
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
    const value = key.endsWith('Command') ? fromJson(given) : given;
    found.set(key, readValue(key, value, { variable }));
  }
  const known = keys.filter((key) => key.includes('.')).map(variableOf);
  // Only of a section's variables is it sure that they are meant for the configuration.
  const stray = Object.keys(env).find((name) => /^TWOFA_(EMAIL|SMS)_/.test(name) && !known.includes(name));
  if (stray !== undefined) throw await unknownName({ variable: stray }, stray, known);
  return found;
}

/** Where a password comes from; of a file and a command, one of which a variable names, the variable's counts. */
function passwordOf(found: Found): PasswordSource | null {
  const file = found.get('email.passwordFile');
  const command = found.get('email.passwordCommand');
  if (file && command && 'variable' in file.place === 'variable' in command.place) {
    throw fault(
      command.place,
      'email.passwordCommand stands beside email.passwordFile; one is enough',
      'email.passwordCommand',
    );
  }
  if (file && !(command && 'variable' in command.place))
    return { file: file.value as ValueOf<'email.passwordFile'> };
  return command ? { command: command.value as ValueOf<'email.passwordCommand'> } : null;
}

function emailOf(found: Found): EmailConfig | null {
  const first = keys.find((key) => key.startsWith('email.') && key !== 'email.perMinute' && found.has(key));
  const place = first && found.get(first)?.place;
  if (!place) return null;
  const required = <K extends 'email.url' | 'email.from'>(key: K): ValueOf<K> => {
    const value = found.get(key);
    if (value) return value.value as ValueOf<K>;
    throw fault(
      place,
      `email is configured without ${key}`,
      key,
      `Set ${key}, or the variable ${variableOf(key)}.`,
    );
  };
  const server = required('email.url');
  const from = required('email.from');
  const tls = (found.get('email.tls')?.value ?? 'required') as ValueOf<'email.tls'>;
  const password = passwordOf(found);
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
  const get = <K extends Key>(key: K) => (found.get(key)?.value as ValueOf<K> | undefined) ?? null;
  const settings = keys.map((key): Setting => {
    const value = found.get(key);
    const variable = variableOf(key);
    if (!value) return { key, value: defaults[key] ?? null, source: 'default', variable };
    return { key, value: value.shown, source: 'file' in value.place ? 'file' : 'variable', variable };
  });
  return {
    database: get('database'),
    keyFile: get('keyFile'),
    keyCommand: get('keyCommand'),
    domain: get('domain'),
    email: emailOf(found),
    rates: { email: get('email.perMinute'), sms: get('sms.perMinute') },
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
