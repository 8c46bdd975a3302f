// Puts the real parts together: configuration, key, store, delivery, clock and randomness.
import { randomBytes, randomInt } from 'node:crypto';
import type { Delivery } from '../actions/delivery.ts';
import type { Services } from '../actions/operation.ts';
import type { Credential } from '../actions/perform.ts';
import type { Store } from '../actions/store.ts';
import { TwofaError } from '../errors.ts';
import type { Keyring } from '../rules/keyring.ts';
import type { Instant } from '../rules/time.ts';
import type { Config } from './config.ts';
import { type Paths, pathsOf } from './paths.ts';
import type { CommonOptions, Surroundings } from './run.ts';

export interface Composed {
  paths: Paths;
  services: Services;
  clock(): Instant;
  credential: Credential;
  config(): Promise<Config>;
  /** The database by flag, variable, file or default. */
  databaseUrl(): Promise<string>;
  keyFile(): Promise<string>;
  close(): Promise<void>;
}

/** Makes a value when it is first asked for, and the same one ever after. */
function once<T>(make: () => Promise<T>): (() => Promise<T>) & { made(): Promise<T> | undefined } {
  let made: Promise<T> | undefined;
  return Object.assign(
    () => {
      made ??= make();
      return made;
    },
    { made: () => made },
  );
}

/** A database given as an argument stands in the process list: no password may be in it. */
function refusePassword(url: string): void {
  const authority = /^[a-z]+:\/\/([^/]*)@/i.exec(url)?.[1];
  if (!authority?.includes(':') && !/[?&]password=/i.test(url)) return;
  throw new TwofaError(
    'secret-in-argument',
    'The database URL has a password, which an argument shows to every user of this machine.',
    {
      hint: 'Put the URL in the variable TWOFA_DATABASE_URL.',
      details: { field: 'database' },
    },
  );
}

/** A cryptographic source (R7). */
const random: Services['random'] = {
  code: () => String(randomInt(1_000_000)).padStart(6, '0'),
  token: () => randomBytes(32),
};

/** Composes the services of one process; nothing is read or opened before it is asked for. */
export function compose(
  around: Pick<Surroundings, 'env'>,
  common: CommonOptions,
  notice: (text: string) => void,
): Composed {
  const { env } = around;
  const paths = pathsOf(env);
  const clock = () => Date.now();
  if (common.database !== undefined) refusePassword(common.database);

  const config = once(async () => {
    const { readConfig } = await import('./config.ts');
    return readConfig({ file: paths.configFile, env });
  });
  const databaseUrl = async () => {
    if (common.database !== undefined) {
      const { databaseOf } = await import('./config.ts');
      return databaseOf(common.database, '--database');
    }
    return (await config()).database ?? `sqlite:${paths.databaseFile}`;
  };
  const keyFile = async () => (await config()).keyFile ?? paths.keyFile;
  const keyring = once(async (): Promise<Keyring> => {
    const { readKeyFile } = await import('./key-file.ts');
    const file = await keyFile();
    const found = readKeyFile(file);
    if (found) return found;
    throw new TwofaError('key-unavailable', `There is no key at ${file}.`, {
      hint: 'Make a new installation with "twofa init", or restore the key that belongs to the store.',
    });
  });
  const store = once(async (): Promise<Store> => {
    const { openStore, requireStore } = await import('../store/open.ts');
    const url = await databaseUrl();
    requireStore(url);
    return openStore({ url, keyring: await keyring(), clock });
  });
  const delivery = once(async (): Promise<Delivery> => {
    const { openDelivery } = await import('../delivery/open.ts');
    return openDelivery({ config: await config(), outboxFile: paths.outboxFile, notice, clock });
  });

  return {
    paths,
    clock,
    config,
    databaseUrl,
    keyFile,
    services: { store, delivery, keyring, random, notice },
    credential: async () => {
      const { findToken } = await import('./profiles.ts');
      return findToken(paths.profilesFile, common.profile, env);
    },
    async close() {
      await (await delivery.made()?.catch(() => undefined))?.close();
      await (await store.made()?.catch(() => undefined))?.close();
    },
  };
}
