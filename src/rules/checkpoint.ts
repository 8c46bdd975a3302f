// A checkpoint: one root over the ends of all chains, signed, so that what is kept elsewhere proves how far the trail was.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { ChainPosition, Subject } from './chain.ts';
import { hmac } from './hmac.ts';
import type { DerivedKeys } from './keyring.ts';

/** Where the chains stood when an event was the newest. */
export interface TrailRoot {
  /** The number of the newest event; 0 before the first. */
  seq: number;
  /** Subjects that have an event. */
  subjects: number;
  events: number;
  /** SHA-256 over the ends of their chains, in hexadecimal. */
  root: string;
}

export interface Checkpoint extends TrailRoot {
  /** The account whose chains these are, with its users' and tokens'; null for all. */
  account: string | null;
  /** ISO 8601. */
  at: string;
  keyId: string;
  signature: string;
}

/** Takes the ends of chains, by subject in the order of their characters, and gives the root over them. */
export class RootHash {
  #subjects = 0;
  #events = 0;
  readonly #hash = createHash('sha256');

  add(subject: Subject, { count, link }: ChainPosition): void {
    this.#subjects += 1;
    this.#events += count;
    this.#hash.update(`${JSON.stringify([subject, count, link])}\n`);
  }

  value(seq: number): TrailRoot {
    return { seq, subjects: this.#subjects, events: this.#events, root: this.#hash.copy().digest('hex') };
  }
}

/** The signature under a checkpoint: an HMAC, so that whoever has the key can tell that it was made with it. */
export function checkpointSignature(key: DerivedKeys, checkpoint: Omit<Checkpoint, 'signature'>): string {
  const { account, at, seq, subjects, events, root, keyId } = checkpoint;
  return hmac(
    key.checkpoints,
    JSON.stringify(['checkpoint', account, at, seq, subjects, events, root, keyId]),
  );
}

/** Whether a checkpoint was signed by this key. */
export function isSigned(key: DerivedKeys, checkpoint: Checkpoint): boolean {
  const expected = Buffer.from(checkpointSignature(key, checkpoint));
  const found = Buffer.from(checkpoint.signature);
  return found.length === expected.length && timingSafeEqual(found, expected);
}
