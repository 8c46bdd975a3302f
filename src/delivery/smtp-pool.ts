// Keeps connections to a mail server for the messages that follow: a bounded number, and none of them for long.
import type { MailLine } from './smtp-line.ts';

/** Connections at a time. */
const linesMax = 10;
/** Messages by one connection: servers refuse more at some point. */
const messagesMax = 100;
/** How long a connection is kept without a message, in milliseconds. */
export const usualIdleMs = 15_000;

type Given = { line: MailLine | null };

export class MailPool {
  readonly #idleMs: number;
  /** Lines that are kept, with the clock that ends each. */
  readonly #idle = new Map<MailLine, NodeJS.Timeout>();
  /** Places that are taken: of lines in use, or about to be made. */
  #taken = 0;
  readonly #queue: ((given: Given) => void)[] = [];

  constructor(idleMs: number = usualIdleMs) {
    this.#idleMs = idleMs;
  }

  #fromKept(): MailLine | null {
    const line = [...this.#idle.keys()].at(-1) ?? null;
    if (line) {
      clearTimeout(this.#idle.get(line));
      this.#idle.delete(line);
    }
    return line;
  }

  /**
   * Takes a place, which has to be given back: with a kept line, or for a new one (`line` is null).
   * @returns null when none became free in time.
   */
  take(remainingMs: number): Promise<Given | null> {
    if (this.#taken < linesMax) {
      this.#taken += 1;
      return Promise.resolve({ line: this.#fromKept() });
    }
    return new Promise((resolve) => {
      const timer = setTimeout(
        () => {
          this.#queue.splice(this.#queue.indexOf(receive), 1);
          resolve(null);
        },
        Math.max(1, remainingMs),
      );
      const receive = (given: Given) => {
        clearTimeout(timer);
        resolve(given);
      };
      this.#queue.push(receive);
    });
  }

  /** Gives a place back; a line that is still open is kept for the next message. */
  giveBack(line: MailLine | null): void {
    const kept = line?.isOpen && line.taken < messagesMax ? line : null;
    if (line && !kept) void line.end();
    const next = this.#queue.shift();
    if (next) {
      next({ line: kept });
      return;
    }
    this.#taken -= 1;
    if (kept) this.#keep(kept);
  }

  #keep(line: MailLine): void {
    const timer = setTimeout(() => {
      this.#idle.delete(line);
      void line.end();
    }, this.#idleMs).unref();
    this.#idle.set(line, timer);
  }

  /** Ends all lines that are kept: what ended one of them has likely ended all. */
  async endKept(): Promise<void> {
    const lines = [...this.#idle.keys()];
    for (const timer of this.#idle.values()) clearTimeout(timer);
    this.#idle.clear();
    await Promise.all(lines.map((line) => line.end()));
  }
}
