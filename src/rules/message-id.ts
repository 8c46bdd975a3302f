// The id of a message: when it was made, so that a store has the oldest first, and what nobody guesses.
import type { Instant } from './time.ts';

/**
 * @param now when the message is made.
 * @param random at least 16 bytes of a cryptographic source.
 */
export function messageIdAt(now: Instant, random: Buffer): string {
  const made = now.toString(16).padStart(12, '0');
  return `msg_${made}${random.subarray(0, 16).toString('base64url')}`;
}
