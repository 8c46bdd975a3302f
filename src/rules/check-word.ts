// A roll call's check words: how they are drawn and read, what is kept of them, and what proves a channel (SPEC: Roll call).
import { timingSafeEqual } from 'node:crypto';
import type { Channel } from './code.ts';
import { checkWordLifetimeMs, reachableProofMs } from './constants.ts';
import { hmac } from './hmac.ts';
import type { DerivedKeys, Keyring } from './keyring.ts';
import { abandonedAfterMs } from './retries.ts';
import { foldKey } from './text.ts';
import { dayOf, type Instant, within } from './time.ts';

/**
 * Draws two words, such as `maple river`, by the first 32 of random bits.
 * @param list words as many as a power of two, so that every pair is as likely as any other.
 */
export function drawCheckWords(list: readonly string[], random: Buffer): string {
  const word = (offset: number) => list[random.readUInt16BE(offset) % list.length];
  return `${word(0)} ${word(2)}`;
}

/**
 * Reads what a person typed: in any case, with or without accents, spaces, hyphens, commas and full stops anywhere.
 * @returns the letters of both words in one, or null for what is no words, such as a code: that uses no try.
 */
export function parseCheckWords(typed: string): string | null {
  if (typed.length > 200) return null;
  const letters = foldKey(typed)
    .normalize('NFD')
    .replace(/[\p{M}\s\p{Pd}.,]/gu, '');
  return /^[a-z]{4,40}$/.test(letters) ? letters : null;
}

/** Whose words they are, and the address that they went to, as it is compared. */
export interface CheckWordOwner {
  userId: number;
  via: Channel;
  addressKey: string;
}

function digestOf(key: DerivedKeys, what: string, owner: CheckWordOwner, value: string): string {
  const parts = [what, owner.userId, owner.via, owner.addressKey, value];
  return hmac(key.codes, JSON.stringify(parts));
}

/** The HMAC under which words are kept, in the form that {@link parseCheckWords} gives. */
export function checkWordDigest(key: DerivedKeys, owner: CheckWordOwner, letters: string): string {
  return digestOf(key, 'check word', owner, letters);
}

/** The HMAC by which the address that words went to is known again, without keeping an address that was replaced. */
export function addressDigest(key: DerivedKeys, owner: CheckWordOwner): string {
  return digestOf(key, 'address of a check word', owner, '');
}

/** A message as far as it tells whether it reached anybody. */
export interface MessageState {
  status: 'pending' | 'accepted' | 'delivered' | 'undelivered' | 'unknown';
  reason: string | null;
  createdAt: Instant;
  settledAt: Instant | null;
}

/** The words that a user was sent last by a channel, as the store keeps them. */
export interface CheckWord {
  userId: number;
  via: Channel;
  /** The {@link addressDigest} of the address that they went to. */
  address: string;
  digest: string;
  keyId: string;
  createdAt: Instant;
  triesLeft: number;
  provedAt: Instant | null;
  /** When turning 2FA on ended them. */
  endedAt: Instant | null;
  message: MessageState;
}

