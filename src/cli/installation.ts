// Makes an installation: the key, the store, and the owner's first token. Repeated, it changes nothing.
import { existsSync } from 'node:fs';
import type { NewToken } from '../actions/store.ts';
import { expiryOf, lifetimeOf } from '../actions/tokens.ts';
import { TwofaError } from '../errors.ts';
import { hasPassword, withoutPassword } from '../rules/database-url.ts';
import type { Keyring } from '../rules/keyring.ts';
import type { Instant } from '../rules/time.ts';
import { formatToken, tokenDigest } from '../rules/token-format.ts';
import { createStore, identify, openStore, type StoreIdentity } from '../store/open.ts';
import type { Composed } from './compose.ts';
import { lostKeyHint } from './key-ring.ts';
import { makePrivateFolder, writePrivate } from './private-file.ts';
import { saveProfile } from './profiles.ts';

export interface Initialised {
  home: string;
  database: string;
  sandbox: boolean;
  /** The owner's profile, when one was made. */
  profile: string | null;
  changed: boolean;
}

export const ownerProfile = 'owner';

function checkExisting(
  identity: StoreIdentity,
  keyring: Keyring | null,
  keptAt: string,
  url: string,
  sandbox: boolean,
): Keyring {
  const named = withoutPassword(url);
  if (!keyring) {
    throw new TwofaError('key-unavailable', `The store ${named} exists, but its key ${keptAt} does not.`, {
      hint: `Restore the key from its backup: "init" never makes a second one for a store. ${lostKeyHint}`,
    });
  }
  if (!keyring.withFingerprint(identity.keyFingerprint)) {
    throw new TwofaError('key-mismatch', `The key ${keptAt} is not the one of the store ${named}.`, {
      hint: `Restore the right key, or name its file in TWOFA_KEY_FILE. ${lostKeyHint}`,
    });
  }
  if (sandbox && !identity.sandbox) {
    throw new TwofaError('not-a-sandbox', `The store ${named} is no sandbox, and never becomes one.`, {
      hint: 'Make a sandbox in a home of its own: TWOFA_HOME=DIR twofa init --sandbox',
    });
  }
  return keyring;
}

/** An owner's token as it is stored. */
export function ownerToken(secret: string, now: Instant): NewToken {
  const lifetimeMs = lifetimeOf('owner');
  return {
    digest: tokenDigest(secret),
    role: 'owner',
    accountKid: null,
    userId: null,
    app: null,
    name: 'owner',
    mayContacts: false,
    lifetimeMs,
    expiresAt: expiryOf(lifetimeMs, now),
  };
}

/** Mints the owner's token where the store has none that works. The profile is stored before the token counts. */
async function mintOwner(parts: Composed, url: string, keyring: Keyring): Promise<boolean> {
  const store = await openStore({ url, keyring, clock: parts.clock });
  try {
    // An unknown token makes the store compare its key and its version.
    await store.authenticate('');
    return await store.write({ actor: 'init', role: 'owner', tokenId: null }, async (tables) => {
      if (await tables.hasOwner()) return false;
      const secret = formatToken(parts.services.random.token());
      await tables.addToken(ownerToken(secret, tables.now), {
        action: 'token.created',
        details: { role: 'owner', by: 'init' },
      });
      saveProfile(parts.paths.profilesFile, ownerProfile, secret, true);
      return true;
    });
  } finally {
    await store.close();
  }
}

/**
 * A database given to init is the one that later commands find: it goes into a configuration that does not exist yet. A
 * password stays where it was given.
 */
function rememberDatabase(parts: Composed, url: string): void {
  const { configFile, databaseFile } = parts.paths;
  if (url === `sqlite:${databaseFile}` || hasPassword(url) || existsSync(configFile)) return;
  writePrivate(configFile, `database: ${JSON.stringify(url)}\n`);
}

/**
 * Makes what is missing of key, store and owner.
 * @param sandbox whether a new store is a sandbox; an existing one stays what it is.
 * @throws TwofaError for a store whose key is missing or another one: init never makes a second key.
 */
export async function initialise(parts: Composed, sandbox: boolean): Promise<Initialised> {
  const url = await parts.databaseUrl();
  const source = await parts.keySource();
  makePrivateFolder(parts.paths.config);
  makePrivateFolder(parts.paths.data);
  const existing = await identify(url);
  let made = false;
  let keyring = source.read();
  if (existing) keyring = checkExisting(existing, keyring, source.place, url, sandbox);
  else {
    keyring ??= source.create({ secret: parts.services.random.token(), now: new Date(parts.clock()) });
    made = await createStore({ url, keyring, clock: parts.clock }, sandbox);
    if (made) rememberDatabase(parts, url);
  }
  // Another init may have made the store in the meantime: what it is now counts.
  const identity = await identify(url);
  if (!identity) throw new Error('The store that was just made is not there.');
  keyring = checkExisting(identity, keyring, source.place, url, sandbox);
  const minted = await mintOwner(parts, url, keyring);
  return {
    home: parts.paths.data,
    database: withoutPassword(url),
    sandbox: identity.sandbox,
    profile: minted ? ownerProfile : null,
    changed: made || minted,
  };
}
