// Tries everything for real: configuration, key, store, token, delivery, and who may read the files.
import { accessSync, constants, existsSync } from 'node:fs';
import { type Outlet, outletOf } from '../actions/delivery.ts';
import { refuseOlder } from '../actions/high-water.ts';
import type { Reading } from '../actions/store.ts';
import { TwofaError } from '../errors.ts';
import { dayMs } from '../rules/constants.ts';
import { withoutPassword } from '../rules/database-url.ts';
import { identify } from '../store/open.ts';
import { type Advice, type Check, check } from './check.ts';
import type { Composed } from './compose.ts';
import { configured, leftovers, ownWords, probes, type Recipient, sendTest } from './doctor-delivery.ts';
import { requireProtected } from './protection.ts';

/** How long before its end a token is named. */
const expiresSoonMs = 14 * dayMs;
/** Users of several accounts at one address, above which it is taken for a proxy's. */
const sharedByUsers = 50;
/** Tokens or addresses named at the most. */
const namedMax = 20;

/** The ring itself, and that the store's key is in it. */
async function key(parts: Composed): Promise<string> {
  const ring = await parts.services.keyring();
  const { place } = await parts.keySource();
  const identity = await identify(await parts.databaseUrl()).catch(() => null);
  if (identity && !ring.withFingerprint(identity.keyFingerprint)) {
    throw new TwofaError('key-mismatch', `The key of the store is not in ${place}.`, {
      hint: 'Restore the key that belongs to the store, or name its file in TWOFA_KEY_FILE.',
    });
  }
  const held = `${place} holds the key ${ring.current.id}`;
  return identity ? `${held}, and the store is of it` : held;
}

async function store(parts: Composed): Promise<string> {
  const url = await parts.databaseUrl();
  if (!(await identify(url))) {
    throw new TwofaError('not-initialised', `There is no store at ${withoutPassword(url)} yet.`, {
      hint: 'Make one with "twofa init".',
    });
  }
  const opened = await parts.services.store();
  // An unknown token makes the store read its identity, and compare key and version.
  await opened.authenticate('');
  if (url.startsWith('sqlite:')) accessSync(url.slice('sqlite:'.length), constants.W_OK);
  return `${withoutPassword(url)} answers, was made with this key, and is of this version`;
}

/** Whether the store has the newest event that this machine knows. */
async function highWater(parts: Composed): Promise<string> {
  await refuseOlder(parts.services);
  return 'The store is the newest that this machine knows';
}

/** The database itself holds the invariants: by what twofa made, and by nothing that somebody else did. */
async function schema(parts: Composed): Promise<string | Advice> {
  const fault = await (await parts.services.store()).schemaFault();
  if (fault === null) return 'Tables and triggers are those that twofa made';
  return {
    message: `The database was changed: ${fault}.`,
    hint: 'Ask who has written to it, and restore it from a backup: "twofa audit verify" says whether more was changed.',
  };
}

/** A configuration that cannot be read is what another check says; the files of the defaults are looked at then. */
async function files(parts: Composed): Promise<string> {
  const url = await parts.databaseUrl().catch(() => `sqlite:${parts.paths.databaseFile}`);
  const key = await parts.keyFile().catch(() => parts.paths.keyFile);
  requireProtected(parts.paths, url.startsWith('sqlite:') ? url.slice('sqlite:'.length) : null, key);
  return 'No file or folder is open to others';
}

/** Reads without a token: no name, no address of a user, nothing that a role would be asked for. */
async function readOf<T>(parts: Composed, work: (tables: Reading) => Promise<T>): Promise<T> {
  return (await parts.services.store()).read(work);
}

function listed(all: readonly string[]): string {
  const more = all.length > namedMax ? ', and more' : '';
  return `${all.slice(0, namedMax).join(', ')}${more}`;
}

async function expiring(parts: Composed): Promise<string | Advice> {
  const found = await readOf(parts, async (tables) =>
    (await tables.expiringTokens(tables.now + expiresSoonMs, namedMax + 1)).map(({ id, expiresAt }) => {
      const days = Math.max(1, Math.ceil((expiresAt - tables.now) / dayMs));
      return `tok_${id} in ${days} ${days === 1 ? 'day' : 'days'}`;
    }),
  );
  if (found.length === 0) return 'No token ends within 14 days';
  return {
    message: `Tokens end soon: ${listed(found)}.`,
    hint: 'See whose they are with "twofa token list", and put others in their place with "twofa token rotate ID".',
  };
}

async function addresses(parts: Composed): Promise<string | Advice> {
  const found = await readOf(parts, (tables) => tables.busyLocations(sharedByUsers, namedMax + 1));
  if (found.length === 0) return 'No address stands for the users of several accounts';
  const said = found.map(
    ({ location, users, accounts }) => `${location} (${users} users of ${accounts} accounts)`,
  );
  return {
    message: `One address serves many users: ${listed(said)}.`,
    hint: "It looks like a proxy that hides the users' own: have the application pass the client's address, not the proxy's.",
  };
}

/** Where messages go. @throws TwofaError for a store that cannot be read: it might be a copy that sends nothing. */
async function outlet(parts: Composed): Promise<Outlet> {
  const identity = await identify(await parts.databaseUrl());
  return identity ? outletOf(identity) : 'live';
}

async function token(parts: Composed): Promise<string> {
  const { localDoor } = await import('./door.ts');
  const { authenticateAs, operatorWords } = await import('./operator.ts');
  const operator = await authenticateAs(localDoor(parts.services), await parts.credential());
  return `You are ${operatorWords(operator)}`;
}

/**
 * All checks, each carried out whatever became of the others; what reads the store, only where there is one to read.
 * @param test gets a message that says it is a test.
 */
export async function examine(parts: Composed, test?: Recipient): Promise<Check[]> {
  // Before the store is opened, which makes files beside it for as long as that lasts.
  const safe = await check('files', () => files(parts));
  const opened = await check('store', () => store(parts));
  const words = await ownWords(parts);
  return [
    await check('config', async () => {
      await parts.config();
      return existsSync(parts.paths.configFile)
        ? `${parts.paths.configFile} is valid`
        : 'No configuration file; defaults';
    }),
    await check('key', () => key(parts)),
    opened,
    safe,
    await check('delivery', async () => configured(parts, await outlet(parts).catch(() => 'live' as const))),
    ...(words ? [await check('templates', words)] : []),
    ...(await probes(parts)),
    ...(test === undefined
      ? []
      : [await check('send-test', async () => sendTest(parts, test, await outlet(parts)))]),
    await check('token', () => token(parts)),
    ...(opened.ok
      ? [
          await check('schema', () => schema(parts)),
          await check('high-water', () => highWater(parts)),
          await check('messages', () => leftovers(parts)),
          await check('tokens', () => expiring(parts)),
          await check('addresses', () => addresses(parts)),
        ]
      : []),
  ];
}
