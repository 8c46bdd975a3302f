// The drafts of processes that were killed: each has the number of its process in its name.
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Whether a process of this number runs. */
function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * The drafts beside a file whose processes are gone.
 * @param shape of what follows the file's name in that of a draft; its first group is the number of the process.
 * @throws what reading the folder throws.
 */
export async function abandonedDrafts(file: string, shape: RegExp): Promise<string[]> {
  const [folder, name] = [dirname(file), basename(file)];
  const found: string[] = [];
  for (const entry of await readdir(folder)) {
    const pid = entry.startsWith(`${name}.`) ? shape.exec(entry.slice(name.length))?.[1] : undefined;
    if (pid !== undefined && !runs(Number(pid))) found.push(join(folder, entry));
  }
  return found;
}