function same(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Whether words went to the address that their user has now. A changed address is proved by none of them. */
export function isForAddress(word: CheckWord, keyring: Keyring, addressKey: string): boolean {
  const key = keyring.get(word.keyId);
  return key !== undefined && same(word.address, addressDigest(key, { ...word, addressKey }));
}

/** Whether these are the words, compared in constant time. */
export function isCheckWord(word: CheckWord, keyring: Keyring, addressKey: string, letters: string): boolean {
  const key = keyring.get(word.keyId);
  return key !== undefined && same(word.digest, checkWordDigest(key, { ...word, addressKey }, letters));
}

/** What decides how a user stands by one channel. */
export interface ChannelFacts {
  /** What is wrong with the address, in words; null for a valid one. */
  addressProblem: string | null;
  /** When it was last proved that messages reach the present address. */
  provedAt: Instant | null;
  /** The words that went to the present address last; null where none did. */
  word: CheckWord | null;
}

export type CheckWordRejection = 'wrong' | 'expired' | 'undelivered' | 'used-up' | 'none';

/** What a told pair leaves: a try less, or a proof. */
export type CheckWordChange = { triesLeft: number } | { provedAt: Instant };

export interface ConfirmDecision {
  result: 'confirmed' | 'rejected';
  why: CheckWordRejection | null;
  /** Null where there are no words to be tried. */
  triesLeft: number | null;
  /** What is saved; null when nothing changes. */
  change: CheckWordChange | null;
}

/**
 * Decides words that a user told. A wrong pair uses one of its five tries, which are apart from the attempts of R8;
 * nothing is compared once they are used up, or where there is nothing to compare with.
 * @param told the words that went to the user's present address last (null where none did), and when it was last proved
 * that messages reach it.
 * @param matches whether these are the words, compared in constant time.
 */
export function decideConfirm(
  { word, provedAt }: Pick<ChannelFacts, 'word' | 'provedAt'>,
  matches: (word: CheckWord) => boolean,
  now: Instant,
): ConfirmDecision {
  if (word === null || word.endedAt !== null) {
    return { result: 'rejected', why: 'none', triesLeft: null, change: null };
  }
  const { triesLeft } = word;
  const rejected = (why: CheckWordRejection): ConfirmDecision => ({
    result: 'rejected',
    why,
    triesLeft,
    change: null,
  });
  if (triesLeft === 0) return rejected('used-up');
  if (word.message.status === 'undelivered') return rejected('undelivered');
  if (!within(now, word.createdAt, expiresAt(word))) return rejected('expired');
  if (!matches(word)) {
    const left = triesLeft - 1;
    return { ...rejected('wrong'), triesLeft: left, change: { triesLeft: left } };
  }
  const proved = word.provedAt !== null && provedAt !== null;
  const change = proved ? null : { provedAt: now };
  return { result: 'confirmed', why: null, triesLeft, change };
}

/** When words stop proving anything. */
export function expiresAt(word: Pick<CheckWord, 'createdAt'>): Instant {
  return word.createdAt + checkWordLifetimeMs;
}

/**
 * Whether a message still has to be sent, since it surely or possibly never went out: it failed, or the program ended
 * before that was recorded.
 */
export function isUnsent({ status, createdAt }: MessageState, now: Instant): boolean {
  if (status === 'pending') return !within(now, createdAt, createdAt + abandonedAfterMs);
  return status === 'undelivered' || status === 'unknown';
}

/**
 * How a user stands in the roll call by one channel. `bounced` and `not-called` are those whom a start calls.
 * `called`: words are on their way or wait to be confirmed.
 */
export type StandingState = 'reachable' | 'called' | 'bounced' | 'not-called' | 'no-address';

export interface Standing {
  state: StandingState;
  /** Since when; null where nothing has happened. */
  at: Instant | null;
  /** Why, in words without contact data; null where the state says it all. */
  reason: string | null;
}

function notCalled(reason: string | null): Standing {
  return { state: 'not-called', at: null, reason };
}

function standingOfWord(word: CheckWord, now: Instant): Standing {
  const { message } = word;
  if (message.status === 'undelivered') {
    return { state: 'bounced', at: message.settledAt ?? message.createdAt, reason: message.reason };
  }
  if (isUnsent(message, now)) {
    return notCalled(message.reason ?? 'the program ended before it was known what became of the message');
  }
  if (word.triesLeft === 0) return notCalled('all tries were used by wrong words');
  if (!within(now, word.createdAt, expiresAt(word))) {
    return notCalled(`the check words of ${dayOf(word.createdAt)} were not confirmed in time`);
  }
  return { state: 'called', at: word.createdAt, reason: null };
}

/** How a user stands by one channel. A proof counts for 90 days, as in the checklist's `reachable`. */
export function standingOf({ addressProblem, provedAt, word }: ChannelFacts, now: Instant): Standing {
  if (addressProblem !== null) return { state: 'no-address', at: null, reason: addressProblem };
  if (provedAt !== null && provedAt >= now - reachableProofMs) {
    return { state: 'reachable', at: provedAt, reason: null };
  }
  // Words that were confirmed once, of which the proof is lost or too old, prove nothing again.
  if (word !== null && word.endedAt === null && word.provedAt === null) return standingOfWord(word, now);
  return notCalled(provedAt === null ? null : 'the last proof is older than 90 days');
}

/** Whether a start of the roll call sends words to somebody who stands so. */
export function isToBeCalled({ state }: Standing): boolean {
  return state === 'bounced' || state === 'not-called';
}
