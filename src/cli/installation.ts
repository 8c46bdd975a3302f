// Makes an installation: the key, the store, and the owner's first token. Repeated, it changes nothing.
import { existsSync } from 'node:fs';
import { expiryOf, lifetimeOf } from '../actions/tokens.ts';
import { TwofaError } from '../errors.ts';
import type { Keyring } from '../rules/keyring.ts';
import { formatToken, tokenDigest } from '../rules/token-format.ts';
import { createStore, identify, openStore, type StoreIdentity } from '../store/open.ts';
import type { Composed } from './compose.ts';
import { createKeyFile, readKeyFile } from './key-file.ts';
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

const ownerProfile = 'owner';

function checkExisting(
  identity: StoreIdentity,
  keyring: Keyring | null,
  keyFile: string,
  url: string,
  sandbox: boolean,
): Keyring {
  if (!keyring) {
    throw new TwofaError('key-unavailable', `The store ${url} exists, but its key ${keyFile} does not.`, {
      hint: 'Restore the key from its backup: a store never gets a second one.',
    });
  }
  if (keyring.current.fingerprint !== identity.keyFingerprint) {
    throw new TwofaError(
      'key-mismatch',
      `The key ${keyFile} is not the one that the store ${url} was made with.`,
      {
        hint: 'Restore the right key, or name its file in TWOFA_KEY_FILE.',
      },
    );
  }
  if (sandbox && !identity.sandbox) {
    throw new TwofaError('not-a-sandbox', `The store ${url} is no sandbox, and never becomes one.`, {
      hint: 'Make a sandbox in a home of its own: TWOFA_HOME=DIR twofa init --sandbox',
    });
  }
  return keyring;
}

/** Mints the owner's token where the store has none that works. The profile is stored before the token counts. */
async function mintOwner(parts: Composed, url: string, keyring: Keyring): Promise<boolean> {
  const store = await openStore({ url, keyring, clock: parts.clock });
  try {
    return await store.write({ actor: 'init', role: 'owner', tokenId: null }, async (tables) => {
      if (await tables.hasOwner()) return false;
      const secret = formatToken(parts.services.random.token());
      await tables.addToken(
        {
          digest: tokenDigest(secret),
          role: 'owner',
          accountKid: null,
          userId: null,
          app: null,
          name: 'owner',
          mayContacts: false,
          lifetimeMs: lifetimeOf('owner'),
          expiresAt: expiryOf(lifetimeOf('owner'), tables.now),
        },
        { action: 'token.created', details: { role: 'owner', by: 'init' } },
      );
      saveProfile(parts.paths.profilesFile, ownerProfile, secret, true);
      return true;
    });
  } finally {
    await store.close();
  }
}

/** A database given to init is the one that later commands find: it goes into a configuration that does not exist yet. */
function rememberDatabase(parts: Composed, url: string): void {
  const { configFile, databaseFile } = parts.paths;
  if (url === `sqlite:${databaseFile}` || existsSync(configFile)) return;
  writePrivate(configFile, `database: ${JSON.stringify(url)}\n`);
}

/**
 * Makes what is missing of key, store and owner.
 * @param sandbox whether a new store is a sandbox; an existing one stays what it is.
 * @throws TwofaError for a store whose key is missing or another one: init never makes a second key.
 */
export async function initialise(parts: Composed, sandbox: boolean): Promise<Initialised> {
  const url = await parts.databaseUrl();
  const keyFile = await parts.keyFile();
  makePrivateFolder(parts.paths.config);
  makePrivateFolder(parts.paths.data);
  const existing = await identify(url);
  let made = false;
  let keyring = readKeyFile(keyFile);
  if (existing) keyring = checkExisting(existing, keyring, keyFile, url, sandbox);
  else {
    keyring ??= createKeyFile(keyFile, parts.services.random.token, new Date(parts.clock()));
    made = await createStore({ url, keyring, clock: parts.clock }, sandbox);
    if (made) rememberDatabase(parts, url);
  }
  // Another init may have made the store in the meantime: what it is now counts.
  const identity = await identify(url);
  if (!identity) throw new Error('The store that was just made is not there.');
  keyring = checkExisting(identity, keyring, keyFile, url, sandbox);
  const minted = await mintOwner(parts, url, keyring);
  return {
    home: parts.paths.data,
    database: url,
    sandbox: identity.sandbox,
    profile: minted ? ownerProfile : null,
    changed: made || minted,
  };
}
