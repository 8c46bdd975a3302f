// Keeps the newest event known to this machine in a file beside the key, and finds a store that is older than that.
import type { HighWater } from '../actions/high-water.ts';
import type { KnownEvent, Standing, Store } from '../actions/store.ts';
import { readIfThere, refuseWritable, writePrivate } from './private-file.ts';

/** At most so often a process that lasts writes the file, in milliseconds. */
const intervalMs = 1000;

/** The newest event of each store that has this key, by when the store was made. */
type Marks = Record<string, KnownEvent>;

interface Options {
  file(): Promise<string>;
  store(): Promise<Store>;
  notice(text: string): void;
}

function isMark(value: unknown): value is KnownEvent {
  const { seq, link } = (value ?? {}) as Partial<KnownEvent>;
  return typeof seq === 'number' && typeof link === 'string';
}

export class HighWaterFile implements HighWater {
  readonly #options: Options;
  #timer: NodeJS.Timeout | null = null;
  /** Whether something was committed since the file was written. */
  #behind = false;
  /** Whether the store was found to be the newest. It is not asked again: an open store is not exchanged. */
  #newest = false;

  constructor(options: Options) {
    this.#options = options;
  }

  /** @throws TwofaError `unsafe-file` for a file that others can write. */
  async #read(): Promise<Marks> {
    const file = await this.#options.file();
    const text = readIfThere(file);
    if (text === null) return {};
    refuseWritable(file);
    try {
      return Object.fromEntries(Object.entries(JSON.parse(text)).filter(([, mark]) => isMark(mark))) as Marks;
    } catch {
      this.#options.notice(`${file} is malformed, so that an older copy of the store would not be noticed.`);
      return {};
    }
  }

  async #write(marks: Marks): Promise<void> {
    writePrivate(await this.#options.file(), `${JSON.stringify(marks, null, 2)}\n`);
  }

  async lost(): Promise<KnownEvent | null> {
    if (this.#newest) return null;
    // Read before the store: what is noted was committed by then.
    const marks = await this.#read();
    const store = await this.#options.store();
    const mark = marks[(await store.standing(null)).store];
    if (mark) {
      const { known } = await store.standing(mark.seq);
      if (known?.link !== mark.link) return mark;
    }
    this.#newest = true;
    return null;
  }

  /** Notes the newest event, unless a newer one is noted, or the store is an older copy. */
  async #advance(): Promise<void> {
    this.#behind = false;
    try {
      if (await this.lost()) return;
      await this.note(await (await this.#options.store()).standing(null));
    } catch (error) {
      this.#options.notice(`The newest event could not be noted beside the key: ${(error as Error).message}`);
    }
  }

  async note({ store, newest }: Standing): Promise<void> {
    const marks = await this.#read();
    if (newest && newest.seq > (marks[store]?.seq ?? 0)) await this.#write({ ...marks, [store]: newest });
  }

  /** Is told of each commit. The file follows within a second, or when the store is closed. */
  committed(): void {
    this.#behind = true;
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      if (this.#behind) void this.#advance();
    }, intervalMs).unref();
  }

  /** Writes what is not written yet, before the store is closed. */
  async settle(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    if (this.#behind) await this.#advance();
  }

  async accept(): Promise<void> {
    const { store, newest } = await (await this.#options.store()).standing(null);
    if (newest) await this.#write({ ...(await this.#read()), [store]: newest });
    this.#newest = true;
  }
}
