// Where the key ring of an installation is kept, and how it gets another key: here in a file, which is ours to write.
import { TwofaError } from '../errors.ts';
import { deriveKeys, type Keyring, keyringOf } from '../rules/keyring.ts';
import { addKey, createKeyFile, type NewKey, putAside, readKeyFile } from './key-file.ts';
import { nextKeyId } from './key-ring.ts';

/** The ring in place of a lost one. */
export interface Replacement {
  keyring: Keyring;
  /** Makes the ring durable. @returns where the one that was there before is now, or null where there was none. */
  keep(): string | null;
}

export interface KeySource {
  /** Where the ring is. */
  place: string;
  /** The ring, or null where there is none yet. @throws TwofaError `key-unavailable` for one that cannot be used. */
  read(): Keyring | null;
  /** Makes the first key of an installation. */
  create(key: NewKey): Keyring;
  /** Makes another key than the store's the current one; it is durable when this returns. */
  rotate(key: NewKey, storeFingerprint: string): void;
  /** @param used ids that name other keys in the store. */
  replace(key: NewKey, used: readonly string[]): Replacement;
}

/** A ring in a file. */
export function keyFileSource(file: string): KeySource {
  return {
    place: file,
    read: () => readKeyFile(file),
    create: (key) => createKeyFile(file, key),
    rotate: (key) => addKey(file, key),
    replace(key, used) {
      const id = nextKeyId(used);
      const keyring = keyringOf([deriveKeys(id, key.secret)], id);
      return {
        keyring,
        keep() {
          const aside = putAside(file, key.now);
          if (createKeyFile(file, key, used).withFingerprint(keyring.current.fingerprint)) return aside;
          throw new TwofaError('key-unavailable', `Another process has put a key at ${file}.`, {
            hint: 'Nothing was changed. Find out who else is mending this installation.',
          });
        },
      };
    },
  };
}
