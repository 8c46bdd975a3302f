// Serves requests over HTTP on a Unix socket, for many clients: the one process of an installation that has key and store.
import { AsyncLocalStorage } from 'node:async_hooks';
import http from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { operations } from '../actions/operations.ts';
import { exitCodes } from '../errors.ts';
import { kidProblem } from '../rules/text.ts';
import { iso } from '../rules/time.ts';
import { type Composed, compose } from './compose.ts';
import { Desk } from './desk.ts';
import { localWork } from './desk-work.ts';
import { safeJson } from './escape.ts';
import { failureLines } from './failure.ts';
import { healthOf } from './health.ts';
import { type Asked, HttpRequests } from './http-requests.ts';
import type { Context } from './run.ts';
import { listen, type Place } from './socket.ts';
import { onSignal } from './stopping.ts';

export interface ServeOptions {
  place: Place;
  inFlight: number;
  /** Whether each request gets a line on stderr. */
  log: boolean;
}

/** Connections to PostgreSQL that the requests share. */
const databaseConnections = 8;
/** Clients that are connected at a time. */
const connectionsMax = 1024;
/** How long what was begun may take to end when the service stops, in milliseconds. */
const stopMs = 30_000;

const limits: http.ServerOptions = {
  maxHeaderSize: 16 * 1024,
  /** For the headers, and for all of a request: who sends them byte by byte holds nothing for long. */
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 5000,
  /** How long a connection is kept without a request. */
  keepAliveTimeout: 60_000,
};

/** A line about a request: what it was, about which account, by which token, and how it ended. Nothing else of it. */
function logLine(asked: Asked, exit: number, ms: number): string {
  const { do: name, account } = asked.request;
  return `${safeJson({
    at: iso(Date.now()),
    do: Object.hasOwn(operations, name) ? name : null,
    account: typeof account === 'string' && kidProblem(account) === null ? account : null,
    token: asked.tokenId === null ? null : `tok_${asked.tokenId}`,
    exit,
    ms: Math.round(ms),
  })}\n`;
}

/** Counts who is connected. @returns whether a connection was one too many when it was made. */
function boundConnections(server: http.Server): (socket: Socket) => boolean {
  const excess = new WeakSet<Socket>();
  let connected = 0;
  server.on('connection', (socket: Socket) => {
    connected += 1;
    if (connected > connectionsMax) excess.add(socket);
    socket.once('close', () => {
      connected -= 1;
    });
  });
  // Of these a few are told so; more are not even accepted.
  server.maxConnections = 2 * connectionsMax;
  return (socket) => excess.has(socket);
}

/** Waits until all that was begun has ended, but not for ever. @returns whether it has. */
async function ended(server: http.Server, desk: Desk<Asked>): Promise<boolean> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const patience = new AbortController();
  const inTime = await Promise.race([
    Promise.all([closed, desk.idle()]).then(() => true),
    sleep(stopMs, false, { signal: patience.signal }).catch(() => true),
  ]);
  patience.abort();
  server.closeAllConnections();
  return inTime;
}

class Service {
  readonly #context: Context;
  readonly #options: ServeOptions;
  readonly #parts: Composed;
  readonly #desk: Desk<Asked>;
  /** The request in whose course something is said. */
  readonly #current = new AsyncLocalStorage<Asked>();
  #stop: () => void = () => {};
  #stopping = false;

  constructor(context: Context, options: ServeOptions) {
    const { around, common } = context;
    this.#context = context;
    this.#options = options;
    this.#parts = compose(around, common, (text) => this.#notice(text), { connections: databaseConnections });
    const work = localWork<Asked>({
      services: this.#parts.services,
      failed: (error) => around.stderr.write(failureLines(error, common.debug ?? false)),
      around: (asked) => ({
        madeBy: ({ tokenId }) => {
          asked.tokenId = tokenId;
        },
      }),
    });
    this.#desk = new Desk({ work, inFlight: options.inFlight });
  }

  /** What is said in the course of a request goes to its client, anything else to the log. */
  #notice(text: string): void {
    const asked = this.#current.getStore();
    if (asked && !asked.answered) asked.notices.push(text);
    else this.#context.out.say(text);
  }

  #answered(asked: Asked, exit: number, ms: number): void {
    asked.answered = true;
    if (this.#options.log) this.#context.around.stderr.write(logLine(asked, exit, ms));
  }

  #server(): http.Server {
    const server = http.createServer(limits);
    const isExcess = boundConnections(server);
    const requests = new HttpRequests({
      take: (asked, answer) => this.#current.run(asked, () => this.#desk.take(asked, answer)),
      isCrowded: () => this.#desk.isCrowded,
      health: () => healthOf(this.#parts),
      isStopping: () => this.#stopping,
      isExcess: ({ socket }) => isExcess(socket),
      answered: (asked, exit, ms) => this.#answered(asked, exit, ms),
    });
    server.on('request', (request, response) => void requests.answer(request, response));
    return server;
  }

  /** Serves until it is told to stop. @throws TwofaError where the store cannot be used, or nobody can connect. */
  async run(): Promise<void> {
    const { out, exit } = this.#context;
    const stopped = new Promise<void>((resolve) => {
      this.#stop = resolve;
    });
    const release = onSignal(this.#context, (code) => {
      this.#stopping = true;
      exit(code);
      this.#stop();
    });
    try {
      // What keeps every request from being answered is said at once.
      await (await this.#parts.services.store()).check();
      const server = this.#server();
      out.say(`Serving on ${await listen(server, this.#options.place)}.`);
      await stopped;
      const ending = ended(server, this.#desk);
      // Said once nobody can connect any more.
      out.say('Stopping: what was begun is finished; a second signal ends it at once.');
      if (await ending) return;
      exit(exitCodes.failure);
      out.say(`Some requests did not end within ${stopMs / 1000} seconds.`);
    } finally {
      release();
      await this.#parts.close();
    }
  }
}

/** Serves requests until SIGTERM or Ctrl-C. @throws TwofaError where that cannot be. */
export function serve(context: Context, options: ServeOptions): Promise<void> {
  return new Service(context, options).run();
}
