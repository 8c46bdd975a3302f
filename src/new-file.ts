// A new file that gets its name when it is whole, and takes the place of none that is there: for store and command line alike.
import { closeSync, linkSync, openSync, renameSync, rmSync } from 'node:fs';

/** Makes an empty file for its owner alone (0600). @throws Error `EEXIST` and other errors of the file system. */
export function createPrivateFile(file: string): void {
  closeSync(openSync(file, 'wx', 0o600));
}

/** What a file system without hard links answers, such as exFAT and some network mounts; on Windows that is `EISDIR`. */
const noLinks = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EISDIR']);

/** Takes the name by a file of our own first, so that only that one is replaced. */
function renameNew(draft: string, file: string): void {
  createPrivateFile(file);
  try {
    renameSync(draft, file);
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  }
}

/**
 * Gives a whole file a name, unless something else has that. Its former name is kept too where the file system has hard links;
 * where it has none, others may see an empty file of the new name for a moment.
 * @throws Error `EEXIST` when something has the name, and other errors of the file system.
 */
export function nameFile(draft: string, file: string): void {
  try {
    linkSync(draft, file);
  } catch (error) {
    if (!noLinks.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
    renameNew(draft, file);
  }
}
