// Feeds the trail to whatever reads stdout: the cursor moves behind events only once they were written.
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Writable } from 'node:stream';
import { TwofaError } from '../errors.ts';
import { firstCursor, isCursor } from '../rules/cursor.ts';
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

function unusable(file: string, problem: string, cause?: unknown): TwofaError {
  return new TwofaError('file-unwritable', `${JSON.stringify(file)} cannot keep the cursor: ${problem}.`, {
    details: { field: 'cursorFile' },
    cause,
  });
}

/** @throws TwofaError `file-unwritable` */
function keepCursor(file: string, cursor: string): void {
  try {
    writePrivate(file, `${cursor}\n`);
  } catch (error) {
    throw unusable(file, (error as Error).message, error);
  }
}

/**
 * The cursor of a file, or the one before the first event where there is no file yet.
 * @throws TwofaError `file-unwritable` for a file of another kind, which is not to be overwritten.
 */
function cursorOf(file: string): string {
  if (file === '' || !existsSync(dirname(file))) throw unusable(file, 'there is no such folder');
  const text = readIfThere(file);
  if (text === null) return firstCursor;
  const cursor = text.trim();
  if (isCursor(cursor)) return cursor;
  throw unusable(file, 'it is a file of another kind');
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
  let cursor = cursorFile === null ? undefined : cursorOf(cursorFile);
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
