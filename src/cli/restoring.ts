// Restores a backup: examined and prepared as a copy beside the store, and put in its place at once, or not at all.
import { copyFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type AuditExport, readExport } from '../actions/read-export.ts';
import type { CopyWatch, Store } from '../actions/store.ts';
import { TwofaError } from '../errors.ts';
import { createPrivateFile } from '../new-file.ts';
import { iso } from '../rules/time.ts';
import { openStore, type StoreIdentity } from '../store/open.ts';
import { sqliteFile } from '../store/sqlite-open.ts';
import type { Examined } from '../store/sqlite-restore.ts';
import { abandonedDrafts } from './abandoned.ts';
import { removeDatabase } from './backup-file.ts';
import type { Composed } from './compose.ts';
import { makePrivateFolder, syncFolder } from './private-file.ts';
import { removeProfile, saveProfile } from './profiles.ts';
import { type Ended, markCopy, ownerIn, secretOf } from './restored-owner.ts';

export interface RestoreOptions {
  /** The backup. */
  file: string;
  /** Whether the copy is to send nothing, for ever. */
  staging: boolean;
  reason: string | null;
  auditExport: AuditExport | null;
  watch: CopyWatch;
}

/** What was put in place. */
export interface PutBack {
  file: string;
  /** The newest event of the backup. */
  newest: { seq: number; at: string } | null;
  /** Where the store that was there before is now. */
  keptAt: string | null;
  /** Migrations that the backup lacked. */
  applied: string[];
  /** The profile of the owner's token that was made, where the backup does not know the caller's. */
  profile: string | null;
}

/** What was put in place, and the owner's token that was made, which is shown to nobody. */
export interface Put {
  putBack: PutBack;
  secret: string | null;
  /** What ended in a copy for staging; null in any other, in which nothing did yet. */
  ended: Ended | null;
}

/** The store that is there: `usable` for one whose tokens can be asked. */
export interface Present {
  state: 'none' | 'usable' | 'unusable';
  identity: StoreIdentity | null;
}

const unusable = new Set(['store-unavailable', 'store-incompatible', 'key-unavailable', 'audit-broken']);

/** @throws TwofaError for a store that is there, but of which that cannot be told at the moment. */
export async function presentStore(parts: Composed, place: string): Promise<Present> {
  const found = await stat(place).catch(() => null);
  if (!found) return { state: 'none', identity: null };
  try {
    const { identify } = await import('../store/open.ts');
    const identity = await identify(`sqlite:${place}`);
    await (await parts.services.store()).check();
    return { state: 'usable', identity };
  } catch (error) {
    if (error instanceof TwofaError && unusable.has(error.code)) return { state: 'unusable', identity: null };
    throw error;
  }
}

/** @throws TwofaError `usage` for a store that is no file. */
export function placeOf(url: string): string {
  if (url.startsWith('sqlite:')) return sqliteFile(url);
  throw new TwofaError('usage', 'A backup of PostgreSQL is restored by pg_restore, into a new database.', {
    hint: '"twofa db backup FILE" prints the command; then say so to twofa: twofa db restore --mark',
  });
}

function unreadable(file: string, error: unknown): TwofaError {
  return new TwofaError(
    'file-unreadable',
    `${JSON.stringify(file)} cannot be read: ${(error as Error).message}.`,
    { details: { field: 'file' }, cause: error },
  );
}

/** Removes the copies of restores that were killed. */
async function removeAbandoned(place: string): Promise<void> {
  const left = await abandonedDrafts(place, /\.([0-9]+)\.restoring$/).catch(() => []);
  for (const draft of left) removeDatabase(draft);
}

/** Copies the backup beside the place of the store, for its owner alone, with what SQLite has not taken into it yet. */
async function copyBackup(file: string, draft: string, place: string): Promise<void> {
  const found = await stat(file).catch((error) => {
    throw unreadable(file, error);
  });
  const there = await stat(place).catch(() => null);
  if (there?.ino === found.ino && there.dev === found.dev) {
    throw new TwofaError('invalid-input', `${JSON.stringify(file)} is the store itself.`, {
      details: { field: 'file' },
    });
  }
  for (const end of ['', '-wal']) {
    const part = await stat(`${file}${end}`).catch(() => null);
    if (!part || (end !== '' && part.size === 0)) continue;
    if (!part.isFile()) throw unreadable(file, new Error('it is no file'));
    try {
      createPrivateFile(`${draft}${end}`);
    } catch (error) {
      throw new TwofaError(
        'store-unavailable',
        `There can be no store at ${place}: ${(error as Error).message}.`,
        {
          hint: 'Make its folder first, for yourself alone.',
          cause: error,
        },
      );
    }
    await copyFile(`${file}${end}`, `${draft}${end}`).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOSPC' && error.code !== 'EDQUOT') throw unreadable(file, error);
      throw new TwofaError('store-unavailable', `There is no room beside ${place}: ${error.message}.`, {
        cause: error,
      });
    });
  }
}

