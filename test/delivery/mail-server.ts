// Real mail servers for the tests: one that keeps what it was given, and one that follows a script to the letter.

import type { AddressInfo } from 'node:net';
import net from 'node:net';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

export interface Received {
  from: string;
  to: string[];
  secure: boolean;
  user: unknown;
  source: string;
  mail: ParsedMail;
}

export interface MailServer {
  port: number;
  received: Received[];
  /** Connections that were made. */
  connections: number;
  /** Cuts the connections that there are. */
  hangUp(): void;
  close(): Promise<void>;
}

/** A mail server that takes everything, unless the options say otherwise; it offers STARTTLS, self-signed. */
export async function mailServer(options: SMTPServerOptions = {}): Promise<MailServer> {
  const sockets = new Set<net.Socket>();
  const kept: MailServer = {
    port: 0,
    received: [],
    connections: 0,
    hangUp: () => {
      for (const socket of sockets) socket.destroy();
    },
    close: async () => undefined,
  };
  const server = new SMTPServer({
    authOptional: true,
    logger: false,
    onConnect(_session, done) {
      kept.connections += 1;
      done();
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', async () => {
        const source = Buffer.concat(chunks);
        kept.received.push({
          from: (session.envelope.mailFrom as { address: string }).address,
          to: session.envelope.rcptTo.map((each) => each.address),
          secure: session.secure,
          user: session.user,
          source: source.toString(),
          mail: await simpleParser(source),
        });
        done(null, 'kept');
      });
    },
    ...options,
  });
  // A client that ends the conversation in the middle is what some tests are about.
  server.on('error', () => undefined);
  server.server.on('connection', (socket: net.Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  kept.port = (server.server.address() as AddressInfo).port;
  kept.close = () => new Promise((resolve) => server.close(() => resolve()));
  return kept;
}

/** What a scripted server does next: says lines, says nothing, or cuts the connection. */
export type Move = string | 'silence' | 'cut';

export interface ScriptedServer {
  port: number;
  connections: number;
  /** The lines of all clients, in order. */
  heard: string[];
  close(): Promise<void>;
}

/**
 * A server that answers as told.
 * @param answer what to do on a line (the greeting is asked for with ''; a whole message arrives as '.').
 */
export async function scriptedServer(
  answer: (line: string, connection: number) => Move,
): Promise<ScriptedServer> {
  const sockets = new Set<net.Socket>();
  const kept: ScriptedServer = { port: 0, connections: 0, heard: [], close: async () => undefined };
  const server = net.createServer((socket) => {
    kept.connections += 1;
    const connection = kept.connections;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    const move = (line: string) => {
      const next = answer(line, connection);
      if (next === 'cut') socket.destroy();
      else if (next !== 'silence') socket.write(`${next}\r\n`);
      return next;
    };
    let rest = '';
    let inMessage = false;
    socket.on('data', (chunk) => {
      rest += chunk.toString();
      for (let end = rest.indexOf('\r\n'); end >= 0; end = rest.indexOf('\r\n')) {
        const line = rest.slice(0, end);
        rest = rest.slice(end + 2);
        kept.heard.push(line);
        if (inMessage && line !== '.') continue;
        inMessage = move(line).startsWith('354');
      }
    });
    move('');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  kept.port = (server.address() as AddressInfo).port;
  kept.close = () => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(() => resolve()));
  };
  return kept;
}

/** The answers of a server that takes every message, by the first word of a line. */
export function willing(line: string): Move {
  const word = line.split(/[ :]/)[0]?.toUpperCase() ?? '';
  return { '': '220 mail.test', EHLO: '250 mail.test', DATA: '354 go on', QUIT: '221 bye' }[word] ?? '250 ok';
}
