// Reads and writes files that hold secrets: refused when others could read or change them, written whole or not at all.
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { TwofaError } from '../errors.ts';
import { callerOf, othersCanAccess, othersCanWrite } from '../rules/file-mode.ts';

/** @throws TwofaError `unsafe-file` for a file that others can write. */
export function refuseWritable(file: string): void {
  if (!othersCanWrite(statSync(file), callerOf(process))) return;
  throw new TwofaError('unsafe-file', `Others can write ${file}.`, { hint: `chmod go-w ${file}` });
}

/** @throws TwofaError `unsafe-file` for a file that others can read or write. */
export function refuseReadable(file: string): void {
  if (!othersCanAccess(statSync(file), callerOf(process))) return;
  throw new TwofaError('unsafe-file', `Others can read ${file}.`, { hint: `chmod 600 ${file}` });
}

/** The text of a file, or null where there is none. */
export function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new TwofaError('file-unreadable', `${file} cannot be read: ${(error as Error).message}.`, {
      cause: error,
    });
  }
}

/** Makes a folder that only its owner may enter. */
export function makePrivateFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
}

/** Makes the names in a folder durable: a file that is in place survives a loss of power. Windows needs no such thing. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Writes all of a text to the beginning of a file: a disk that is nearly full takes a part of it at first, and says so. */
export function writeAll(descriptor: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at, bytes.length - at, at);
}

/**
 * Writes a file (mode 0600) in one step: a crash or a full disk leaves the old one or the new one, and what returned is
 * durable.
 */
export function writePrivate(file: string, text: string): void {
  makePrivateFolder(dirname(file));
  const draft = `${file}.${process.pid}.new`;
  // Of a process that was killed, and had the same number.
  rmSync(draft, { force: true });
  try {
    const descriptor = openSync(draft, 'wx', 0o600);
    try {
      writeAll(descriptor, text);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
  syncFolder(dirname(file));
}
