// Puts the real parts together: configuration, key, store, delivery, clock and randomness.
import { randomBytes, randomInt } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { Delivery } from '../actions/delivery.ts';
import type { Services } from '../actions/operation.ts';
import type { Credential } from '../actions/perform.ts';
import type { Store } from '../actions/store.ts';
import { TwofaError } from '../errors.ts';
import { hasPassword } from '../rules/database-url.ts';
import type { RenewableKeyring } from '../rules/keyring.ts';
import type { Instant } from '../rules/time.ts';
import type { Config } from './config.ts';
import { HighWaterFile } from './high-water.ts';
import type { KeySource } from './key-source.ts';
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
  /** Where the key file is, or would be. */
  keyFile(): Promise<string>;
  /** Where the key ring is kept: the key file, or a command. */
  keySource(): Promise<KeySource>;
  close(): Promise<void>;
}

/** Makes a value when it is first asked for, and the same one ever after; what could not be made is tried again. */
function once<T>(make: () => Promise<T>): (() => Promise<T>) & { made(): Promise<T> | undefined } {
  let made: Promise<T> | undefined;
  return Object.assign(
    () => {
      made ??= make().catch((error: unknown) => {
        made = undefined;
        throw error;
      });
      return made;
    },
    { made: () => made },
  );
}

/** A database given as an argument stands in the process list: no password may be in it. */
export function refusePassword(url: string, field: string, hint: string): void {
  if (!hasPassword(url)) return;
  throw new TwofaError(
    'secret-in-argument',
    'The database URL has a password, which an argument shows to every user of this machine.',
    { hint, details: { field } },
  );
}

function noKey(file: string): never {
  throw new TwofaError('key-unavailable', `There is no key at ${file}.`, {
    hint: 'Restore the key of the store from its backup, or name its file in TWOFA_KEY_FILE; where there is no store yet, "twofa init" makes both. If the key is lost for good, "twofa db rekey --lost-key" goes on with another.',
  });
}

/** How old what is looked at may be. */
function standbyWords(standby: { behindMs: number } | { problem: string }): string {
  if ('problem' in standby)
    return `The standby does not answer (${standby.problem}): this is of the primary.`;
  return `Read from the standby, ${(standby.behindMs / 1000).toFixed(1)} s behind.`;
}

/** A cryptographic source (R7). */
const random: Services['random'] = {
  code: () => String(randomInt(1_000_000)).padStart(6, '0'),
  token: () => randomBytes(32),
};

/**
 * Composes the services of one process; nothing is read or opened before it is asked for.
 * @param connections how many there may be to PostgreSQL at a time.
 */
export function compose(
  around: Pick<Surroundings, 'env'>,
  common: CommonOptions,
  notice: (text: string) => void,
  { connections = 1 }: { connections?: number | undefined } = {},
): Composed {
  const { env } = around;
  const paths = pathsOf(env);
  const clock = () => Date.now();
  if (common.database !== undefined)
    refusePassword(common.database, 'database', 'Put the URL in the variable TWOFA_DATABASE_URL.');

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
  const keySource = once(async (): Promise<KeySource> => {
    const { keyCommand } = await config();
    if (keyCommand) return (await import('./key-command.ts')).keyCommandSource(keyCommand);
    return (await import('./key-source.ts')).keyFileSource(await keyFile());
  });
  const keyring = once(async (): Promise<RenewableKeyring> => {
    const { renewableKeyring } = await import('../rules/keyring.ts');
    const source = await keySource();
    const read = () => source.read() ?? noKey(source.place);
    return renewableKeyring(read(), read);
  });
  const store = once(async (): Promise<Store> => {
    const { openStore, requireStore } = await import('../store/open.ts');
    const url = await databaseUrl();
    requireStore(url);
    return openStore({
      url,
      keyring: await keyring(),
      clock,
      connections,
      readUrl: (await config()).databaseRead ?? undefined,
      lookedAt: (standby) => notice(standbyWords(standby)),
      committed: () => highWater.committed(),
    });
  });
  const highWater = new HighWaterFile({
    file: async () => join(dirname(await keyFile()), 'high-water.json'),
    store,
    notice,
  });
  const rotateKey = async (storeFingerprint: string): Promise<string> => {
    const [source, ring] = [await keySource(), await keyring()];
    source.rotate({ secret: random.token(), now: new Date(clock()) }, storeFingerprint);
    ring.renew();
    return source.place;
  };
  const delivery = once(async (): Promise<Delivery> => {
    const { openDelivery } = await import('../delivery/open.ts');
    const { templates: folder, ...found } = await config();
    const templates =
      folder === null ? null : (await import('../delivery/template-files.ts')).readTemplates(folder);
    return openDelivery({ config: found, templates, outboxFile: paths.outboxFile, notice, clock });
  });

  const checkpoints = once(async () => {
    const { checkpointFolder } = await import('./checkpoints.ts');
    return checkpointFolder(join(paths.data, 'checkpoints'));
  });

  const background = new Set<Promise<void>>();
  const inBackground = (work: Promise<void>): void => {
    const going = work.catch((error: Error) => notice(error.message)).finally(() => background.delete(going));
    background.add(going);
  };
  return {
    paths,
    clock,
    config,
    databaseUrl,
    keyFile,
    keySource,
    services: {
      store,
      delivery,
      keyring,
      rotateKey,
      random,
      notice,
      highWater,
      checkpoints: {
        has: async (day) => (await checkpoints()).has(day),
        keep: async (day, checkpoint) => (await checkpoints()).keep(day, checkpoint),
      },
      background: inBackground,
    },
    credential: async () => {
      const { findToken } = await import('./profiles.ts');
      return findToken(paths.profilesFile, common.profile, env);
    },
    async close() {
      await Promise.all(background);
      await (await delivery.made()?.catch(() => undefined))?.close();
      await highWater.settle();
      await (await store.made()?.catch(() => undefined))?.close();
    },
  };
}
