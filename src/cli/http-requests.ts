// Requests over HTTP: what is not for us is turned away, what is goes to the desk, and its reply back.
import type { IncomingMessage, ServerResponse } from 'node:http';
import packageJson from '../../package.json' with { type: 'json' };
import { TwofaError } from '../errors.ts';
import type { Taken } from './desk.ts';
import { safeJson } from './escape.ts';
import type { Health } from './health.ts';
import { type Reply, readRequest, refusal, requestBytesMax, tooLong } from './reply.ts';

/** How long a reply may wait until whoever asked takes more of it, in milliseconds. */
const replyTakenMs = 60_000;
/** Entries of a list that one request may ask for: a service has no memory to spare for more. */
const listMax = 10_000;
/** How much of a request that is turned away is read to no purpose, and for how long, in milliseconds. */
const discardedBytesMax = 4 * requestBytesMax;
const discardedMs = 5_000;
/** After how many seconds somebody who was turned away tries again. */
const retryAfterSeconds = 1;

/** A request that came over HTTP. */
export interface Asked extends Taken {
  /** What is said beside its result, for a person. */
  notices: string[];
  /** The token that made it, once that is known. */
  tokenId: number | null;
  answered: boolean;
}

export interface HttpOptions {
  /** Carries out a request. */
  take(asked: Asked, answer: (reply: Reply) => Promise<void>): Promise<void>;
  /** Whether so much waits for its reply that no more can be taken. */
  isCrowded(): boolean;
  health(): Promise<Health>;
  /** Whether the service is about to end: then it begins nothing any more. */
  isStopping(): boolean;
  /** Whether a client is one too many. */
  isExcess(request: IncomingMessage): boolean;
  /** Is told of each request that was answered, and how long that took, in milliseconds. */
  answered(asked: Asked, exit: number, ms: number): void;
}

/** What is turned away: with a status of HTTP, and the reply that says why. */
interface TurnedAway {
  status: number;
  error: TwofaError;
  headers?: Record<string, string>;
}

