// The key ring in a file: read, made once for a new store, and given another key.
import { existsSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { TwofaError } from '../errors.ts';
import { nameFile } from '../new-file.ts';
import type { Keyring } from '../rules/keyring.ts';
import { lostKeyHint, nextKeyId, readRing, ringText, withKey } from './key-ring.ts';
import { readIfThere, refuseReadable, syncFolder, writePrivate } from './private-file.ts';

/** The text of the key file, or null where there is none. */
function textOf(file: string): string | null {
  try {
    const text = readIfThere(file);
    if (text !== null) refuseReadable(file);
    return text;
  } catch (error) {
    if (!(error instanceof TwofaError)) throw error;
    const hint =
      error.code === 'unsafe-file'
        ? error.hint
        : `Make it a file that you can read, and nobody else. ${lostKeyHint}`;
    throw new TwofaError('key-unavailable', error.message, { hint, cause: error });
  }
}

const faultOf = (file: string) => `${file} is no key file of twofa.`;

/** The key ring of a file, or null where there is none. @throws TwofaError for one that is malformed or open to others. */
export function readKeyFile(file: string): Keyring | null {
  const text = textOf(file);
  return text === null ? null : readRing(faultOf(file), text).keyring;
}

export interface NewKey {
  secret: Buffer;
  now: Date;
}

function unwritable(file: string, error: unknown): unknown {
  if (typeof (error as NodeJS.ErrnoException).code !== 'string' || error instanceof TwofaError) return error;
  return new TwofaError('file-unwritable', `The key file ${file} cannot be written.`, {
    hint: 'Its folder has to be writable, and the disk not full. Nothing was changed.',
    cause: error,
  });
}

/**
 * Makes a key file with one key. One that another process made in the meantime stays.
 * @param used ids that name other keys in the store, whose rings are gone.
 */
export function createKeyFile(file: string, { secret, now }: NewKey, used: readonly string[] = []): Keyring {
  const draft = `${file}.${process.pid}.first`;
  const ring = withKey(null, { id: nextKeyId(used), secret, createdAt: now });
  try {
    writePrivate(draft, ringText(ring));
    nameFile(draft, file);
    syncFolder(dirname(file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw unwritable(file, error);
  } finally {
    rmSync(draft, { force: true });
  }
  const keyring = readKeyFile(file);
  if (!keyring) throw new TwofaError('key-unavailable', `The key file ${file} was taken away.`);
  return keyring;
}

/** Adds a key to the ring of a file and makes it the current one; the others stay. Durable when it returns. */
export function addKey(file: string, { secret, now }: NewKey): void {
  const target = existsSync(file) ? realpathSync(file) : file;
  const text = textOf(target);
  if (text === null) throw new TwofaError('key-unavailable', `The key file ${file} was taken away.`);
  const { ring } = readRing(faultOf(target), text);
  const id = nextKeyId(Object.keys(ring.keys));
  try {
    writePrivate(target, ringText(withKey(ring, { id, secret, createdAt: now })));
  } catch (error) {
    throw unwritable(file, error);
  }
}

/** Puts a key file aside that is not the store's. @returns where it is now, or null where there was none. */
export function putAside(file: string, now: Date): string | null {
  if (!existsSync(file)) return null;
  const stamp = now.toISOString().replace(/[-:]|\.\d+/g, '');
  const free = (name: string): string => (existsSync(name) ? free(`${name}~`) : name);
  const aside = free(`${file}.replaced-${stamp}`);
  try {
    renameSync(file, aside);
  } catch (error) {
    throw unwritable(file, error);
  }
  return aside;
}
