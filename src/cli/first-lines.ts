// Remembers in which line of a file each key came first, in 16 to 46 bytes a key: a roster of a million users fits.
import { hash } from 'node:crypto';

/** A line and three words of a digest; line 0 is a free place. */
const words = 4;
const placesAtFirst = 1024;
/** Above this share of places taken, looking for a free one takes long. */
const fullest = 0.7;

/** Four bytes of a digest as a whole number. */
function word(digest: string, at: number): number {
  const low = digest.charCodeAt(at) | (digest.charCodeAt(at + 1) << 8) | (digest.charCodeAt(at + 2) << 16);
  return low + digest.charCodeAt(at + 3) * 0x1000000;
}

/** Keys are told apart by 96 bits of their SHA-256: of a million, no two are taken for one. */
export class FirstLines {
  #places = placesAtFirst;
  #table = new Uint32Array(placesAtFirst * words);
  #keys = 0;

  /** @param line from 1. @returns the line in which the key came before; null where this is the first, and remembered. */
  lineBefore(key: string, line: number): number | null {
    // A byte a character, since a buffer for each digest takes longer than the digest.
    const digest = hash('sha256', key, 'binary');
    const one = word(digest, 0);
    const two = word(digest, 4);
    const three = word(digest, 8);
    const at = this.#placeOf(one, two, three);
    const found = this.#table[at] as number;
    if (found !== 0) return found;
    this.#put(at, line, one, two, three);
    this.#keys += 1;
    if (this.#keys > this.#places * fullest) this.#grow();
    return null;
  }

  /** Where a digest is, or would be. */
  #placeOf(one: number, two: number, three: number): number {
    const table = this.#table;
    for (let place = one % this.#places; ; place = (place + 1) % this.#places) {
      const at = place * words;
      const same = table[at + 1] === one && table[at + 2] === two && table[at + 3] === three;
      if (table[at] === 0 || same) return at;
    }
  }

  #grow(): void {
    const before = this.#table;
    this.#places *= 2;
    this.#table = new Uint32Array(this.#places * words);
    for (let at = 0; at < before.length; at += words) {
      if (before[at] === 0) continue;
      const one = before[at + 1] as number;
      const two = before[at + 2] as number;
      const three = before[at + 3] as number;
      this.#put(this.#placeOf(one, two, three), before[at] as number, one, two, three);
    }
  }

  #put(at: number, line: number, one: number, two: number, three: number): void {
    this.#table[at] = line;
    this.#table[at + 1] = one;
    this.#table[at + 2] = two;
    this.#table[at + 3] = three;
  }
}
