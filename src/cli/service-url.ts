// Which service the variable TWOFA_URL names: unix: and the path of its socket.
import { isAbsolute } from 'node:path';
import type { TwofaError } from '../errors.ts';
import { fault } from './config-file.ts';

/** What the address of a socket has room for (unix(7): 108 bytes, the last of them zero). */
const pathBytesMax = 107;

function misfit(problem: string): TwofaError {
  return fault(
    { variable: 'TWOFA_URL' },
    problem,
    null,
    'Set it to unix: and the path of the socket, such as unix:/run/twofa.sock. Unset, this process works on the store itself.',
  );
}

/** The path after `unix:`, which can be written with an empty host, as in a URL. */
function pathOf(url: string): string {
  const path = url.slice('unix:'.length);
  return path.startsWith('///') ? path.slice(2) : path;
}

/**
 * The socket of the service that this process is a client of; null where TWOFA_URL is not set.
 * @throws TwofaError `invalid-configuration`
 */
export function socketOf(env: NodeJS.ProcessEnv): string | null {
  const url = env.TWOFA_URL;
  if (url === undefined) return null;
  if (url === '') throw misfit('has no value');
  if (/\p{Cc}/u.test(url)) throw misfit('has a control character in it');
  if (!url.startsWith('unix:')) throw misfit('must be unix: and the path of a socket');
  const path = pathOf(url);
  if (path === '') throw misfit('names no socket');
  if (path.startsWith('//')) throw misfit('names a host; write unix:/path or unix:///path');
  if (!isAbsolute(path)) throw misfit('must name the socket by its whole path');
  const bytes = Buffer.byteLength(path);
  if (bytes > pathBytesMax) {
    throw misfit(`names a path of ${bytes} bytes; that of a socket has at most ${pathBytesMax}`);
  }
  return path;
}
