// Reads and writes the roll call: proofs of channels, check words, announcements, and the messages that carry them.
import type {
  ActiveUsersFilter,
  AnnouncementEntry,
  ChannelRecord,
  NewCheckWord,
  NewMessage,
  RollCallEntry,
} from '../actions/roll-call-store.ts';
import type { Account, MessageKind, NewEvent, User, UserWithPractices } from '../actions/store.ts';
import type { CheckWord, CheckWordChange, MessageState } from '../rules/check-word.ts';
import type { Channel } from '../rules/code.ts';
import { checkWordTries } from '../rules/constants.ts';
import type { SentLately } from '../rules/pace.ts';
import type { Instant } from '../rules/time.ts';
import { users } from './read-users.ts';
import { int, intOrNull, type Row, text, textOrNull } from './rows.ts';
import { first, insertBatch, on, type Query, rows, type Session } from './session.ts';
import { recordOnAccount } from './write-accounts.ts';
import { saveUser } from './write-users.ts';

const proofColumn: Record<Channel, 'email_proved_at' | 'phone_proved_at'> = {
  email: 'email_proved_at',
  sms: 'phone_proved_at',
};

/** What a query selects of a message joined to it. */
const ofMessage = {
  message_status: 'messages.status',
  message_reason: 'messages.reason',
  message_at: 'messages.created_at',
  message_settled_at: 'messages.settled_at',
};

function messageStateOf(row: Row): MessageState {
  return {
    status: text(row, 'message_status') as MessageState['status'],
    reason: textOrNull(row, 'message_reason'),
    createdAt: int(row, 'message_at'),
    settledAt: intOrNull(row, 'message_settled_at'),
  };
}

function checkWordOf(row: Row): CheckWord {
  return {
    userId: int(row, 'user_id'),
    via: text(row, 'via') as Channel,
    address: text(row, 'address'),
    digest: text(row, 'digest'),
    keyId: text(row, 'key_id'),
    createdAt: int(row, 'created_at'),
    triesLeft: int(row, 'tries_left'),
    provedAt: intOrNull(row, 'proved_at'),
    endedAt: intOrNull(row, 'ended_at'),
    message: messageStateOf(row),
  };
}

/** Runs a query for users by their ids, a part of them at a time. */
async function ofUsers(ids: readonly number[], query: (part: readonly number[]) => Query): Promise<Row[]> {
  const found: Row[] = [];
  for (let from = 0; from < ids.length; from += insertBatch) {
    found.push(...(await rows(query(ids.slice(from, from + insertBatch)))));
  }
  return found;
}

/** What is known by each channel of users, by their ids. */
async function channelRecords(
  session: Session,
  ids: readonly number[],
): Promise<Map<number, RollCallEntry['channels']>> {
  const proofs = await ofUsers(ids, (part) =>
    on(session, 'users')
      .select('id', ...Object.values(proofColumn))
      .whereIn('id', part),
  );
  const words = await ofUsers(ids, (part) =>
    on(session, 'check_words')
      .join('messages', 'messages.id', 'check_words.message_id')
      .select('check_words.*', ofMessage)
      .whereIn('check_words.user_id', part),
  );
  const records = new Map(
    proofs.map((row) => [
      int(row, 'id'),
      {
        email: { provedAt: intOrNull(row, proofColumn.email), word: null as CheckWord | null },
        sms: { provedAt: intOrNull(row, proofColumn.sms), word: null as CheckWord | null },
      },
    ]),
  );
  for (const word of words.map(checkWordOf)) {
    const record = records.get(word.userId)?.[word.via];
    if (record) record.word = word;
  }
  return records;
}

const nothing = (): ChannelRecord => ({ provedAt: null, word: null });

function activeUsers(
  session: Session,
  { kid, practice, after, limit }: ActiveUsersFilter,
): Promise<UserWithPractices[]> {
  return users(session, {
    ...{ kid, status: 'active', limit },
    ...(practice === undefined ? {} : { practice }),
    ...(after === undefined ? {} : { after }),
  });
}

export async function rollCall(session: Session, filter: ActiveUsersFilter): Promise<RollCallEntry[]> {
  const found = await activeUsers(session, filter);
  const records = await channelRecords(
    session,
    found.map((user) => user.id),
  );
  return found.map((user) => ({
    user,
    channels: records.get(user.id) ?? { email: nothing(), sms: nothing() },
  }));
}

export async function channelRecord(session: Session, userId: number, via: Channel): Promise<ChannelRecord> {
  return (await channelRecords(session, [userId])).get(userId)?.[via] ?? nothing();
}

