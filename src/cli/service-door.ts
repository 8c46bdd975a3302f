// The door of a client: requests go through the socket of a service, which alone holds key and store.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from '../actions/operation.ts';
import type { Credential, Request } from '../actions/perform.ts';
import { TwofaError } from '../errors.ts';
import type { Door } from './door.ts';
import { safe } from './escape.ts';
import { exchange, type Received, requireSocket, unreachable } from './service-exchange.ts';
import { answerOf, jsonOf, readReply } from './service-reply.ts';

export interface ServiceDoor extends Door {
  /** The socket that it goes through. */
  readonly socket: string;
  /** What the service says of its own health, without anybody's token. @throws TwofaError `service-unavailable` */
  health(): Promise<Record<string, unknown>>;
}

/** How long a client waits, in milliseconds. */
export interface Patience {
  /** For the answer to a request of a sign-in. */
  signInMs: number;
  /** For the answer to any other: it may go through a whole account, or the whole trail. */
  answerMs: number;
  /** Altogether, while the service says that it cannot take the request now. */
  busyMs: number;
}

const usualPatience: Patience = { signInMs: 60_000, answerMs: 3_600_000, busyMs: 10_000 };

/** Requests of sign-ins, an administrator's own included. */
const ofSignIns = /^(login|code\..*|auth\..*)$/;

/** What every service takes without a look at its limit, in bytes. */
const surelyTakenBytes = 64 * 1024;

/** The shortest and the longest pause before a request that was not taken is made again, in milliseconds. */
const pauseMs = { least: 100, most: 2000 };

/** The pause that a service asks for, in milliseconds. */
function pauseOf(retryAfter: string | null): number {
  const asked = Number(retryAfter ?? Number.NaN) * 1000;
  return Math.min(pauseMs.most, Math.max(pauseMs.least, Number.isFinite(asked) ? asked : pauseMs.least));
}

/** Whether the service did not take the request, and says that it may later. */
function isBusy({ status }: Received): boolean {
  return status === 429 || status === 503;
}

/**
 * The token to send. One that is missing or mistyped goes nowhere; the form of the request is looked at first all the
 * same, as it is where the store is.
 * @throws TwofaError
 */
async function tokenFor(request: Request, credential: Credential): Promise<string> {
  try {
    const token = await credential();
    const { isTokenShaped } = await import('../rules/token-format.ts');
    if (isTokenShaped(token)) return token;
    const { invalidToken } = await import('../actions/authenticate.ts');
    throw invalidToken(token);
  } catch (error) {
    const { checkForm } = await import('../actions/perform.ts');
    await checkForm(request);
    throw error;
  }
}

/** What a request is sent as. @throws TwofaError `invalid-input` for one that is longer than a service takes */
async function bodyOf(request: Request): Promise<Buffer> {
  const body = Buffer.from(JSON.stringify(request));
  if (body.length > surelyTakenBytes) {
    const { requestBytesMax, tooLong } = await import('./reply.ts');
    if (body.length > requestBytesMax) {
      throw new TwofaError('invalid-input', tooLong().message, {
        hint: "Split the file; or run it where the store is, as the service's user, without TWOFA_URL.",
      });
    }
  }
  return body;
}

/** Makes an exchange, again after a pause for as long as the service says that it is busy, or restarts meanwhile. */
async function patiently(busyMs: number, attempt: () => Promise<Received>): Promise<Received> {
  let waitedMs = 0;
  for (;;) {
    const received = await attempt().catch((error: TwofaError) => {
      if (waitedMs > 0 && waitedMs < busyMs && error.code === 'service-unavailable') return null;
      throw error;
    });
    if (received !== null && (!isBusy(received) || waitedMs >= busyMs)) return received;
    const ms = pauseOf(received?.retryAfter ?? null);
    await sleep(ms);
    waitedMs += ms;
  }
}

/** Whether the service does not know a request that this program knows. */
async function isOlder(request: Request, error: TwofaError): Promise<boolean> {
  if (error.code !== 'invalid-input' || error.details?.field !== 'do') return false;
  const { operations } = await import('../actions/operations.ts');
  return Object.hasOwn(operations, request.do);
}

function noService(socket: string, what: string, status: number): TwofaError {
  return unreachable(
    socket,
    `answered with what is ${what} (HTTP ${status})`,
    'Look that TWOFA_URL names the socket of "twofa serve".',
    { status },
  );
}

/** The answer in what was received. @throws TwofaError the one that the service reports, or that it is no such service */
function answerIn(socket: string, received: Received, say: (text: string) => void): Answer {
  const { status } = received;
  const reply = readReply(received.text);
  if (reply === null && isBusy(received)) {
    throw unreachable(socket, 'takes no requests at present', 'Try again in a moment.', { status });
  }
  if (reply === null) throw noService(socket, 'no reply of twofa', status);
  for (const notice of reply.notices) say(safe(notice));
  return answerOf(reply);
}

/** The same for an answer to a request that a service of an older version may not know. @throws TwofaError */
async function answerTo(
  request: Request,
  socket: string,
  received: Received,
  say: (text: string) => void,
): Promise<Answer> {
  try {
    return answerIn(socket, received, say);
  } catch (error) {
    if (!(error instanceof TwofaError) || !(await isOlder(request, error))) throw error;
    throw unreachable(
      socket,
      `is of an older version: it does not know ${request.do}`,
      'Update the service, or use the twofa of its version.',
    );
  }
}

async function healthOf(socket: string, answerMs: number): Promise<Record<string, unknown>> {
  requireSocket(socket);
  const { status, text } = await exchange(socket, {
    method: 'GET',
    path: '/health',
    answerMs,
    what: 'health',
  });
  const reply = readReply(text);
  if (reply?.error) answerOf(reply);
  const found = jsonOf(text);
  if (typeof found === 'object' && found !== null && 'ok' in found) return found as Record<string, unknown>;
  throw noService(socket, 'no health of twofa', status);
}

/** @param say is told what the service has to say to the person at the terminal, made safe for it. */
export function serviceDoor(
  socket: string,
  say: (text: string) => void,
  { signInMs, answerMs, busyMs }: Patience = usualPatience,
): ServiceDoor {
  return {
    socket,
    async request(request, credential) {
      const token = await tokenFor(request, credential);
      const body = await bodyOf(request);
      const sent = {
        method: 'POST',
        path: '/requests',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          'content-length': String(body.length),
        },
        body,
        answerMs: ofSignIns.test(request.do) ? signInMs : answerMs,
        what: request.do,
      } as const;
      const received = await patiently(busyMs, async () => {
        requireSocket(socket);
        return exchange(socket, sent);
      });
      return answerTo(request, socket, received, say);
    },
    health: () => healthOf(socket, signInMs),
  };
}
