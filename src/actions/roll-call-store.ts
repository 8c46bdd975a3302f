// What the roll call and the announcement ask of a store: who has proved what, who was sent what, and how to claim a user.
import type { CheckWord, CheckWordChange, MessageState } from '../rules/check-word.ts';
import type { Channel } from '../rules/code.ts';
import type { SentLately } from '../rules/pace.ts';
import type { Instant } from '../rules/time.ts';
import type { Account, NewEvent, User, UserWithPractices } from './store.ts';

/** What is known of a user by one channel: the last proof of the present address, and the words sent last to any. */
export interface ChannelRecord {
  provedAt: Instant | null;
  word: CheckWord | null;
}

/** An active user in the roll call. */
export interface RollCallEntry {
  user: UserWithPractices;
  channels: Record<Channel, ChannelRecord>;
}

/** An active user, and the message by which they were told of an announcement last. */
export interface AnnouncementEntry {
  user: UserWithPractices;
  told: MessageState | null;
}

/** A page of an account's active users, in the order of usernames. */
export interface ActiveUsersFilter {
  kid: string;
  practice?: string | undefined;
  /** The last username of the page before. */
  after?: string | undefined;
  limit: number;
}

/** A message that is kept before it is sent. */
export interface NewMessage {
  id: string;
  userId: number;
  via: Channel;
  /** The masked address. */
  recipient: string;
}

/** Check words that a user is about to be sent. */
export interface NewCheckWord extends NewMessage {
  digest: string;
  address: string;
  keyId: string;
}

export interface RollCallReading {
  rollCall(filter: ActiveUsersFilter): Promise<RollCallEntry[]>;
  /** The active users of a page, and whether they were told of an announcement; `day` is empty for one without a day. */
  announced(filter: ActiveUsersFilter, day: string): Promise<AnnouncementEntry[]>;
  channelRecord(userId: number, via: Channel): Promise<ChannelRecord>;
  /** Check words and announcements of the whole store that were made after an instant and until now. */
  sentLately(via: Channel, after: Instant): Promise<SentLately>;
  /** Names of an account's active System Administrators, at most `limit`. */
  administratorNames(kid: string, limit: number): Promise<string[]>;
}

export interface RollCallWriting {
  /** Keeps check words with their messages, in place of those that the users had by these channels. */
  addCheckWords(account: Account, words: readonly NewCheckWord[], event: NewEvent): Promise<void>;
  /** Keeps announcements with their messages. */
  addAnnouncements(
    account: Account,
    day: string,
    messages: readonly NewMessage[],
    event: NewEvent,
  ): Promise<void>;
  /** Saves what came of words that a user told; a proof counts for the channel from now on. */
  saveCheckWord(user: User, via: Channel, change: CheckWordChange, event: NewEvent): Promise<void>;
  /** Ends all outstanding check words of an account. */
  endCheckWords(kid: string): Promise<void>;
}