function send(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<void> {
  const text = `${safeJson(body)}\n`;
  return new Promise((gone) => {
    // Who went away is told nothing, and says so no more.
    if (response.destroyed) return gone();
    response.once('close', gone);
    response.setTimeout(replyTakenMs, () => response.destroy());
    response.writeHead(status, {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(text),
      'Cache-Control': 'no-store',
      'Twofa-Version': packageJson.version,
      ...headers,
    });
    response.end(text);
  });
}

/**
 * Reads what is left of a request, within bounds, and lets it go. A connection that is closed with something unread is reset,
 * and whoever is still sending would never see the answer.
 */
async function discardRest(request: IncomingMessage): Promise<void> {
  if (request.complete || request.destroyed) return;
  let timer: NodeJS.Timeout | undefined;
  await new Promise<void>((enough) => {
    let left = discardedBytesMax;
    timer = setTimeout(enough, discardedMs);
    request.once('close', enough).once('end', enough);
    request.on('data', (part: Buffer) => {
      left -= part.length;
      if (left < 0) enough();
    });
  });
  clearTimeout(timer);
}

async function turnAway(
  response: ServerResponse,
  { status, error, headers = {} }: TurnedAway,
  id: unknown = null,
): Promise<void> {
  await discardRest(response.req);
  // Only what is not worth reading to its end costs the connection.
  const left = response.req.complete ? {} : { Connection: 'close' };
  return send(response, status, { ...refusal(id, error), notices: [] }, { ...headers, ...left });
}

function wrong(message: string, hint?: string): TwofaError {
  return new TwofaError('usage', message, hint === undefined ? {} : { hint });
}

/** The reply of a service that takes nothing now. */
function unavailable(why: string): TurnedAway {
  return {
    status: 503,
    error: new TwofaError('service-unavailable', `The service ${why}; nothing was done.`, {
      hint: 'Try again in a moment.',
    }),
    headers: { 'Retry-After': String(retryAfterSeconds), Connection: 'close' },
  };
}

/** What keeps a request from being read at all. */
function refusedUnread({ method, headers }: IncomingMessage, path: string): TurnedAway | null {
  const allowed = { '/requests': 'POST', '/health': 'GET' }[path];
  if (allowed === undefined)
    return { status: 404, error: wrong('There is nothing at this path.', 'Requests go to POST /requests.') };
  if (method !== allowed)
    return { status: 405, error: wrong(`This path takes ${allowed} alone.`), headers: { Allow: allowed } };
  if (allowed === 'GET') return null;
  if (
    !/^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i.test(headers['content-type'] ?? '') ||
    headers['content-encoding']
  )
    return { status: 415, error: wrong('A request is JSON in UTF-8: Content-Type: application/json.') };
  return Number(headers['content-length'] ?? 0) > requestBytesMax ? tooLarge() : null;
}

function tooLarge(): TurnedAway {
  return { status: 413, error: tooLong() };
}

function tooMany(): TurnedAway {
  const error = new TwofaError('invalid-input', `limit must be at most ${listMax} here.`, {
    hint: 'Ask for the next ones with "after".',
    details: { field: 'limit' },
  });
  return { status: 400, error };
}

/** The token of a request, which is the only one that counts: that of the service itself never does. */
function bearerOf({ headersDistinct }: IncomingMessage): string | TurnedAway {
  const given = headersDistinct.authorization ?? [];
  const [, token] = (given.length === 1 ? /^Bearer +([\x21-\x7e]+)$/i.exec(given[0] ?? '') : null) ?? [];
  if (token !== undefined) return token;
  const error =
    given.length === 0
      ? new TwofaError('not-signed-in', 'The request has no access token.', {
          hint: 'Send it as Authorization: Bearer twofa_…',
        })
      : new TwofaError('token-invalid', 'The header Authorization is not one access token.', {
          hint: 'Send it as Authorization: Bearer twofa_…',
        });
  return { status: 401, error, headers: { 'WWW-Authenticate': 'Bearer' } };
}

/** The whole body; null for one that is longer than a request may be. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | null> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > requestBytesMax) return null;
    parts.push(part);
  }
  return Buffer.concat(parts, length);
}

/** Requests over HTTP. */
export class HttpRequests {
  readonly #options: HttpOptions;

  constructor(options: HttpOptions) {
    this.#options = options;
  }

  /** Answers one. Never rejects: a client that went away is nobody's failure. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const path = (request.url ?? '').split('?', 1)[0] ?? '';
      if (this.#options.isStopping()) return await turnAway(response, unavailable('is stopping'));
      if (this.#options.isExcess(request))
        return await turnAway(response, unavailable('has as many clients as it takes'));
      const refused = refusedUnread(request, path);
      if (refused) return await turnAway(response, refused);
      if (path === '/health') return await this.#health(response);
      await this.#request(request, response);
    } catch {
      response.destroy();
    }
  }

  async #health(response: ServerResponse): Promise<void> {
    const health = await this.#options.health();
    await send(response, health.ok ? 200 : 503, health);
  }

  async #request(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const token = bearerOf(request);
    if (typeof token !== 'string') return turnAway(response, token);
    if (this.#options.isCrowded()) return turnAway(response, unavailable('has as many requests as it takes'));
    const body = await bodyOf(request);
    if (body === null) return turnAway(response, tooLarge());
    const read = readRequest(body);
    if ('error' in read) return turnAway(response, { status: 400, error: read.error }, read.id);
    const { limit } = read.request;
    if (typeof limit === 'number' && limit > listMax) return turnAway(response, tooMany(), read.id);
    if (this.#options.isStopping()) return turnAway(response, unavailable('is stopping'));
    const asked = { ...read, credential: async () => token, bytes: body.length };
    await this.#take({ ...asked, notices: [], tokenId: null, answered: false }, response);
  }

  #take(asked: Asked, response: ServerResponse): Promise<void> {
    const begun = performance.now();
    return this.#options.take(asked, (reply: Reply) => {
      this.#options.answered(asked, reply.exit, performance.now() - begun);
      const headers = this.#options.isStopping() ? { Connection: 'close' } : {};
      return send(response, 200, { ...reply, notices: asked.notices }, headers);
    });
  }
}
