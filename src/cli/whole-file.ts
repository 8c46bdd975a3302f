// A new file for the caller that appears whole or not at all, and takes the place of none that is there.
import { type FileHandle, lstat, open, rm } from 'node:fs/promises';
import { TwofaError } from '../errors.ts';
import { nameFile } from '../new-file.ts';

function unwritable(path: string, problem: string, cause?: unknown): TwofaError {
  return new TwofaError('file-unwritable', `${JSON.stringify(path)} cannot be written: ${problem}.`, {
    hint: 'Name a file that does not exist yet, in a folder that you can write.',
    details: { field: 'file' },
    cause,
  });
}

async function attempt<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw unwritable(path, code === 'EEXIST' ? 'it exists' : message, error);
  }
}

/** Looks before anything is done whether the file is a new one. @throws TwofaError `file-unwritable` */
export async function requireNew(path: string): Promise<void> {
  if (path === '') throw unwritable(path, 'it names no file');
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => error.code);
  if (found !== 'ENOENT') throw unwritable(path, typeof found === 'string' ? found : 'it exists');
}

/** Writes beside the name (0600) what the work writes, makes it durable, and gives it the name when all of it is there. */
async function draft(
  path: string,
  aside: string,
  work: (handle: FileHandle) => Promise<void>,
): Promise<void> {
  const handle = await attempt(path, () => open(aside, 'wx', 0o600));
  try {
    await work(handle);
    await attempt(path, () => handle.sync());
  } finally {
    await handle.close();
  }
  await attempt(path, async () => nameFile(aside, path));
}

/** Makes a new file by what the work writes to it. @throws TwofaError `file-unwritable` */
export async function writeWhole(
  path: string,
  work: (write: (text: string) => Promise<void>) => Promise<void>,
): Promise<void> {
  await requireNew(path);
  const aside = `${path}.${process.pid}.new`;
  await rm(aside, { force: true });
  try {
    await draft(path, aside, (handle) => work((text) => attempt(path, () => handle.writeFile(text))));
  } finally {
    await rm(aside, { force: true });
  }
}
