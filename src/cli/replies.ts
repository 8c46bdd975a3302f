// Writes replies to a stream, a line each: as they are ready, or in the order of the requests.
import type { Writable } from 'node:stream';
import { TwofaError } from '../errors.ts';
import { safeJson } from './escape.ts';
import { type Reply, refusal } from './reply.ts';

/** Characters that are written at the latest, and not kept for what may come with them. */
const keptMax = 64 * 1024;

/** A place in the order of replies. */
interface Slot {
  line: string | null;
  written(): void;
}

/** The line of a reply; of one that is too long for any text, that it is. */
function lineOf(reply: Reply): string {
  try {
    return `${safeJson(reply)}\n`;
  } catch {
    const error = new TwofaError('unexpected-failure', 'The result is too long to be written.', {
      hint: 'What was asked for is done. Ask for lists in parts, with limit and after.',
    });
    return `${safeJson(refusal(reply.id, error))}\n`;
  }
}

export class Replies {
  readonly #stream: Writable;
  readonly #ordered: boolean;
  /** Places before which nothing may be written, in order. */
  #slots: Slot[] = [];
  #lines: string[] = [];
  #length = 0;
  #written: (() => void)[] = [];
  #drained: Promise<void> | null = null;

  constructor(stream: Writable, { ordered }: { ordered: boolean }) {
    this.#stream = stream;
    this.#ordered = ordered;
  }

  /**
   * Takes the next place in the order.
   * @returns puts the reply there; what it gives back comes when whoever reads the stream can have it.
   */
  next(): (reply: Reply) => Promise<void> {
    const slot: Slot = { line: null, written() {} };
    if (this.#ordered) this.#slots.push(slot);
    return (reply) => {
      slot.line = lineOf(reply);
      const gone = new Promise<void>((resolve) => {
        slot.written = resolve;
      });
      if (this.#ordered) this.#writeWhatIsNext();
      else this.#write(slot);
      return gone;
    };
  }

  #writeWhatIsNext(): void {
    let done = 0;
    for (const slot of this.#slots) {
      if (slot.line === null) break;
      this.#write(slot);
      done += 1;
    }
    this.#slots.splice(0, done);
  }

  /** Replies that come together are written together. */
  #write({ line, written }: Slot): void {
    if (this.#lines.length === 0) setImmediate(() => this.#flush());
    this.#lines.push(line ?? '');
    this.#length += line?.length ?? 0;
    this.#written.push(written);
    if (this.#length >= keptMax) this.#flush();
  }

  #flush(): void {
    const text = this.#lines.join('');
    const told = this.#written;
    if (text === '') return;
    this.#lines = [];
    this.#length = 0;
    this.#written = [];
    const tell = () => {
      for (const written of told) written();
    };
    if (this.#stream.destroyed) tell();
    else if (!this.#stream.write(text, tell)) this.#drained ??= this.#drain();
  }

  /** Until the stream takes more, or nobody reads it any more. */
  #drain(): Promise<void> {
    return new Promise((resolve) => {
      const go = () => {
        this.#stream.off('drain', go).off('close', go).off('error', go);
        this.#drained = null;
        resolve();
      };
      this.#stream.on('drain', go).on('close', go).on('error', go);
    });
  }

  /** Waits while whoever reads is slower than we are. */
  async drained(): Promise<void> {
    await this.#drained;
  }
}
