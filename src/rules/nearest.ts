// The nearest known name to a mistyped one.
import { distance } from 'fastest-levenshtein';
import { foldKey } from './text.ts';

/** The nearest of the known names, or null when none is near enough to be meant. */
export function nearest(name: string, known: readonly string[]): string | null {
  const key = foldKey(name).slice(0, 200);
  let best: string | null = null;
  let least = Math.max(2, Math.floor(key.length / 3)) + 1;
  for (const each of known) {
    const far = distance(key, foldKey(each));
    // At least one character has to be the same: of two letters, all others are two away.
    if (far < least && far < Math.max(key.length, each.length)) {
      least = far;
      best = each;
    }
  }
  return best;
}
