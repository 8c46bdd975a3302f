// Text messages by a templated HTTP request: what is asked, and what the gateway's answer says of the message.
import ipaddr from 'ipaddr.js';
import { gsmLength } from './gsm.ts';
import { connectTo, type HttpServer, NoConnection, placeOf } from './http-connection.ts';
import { type Answer, exchange, type HttpRequest } from './http-exchange.ts';
import { matchBeginning } from './pattern.ts';
import type { HttpGateway } from './sms-config.ts';
import { type Gateway, type OutgoingText, type TryOutcome, unsettled, verdictOf } from './sms-gateway.ts';
import { type Encoding, type Filling, fill, inForm, inHeader, inJson, inUrl } from './sms-template.ts';

const bodyEncodings: Record<string, Encoding> = {
  'application/json': inJson,
  'application/x-www-form-urlencoded': inForm,
};

const gatewayIdMax = 100;

function fillingOf(gateway: HttpGateway, outgoing: OutgoingText, password: string | null): Filling {
  const { to, text, lifeSeconds } = outgoing;
  const inGsm = gsmLength(text) !== null;
  return {
    to,
    toDigits: to.replace(/[^0-9]/g, ''),
    text,
    from: gateway.from ?? '',
    password: password ?? '',
    minutes: String(Math.max(1, Math.round(lifeSeconds / 60))),
    seconds: String(lifeSeconds),
    milliseconds: String(lifeSeconds * 1000),
    coding: inGsm ? '0' : '2',
    type: inGsm ? 'text' : 'unicode',
  };
}

/** The request that sends a message: each value encoded for where it stands. */
export function requestFor(
  gateway: HttpGateway,
  outgoing: OutgoingText,
  password: string | null,
): HttpRequest {
  const { url, body } = gateway;
  const filling = fillingOf(gateway, outgoing, password);
  const headers = gateway.headers.map(({ name, value }) => [name, fill(value, filling, inHeader)] as const);
  return {
    server: url.server,
    method: gateway.method,
    path: fill(url.path, filling, inUrl),
    headers: {
      'User-Agent': 'twofa',
      Accept: '*/*',
      ...Object.fromEntries(headers),
      ...(body ? { 'Content-Type': body.kind } : {}),
    },
    body: body && fill(body.template, filling, bodyEncodings[body.kind] ?? inForm),
  };
}

function explain({ status, body }: Answer): string {
  return body.trim() === '' ? `the gateway answered ${status}` : `the gateway answered ${status}: ${body}`;
}

/** The gateway's id of a message, where its answer has one that can be kept. */
function idIn(pattern: RegExp, answer: Answer): string | null {
  const found = matchBeginning(pattern, answer.body);
  const id = (found === 'slow' ? null : found?.[1]) ?? '';
  return id.length <= gatewayIdMax && /^[!-~]+$/.test(id) ? id : null;
}

/** What an answer of 2xx says of the message. */
function judgeTaken({ success, messageId }: HttpGateway, answer: Answer): TryOutcome {
  const found = success && matchBeginning(success, answer.body);
  if (found === 'slow') return unsettled('the pattern sms.http.success takes too long on the answer');
  if (success && !found) {
    if (answer.whole) return { status: 'permanent', said: explain(answer) };
    return unsettled('the answer was cut off');
  }
  const gatewayId = messageId && idIn(messageId, answer);
  return { status: 'accepted', said: '', ...(gatewayId ? { gatewayId } : {}) };
}

/** Whether an address is one of this host or of a network of one's own. */
function isNear(address: string): boolean {
  const near = ['loopback', 'private', 'uniqueLocal', 'linkLocal', 'carrierGradeNat'];
  return ipaddr.isValid(address) && near.includes(ipaddr.process(address).range());
}

/** Reaches a server without asking it anything. */
async function reach(server: HttpServer, timeoutMs: number): ReturnType<Gateway['probe']> {
  const place = placeOf(server);
  try {
    const socket = await connectTo(server, timeoutMs);
    const exposed = !server.secure && !isNear(socket.remoteAddress ?? '');
    socket.on('error', () => undefined).destroy();
    return {
      ok: true,
      message: `The gateway at ${place} can be reached${server.secure ? ' over TLS' : ''}; only a message shows whether it takes any`,
      hint: exposed
        ? 'The connection is not encrypted: others can read codes and the password on their way. Use https://, or a gateway in a network of your own.'
        : null,
    };
  } catch (error) {
    if (!(error instanceof NoConnection)) throw error;
    return {
      ok: false,
      message: `The gateway cannot be reached. ${error.message}.`,
      hint: 'Correct sms.http.url, or the network.',
    };
  }
}

/** A gateway that takes a message as one HTTP request, and tells no more than whether it took it. */
export function httpGateway(gateway: HttpGateway): Gateway {
  return {
    async tryOnce(outgoing, password, timeoutMs) {
      const ended = await exchange(requestFor(gateway, outgoing, password), timeoutMs);
      return verdictOf(ended, { explain, taken: (answer) => judgeTaken(gateway, answer) });
    },
    statusOf: null,
    probe: (_password, timeoutMs) => reach(gateway.url.server, timeoutMs),
  };
}
