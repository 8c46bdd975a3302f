// Sends messages to many users: claimed a portion at a time, each sent once, at no more a minute than a channel takes.
import { TwofaError } from '../errors.ts';
import type { Channel } from '../rules/code.ts';
import { maskContact } from '../rules/mask.ts';
import { messageIdAt } from '../rules/message-id.ts';
import { paceOf, perMinuteOf, roomOf } from '../rules/pace.ts';
import { ceilingResetsAt } from '../rules/text-ceiling.ts';
import { type Instant, iso } from '../rules/time.ts';
import type { Delivery, Message } from './delivery.ts';
import type { Call } from './operation.ts';
import type { Account, Reading, Receipt } from './store.ts';

/**
 * Messages of one request by each channel. Sending them takes less than the minute after which a message without an
 * outcome counts as not sent.
 */
const messagesAtOnce = 20;
/** Messages that are being sent at the same time. */
const sentTogether = 10;

/** A user who is sent no message, and why. */
export interface Skipped {
  username: string;
  via: Channel;
  reason: string;
}

/** A user whose message did not go out, or perhaps did not. */
export interface Failed {
  username: string;
  via: Channel;
  /** The masked address. */
  to: string;
  reason: string | null;
}

/** Messages a minute by each channel; null for no bound. */
export type PerMinute = Record<Channel, number | null>;

/** Whether messages go out by a channel: configured, or to a sandbox's file. */
function isOpen(call: Call, delivery: Delivery, via: Channel): boolean {
  return call.operator.sandbox || delivery.channels()[via];
}

/** @throws TwofaError `delivery-not-configured` for the first of these channels that is not. */
export function requireDelivery(call: Call, delivery: Delivery, vias: readonly Channel[]): void {
  const closed = vias.find((via) => !isOpen(call, delivery, via));
  if (closed === undefined) return;
  const other = closed === 'email' ? 'sms' : 'email';
  const hint = 'Whoever runs the installation sets it in the file that "twofa config path" names.';
  throw new TwofaError(
    'delivery-not-configured',
    `${closed === 'email' ? 'Email' : 'Text message'} delivery is not configured.`,
    { hint: isOpen(call, delivery, other) && vias.length > 1 ? `${hint} Or give --via ${other}.` : hint },
  );
}

/** @throws TwofaError `already-enabled` once 2FA is on. */
export function requireBefore(account: Account): void {
  if (account.enabledAt === null) return;
  throw new TwofaError(
    'already-enabled',
    `2FA is on for account ${account.kid} since ${iso(account.enabledAt)}: this is for the time before.`,
    {
      hint: 'A verified code proves that messages arrive: "twofa status USER" shows what became of the last ones.',
    },
  );
}

/** Messages a minute by each channel. @param asked what the operator asked for at the most. */
export function perMinuteBy(delivery: Delivery, asked: number | null): PerMinute {
  const configured = delivery.rates();
  const by = (via: Channel) => perMinuteOf(via, { configured, leaves: delivery.channels()[via], asked });
  return { email: by('email'), sms: by('sms') };
}

/** What a channel takes now. */
export class Allowance {
  #left: number;
  /** In how many milliseconds the channel takes more; 0 where it takes some now. */
  readonly retryAfterMs: number;
  /** When the account may have text messages again, where it has had all of the day. */
  readonly spentUntil: Instant | null;

  constructor(left: number, retryAfterMs: number, spentUntil: Instant | null) {
    this.#left = left;
    this.retryAfterMs = retryAfterMs;
    this.spentUntil = spentUntil;
  }

  get left(): number {
    return this.#left;
  }

  take(): void {
    this.#left -= 1;
  }

  /** One that ends nowhere, for looking ahead. */
  static unbounded(): Allowance {
    return new Allowance(Number.POSITIVE_INFINITY, 0, null);
  }
}

/** Text messages that the account may still have today, where that is bounded. */
async function textsLeft(call: Call, delivery: Delivery, tables: Reading): Promise<number> {
  const perUser = delivery.textsPerUserPerDay();
  if (perUser === null) return Number.POSITIVE_INFINITY;
  const [account] = await tables.accounts({ kid: call.kid, limit: 1 });
  return Math.max(0, (account?.users ?? 0) * perUser - (await tables.textsToday(call.kid)));
}

/** What a channel takes now: a portion, the rest of what it takes a minute, and of texts what the account may have. */
export async function allowanceOf(
  call: Call,
  delivery: Delivery,
  tables: Reading,
  { via, perMinute }: { via: Channel; perMinute: number | null },
): Promise<Allowance> {
  const texts = via === 'sms' ? await textsLeft(call, delivery, tables) : Number.POSITIVE_INFINITY;
  const spentUntil = texts === 0 ? ceilingResetsAt(tables.now) : null;
  if (perMinute === null) return new Allowance(Math.min(messagesAtOnce, texts), 0, spentUntil);
  const pace = paceOf(perMinute);
  const { left, retryAfterMs } = roomOf(
    pace,
    await tables.sentLately(via, tables.now - pace.windowMs),
    tables.now,
  );
  return new Allowance(Math.min(messagesAtOnce, texts, left), retryAfterMs, spentUntil);
}

/** The refusal where an account has had all text messages of the day. */
export function textsSpent(kid: string, until: Instant): TwofaError {
  return new TwofaError(
    'too-many-texts',
    `Account ${kid} has had all the text messages that it may have today.`,
    {
      hint: `Go on after ${iso(until)}, or with --via email: who was called already is not called again.`,
      details: { retryAt: iso(until) },
    },
  );
}

/** A message that was committed and is to be sent. */
export interface Outgoing {
  id: string;
  message: Message;
}

/** A new message's id. */
export function newMessageId(call: Call, now: Instant): string {
  return messageIdAt(now, call.random.token());
}

async function sendOne(call: Call, delivery: Delivery, { id, message }: Outgoing): Promise<Receipt> {
  const receipt = await delivery
    .send(message, call.operator.outlet)
    .catch((error: Error): Receipt => ({ status: 'unknown', reason: error.message }));
  const store = await call.store();
  await store.settleMessage(call.operator, id, receipt, { from: 'pending' });
  return receipt;
}

/**
 * Sends messages, a few at a time, and records what became of each.
 * @returns how many went out, and whose did not, or perhaps did not.
 */
export async function sendAll(
  call: Call,
  delivery: Delivery,
  messages: readonly Outgoing[],
): Promise<{ sent: number; failed: Failed[] }> {
  const receipts = new Map<string, Receipt>();
  const queue = messages.values();
  const sendInTurn = async () => {
    for (const next of queue) receipts.set(next.id, await sendOne(call, delivery, next));
  };
  await Promise.all(Array.from({ length: sentTogether }, sendInTurn));
  const failed = messages.flatMap(({ id, message: { user: username, via, to } }) => {
    const receipt = receipts.get(id);
    if (receipt?.status === 'accepted' || receipt?.status === 'delivered') return [];
    return [{ username, via, to: maskContact(via, to), reason: receipt?.reason ?? null }];
  });
  return { sent: messages.length - failed.length, failed };
}
