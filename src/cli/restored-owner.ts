// Whose a store is that is put back: the owner whom it knows, or one that is made by the key; and how it is marked.
import { basename } from 'node:path';
import type { Restored } from '../actions/restore.ts';
import type { Actor, Store, Writing } from '../actions/store.ts';
import { TwofaError } from '../errors.ts';
import { grantOf } from '../rules/authority.ts';
import { formatToken, isTokenShaped, tokenDigest } from '../rules/token-format.ts';
import type { Composed } from './compose.ts';
import { ownerToken } from './installation.ts';
import { readProfiles, saveProfile } from './profiles.ts';

/** The caller as the backup knows them; null where it knows no owner's token that they have. */
export async function ownerIn(store: Store, secret: string | null): Promise<Actor | null> {
  const found = isTokenShaped(secret ?? '') ? await store.authenticate(tokenDigest(secret ?? '')) : null;
  if (!found) return null;
  const { token, user, now } = found;
  const works = token.revokedAt === null && (token.expiresAt === null || token.expiresAt > now);
  if (!works) return null;
  if (grantOf('store', token.role) === 'yes')
    return { actor: user?.username ?? token.name, role: token.role, tokenId: token.id };
  throw new TwofaError('not-permitted', 'Only the owner of the installation restores a backup.', {
    hint: '"twofa help roles" says who may do what.',
  });
}

/** The caller's token; null where they have none, which nobody needs who holds the key and no store yet. */
export async function secretOf(parts: Composed): Promise<string | null> {
  return parts.credential().catch((error) => {
    if (error instanceof TwofaError && error.code === 'not-signed-in') return null;
    throw error;
  });
}

/** By the key, where no token of the caller's is known. */
const byKey: Actor = { actor: 'restore', role: 'owner', tokenId: null };

/** An owner's token that was made for the copy, in a profile of its own. */
export interface Minted {
  profile: string;
  secret: string;
}

/** A profile's name that is not taken: what is there may still be of use. */
function freeProfile(parts: Composed, name: string): string {
  const { profiles } = readProfiles(parts.paths.profilesFile);
  for (let number = 1; ; number += 1) {
    const each = number === 1 ? name : `${name}-${number}`;
    if (!Object.hasOwn(profiles, each)) return each;
  }
}

/** Makes an owner's token. The profile is stored before the token counts. */
async function mint(parts: Composed, tables: Writing, by: 'restore' | 'staging'): Promise<Minted> {
  const secret = formatToken(parts.services.random.token());
  const profile = freeProfile(parts, by === 'staging' ? 'staging' : 'restored');
  await tables.addToken(ownerToken(secret, tables.now), {
    action: 'token.created',
    details: { role: 'owner', by },
  });
  saveProfile(parts.paths.profilesFile, profile, secret, false);
  return { profile, secret };
}

export type Ended = Pick<Restored, 'codesEnded' | 'locationsEnded' | 'recoveryCodesVoided' | 'tokensRevoked'>;

async function endAll(tables: Writing, reason: string): Promise<Ended> {
  const { codes, locations, recoveryCodes, tokens } = await tables.endEverything(reason);
  return {
    codesEnded: codes,
    locationsEnded: locations,
    recoveryCodesVoided: recoveryCodes,
    tokensRevoked: tokens,
  };
}

/** How a copy is marked. */
interface Marking {
  /** The backup. */
  file: string;
  /** Whether the copy is to send nothing, for ever. */
  staging: boolean;
  reason: string | null;
}

/** Marks the copy as put back, with its event, and makes an owner's token where it knows none of the caller's. */
export async function markCopy(
  parts: Composed,
  store: Store,
  { file, staging, reason }: Marking,
  { actor, base, keptAt }: { actor: Actor | null; base: number; keptAt: string | null },
): Promise<{ minted: Minted | null; ended: Ended | null }> {
  return store.write(staging ? byKey : (actor ?? byKey), async (tables) => {
    const ended = staging ? await endAll(tables, reason ?? '') : null;
    const details = {
      file: basename(file),
      newest: base,
      keptAt,
      reason,
      ...(ended ? { staging, ended } : {}),
    };
    const change = staging ? ({ staging, restoredAt: null } as const) : { restoredAt: tables.now };
    await tables.saveInstallation(change, { action: 'store.put-back', details });
    if (actor && !staging) return { minted: null, ended };
    return { minted: await mint(parts, tables, staging ? 'staging' : 'restore'), ended };
  });
}

/**
 * Says of a store that was put back by other means that it was, by the key: for a caller whose token is younger than it.
 * @returns the owner's token that was made.
 */
export async function markByKey(parts: Composed, reason: string | null): Promise<Minted> {
  const store = await parts.services.store();
  const { newest } = await store.standing(null);
  const minted = await store.write(byKey, async (tables) => {
    const details = { newest: newest?.seq ?? 0, reason };
    await tables.saveInstallation({ restoredAt: tables.now }, { action: 'store.put-back', details });
    return mint(parts, tables, 'restore');
  });
  saveProfile(parts.paths.profilesFile, minted.profile, minted.secret, true);
  return minted;
}
