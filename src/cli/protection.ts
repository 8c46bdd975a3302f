// Who may read and change each file and folder of an installation, and what to run where somebody else may.
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { TwofaError } from '../errors.ts';
import { callerOf, mendingOf, type Protection } from '../rules/file-mode.ts';
import type { Paths } from './paths.ts';

/** Every file and folder that an installation stands on, with what it has to be. */
function protectedFiles(paths: Paths, database: string | null, key: string | null): Map<string, Protection> {
  const files = new Map<string, Protection>();
  const highWater = join(dirname(key ?? paths.keyFile), 'high-water.json');
  for (const file of [paths.profilesFile, key, highWater, paths.outboxFile]) {
    if (file !== null) files.set(file, 'private');
  }
  if (database !== null) for (const end of ['', '-wal', '-shm']) files.set(`${database}${end}`, 'private');
  for (const file of [...files.keys(), paths.configFile]) files.set(dirname(file), 'folder');
  return files.set(paths.configFile, 'unwritable');
}

/** As a shell takes it. */
function quoted(file: string): string {
  return /^[A-Za-z0-9@%+=:,./_-]+$/.test(file) ? file : `'${file.replaceAll("'", "'\\''")}'`;
}

function problem(file: string, commands: readonly string[]): string {
  const strange = commands.some((command) => command.startsWith('chown'));
  const open = commands.includes('chmod 600') ? 'others can read it' : 'others can write it';
  const what = [
    ...(strange ? ['it belongs to somebody else'] : []),
    ...(commands.some((command) => command.startsWith('chmod')) ? [open] : []),
  ];
  return `${file} (${what.join(', ')})`;
}

/**
 * Looks at ownership and mode of every file and folder that there is.
 * @param database the file of the store, or null where it is none; `key` likewise.
 * @throws TwofaError `unsafe-file` that names each one that others could read or change, with the commands to run.
 */
export function requireProtected(paths: Paths, database: string | null, key: string | null): void {
  const caller = callerOf(process);
  const wrong = [...protectedFiles(paths, database, key)].flatMap(([file, protection]) => {
    if (!existsSync(file)) return [];
    const commands = mendingOf(statSync(file), caller, protection);
    return commands.length === 0 ? [] : [{ file, commands }];
  });
  if (wrong.length === 0) return;
  const message = wrong.map(({ file, commands }) => problem(file, commands)).join('; ');
  throw new TwofaError('unsafe-file', `Not safe from others: ${message}.`, {
    hint: wrong
      .flatMap(({ file, commands }) => commands.map((command) => `${command} ${quoted(file)}`))
      .join('; '),
  });
}
