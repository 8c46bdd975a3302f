// The file of a backup: made under another name beside its own, which it gets when it is whole, and never over another file.
import { createHash } from 'node:crypto';
import { closeSync, createReadStream, fsyncSync, openSync, rmSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { BackupTarget } from '../actions/operation.ts';
import type { CopyWatch } from '../actions/store.ts';
import { TwofaError } from '../errors.ts';
import { createPrivateFile, nameFile } from '../new-file.ts';
import { syncFolder } from './private-file.ts';
import { requireNew } from './whole-file.ts';

function unwritable(file: string, error: unknown): TwofaError {
  const { code, message } = error as NodeJS.ErrnoException;
  return new TwofaError(
    'file-unwritable',
    `${JSON.stringify(file)} cannot be written: ${code === 'EEXIST' ? 'it exists' : message}.`,
    {
      hint: 'Name a file that does not exist yet, in a folder that you can write, on a disk with room for it.',
      details: { field: 'file' },
      cause: error,
    },
  );
}

/** Does something with files. @throws TwofaError `file-unwritable` */
function writing<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw unwritable(file, error);
  }
}

/** What SQLite may leave beside a file that it works on. */
const besides = ['', '-journal', '-wal', '-shm'];

/** Removes a database and what SQLite left beside it. */
export function removeDatabase(file: string): void {
  for (const end of besides) rmSync(`${file}${end}`, { force: true });
}

export function syncFile(file: string): void {
  const descriptor = openSync(file, 'r+');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/**
 * @param named a new file, in a folder that is there.
 * @throws TwofaError `file-unwritable` before anything is copied, and when there is no room.
 */
export async function backupTo(named: string, watch: CopyWatch): Promise<BackupTarget> {
  await requireNew(named);
  const file = resolve(named);
  return {
    async keep(copy) {
      const draft = `${file}.${process.pid}.new`;
      removeDatabase(draft);
      writing(named, () => createPrivateFile(draft));
      try {
        const newest = await copy(draft, watch);
        const sha256 = await sha256Of(draft);
        const bytes = statSync(draft).size;
        writing(named, () => {
          syncFile(draft);
          nameFile(draft, file);
          syncFolder(dirname(file));
        });
        return { file, bytes, sha256, newest };
      } finally {
        removeDatabase(draft);
      }
    },
  };
}
