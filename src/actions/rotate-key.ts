// Gives the installation another key. What older keys sealed stays under them: they stay in the ring.
import * as v from 'valibot';
import { TwofaError } from '../errors.ts';
import { done, operation } from './operation.ts';

export const rotateKey = operation({
  permission: 'store',
  account: 'none',
  input: v.strictObject({}),
  async perform(call) {
    const keyring = await call.keyring();
    // Inside the store's transaction, so that of two rotations the second adds to the ring of the first. The ring is
    // durable before the store names its new key: a crash between the two leaves a ring that has the store's key.
    return call.write(async (tables) => {
      const { keyFingerprint } = await tables.installation();
      const previous = keyring.withFingerprint(keyFingerprint);
      if (!previous) throw new TwofaError('key-unavailable', 'The key ring has lost the key of the store.');
      const keptAt = await call.rotateKey(keyFingerprint);
      const { id, fingerprint } = keyring.current;
      await tables.adoptKey({ action: 'key.rotated', details: { from: previous.id, to: id, fingerprint } });
      return done({ key: id, previous: previous.id, keptAt, changed: true });
    });
  },
});
