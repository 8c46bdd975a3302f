// The key ring: which keys there are, which one is current, and the keys that are derived from each.
import { createHash, hkdfSync } from 'node:crypto';
import { hmac } from './hmac.ts';

/** The keys derived from one key of the ring; each row names the id of the key that it was made with. */
export interface DerivedKeys {
  id: string;
  /** Makes the HMACs under which codes are kept. */
  codes: Buffer;
  /** Links the audit trail and seals heads. */
  trail: Buffer;
  /** Signs checkpoints. */
  checkpoints: Buffer;
  /** What a store remembers of its key: enough to recognise it, useless to guess it. */
  fingerprint: string;
}

export interface Keyring {
  /** The key that seals what is written now. */
  readonly current: DerivedKeys;
  /** The keys of an id, or undefined when the ring has none of that id. */
  get(id: string): DerivedKeys | undefined;
  /** The keys by which a store recognises its own, or undefined when the ring has none of them. */
  withFingerprint(fingerprint: string): DerivedKeys | undefined;
}

/** A ring that is kept elsewhere, where another process may add to it. */
export interface RenewableKeyring extends Keyring {
  /** Takes what is kept now, the current key included. */
  renew(): void;
}

/** Derives the keys of one 256-bit secret (HKDF, RFC 5869, one label a purpose). */
export function deriveKeys(id: string, secret: Buffer): DerivedKeys {
  const derive = (label: string) => Buffer.from(hkdfSync('sha256', secret, '', `twofa ${label}`, 32));
  return {
    id,
    codes: derive('codes'),
    trail: derive('audit trail'),
    checkpoints: derive('checkpoint'),
    fingerprint: createHash('sha256').update(derive('fingerprint')).digest('hex').slice(0, 32),
  };
}

export function keyringOf(keys: readonly DerivedKeys[], currentId: string): Keyring {
  const byId = new Map(keys.map((key) => [key.id, key]));
  const current = byId.get(currentId);
  if (!current) throw new Error(`The key ring has no key "${currentId}".`);
  return {
    current,
    get: (id) => byId.get(id),
    withFingerprint: (fingerprint) => keys.find((key) => key.fingerprint === fingerprint),
  };
}

/**
 * A ring that is read once more when it is asked for a key that it does not have: another process may have rotated
 * it. What is not in it even then is not looked for again: a key is in the ring before anything names it.
 */
export function renewableKeyring(first: Keyring, read: () => Keyring): RenewableKeyring {
  let ring = first;
  const missing = new Set<string>();
  const find = (name: string, of: (ring: Keyring) => DerivedKeys | undefined): DerivedKeys | undefined => {
    const found = of(ring);
    if (found || missing.has(name)) return found;
    ring = read();
    const now = of(ring);
    if (!now) missing.add(name);
    return now;
  };
  return {
    get current() {
      return ring.current;
    },
    get: (id) => find(`id ${id}`, (each) => each.get(id)),
    withFingerprint: (fingerprint) =>
      find(`fingerprint ${fingerprint}`, (each) => each.withFingerprint(fingerprint)),
    renew() {
      ring = read();
    },
  };
}

/** The HMAC under which a user's code is kept; a database without the key does not give the digits away. */
export function codeDigest(key: DerivedKeys, userId: number, code: string): string {
  return hmac(key.codes, `${userId}:${code}`);
}
