// The key ring: which keys there are, which one is current, and the keys that are derived from each.
import { createHash, createHmac, hkdfSync } from 'node:crypto';

/** The keys derived from one key of the ring; each row names the id of the key that it was made with. */
export interface DerivedKeys {
  id: string;
  /** Makes the HMACs under which codes are kept. */
  codes: Buffer;
  /** Links the audit trail and seals heads. */
  trail: Buffer;
  /** What a store remembers of its key: enough to recognise it, useless to guess it. */
  fingerprint: string;
}

export interface Keyring {
  current: DerivedKeys;
  /** The keys of an id, or undefined when the ring has none of that id. */
  get(id: string): DerivedKeys | undefined;
}

/** Derives the keys of one 256-bit secret (HKDF, RFC 5869, one label a purpose). */
export function deriveKeys(id: string, secret: Buffer): DerivedKeys {
  const derive = (label: string) => Buffer.from(hkdfSync('sha256', secret, '', `twofa ${label}`, 32));
  return {
    id,
    codes: derive('codes'),
    trail: derive('audit trail'),
    fingerprint: createHash('sha256').update(derive('fingerprint')).digest('hex').slice(0, 32),
  };
}

export function keyringOf(keys: readonly DerivedKeys[], currentId: string): Keyring {
  const byId = new Map(keys.map((key) => [key.id, key]));
  const current = byId.get(currentId);
  if (!current) throw new Error(`The key ring has no key "${currentId}".`);
  return { current, get: (id) => byId.get(id) };
}

/** The HMAC under which a user's code is kept; a database without the key does not give the digits away. */
export function codeDigest(key: DerivedKeys, userId: number, code: string): string {
  return createHmac('sha256', key.codes).update(`${userId}:${code}`).digest('base64url');
}
