// What was found of the configuration, by key, and what of it belongs together.
import type { PasswordSource } from '../delivery/config.ts';
import { fault, type Place } from './config-file.ts';
import { type Key, type Value, type ValueOf, variableOf } from './config-values.ts';

/** The values that are set, each with where it stands. */
export type Found = Map<Key, Value<unknown> & { place: Place }>;

export function valueIn<K extends Key>(found: Found, key: K): ValueOf<K> | null {
  return (found.get(key)?.value as ValueOf<K> | undefined) ?? null;
}

/**
 * The value of a key that something cannot do without.
 * @param what what is configured without it, and where that stands.
 * @throws TwofaError
 */
export function requiredIn<K extends Key>(
  found: Found,
  key: K,
  what: { name: string; place: Place },
): ValueOf<K> {
  const value = found.get(key);
  if (value) return value.value as ValueOf<K>;
  throw fault(
    what.place,
    `${what.name} is configured without ${key}`,
    key,
    `Set ${key}, or the variable ${variableOf(key)}.`,
  );
}

/** Of a key and another one of which one is enough: the one that counts, which is the variable's where one is. @throws TwofaError */
export function oneOf<A extends Key, B extends Key>(found: Found, key: A, other: B): A | B | null {
  const [first, second] = [found.get(key), found.get(other)];
  if (!first || !second) return first ? key : second ? other : null;
  const byVariable = 'variable' in second.place;
  if ('variable' in first.place !== byVariable) return byVariable ? other : key;
  throw fault(second.place, `${other} stands beside ${key}; one is enough`, other);
}

type FileKey = 'email.passwordFile' | 'sms.http.passwordFile' | 'sms.twilio.authTokenFile';
type CommandKey = 'email.passwordCommand' | 'sms.http.passwordCommand' | 'sms.twilio.authTokenCommand';

/** Where a password comes from; of a file and a command, one of which a variable names, the variable's counts. */
export function passwordIn(found: Found, fileKey: FileKey, commandKey: CommandKey): PasswordSource | null {
  switch (oneOf(found, fileKey, commandKey)) {
    case null:
      return null;
    case fileKey:
      return { file: valueIn(found, fileKey) ?? '' };
    default: {
      const command = valueIn(found, commandKey);
      return command && { command };
    }
  }
}
