// The key ring as text: what a key file, or a key command's output, has to look like.
import { TwofaError } from '../errors.ts';
import { deriveKeys, type Keyring, keyringOf } from '../rules/keyring.ts';

/** The JSON of a key ring. */
export interface KeyRing {
  /** The id of the key that seals what is written now. */
  current: string;
  keys: Record<string, { secret: string; createdAt: string }>;
}

/** What to do about a key that cannot be had. */
export const lostKeyHint =
  'If it is lost for good, "twofa db rekey --lost-key" goes on with another; its --help says what that ends.';

function malformed(fault: string): TwofaError {
  return new TwofaError('key-unavailable', fault, {
    hint: `Restore the key ring from its backup. ${lostKeyHint}`,
    details: { malformed: true },
  });
}

/** Whether an error says that the ring is there, but is none: what it held is lost. */
export function isMalformed(error: unknown): boolean {
  return error instanceof TwofaError && error.details?.malformed === true;
}

function secretOf(fault: string, written: unknown): Buffer {
  const secret = Buffer.from(typeof written === 'string' ? written : '', 'base64');
  if (secret.length !== 32 || secret.toString('base64') !== written) throw malformed(fault);
  return secret;
}

/**
 * Reads a key ring.
 * @param fault what is said of a text that is none; what it holds is never shown.
 * @throws TwofaError `key-unavailable` for what is none.
 */
export function readRing(fault: string, text: string): { ring: KeyRing; keyring: Keyring } {
  let ring: KeyRing;
  try {
    ring = JSON.parse(text) as KeyRing;
  } catch {
    throw malformed(fault);
  }
  const keys = Object.entries(ring?.keys ?? {}).map(([id, key]) => {
    if (!/^[A-Za-z0-9._-]{1,64}$/.test(id)) throw malformed(fault);
    return deriveKeys(id, secretOf(fault, key?.secret));
  });
  const { current } = ring ?? {};
  if (!keys.some((key) => key.id === current)) throw malformed(fault);
  return { ring, keyring: keyringOf(keys, current) };
}

/** The id of a key beside others: `k` and a number above theirs, so that an id is never used twice. */
export function nextKeyId(used: readonly string[]): string {
  const numbers = used.map((id) => Number(/^k([0-9]{1,9})$/.exec(id)?.[1] ?? 0));
  return `k${Math.max(0, ...numbers) + 1}`;
}

/** A ring with one key more, which is its current one; the others stay. */
export function withKey(ring: KeyRing | null, key: { id: string; secret: Buffer; createdAt: Date }): KeyRing {
  const { id, secret, createdAt } = key;
  const added = { secret: secret.toString('base64'), createdAt: createdAt.toISOString() };
  return { ...ring, current: id, keys: { ...ring?.keys, [id]: added } };
}

export function ringText(ring: KeyRing): string {
  return `${JSON.stringify(ring, null, 2)}\n`;
}
