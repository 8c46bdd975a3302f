// Feeds the trail to whatever reads stdout: the cursor moves behind events only once they were written.
import type { Writable } from 'node:stream';
import { TwofaError } from '../errors.ts';
import type { EventRow } from './columns.ts';
import { safeJson } from './escape.ts';
import { readIfThere, writePrivate } from './private-file.ts';
import type { Context } from './run.ts';

interface FollowOptions {
  cursorFile: string | null;
  once: boolean;
  intervalMs: number;
}

/** Events that are printed before the cursor moves. */
const batch = 500;

/** @throws TwofaError `file-unwritable` */
function keepCursor(file: string, cursor: string): void {
  try {
    writePrivate(file, `${cursor}\n`);
  } catch (error) {
    throw new TwofaError('file-unwritable', `${file} cannot be written: ${(error as Error).message}.`, {
      details: { field: 'cursorFile' },
      cause: error,
    });
  }
}

/** Waits until the text is with whatever reads the stream. @returns false when nobody reads it any more. */
function written(stream: Writable, text: string): Promise<boolean> {
  if (stream.destroyed) return Promise.resolve(false);
  return new Promise((resolve) => {
    stream.write(text, (error) => resolve(!error));
  });
}

/** Pauses that a signal ends. */
class Pauses {
  stopped = false;
  #wake = () => {};

  readonly stop = (): void => {
    this.stopped = true;
    this.#wake();
  };

  pause(ms: number): Promise<void> {
    if (this.stopped) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** Prints events until it is told to stop, nobody reads them any more, or, with `once`, none is left. */
async function feed(context: Context, pauses: Pauses, options: FollowOptions): Promise<void> {
  const { cursorFile, once, intervalMs } = options;
  let cursor = cursorFile === null ? undefined : (readIfThere(cursorFile)?.trim() ?? '0');
  // What cannot be kept is known before anything is printed.
  if (cursorFile !== null && cursor !== undefined) keepCursor(cursorFile, cursor);
  while (!pauses.stopped) {
    const found = await context.request<{ events: EventRow[]; cursor: string }>('audit.follow', {
      cursor,
      limit: batch,
    });
    const lines = found.events.map((event) => `${safeJson(event)}\n`).join('');
    if (lines !== '' && !(await written(context.around.stdout, lines))) return;
    if (cursorFile !== null && found.cursor !== cursor) keepCursor(cursorFile, found.cursor);
    cursor = found.cursor;
    if (found.events.length === batch) continue;
    if (once) return;
    await pauses.pause(intervalMs);
  }
}

/** Feeds the trail to stdout. SIGINT and SIGTERM end it once the cursor is behind what was printed. */
export async function followTrail(context: Context, options: FollowOptions): Promise<void> {
  const pauses = new Pauses();
  context.onInterrupt(pauses.stop);
  process.on('SIGTERM', pauses.stop);
  try {
    await feed(context, pauses, options);
  } finally {
    process.off('SIGTERM', pauses.stop);
  }
}
