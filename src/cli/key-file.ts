// The key ring on disk: read, and made once for a new store.
import { linkSync, rmSync } from 'node:fs';
import { TwofaError } from '../errors.ts';
import { deriveKeys, type Keyring, keyringOf } from '../rules/keyring.ts';
import { readIfThere, refuseReadable, writePrivate } from './private-file.ts';

interface KeyFile {
  current: string;
  keys: Record<string, { secret: string; createdAt: string }>;
}

function malformed(file: string): TwofaError {
  return new TwofaError('key-unavailable', `${file} is no key file of twofa.`, {
    hint: 'Restore the key from its backup; without it the store cannot be used.',
  });
}

function parse(file: string, text: string): Keyring {
  let content: KeyFile;
  try {
    content = JSON.parse(text) as KeyFile;
  } catch {
    throw malformed(file);
  }
  const keys = Object.entries(content?.keys ?? {}).map(([id, key]) => {
    const secret = Buffer.from(String(key?.secret ?? ''), 'base64');
    if (secret.length !== 32) throw malformed(file);
    return deriveKeys(id, secret);
  });
  if (!keys.some((key) => key.id === content.current)) throw malformed(file);
  return keyringOf(keys, content.current);
}

/** The key ring of a file, or null where there is none. @throws TwofaError for one that is malformed or open to others. */
export function readKeyFile(file: string): Keyring | null {
  const text = readIfThere(file);
  if (text === null) return null;
  try {
    refuseReadable(file);
  } catch (error) {
    if (!(error instanceof TwofaError)) throw error;
    throw new TwofaError('key-unavailable', error.message, { hint: error.hint, cause: error });
  }
  return parse(file, text);
}

/** Makes a key file with one random key. One that another process made in the meantime stays. */
export function createKeyFile(file: string, random: () => Buffer, now: Date): Keyring {
  const content: KeyFile = {
    current: 'k1',
    keys: { k1: { secret: random().toString('base64'), createdAt: now.toISOString() } },
  };
  const draft = `${file}.${process.pid}.first`;
  writePrivate(draft, `${JSON.stringify(content, null, 2)}\n`);
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  const keyring = readKeyFile(file);
  if (!keyring) throw malformed(file);
  return keyring;
}
