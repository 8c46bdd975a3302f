// Reads what became of messages with codes, and which of them wait to be settled.
import type { AwaitedMessage, MessageKind, SentMessage } from '../actions/store.ts';
import type { Channel } from '../rules/code.ts';
import { endedCodeRetentionMs } from '../rules/constants.ts';
import { dayStart } from '../rules/text-ceiling.ts';
import type { Instant } from '../rules/time.ts';
import { newest } from './read-events.ts';
import { int, intOrNull, type Row, text, textOrNull } from './rows.ts';
import { first, on, rows, type Session } from './session.ts';

function sentMessageOf(row: Row): SentMessage {
  return {
    id: text(row, 'id'),
    kind: text(row, 'kind') as MessageKind,
    via: text(row, 'via') as Channel,
    recipient: text(row, 'recipient'),
    app: textOrNull(row, 'app'),
    status: text(row, 'status') as SentMessage['status'],
    reason: textOrNull(row, 'reason'),
    gatewayId: textOrNull(row, 'gateway_id'),
    createdAt: int(row, 'created_at'),
    settledAt: intOrNull(row, 'settled_at'),
  };
}

/** The newest messages with codes to a user, newest first. */
export async function sentMessages(session: Session, userId: number, limit: number): Promise<SentMessage[]> {
  const issued = await newest(session, userId, ['code.issued'], limit);
  const ids = issued.flatMap(({ details }) =>
    typeof details.messageId === 'string' ? details.messageId : [],
  );
  const query = on(session, 'messages').where({ user_id: userId }).whereIn('id', ids);
  const found = new Map((await rows(query)).map((row) => [text(row, 'id'), sentMessageOf(row)]));
  return ids.flatMap((id) => found.get(id) ?? []);
}

function awaitedOf(row: Row): AwaitedMessage {
  return { id: text(row, 'id'), via: text(row, 'via') as Channel, gatewayId: textOrNull(row, 'gateway_id') };
}

/** Messages made before an instant whose outcome nobody recorded: the program ended before; oldest first. */
export async function abandonedMessages(
  session: Session,
  before: Instant,
  limit: number,
): Promise<AwaitedMessage[]> {
  const query = on(session, 'messages')
    .where('status', 'pending')
    .where('created_at', '<', before)
    .orderBy('created_at')
    .limit(limit);
  return (await rows(query)).map(awaitedOf);
}

/** Messages that a gateway accepted in the last day, under an id by which it can be asked; newest first. */
export async function awaitedMessages(session: Session, limit: number): Promise<AwaitedMessage[]> {
  const query = on(session, 'messages')
    .where('status', 'accepted')
    .whereNotNull('gateway_id')
    .where('created_at', '>', session.now - endedCodeRetentionMs)
    .orderBy('created_at', 'desc')
    .limit(limit);
  return (await rows(query)).map(awaitedOf);
}

/** Text messages of an account since the start of the day, in UTC. */
export async function textsToday(session: Session, kid: string): Promise<number> {
  const query = on(session, 'messages')
    .where({ account_kid: kid, via: 'sms' })
    .where('created_at', '>=', dayStart(session.now))
    .count({ count: '*' });
  const row = await first(query);
  return row ? int(row, 'count') : 0;
}