export async function announced(
  session: Session,
  filter: ActiveUsersFilter,
  day: string,
): Promise<AnnouncementEntry[]> {
  const found = await activeUsers(session, filter);
  const messages = await ofUsers(
    found.map((user) => user.id),
    (part) =>
      on(session, 'announcements')
        .join('messages', 'messages.id', 'announcements.message_id')
        .select('announcements.user_id', ofMessage)
        .where('announcements.day', day)
        .whereIn('announcements.user_id', part),
  );
  const told = new Map(messages.map((row) => [int(row, 'user_id'), messageStateOf(row)]));
  return found.map((user) => ({ user, told: told.get(user.id) ?? null }));
}

/** Check words and announcements of the whole store that were made after an instant and until now. */
export async function sentLately(session: Session, via: Channel, after: Instant): Promise<SentLately> {
  const query = on(session, 'messages')
    .where({ via })
    // As the index has it.
    .whereRaw("kind <> 'code'")
    .where('created_at', '>', after)
    .where('created_at', '<=', session.now)
    .count({ count: '*' })
    .min({ since: 'created_at' });
  const row = (await first(query)) ?? {};
  return { count: int(row, 'count'), since: intOrNull(row, 'since') };
}

/** Names of an account's active System Administrators who are not locked, in the order in which they were added. */
export async function administratorNames(session: Session, kid: string, limit: number): Promise<string[]> {
  const query = on(session, 'users')
    .select('name')
    .where({ account_kid: kid, active: true })
    // So written, the index of administrators serves: with a bound value it would not.
    .whereRaw('system_administrator')
    .whereNull('locked_at')
    .orderBy('id')
    .limit(limit);
  return (await rows(query)).map((row) => text(row, 'name'));
}

async function addMessages(
  session: Session,
  account: Account,
  kind: MessageKind,
  messages: readonly NewMessage[],
): Promise<void> {
  const added = messages.map((message) => ({
    id: message.id,
    user_id: message.userId,
    account_kid: account.kid,
    kind,
    via: message.via,
    recipient: message.recipient,
    status: 'pending',
    created_at: session.now,
  }));
  await on(session, 'messages').insert(added);
}

/** What new words replace of those before them. */
const replacedWords = [
  ...['account_kid', 'message_id', 'address', 'digest', 'key_id', 'tries_left', 'created_at', 'proved_at'],
  'ended_at',
];

/**
 * Keeps check words with their messages, in place of those that the users had by these channels.
 * @param words at most {@link insertBatch} of them.
 */
export async function addCheckWords(
  session: Session,
  account: Account,
  words: readonly NewCheckWord[],
  event: NewEvent,
): Promise<void> {
  await addMessages(session, account, 'check-word', words);
  const added = words.map((word) => ({
    user_id: word.userId,
    via: word.via,
    account_kid: account.kid,
    message_id: word.id,
    address: word.address,
    digest: word.digest,
    key_id: word.keyId,
    tries_left: checkWordTries,
    created_at: session.now,
    proved_at: null,
    ended_at: null,
  }));
  await on(session, 'check_words').insert(added).onConflict(['user_id', 'via']).merge(replacedWords);
  await recordOnAccount(session, account, event);
}

/** Keeps announcements with their messages, at most {@link insertBatch} of them. */
export async function addAnnouncements(
  session: Session,
  account: Account,
  day: string,
  messages: readonly NewMessage[],
  event: NewEvent,
): Promise<void> {
  await addMessages(session, account, 'announcement', messages);
  const added = messages.map(({ id, userId }) => ({ user_id: userId, day, message_id: id }));
  await on(session, 'announcements').insert(added).onConflict(['user_id', 'day']).merge(['message_id']);
  await recordOnAccount(session, account, event);
}

/** Saves what came of words that a user told; a proof counts for the channel from now on. */
export async function saveCheckWord(
  session: Session,
  user: User,
  via: Channel,
  change: CheckWordChange,
  event: NewEvent,
): Promise<void> {
  const word = on(session, 'check_words').where({ user_id: user.id, via });
  if ('provedAt' in change) {
    await word.update({ proved_at: change.provedAt });
    await on(session, 'users')
      .where({ id: user.id })
      .update({ [proofColumn[via]]: change.provedAt });
  } else {
    await word.update({ tries_left: change.triesLeft });
  }
  await saveUser(session, user, {}, event);
}

/** Ends all outstanding check words of an account. */
export async function endCheckWords(session: Session, kid: string): Promise<void> {
  await on(session, 'check_words')
    .where({ account_kid: kid })
    .whereNull('ended_at')
    .update({ ended_at: session.now });
}
