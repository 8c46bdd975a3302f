// What became of messages with codes: shown to whoever asks about a user, after asking the gateway about the newest.
import { setTimeout as sleep } from 'node:timers/promises';
import { endedCodeRetentionMs } from '../rules/constants.ts';
import { abandonedAfterMs } from '../rules/retries.ts';
import { type Instant, iso } from '../rules/time.ts';
import type { Delivery } from './delivery.ts';
import type { Call } from './operation.ts';
import type { AwaitedMessage, Reading, Receipt, SentMessage } from './store.ts';

/** Messages of a user that are shown at the most: the newest. */
const shownMessages = 10;
/** Messages of a user about which a gateway is asked while somebody waits. */
const askedAbout = 5;
/** How long somebody waits for a gateway's answer, in milliseconds. */
const patienceMs = 3000;

export interface MessageView {
  messageId: string;
  via: string;
  /** The masked address. */
  to: string;
  app: string | null;
  status: SentMessage['status'];
  reason: string | null;
  sentAt: string;
  settledAt: string | null;
}

function messageView(message: SentMessage): MessageView {
  return {
    messageId: message.id,
    via: message.via,
    to: message.recipient,
    app: message.app,
    status: message.status,
    reason: message.reason,
    sentAt: iso(message.createdAt),
    settledAt: iso(message.settledAt),
  };
}

/** Whether a gateway's answer says more than that it accepted the message. */
function saysMore(receipt: Receipt | null): receipt is Receipt {
  return receipt !== null && receipt.status !== 'accepted';
}

async function askAndSettle(call: Call, delivery: Delivery, message: AwaitedMessage): Promise<boolean> {
  const receipt = await delivery.statusOf(message.via, message.gatewayId ?? '');
  if (!saysMore(receipt)) return false;
  const store = await call.store();
  await store.settleMessage(call.operator, message.id, receipt, { from: 'accepted' });
  return true;
}

/**
 * Asks the gateway what became of messages that it accepted, and records what it says. One that failed after all ends
 * its code.
 * @returns how many have a final status now.
 */
export async function settleAccepted(call: Call, messages: readonly AwaitedMessage[]): Promise<number> {
  if (messages.length === 0) return 0;
  const delivery = await call.delivery();
  let settled = 0;
  for (const message of messages) if (await askAndSettle(call, delivery, message)) settled += 1;
  return settled;
}

/** The newest messages with codes to a user, newest first; {@link currentMessages} shows them. */
export function messagesOf(tables: Reading, userId: number): Promise<SentMessage[]> {
  return tables.sentMessages(userId, shownMessages);
}

/**
 * What became of a user's newest messages. Those that the gateway only accepted are asked about, as far as it answers
 * while somebody waits; what it says is recorded.
 */
export async function currentMessages(
  call: Call,
  userId: number,
  { messages, now }: { messages: readonly SentMessage[]; now: Instant },
): Promise<MessageView[]> {
  const since = now - endedCodeRetentionMs;
  const awaited = messages
    .filter(
      ({ status, gatewayId, createdAt }) => status === 'accepted' && gatewayId !== null && createdAt > since,
    )
    .slice(0, askedAbout);
  if (awaited.length === 0) return messages.map(messageView);
  const delivery = await call.delivery();
  const asking = Promise.allSettled(awaited.map((message) => askAndSettle(call, delivery, message)));
  await Promise.race([asking, sleep(patienceMs, undefined, { ref: false })]);
  const store = await call.store();
  return (await store.read((tables) => messagesOf(tables, userId))).map(messageView);
}

/**
 * Records that it is unknown what became of messages whose sending ended before that was recorded: the program was
 * killed. Their codes go on working, since they may have arrived.
 * @returns how many there were.
 */
export async function settleAbandoned(call: Call, now: Instant, limit: number): Promise<number> {
  const store = await call.store();
  const abandoned = await store.read((tables) => tables.abandonedMessages(now - abandonedAfterMs, limit));
  const reason = 'the program ended before it was known what became of the message';
  for (const { id } of abandoned) {
    await store.settleMessage(call.operator, id, { status: 'unknown', reason }, { from: 'pending' });
  }
  return abandoned.length;
}
