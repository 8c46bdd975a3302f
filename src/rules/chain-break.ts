// What a break in a chain vouches for: which events came before it, though the key that sealed them is lost.
import { createHash } from 'node:crypto';
import type { ChainPosition, EventBody } from './chain.ts';

/** Where a chain stood when its key was lost, and a digest of all events up to there. */
export interface ChainBreak extends ChainPosition {
  digest: string;
}

/** An event as it stands in the trail. */
export interface LinkedEvent {
  keyId: string;
  link: string;
  body: EventBody;
}

/** Takes the events of a chain from its first one on; what it has seen by then is its value. */
export interface ChainDigest {
  add(event: LinkedEvent): void;
  value(): string;
}

export function chainDigest(): ChainDigest {
  const hash = createHash('sha256');
  return {
    add({ keyId, link, body }) {
      const { at, actor, role, tokenId, action, account, user, outcome, details } = body;
      const parts = [keyId, link, at, actor, role, tokenId, action, account, user, outcome, details];
      hash.update(`${JSON.stringify(parts)}\n`);
    },
    value: () => hash.copy().digest('base64url'),
  };
}

/** The break that the details of an event tell of, or null where they tell of none. */
export function breakOf(details: string): ChainBreak | null {
  const { from } = JSON.parse(details) as { from?: Partial<ChainBreak> };
  if (typeof from?.count !== 'number' || typeof from.link !== 'string' || typeof from.digest !== 'string') {
    return null;
  }
  return { count: from.count, link: from.link, digest: from.digest };
}
