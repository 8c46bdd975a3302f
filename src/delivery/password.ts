// The password of a mail server or gateway: read from a file that only its owner can read, or from a command, when it is needed.
import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { TwofaError } from '../errors.ts';
import { callerOf, othersCanAccess } from '../rules/file-mode.ts';
import type { PasswordSource } from './config.ts';

const passwordBytesMax = 4096;

/** Why a password could not be had; the words name files and programs, never what they said. */
export class NoPassword extends Error {}

export interface Password {
  /**
   * @returns the password, and whether it was read just now: a kept one that the server refuses may have been replaced.
   * @throws NoPassword
   */
  read(timeoutMs: number): Promise<{ text: string; fresh: boolean }>;
  /** Forgets a kept password that the server refused. */
  forget(text: string): void;
}

/**
 * Refuses a password file that is missing or open to others before any message is sent.
 * @param key the key of the configuration that names the file.
 * @throws TwofaError
 */
export function checkPasswordSource(source: PasswordSource, key: string): void {
  if (!('file' in source)) return;
  let stats: ReturnType<typeof statSync>;
  try {
    stats = statSync(source.file);
  } catch (error) {
    throw new TwofaError('file-unreadable', `The password file ${source.file} cannot be read.`, {
      hint: `Correct ${key}, or make the file with mode 600.`,
      cause: error,
    });
  }
  if (!stats.isFile()) {
    throw new TwofaError('file-unreadable', `The password file ${source.file} is no regular file.`);
  }
  if (!othersCanAccess(stats, callerOf(process))) return;
  throw new TwofaError('unsafe-file', `Others can read the password file ${source.file}.`, {
    hint: `chmod 600 ${source.file}`,
  });
}

function checked(text: string, origin: string): string {
  const password = text.replace(/\r?\n$/, '');
  if (password === '' || /\p{Cc}/u.test(password))
    throw new NoPassword(`${origin} holds no password on one line`);
  return password;
}

async function fromFile(file: string): Promise<string> {
  const origin = `the password file ${file}`;
  const handle = await open(file, 'r').catch((error: NodeJS.ErrnoException) => {
    throw new NoPassword(`${origin} cannot be read (${error.code})`);
  });
  try {
    const stats = await handle.stat();
    if (othersCanAccess(stats, callerOf(process))) throw new NoPassword(`others can read ${origin}`);
    if (!stats.isFile() || stats.size > passwordBytesMax)
      throw new NoPassword(`${origin} holds no password on one line`);
    return checked(await handle.readFile('utf8'), origin);
  } finally {
    await handle.close();
  }
}

function fromCommand([program, ...args]: readonly [string, ...string[]], timeoutMs: number): Promise<string> {
  const origin = `the password command ${program}`;
  return new Promise((resolve, reject) => {
    const options = {
      timeout: Math.max(1, Math.ceil(timeoutMs)),
      killSignal: 'SIGKILL',
      maxBuffer: passwordBytesMax,
      shell: false,
    } as const;
    const child = execFile(program, args, options, (error, stdout) => {
      if (error) {
        const why = error.killed ? 'did not end in time' : `failed (${error.code ?? error.signal})`;
        return reject(new NoPassword(`${origin} ${why}`));
      }
      try {
        resolve(checked(stdout, origin));
      } catch (problem) {
        reject(problem);
      }
    });
    child.stdin?.on('error', () => undefined).end();
  });
}

/** A file is read for each message; what a command said is kept until the server refuses it. */
export function passwordOf(source: PasswordSource): Password {
  if ('file' in source) {
    const { file } = source;
    return { read: async () => ({ text: await fromFile(file), fresh: true }), forget: () => undefined };
  }
  const { command } = source;
  let kept: string | null = null;
  let running: Promise<string> | null = null;
  return {
    async read(timeoutMs) {
      if (kept !== null) return { text: kept, fresh: false };
      running ??= fromCommand(command, timeoutMs).finally(() => {
        running = null;
      });
      kept = await running;
      return { text: kept, fresh: true };
    },
    forget(text) {
      if (kept === text) kept = null;
    },
  };
}
