// The Unix socket that a service listens on: one of its own, or the one that systemd made for it.
import { lstatSync, rmSync, statSync } from 'node:fs';
import net from 'node:net';
import { dirname, resolve } from 'node:path';
import { TwofaError } from '../errors.ts';
import { callerOf, mendingOf } from '../rules/file-mode.ts';

/** Where a service listens: a path with the mode of the socket, or a socket that was passed on. */
export type Place = { path: string; mode: number } | { descriptor: number };

/** Bytes of a path that a socket's address has room for (sun_path, with its end). */
const pathBytesMax = 107;
/** The first descriptor that systemd passes (sd_listen_fds). */
const firstPassed = 3;
/** Connections that wait to be accepted; further ones are refused by the system. */
const backlog = 1024;

function unusable(path: string, problem: string, hint: string, cause?: unknown): TwofaError {
  return new TwofaError('file-unwritable', `There can be no socket at ${JSON.stringify(path)}: ${problem}.`, {
    hint,
    details: { field: 'socket' },
    cause,
  });
}

/** The mode of a socket: three octal digits that let somebody read and write. @throws TwofaError `invalid-input` */
export function socketModeOf(text: string): number {
  if (/^0?6[06][06]$/.test(text)) return Number.parseInt(text, 8);
  throw new TwofaError(
    'invalid-input',
    `socketMode ${JSON.stringify(text.slice(0, 60))} must be 600, 660 or 666: whoever can write it can make requests.`,
    { details: { field: 'socketMode' } },
  );
}

/**
 * The socket that systemd passed to this process, if it did; children do not get to know of it.
 * @throws TwofaError `usage` for several, of which it is not known which one is meant.
 */
export function passedSocket(env: NodeJS.ProcessEnv, pid: number): Place | null {
  const { LISTEN_PID, LISTEN_FDS } = env;
  for (const name of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES']) delete env[name];
  if (LISTEN_PID !== String(pid) || LISTEN_FDS === undefined) return null;
  if (LISTEN_FDS === '1') return { descriptor: firstPassed };
  throw new TwofaError(
    'usage',
    `systemd passed ${LISTEN_FDS.slice(0, 10)} sockets; this service takes one.`,
    {
      hint: 'Give the .socket unit a single ListenStream=.',
    },
  );
}

/** Refuses a folder in which others could put a socket of theirs in place of this one. */
function checkFolder(path: string): void {
  const folder = dirname(path);
  let found: ReturnType<typeof statSync>;
  try {
    found = statSync(folder);
  } catch (error) {
    throw unusable(
      path,
      `there is no folder ${folder}`,
      'Make the folder first; systemd does by RuntimeDirectory=.',
      error,
    );
  }
  const [mending] = mendingOf(found, callerOf(process), 'folder');
  if (mending === undefined) return;
  throw new TwofaError('unsafe-file', `Others can put another socket in the place of ${path}.`, {
    hint: `${mending} ${folder}`,
  });
}

/** Whether somebody listens at a socket's path. */
function isServed(path: string): Promise<boolean> {
  return new Promise((done, fail) => {
    const socket = net.connect(path);
    socket.once('connect', () => {
      socket.destroy();
      done(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') done(false);
      else fail(unusable(path, error.message, 'Look who has it.', error));
    });
  });
}

function found(path: string): ReturnType<typeof lstatSync> | null {
  try {
    return lstatSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw unusable(path, (error as Error).message, 'Name another path.', error);
  }
}

/** Removes a socket that nobody listens at any more; anything else there is left alone. @throws TwofaError for it */
async function clear(path: string): Promise<void> {
  const there = found(path);
  if (!there) return;
  if (!there.isSocket()) throw unusable(path, 'there is something else', 'Remove it, or name another path.');
  if (await isServed(path)) {
    throw new TwofaError('socket-in-use', `Another service listens at ${path}.`, {
      hint: 'Stop that one first, or name another path.',
    });
  }
  // Only the one that was found: another service may have put its own there meanwhile.
  if (found(path)?.ino === there.ino) rmSync(path);
}

function begun(
  server: net.Server,
  options: net.ListenOptions,
  failed: (error: Error) => unknown,
): Promise<void> {
  return new Promise((done, fail) => {
    server.once('error', (error) => fail(failed(error)));
    server.listen({ ...options, backlog }, done);
  });
}

async function listenAt(server: net.Server, path: string, mode: number): Promise<void> {
  const failed = (error: Error) =>
    unusable(path, error.message, 'Name a path in a folder that you can write.', error);
  // The socket is never open to more than it is to be, not even for a moment.
  const before = process.umask(0o777 & ~mode);
  const listening = begun(server, { path }, failed);
  process.umask(before);
  await listening;
}

async function listenOn(server: net.Server, descriptor: number): Promise<string> {
  const failed = (error: Error) =>
    new TwofaError('usage', `The socket that systemd passed cannot be used: ${error.message}.`, {
      cause: error,
    });
  await begun(server, { fd: descriptor } as net.ListenOptions, failed);
  // Of a Unix socket that it did not make, Node knows no address; of any other it does.
  if (server.address() === null) return 'the socket of systemd';
  server.close();
  throw new TwofaError('usage', 'The socket that systemd passed is no Unix socket.', {
    hint: 'Give the .socket unit a path: ListenStream=/run/twofa.sock',
  });
}

/**
 * Has a server listen. A socket left by a service that is gone is replaced, nothing else ever is.
 * @returns where it listens.
 * @throws TwofaError `socket-in-use`, `file-unwritable`, `unsafe-file`, `invalid-input`
 */
export async function listen(server: net.Server, place: Place): Promise<string> {
  if ('descriptor' in place) return listenOn(server, place.descriptor);
  const path = resolve(place.path);
  const bytes = Buffer.byteLength(path);
  if (place.path === '' || bytes > pathBytesMax) {
    throw new TwofaError(
      'invalid-input',
      place.path === ''
        ? 'socket is empty.'
        : `socket is ${bytes} bytes long as a whole path; a socket's path has at most ${pathBytesMax}.`,
      { hint: 'Name a shorter one, such as /run/twofa/twofa.sock.', details: { field: 'socket' } },
    );
  }
  checkFolder(path);
  await clear(path);
  await listenAt(server, path, place.mode);
  return path;
}
