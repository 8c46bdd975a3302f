// Text messages: one message to one number, tried again while that may help, all within ten seconds, whatever the gateway.
import type { Message, Probe } from '../actions/delivery.ts';
import type { Receipt } from '../actions/store.ts';
import { codeLifetimeMs } from '../rules/constants.ts';
import type { HttpServer } from './http-connection.ts';
import { checkPasswordSource, NoPassword, type Password, passwordOf } from './password.ts';
import { secretsOf } from './reason.ts';
import type { SmsConfig } from './sms-config.ts';
import type { Gateway, OutgoingText, TryOutcome } from './sms-gateway.ts';
import { smsReason } from './sms-reason.ts';
import { tryWithin } from './tries.ts';

/** How long a message may take with all its tries, and a probe, in milliseconds. */
const usualBudgetMs = 10_000;

export interface Messenger {
  /** Sends a text message, trying again what is transient. Never rejects. */
  send(message: Message, text: string): Promise<Receipt>;
  /** Asks the gateway what became of a message; null where it says nothing final, or cannot be asked. */
  statusOf(gatewayId: string): Promise<Receipt | null>;
  /** Tries the gateway without sending anything. */
  probe(): Promise<Probe>;
  /** Waits for the messages in flight. */
  close(): Promise<void>;
}

export interface MessengerOptions {
  /** How long a message may take with all its tries, in milliseconds. */
  budgetMs?: number | undefined;
  /** Where Twilio's interface is, unless at Twilio. */
  twilioServer?: HttpServer | undefined;
}

/** A gateway with what it takes to use it. */
interface Line {
  /** Loads the gateway, once. */
  gateway(): Promise<Gateway>;
  password: Password | null;
  /** The key of the configuration that names the password's file. */
  fileKey: string;
  budgetMs: number;
}

async function gatewayOf(sms: SmsConfig, { twilioServer }: MessengerOptions): Promise<Gateway> {
  if (sms.gateway === 'http') return (await import('./sms-http.ts')).httpGateway(sms.http);
  return (await import('./sms-twilio.ts')).twilioGateway(sms.twilio, twilioServer);
}

/** How long a message is of use, in milliseconds: until what is in it expires. */
function lifeMs(message: Message): number {
  return 'expiresAt' in message ? message.expiresAt - message.sentAt : codeLifetimeMs;
}

/** Tries once. A kept password that is refused may have been replaced since: the next try reads it again. */
async function tryOnce(
  { gateway, password }: Line,
  outgoing: OutgoingText,
  { remainingMs, secrets }: { remainingMs: number; secrets: Set<string> },
): Promise<TryOutcome> {
  const started = performance.now();
  const read = password && (await password.read(remainingMs));
  if (read) secrets.add(read.text);
  const left = remainingMs - (performance.now() - started);
  const outcome = await (await gateway()).tryOnce(outgoing, read?.text ?? null, left);
  if (outcome.status !== 'refused-login') return outcome;
  if (read) password?.forget(read.text);
  return { ...outcome, status: read && !read.fresh ? 'transient' : 'permanent' };
}

async function deliver(line: Line, message: Message, text: string): Promise<Receipt> {
  const started = performance.now();
  const secrets = new Set(secretsOf(message));
  const end = (status: Receipt['status'], said: string): Receipt => ({
    status,
    reason: smsReason(said, [...secrets], message.to),
  });
  if (!/^\+[1-9][0-9]{6,14}$/.test(message.to))
    return { status: 'undelivered', reason: 'this is not a phone number' };
  try {
    const { status, said, gatewayId } = await tryWithin(line.budgetMs, (remainingMs) => {
      const lifeSeconds = Math.ceil((lifeMs(message) - (performance.now() - started)) / 1000);
      const outgoing = { to: message.to, text, lifeSeconds: Math.max(1, lifeSeconds) };
      return tryOnce(line, outgoing, { remainingMs, secrets });
    });
    if (status === 'accepted') return { status, reason: null, ...(gatewayId ? { gatewayId } : {}) };
    return end(status === 'unknown' ? status : 'undelivered', said);
  } catch (error) {
    // Nothing that tries to send throws: this happened before the message was given to anyone.
    const said = (error as Error).message;
    return end(
      'undelivered',
      error instanceof NoPassword ? said : `the text message could not be made: ${said}`,
    );
  }
}

async function ask({ gateway, password, budgetMs }: Line, gatewayId: string): Promise<Receipt | null> {
  const { statusOf } = await gateway();
  if (!statusOf) return null;
  try {
    const read = password && (await password.read(budgetMs));
    return await statusOf(gatewayId, read?.text ?? null, budgetMs);
  } catch (error) {
    if (error instanceof NoPassword) return null;
    throw error;
  }
}

async function probe({ gateway, password, fileKey, budgetMs }: Line): Promise<Probe> {
  const started = performance.now();
  try {
    const read = password && (await password.read(budgetMs));
    const found = await (await gateway()).probe(read?.text ?? null, budgetMs - (performance.now() - started));
    return { via: 'sms', ...found };
  } catch (error) {
    if (!(error instanceof NoPassword)) throw error;
    const message = `The gateway cannot be used: ${error.message}.`;
    return { via: 'sms', ok: false, message, hint: `Correct ${fileKey}, or what it names.` };
  }
}

/**
 * Opens delivery by text message; what a gateway needs is loaded by the first message.
 * @throws TwofaError when the file of the password is missing or open to others.
 */
export function openMessenger(sms: SmsConfig, options: MessengerOptions = {}): Messenger {
  const isHttp = sms.gateway === 'http';
  const source = isHttp ? sms.http.password : sms.twilio.password;
  const fileKey = isHttp ? 'sms.http.passwordFile' : 'sms.twilio.authTokenFile';
  if (source) checkPasswordSource(source, fileKey);
  let loaded: Promise<Gateway> | null = null;
  const line: Line = {
    gateway: () => {
      loaded ??= gatewayOf(sms, options);
      return loaded;
    },
    password: source && passwordOf(source),
    fileKey,
    budgetMs: options.budgetMs ?? usualBudgetMs,
  };
  const inFlight = new Set<Promise<Receipt>>();
  return {
    send(message, text) {
      const sending = deliver(line, message, text).finally(() => inFlight.delete(sending));
      inFlight.add(sending);
      return sending;
    },
    statusOf: (gatewayId) => ask(line, gatewayId),
    probe: () => probe(line),
    async close() {
      await Promise.all(inFlight);
    },
  };
}
