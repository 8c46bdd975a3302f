// Remembers in which line of a file each key came first, in 16 to 46 bytes a key: a roster of a million users fits.
import { hash } from 'node:crypto';

/** A line and three words of a digest; line 0 is a free place. */
const words = 4;
const placesAtFirst = 1024;
/** Above this share of places taken, looking for a free one takes long. */
const fullest = 0.7;

/** Keys are told apart by 96 bits of their SHA-256: of a million, no two are taken for one. */
export class FirstLines {
  #places = placesAtFirst;
  #table = new Uint32Array(placesAtFirst * words);
  #keys = 0;

  /** @param line from 1. @returns the line in which the key came before; null where this is the first, and remembered. */
  lineBefore(key: string, line: number): number | null {
    const digest = hash('sha256', key, 'buffer');
    const [one, two, three] = [digest.readUInt32LE(0), digest.readUInt32LE(4), digest.readUInt32LE(8)];
    const at = this.#placeOf(one, two, three);
    const found = this.#table[at] as number;
    if (found !== 0) return found;
    this.#table.set([line, one, two, three], at);
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
      const kept = before.subarray(at, at + words);
      this.#table.set(kept, this.#placeOf(kept[1] as number, kept[2] as number, kept[3] as number));
    }
  }
}
