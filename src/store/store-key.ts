// Whether a store was made with a key of this ring.
import { TwofaError } from '../errors.ts';
import type { Keyring } from '../rules/keyring.ts';

/**
 * @param place which store it is, in words.
 * @throws TwofaError when the ring has not the store's key; which of its keys is the current one does not matter.
 */
export function checkKey(fingerprint: string, keyring: Keyring, place: string): void {
  if (keyring.withFingerprint(fingerprint)) return;
  throw new TwofaError('key-unavailable', `The key is not the one of the store ${place}.`, {
    hint: 'Put the right key where "twofa config path" says, or name its file in TWOFA_KEY_FILE. If it is lost for good, "twofa db rekey --lost-key" goes on with another.',
  });
}
