// Writes the rows that an import did not take, each with its line and the reason, beside the file that they came from.
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { TwofaError } from '../errors.ts';
import { abandonedDrafts } from './abandoned.ts';
import { csvRow, unguard } from './csv-cells.ts';
import { columnName, rejectionColumns } from './roster-header.ts';

const bytesAtOnce = 64 * 1024;

/** `roster.csv` → `roster.rejected.csv`, in the same folder. */
export function rejectedFileOf(file: string): string {
  const extension = extname(file);
  return join(dirname(file), `${basename(file, extension)}.rejected.csv`);
}

/** Removes the drafts of imports that were killed: they hold contact data. */
async function removeLeft(path: string): Promise<void> {
  const left = await abandonedDrafts(path, /^\.([1-9][0-9]*)\.new$/);
  for (const draft of left) await rm(draft, { force: true });
}

/**
 * The rejected rows of one import. Mended, the file can be imported itself. It has contact data, so only its owner may
 * read it. It takes the place of an earlier import's when it is closed, whole.
 */
export class RejectedFile {
  readonly path: string;
  readonly #draft: string;
  readonly #header: readonly string[];
  /** The cells that are kept: all but the line and the reason that an imported rejected file brings with it. */
  readonly #kept: readonly number[];
  /** Whether there is a draft. */
  #begun = false;
  #handle: FileHandle | null = null;
  #pending = '';

  /** @param header the header's cells of the file that is imported, as they are written. */
  constructor(file: string, header: readonly string[]) {
    this.path = rejectedFileOf(file);
    this.#draft = `${this.path}.${process.pid}.new`;
    this.#header = header;
    const own: readonly string[] = rejectionColumns;
    this.#kept = [...header.keys()].filter((index) => !own.includes(columnName(header[index] ?? '')));
  }

  #keptOf(cells: readonly string[]): string[] {
    return this.#kept.map((index) => cells[index] ?? '');
  }

  /** Has nothing left of an import that was killed. @throws TwofaError `file-unwritable` */
  async begin(): Promise<void> {
    await this.#attempt(() => removeLeft(this.path));
  }

  /** Adds a row. @param cells as they were read. @throws TwofaError `file-unwritable` when the file cannot be written. */
  async add(line: number, reason: string, cells: readonly string[]): Promise<void> {
    if (!this.#begun) {
      await this.#attempt(async () => {
        await rm(this.#draft, { force: true });
        this.#handle = await open(this.#draft, 'wx', 0o600);
      });
      this.#begun = true;
      this.#pending = csvRow([...rejectionColumns, ...this.#keptOf(this.#header)]);
    }
    // The guard that a cell came with is taken off, since csvRow puts one on: imported again, it is the same value.
    this.#pending += csvRow([String(line), reason, ...this.#keptOf(cells).map(unguard)]);
    if (this.#pending.length >= bytesAtOnce) await this.#flush();
  }

  /**
   * Puts the file in its place; without a rejected row removes the one of an earlier import.
   * @returns its path, or null when no row was rejected.
   */
  async close(): Promise<string | null> {
    if (!this.#begun) {
      await this.#attempt(() => rm(this.path, { force: true }));
      return null;
    }
    await this.#flush();
    await this.#end();
    await this.#attempt(() => rename(this.#draft, this.path));
    this.#begun = false;
    return this.path;
  }

  /** Leaves no trace of this import: for one that is broken off. */
  async discard(): Promise<void> {
    if (!this.#begun) return;
    await this.#end();
    await rm(this.#draft, { force: true });
    this.#begun = false;
  }

  async #flush(): Promise<void> {
    const text = this.#pending;
    this.#pending = '';
    await this.#attempt(async () => this.#handle?.appendFile(text));
  }

  async #end(): Promise<void> {
    await this.#handle?.close();
    this.#handle = null;
  }

  async #attempt(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      await this.discard();
      throw new TwofaError(
        'file-unwritable',
        `${this.path} cannot be written: ${(error as Error).message}.`,
        {
          hint: 'The rejected rows go beside the file that is imported: import it from a folder that you may write to.',
          details: { file: this.path },
          cause: error,
        },
      );
    }
  }
}
