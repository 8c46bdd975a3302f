// What a store holds, as the actions see it: accounts, users, tokens, events, and what changes of them.
import type { UserStatus } from '../rules/account.ts';
import type { Role } from '../rules/authority.ts';
import type { AuditAction, ChainPosition, Outcome, SealedInstallation } from '../rules/chain.ts';
import type { Checkpoint, TrailRoot } from '../rules/checkpoint.ts';
import type { Channel, CodeEnd } from '../rules/code.ts';
import type { StoredEmail, StoredPhone } from '../rules/contact.ts';
import type { Language } from '../rules/language.ts';
import type { TrustEnd } from '../rules/location.ts';
import type { Notice } from '../rules/notice.ts';
import type { Instant } from '../rules/time.ts';

export type Installation = SealedInstallation;

export interface Account {
  kid: string;
  name: string;
  country: string;
  enabledAt: Instant | null;
  enabledBy: string | null;
  wanted: boolean;
  createdAt: Instant;
  /** A digest of the recovery codes that work; null when none does. */
  recoveryCodes: string | null;
  chain: ChainPosition;
}

/** What changes of an account's row: 2FA is turned on, or what is known and wanted of it is another. */
export type AccountChange =
  | { enabledAt: Instant; enabledBy: string }
  | { name?: string; country?: string; wanted?: boolean };

export interface AccountCounts {
  practices: number;
  /** Active users, the locked ones among them. */
  users: number;
  lockedUsers: number;
}

export interface Practice {
  id: number;
  name: string;
  /** Active users of the practice. */
  users: number;
}

export interface User extends StoredEmail, StoredPhone {
  id: number;
  accountKid: string;
  username: string;
  name: string;
  /** In which messages to them are worded; null where none was chosen. */
  language: Language | null;
  systemAdministrator: boolean;
  active: boolean;
  attemptsLeft: number;
  lockedAt: Instant | null;
  lastVerifiedAt: Instant | null;
  contactChangedAt: Instant | null;
  /** When the account's administrators were last reminded that the user is locked. */
  remindedAt: Instant | null;
  createdAt: Instant;
  /** Codes issued at this place of the user's chain or before have ended. */
  codesAfter: number;
  /** Locations trusted at this place of the user's chain or before are trusted no more. */
  trustAfter: number;
  chain: ChainPosition;
}

export interface UserWithPractices extends User {
  practices: string[];
}

/** The values with which a user is added. */
export interface NewUser extends StoredEmail, StoredPhone {
  username: string;
  name: string;
  language: Language | null;
  systemAdministrator: boolean;
  practiceIds: readonly number[];
}

/** What changes of a user's row; absent means unchanged. Ends of codes and trust are saved with it. */
export interface UserChange extends Partial<StoredEmail>, Partial<StoredPhone> {
  username?: string;
  name?: string;
  language?: Language | null;
  systemAdministrator?: boolean;
  active?: boolean;
  attemptsLeft?: number;
  lockedAt?: Instant | null;
  contactChangedAt?: Instant;
  remindedAt?: Instant;
  practiceIds?: readonly number[];
  endCodes?: CodeEnd;
  endTrust?: TrustEnd;
}

/** A change of a user, and the event that says so. */
export interface UserSave {
  user: User;
  change: UserChange;
  event: NewEvent;
}

/** An active user who has an email. */
export interface EmailHolder {
  emailKey: string;
  username: string;
}

export interface Token {
  id: number;
  digest: string;
  role: Role;
  accountKid: string | null;
  userId: number | null;
  /** The username of the token's user. */
  user: string | null;
  app: string | null;
  name: string;
  mayContacts: boolean;
  createdAt: Instant;
  /** For how long it was made, in milliseconds; null for one that does not expire by itself. */
  lifetimeMs: number | null;
  expiresAt: Instant | null;
  revokedAt: Instant | null;
  /** When a code was verified for it last, and at which place of its user's chain (R15). */
  verifiedAt: Instant | null;
  verifiedPlace: number | null;
  chain: ChainPosition;
}

export type NewToken = Omit<
  Token,
  'id' | 'user' | 'createdAt' | 'revokedAt' | 'verifiedAt' | 'verifiedPlace' | 'chain'
>;

/** The operator of a call, as an event names them. */
export interface Actor {
  actor: string;
  role: string;
  tokenId: number | null;
}

/** What an action says of what it did. */
export interface NewEvent {
  action: AuditAction;
  outcome?: Outcome;
  account?: string | null;
  user?: string | null;
  details?: Record<string, unknown>;
}

export interface AuditEvent extends Actor {
  seq: number;
  at: Instant;
  action: string;
  account: string | null;
  user: string | null;
  outcome: string;
  details: Record<string, unknown>;
}

