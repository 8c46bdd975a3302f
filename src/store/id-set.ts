// A set of ids in one bit each: the users of a large store, compared with the trail in bounded memory.

/** Ids of a page; a page without an id takes no room. */
const pageIds = 65_536;

export class IdSet {
  readonly #pages = new Map<number, Uint32Array>();

  add(id: number): void {
    const number = Math.floor(id / pageIds);
    const page = this.#pages.get(number) ?? new Uint32Array(pageIds / 32);
    const offset = id - number * pageIds;
    page[offset >>> 5] = (page[offset >>> 5] ?? 0) | (1 << (offset & 31));
    this.#pages.set(number, page);
  }

  /** @returns whether the id was in the set. */
  delete(id: number): boolean {
    const number = Math.floor(id / pageIds);
    const page = this.#pages.get(number);
    const offset = id - number * pageIds;
    const word = page?.[offset >>> 5] ?? 0;
    if (!page || (word & (1 << (offset & 31))) === 0) return false;
    page[offset >>> 5] = word & ~(1 << (offset & 31));
    return true;
  }

  /** The lowest id, or null when there is none. */
  lowest(): number | null {
    for (const number of [...this.#pages.keys()].sort((a, b) => a - b)) {
      const page = this.#pages.get(number) ?? new Uint32Array();
      const index = page.findIndex((word) => word !== 0);
      if (index === -1) continue;
      const bit = 31 - Math.clz32((page[index] ?? 0) & -(page[index] ?? 0));
      return number * pageIds + index * 32 + bit;
    }
    return null;
  }
}