/** A copy for staging stays one, and takes the place of no store that sends. */
function requireSameKind(examined: Examined, { identity }: Present, staging: boolean): void {
  const becomes = staging || examined.staging;
  if (identity === null || identity.staging === becomes) return;
  throw new TwofaError(
    'not-a-sandbox',
    becomes
      ? 'A copy for staging does not take the place of an installation that sends messages.'
      : 'An installation that sends messages does not take the place of a copy for staging.',
    {
      hint: becomes
        ? 'Give it a home of its own, with a copy of the key: TWOFA_HOME=DIR twofa db restore FILE --as-staging'
        : 'Add --as-staging, or restore it in a home of its own.',
    },
  );
}

/** A name for the store that is there, which no file has. */
async function asideOf(place: string, now: Date): Promise<string> {
  const dated = `${place}.replaced-${now.toISOString().replace(/[-:]|\.[0-9]+/g, '')}`;
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? dated : `${dated}-${number}`;
    if (!(await stat(name).catch(() => null))) return name;
  }
}

/** What a prepared copy is put in place with. */
interface Preparing {
  place: string;
  draft: string;
  examined: Examined;
  present: Present;
}

/** How far the copy goes by the course of events that an export tells of. */
function baseOf(store: Store, { newest }: Examined): Promise<number> {
  return store.read(async (tables) => {
    const { restoredAt } = await tables.installation();
    return (restoredAt === null ? null : await tables.putBackAt()) ?? newest?.seq ?? 0;
  });
}

async function put(
  parts: Composed,
  store: Store,
  options: RestoreOptions,
  { place, draft, examined, present }: Preparing,
): Promise<Put> {
  const actor = await ownerIn(store, await secretOf(parts));
  const aside = await asideOf(place, new Date(parts.clock()));
  const keptAt = present.state === 'none' ? null : aside;
  const base = await baseOf(store, examined);
  const { minted, ended } = await markCopy(parts, store, options, { actor, base, keptAt });
  await store.close();
  const { profilesFile } = parts.paths;
  try {
    const { putInPlace } = await import('../store/sqlite-restore.ts');
    const usable = present.state === 'usable';
    await putInPlace(draft, { file: place, aside, usable, watch: options.watch });
    syncFolder(dirname(place));
  } catch (error) {
    if (minted) removeProfile(profilesFile, minted.profile);
    throw error;
  }
  if (minted && !options.staging) saveProfile(profilesFile, minted.profile, minted.secret, true);
  const { newest, applied } = examined;
  const putBack: PutBack = {
    file: resolve(options.file),
    newest: newest && { seq: newest.seq, at: iso(newest.at) },
    keptAt,
    applied,
    profile: minted?.profile ?? null,
  };
  return { putBack, secret: minted?.secret ?? null, ended };
}

/** Makes sure that an export goes on where the backup ends, before anything is replaced. */
async function requireContinuing(
  parts: Composed,
  store: Store,
  base: number,
  auditExport: AuditExport,
): Promise<void> {
  const keyring = await parts.services.keyring();
  await store.read((tables) => readExport(auditExport, { tables, keyring, base, gapless: store.gapless }));
}

/**
 * Examines a backup, and puts it in the place of the store; whatever fails before leaves that as it was.
 * @param permit is given what puts it in place, once nothing else is in the way; it asks the caller, and the store that is
 * there.
 * @returns what was put in place, and the owner's token that was made.
 * @throws TwofaError for what is no backup of this key, an export that does not go on from it, or a caller who may not.
 */
export async function restoreBackup(
  parts: Composed,
  options: RestoreOptions,
  present: Present,
  permit: (put: () => Promise<Put>) => Promise<Put>,
): Promise<Put> {
  const place = placeOf(await parts.databaseUrl());
  const { examineBackup } = await import('../store/sqlite-restore.ts');
  const keyring = await parts.services.keyring();
  for (const folder of [parts.paths.config, parts.paths.data]) makePrivateFolder(folder);
  const draft = `${place}.${process.pid}.restoring`;
  removeDatabase(draft);
  await removeAbandoned(place);
  try {
    await copyBackup(options.file, draft, place);
    const { clock } = parts;
    const examined = await examineBackup(draft, options.file, { keyring, clock });
    requireSameKind(examined, present, options.staging);
    const store = await openStore({ url: `sqlite:${draft}`, keyring, clock });
    try {
      const { auditExport } = options;
      if (auditExport) await requireContinuing(parts, store, await baseOf(store, examined), auditExport);
      return await permit(() => put(parts, store, options, { place, draft, examined, present }));
    } finally {
      await store.close();
    }
  } finally {
    removeDatabase(draft);
  }
}
