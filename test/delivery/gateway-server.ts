// A real gateway for the tests: an HTTP server that keeps what it was asked and answers as told, or not at all.
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import type { Pair } from '../support/certificate.ts';

export interface Asked {
  method: string;
  /** Path and query, as they came over the line. */
  url: string;
  headers: IncomingHttpHeaders;
  /** Names and values of the headers, as they came over the line. */
  rawHeaders: string[];
  body: string;
}

export interface GatewayServer {
  port: number;
  asked: Asked[];
  /** Connections that were made. */
  connections: number;
  close(): Promise<void>;
}

/** How a gateway answers. `cut`: it reads the request and ends the connection. `silence`: it reads it and says nothing. */
export type Reply =
  | 'cut'
  | 'silence'
  | { status?: number; headers?: Record<string, string>; body?: string | Buffer; after?: number }
  | ((response: ServerResponse) => void);

function answer(reply: Reply, response: ServerResponse): void {
  if (reply === 'silence') return;
  if (reply === 'cut') {
    response.socket?.destroy();
    return;
  }
  if (typeof reply === 'function') {
    reply(response);
    return;
  }
  const { status = 200, headers = {}, body = '', after = 0 } = reply;
  setTimeout(() => response.writeHead(status, headers).end(body), after);
}

/**
 * A gateway.
 * @param reply what it answers to a request, the first of which is 1.
 * @param certificate for a gateway over TLS.
 */
export async function gatewayServer(
  reply: (asked: Asked, number: number) => Reply = () => ({ body: '0: Accepted for delivery' }),
  certificate?: Pair,
): Promise<GatewayServer> {
  const kept: GatewayServer = { port: 0, asked: [], connections: 0, close: async () => undefined };
  const server = certificate ? createTlsServer(certificate) : createServer();
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    kept.connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
  });
  server.on('tlsClientError', () => undefined);
  server.on('request', (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers, rawHeaders } = request;
      const asked = { method, url, headers, rawHeaders, body: Buffer.concat(chunks).toString() };
      kept.asked.push(asked);
      answer(reply(asked, kept.asked.length), response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  kept.port = (server.address() as AddressInfo).port;
  kept.close = () => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(() => resolve()));
  };
  return kept;
}

/** A server that speaks no HTTP. @param greet what it does with a connection once the client has said something. */
export async function plainServer(
  greet: (socket: Socket) => void,
): Promise<{ port: number; heard: string[]; close(): Promise<void> }> {
  const heard: string[] = [];
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('data', (chunk) => {
      heard.push(chunk.toString());
      greet(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return {
    port: (server.address() as AddressInfo).port,
    heard,
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
