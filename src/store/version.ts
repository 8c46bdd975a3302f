// Whether a store and this program fit each other.
import { migrationNames } from '../../migrations/names.ts';
import { TwofaError } from '../errors.ts';

/** @throws TwofaError when the store was made by a newer or an older program. */
export function checkVersion(applied: readonly string[]): void {
  const unknown = applied.find((name) => !(migrationNames as readonly string[]).includes(name));
  if (unknown !== undefined) {
    throw new TwofaError(
      'store-incompatible',
      `The store was made by a newer twofa (migration ${unknown}).`,
      {
        hint: 'Update twofa on this machine.',
      },
    );
  }
  if (applied.length < migrationNames.length) {
    throw new TwofaError('store-incompatible', 'The store was made by an older twofa.', {
      hint: 'Bring it up to date with "twofa db migrate".',
    });
  }
}