export interface UserFilter {
  kid?: string;
  status?: UserStatus;
  practice?: string;
  /** Matches part of name, username, email or phone. */
  search?: string;
  /** Match contact data only as a whole, for those who may not see it. */
  wholeContacts?: boolean;
  /** The last username of the page before. */
  after?: string;
  /** The last id of the page before, where the list spans accounts. */
  afterId?: number;
  limit: number;
}

export interface EventFilter {
  /** Only events that concern this account: its own, its users', and its tokens'. */
  kid?: string;
  userId?: number;
  user?: string;
  action?: string;
  since?: Instant;
  /** Oldest first, after this `seq`. */
  after?: number;
  /** Up to this `seq`. */
  until?: number;
  limit: number;
}

/** A user who is locked, and where the seventh failure came from. */
export interface Lockout {
  user: UserWithPractices;
  lastApp: string | null;
  lastIp: string | null;
}

/** A location that many users share. */
export interface BusyLocation {
  location: string;
  users: number;
  accounts: number;
}

/** An event with everything that is linked, `at` in milliseconds and `details` as the exact text. */
export interface ExportedEvent extends Actor {
  seq: number;
  subject: string;
  place: number;
  at: Instant;
  action: string;
  account: string | null;
  user: string | null;
  outcome: string;
  details: string;
  keyId: string;
  link: string;
}

/** An event by which a store is known from an older copy of itself. */
export interface KnownEvent {
  seq: number;
  subject: string;
  place: number;
  link: string;
  at: Instant;
}

/** How far a store is. */
export interface Standing {
  /** Which store it is: when it was made. */
  store: string;
  newest: KnownEvent | null;
  /** The event of the number that was asked for. */
  known: KnownEvent | null;
  /** Since when it is a backup that was put back and is not accepted yet; null when it is none. */
  restoredAt: Instant | null;
}

/** What goes on while a store is copied. */
export interface CopyWatch {
  /** Gives up what is not done yet. */
  signal?: AbortSignal;
  /** Is told how much of it is done, from 0 to 1. */
  progress?(done: number): void;
}

export interface VerifyOptions {
  /** A checkpoint of the same chains, its signature seen to. */
  checkpoint?: Pick<Checkpoint, 'account' | 'at' | keyof TrailRoot>;
  /** Is told how many events have been walked. */
  progress?(events: number): void;
}

/** The result of walking the audit trail. */
export interface TrailVerdict {
  events: number;
  intact: boolean;
  firstBroken: { subject: string; seq: number | null; reason: string } | null;
  /** Where a key was lost and the chains went on under another. */
  breaks: { seq: number; at: Instant; reason: string }[];
  /** Events that a lost key sealed: only that they are the ones of the break is known of them. */
  unproved: number;
}

/** What a lost key cost. */
export interface ClosedChains {
  accounts: number;
  users: number;
  /** How many outstanding codes, trusted locations, tokens in use and recovery codes were ended. */
  codes: number;
  locations: number;
  tokens: number;
  recoveryCodes: number;
  /** Events that are now sealed by a key that is lost. */
  events: number;
  /** Subjects whose row did not fit the end of their chain: somebody had removed or added events before. */
  unfitting: number;
}

/** A notice as it is kept until it went out. */
export interface KeptNotice extends Notice {
  id: number;
  account: string;
  accountName: string;
  sentAt: Instant;
}

/** A notice that did not go out, or of which that is not known. */
export interface OpenNotice extends KeptNotice {
  status: 'pending' | 'undelivered' | 'unknown';
  reason: string | null;
  tries: number;
  triedAt: Instant;
}

export interface NoticeFilter {
  kid?: string;
  /** Only these. */
  ids?: readonly number[];
  /** After this number, in the order of numbers. */
  after?: number;
  limit: number;
}

/** What became of a message: `accepted` by the server or gateway, `delivered` to the recipient as far as that is told. */
export interface Receipt {
  status: 'accepted' | 'delivered' | 'undelivered' | 'unknown';
  /** Why, in words without secrets or contact data; null where there is nothing to say. */
  reason: string | null;
  /** The gateway's own id of the message, by which its final status can be asked for. */
  gatewayId?: string;
}

/** What kinds of messages are kept with what became of them. */
export type MessageKind = 'code' | 'check-word' | 'announcement';

/** A message whose outcome is still to be settled. */
export interface AwaitedMessage {
  id: string;
  via: Channel;
  /** Its id at the gateway, where it told one. */
  gatewayId: string | null;
}

/** A message to a user, as it is kept. */
export interface SentMessage {
  id: string;
  kind: MessageKind;
  via: Channel;
  /** The masked address. */
  recipient: string;
  app: string | null;
  /** `pending` until it is known what became of it. */
  status: 'pending' | Receipt['status'];
  reason: string | null;
  gatewayId: string | null;
  createdAt: Instant;
  settledAt: Instant | null;
}
