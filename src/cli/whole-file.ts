// A file for the caller that appears whole or not at all: written beside its name (0600), and put in its place at the end.
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { TwofaError } from '../errors.ts';

export class WholeFile {
  readonly #path: string;
  readonly #draft: string;
  #handle: FileHandle | null = null;

  constructor(path: string) {
    this.#path = path;
    this.#draft = `${path}.${process.pid}.new`;
  }

  async #attempt<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const message = `${this.#path} cannot be written: ${(error as Error).message}.`;
      throw new TwofaError('file-unwritable', message, { details: { field: 'file' }, cause: error });
    }
  }

  /** Begins the file, so that one that cannot be written is known before there is anything to write. */
  async begin(): Promise<void> {
    this.#handle = await this.#attempt(async () => {
      await rm(this.#draft, { force: true });
      return open(this.#draft, 'wx', 0o600);
    });
  }

  async write(text: string): Promise<void> {
    await this.#attempt(async () => this.#handle?.writeFile(text));
  }

  /** Makes it durable and puts it in its place. */
  async keep(): Promise<void> {
    await this.#attempt(async () => {
      await this.#handle?.sync();
      await this.#handle?.close();
      this.#handle = null;
      await rename(this.#draft, this.#path);
    });
  }

  /** Removes what was not kept. */
  async drop(): Promise<void> {
    if (!this.#handle) return;
    await this.#handle.close();
    await rm(this.#draft, { force: true });
  }
}

/** Writes a whole file by what the work writes to it. @throws TwofaError `file-unwritable` */
export async function writeWhole(
  path: string,
  work: (write: (text: string) => Promise<void>) => Promise<void>,
): Promise<void> {
  const file = new WholeFile(path);
  await file.begin();
  try {
    await work((text) => file.write(text));
    await file.keep();
  } finally {
    await file.drop();
  }
}
