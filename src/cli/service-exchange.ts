// One exchange with a service over its socket: what is sent, what comes back, and in words what went wrong between.
import { statSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { dirname } from 'node:path';
import { TwofaError } from '../errors.ts';

export interface Sent {
  method: 'GET' | 'POST';
  path: string;
  headers?: Record<string, string>;
  body?: Buffer;
  /** How long to wait for the whole answer, in milliseconds. */
  answerMs: number;
  /** What is asked for, such as `code.verify`. */
  what: string;
}

export interface Received {
  status: number;
  retryAfter: string | null;
  text: string;
}

/** Nobody was reached, so that nothing was done. */
export function unreachable(
  socket: string,
  problem: string,
  hint: string,
  details: Record<string, unknown> = {},
): TwofaError {
  return new TwofaError('service-unavailable', `The service at unix:${socket} ${problem}.`, {
    hint,
    details: { socket, ...details },
  });
}

const startHint =
  'Look whether it runs, such as by "systemctl status twofa", and that TWOFA_URL names its socket.';
const groupHint =
  'Your user has to be in the group of the socket; ask who runs the service, and log in anew afterwards.';

/** What went wrong before there was a connection, by the system's error. */
function connectionFailure(socket: string, error: NodeJS.ErrnoException): TwofaError {
  const code = error.code ?? null;
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return unreachable(socket, 'is not there: there is no such socket', startHint, { code });
    case 'EACCES':
    case 'EPERM':
      return unreachable(
        socket,
        'is not open to you: its socket, or a folder above it, refuses you',
        groupHint,
        {
          code,
        },
      );
    case 'ECONNREFUSED':
      return unreachable(socket, 'is not running: nobody listens at its socket', startHint, { code });
    case 'EAGAIN':
      return unreachable(socket, 'is too busy to take a connection', 'Try again in a moment.', { code });
    default:
      return unreachable(socket, `cannot be reached: ${error.message}`, startHint, { code });
  }
}

/** A request went out, and no whole answer came: what it asked for may have been done. */
function answerLost(socket: string, what: string, problem: string): TwofaError {
  return new TwofaError(
    'answer-lost',
    `The service at unix:${socket} ${problem} ${what}: whether it was done is not known.`,
    {
      hint: 'Look how things are before you repeat it. A sign-in is safely repeated with the same --request-id.',
      details: { socket, do: what },
    },
  );
}

/**
 * Looks at a socket before a token goes to whoever listens there.
 * @throws TwofaError `service-unavailable` where there is none; `unsafe-file` where anybody could have put one of their own.
 */
export function requireSocket(socket: string): void {
  let isSocket: boolean;
  let folderMode: number;
  try {
    isSocket = statSync(socket).isSocket();
    folderMode = statSync(dirname(socket)).mode;
  } catch (error) {
    throw connectionFailure(socket, error as NodeJS.ErrnoException);
  }
  if (!isSocket) throw unreachable(socket, 'is none: this is a file of another kind', startHint);
  if ((folderMode & 0o002) === 0) return;
  throw new TwofaError('unsafe-file', `Others can put a socket of their own into ${dirname(socket)}.`, {
    hint: 'Have the service listen in a folder that only its user can write, such as /run/twofa.',
    details: { socket },
  });
}

/**
 * Sends a request and waits for the answer. A connection serves one request: over a Unix socket another costs next to
 * nothing, and one that was kept could be closed by the service just when the next request is on its way.
 * @throws TwofaError `service-unavailable` when nobody was reached, `answer-lost` when the answer did not come whole.
 */
export function exchange(socket: string, sent: Sent): Promise<Received> {
  const { method, path, headers = {}, body, answerMs, what } = sent;
  return new Promise((resolve, reject) => {
    let connected = false;
    const fail = (error: TwofaError) => {
      clearTimeout(timer);
      reject(error);
    };
    const lost = (problem: string) => fail(answerLost(socket, what, problem));
    const call = httpRequest({ socketPath: socket, method, path, headers, agent: false }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', () => lost('closed the connection in the middle of its answer to'));
      answer.on('end', () => {
        clearTimeout(timer);
        resolve({
          status: answer.statusCode ?? 0,
          retryAfter: answer.headers['retry-after'] ?? null,
          text: Buffer.concat(chunks).toString('utf8'),
        });
      });
    });
    const timer = setTimeout(() => {
      lost(`did not answer within ${Math.ceil(answerMs / 1000)} s to`);
      call.destroy();
    }, answerMs);
    call.on('socket', (connection) => {
      connection.once('connect', () => {
        connected = true;
      });
    });
    call.on('error', (error: NodeJS.ErrnoException) => {
      if (!connected) fail(connectionFailure(socket, error));
      else if (error.code?.startsWith('HPE_')) {
        fail(unreachable(socket, 'does not speak HTTP: it is another program', startHint));
      } else lost('closed the connection before it answered to');
    });
    call.end(body);
  });
}
