// One HTTP request and its answer, and what is known of the request where none came. It is never repeated, nor redirected.
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { connectTo, type HttpServer, NoConnection, placeOf } from './http-connection.ts';

export interface HttpRequest {
  server: HttpServer;
  method: string;
  /** Path and query, encoded. */
  path: string;
  headers: Readonly<Record<string, string>>;
  body: string | null;
}

export interface Answer {
  kind: 'answered';
  status: number;
  headers: IncomingHttpHeaders;
  /** Its beginning, 64 KiB at the most. */
  body: string;
  /** Whether the body ended, or came as far as it is read; not so where the connection was lost before. */
  whole: boolean;
}

/** `unsent`: surely nothing of the request went out. `lost`: it may have been received and carried out. */
export type Exchange =
  | Answer
  | { kind: 'unsent'; said: string; permanent: boolean }
  | { kind: 'lost'; said: string };

const bodyBytesMax = 65_536;
/** The share of the time left that connecting may take, so that another try has a chance. */
const connectingShare = 0.45;

/** A server as the header Host names it: a port that goes without saying is left out. */
function hostOf(server: HttpServer): string {
  return placeOf(server).replace(server.secure ? /:443$/ : /:80$/, '');
}

/** Reads the beginning of an answer's body; ends when the answer does, is cut off, or is long enough. */
function readBody(message: IncomingMessage, done: (body: string, whole: boolean) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const end = (whole: boolean) => {
    done(Buffer.concat(chunks).subarray(0, bodyBytesMax).toString('utf8'), whole);
  };
  message.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= bodyBytesMax) end(true);
  });
  message.on('end', () => end(message.complete));
  message.on('error', () => end(false));
  message.on('close', () => end(false));
}

function converse(socket: Socket, { server, ...asked }: HttpRequest, timeoutMs: number): Promise<Exchange> {
  return new Promise((resolve) => {
    let partial: (() => void) | null = null;
    const finish = (exchange: Exchange) => {
      clearTimeout(timer);
      resolve(exchange);
      socket.destroy();
    };
    const lose = (why: string) => (partial ? partial() : finish({ kind: 'lost', said: why }));
    const timer = setTimeout(() => lose('no answer came in time'), Math.max(1, Math.ceil(timeoutMs)));
    const sending = request({
      createConnection: () => socket,
      method: asked.method,
      path: asked.path,
      headers: {
        Host: hostOf(server),
        Connection: 'close',
        ...asked.headers,
        ...(asked.method === 'GET' ? {} : { 'Content-Length': Buffer.byteLength(asked.body ?? '') }),
      },
    });
    sending.on('error', () => lose('the connection was lost, or the answer was no HTTP'));
    sending.on('response', (message) => {
      const answer = { kind: 'answered', status: message.statusCode ?? 0, headers: message.headers } as const;
      partial = () => message.destroy();
      readBody(message, (body, whole) => finish({ ...answer, body, whole }));
    });
    sending.end(asked.body ?? undefined);
  });
}

/** Makes a request, once; ends within `timeoutMs`, whatever the server does. Never rejects. */
export async function exchange(asked: HttpRequest, timeoutMs: number): Promise<Exchange> {
  const started = performance.now();
  let socket: Socket;
  try {
    socket = await connectTo(asked.server, timeoutMs * connectingShare);
  } catch (error) {
    if (!(error instanceof NoConnection)) throw error;
    return { kind: 'unsent', said: error.message, permanent: error.permanent };
  }
  return converse(socket, asked, timeoutMs - (performance.now() - started));
}
