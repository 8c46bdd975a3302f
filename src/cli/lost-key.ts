// Goes on after the key of a store is lost: another key, every chain closed by a break, and a new owner's token.
import { TwofaError } from '../errors.ts';
import type { Keyring } from '../rules/keyring.ts';
import { reasonProblem } from '../rules/text.ts';
import { formatToken } from '../rules/token-format.ts';
import { identify, keyIdsOf, openStore, requireStore } from '../store/open.ts';
import type { Composed } from './compose.ts';
import { ownerProfile, ownerToken } from './installation.ts';
import { isMalformed } from './key-ring.ts';
import type { KeySource } from './key-source.ts';
import { saveProfile } from './profiles.ts';

/** What it cost, and how it goes on. */
export interface Rekeyed {
  key: string;
  keptAt: string;
  /** Where a key file that was not the store's is now. */
  putAside: string | null;
  profile: string;
  accounts: number;
  users: number;
  ended: { codes: number; locations: number; tokens: number; recoveryCodes: number };
  /** Events that nobody can check any more. */
  unproved: number;
  /** Subjects whose row did not fit the end of their chain. */
  unfitting: number;
  changed: true;
}

export function checkReason(reason: string): void {
  const problem = reasonProblem(reason);
  if (problem === null) return;
  throw new TwofaError('invalid-input', `reason ${problem}.`, { details: { field: 'reason' } });
}

/** @throws TwofaError `key-not-lost` where the store's key is there. */
function refuseIfThere(source: KeySource, fingerprint: string): void {
  let found: Keyring | null = null;
  try {
    found = source.read();
  } catch (error) {
    if (!isMalformed(error)) throw error;
  }
  if (!found?.withFingerprint(fingerprint)) return;
  throw new TwofaError('key-not-lost', `The key of the store is there: ${source.place}.`, {
    hint: 'Another key beside it is made by "twofa db rotate-key". If somebody else may have it, its --help says what to do.',
  });
}

/** The fingerprint of a store's key. @throws TwofaError where there is no store, or its key is not lost. */
export async function lostKeyOf(parts: Composed): Promise<string> {
  const url = await parts.databaseUrl();
  requireStore(url);
  const identity = await identify(url);
  if (!identity) throw new TwofaError('store-unavailable', `${url} is not a whole store of twofa.`);
  refuseIfThere(await parts.keySource(), identity.keyFingerprint);
  return identity.keyFingerprint;
}

/**
 * Goes on without the key of the store. Nobody can prove anything any more, so that no token is asked for: whoever can
 * write the files of the installation is its owner. All or nothing; the new key is durable before the store goes by it.
 */
export async function goOnWithoutKey(parts: Composed, reason: string): Promise<Rekeyed> {
  const fingerprint = await lostKeyOf(parts);
  const url = await parts.databaseUrl();
  const source = await parts.keySource();
  const { random } = parts.services;
  const key = { secret: random.token(), now: new Date(parts.clock()) };
  const { keyring, keep } = source.replace(key, await keyIdsOf(url));
  const store = await openStore({ url, keyring, clock: parts.clock });
  try {
    return await store.write({ actor: 'rekey', role: 'owner', tokenId: null }, async (tables) => {
      const { accounts, users, events, unfitting, ...ended } = await tables.closeChains(fingerprint, reason);
      const secret = formatToken(random.token());
      await tables.addToken(ownerToken(secret, tables.now), {
        action: 'token.created',
        details: { role: 'owner', by: 'rekey' },
      });
      const putAside = keep();
      saveProfile(parts.paths.profilesFile, ownerProfile, secret, true);
      const cost = { accounts, users, ended, unproved: events, unfitting };
      return {
        key: keyring.current.id,
        keptAt: source.place,
        putAside,
        profile: ownerProfile,
        ...cost,
        changed: true,
      };
    });
  } finally {
    await store.close();
  }
}
