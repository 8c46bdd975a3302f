// What the actions ask of a store. SQLite and PostgreSQL give it; the actions know neither.

import type { UserStatus } from '../rules/account.ts';
import type { Role } from '../rules/authority.ts';
import type { AuditAction, ChainPosition, Outcome } from '../rules/chain.ts';
import type { ChecklistFacts } from '../rules/checklist.ts';
import type { CodeEnd } from '../rules/code.ts';
import type { StoredEmail, StoredPhone } from '../rules/contact.ts';
import type { TrustEnd, TrustedLocation } from '../rules/location.ts';
import type { SignInChange, SignInState } from '../rules/sign-in.ts';
import type { Instant } from '../rules/time.ts';

export interface Installation {
  sandbox: boolean;
  keyFingerprint: string;
  createdAt: Instant;
}

export interface Account {
  kid: string;
  name: string;
  country: string;
  enabledAt: Instant | null;
  enabledBy: string | null;
  wanted: boolean;
  createdAt: Instant;
  chain: ChainPosition;
}

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
  systemAdministrator: boolean;
  active: boolean;
  attemptsLeft: number;
  lockedAt: Instant | null;
  lastVerifiedAt: Instant | null;
  contactChangedAt: Instant | null;
  createdAt: Instant;
  chain: ChainPosition;
}

export interface UserWithPractices extends User {
  practices: string[];
}

/** The values with which a user is added. */
export interface NewUser extends StoredEmail, StoredPhone {
  username: string;
  name: string;
  systemAdministrator: boolean;
  practiceIds: readonly number[];
}

/** What changes of a user's row; absent means unchanged. Ends of codes and trust are saved with it. */
export interface UserChange extends Partial<StoredEmail>, Partial<StoredPhone> {
  username?: string;
  name?: string;
  systemAdministrator?: boolean;
  active?: boolean;
  attemptsLeft?: number;
  lockedAt?: Instant | null;
  contactChangedAt?: Instant;
  practiceIds?: readonly number[];
  endCodes?: CodeEnd;
  endTrust?: TrustEnd;
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
  chain: ChainPosition;
}

export type NewToken = Omit<Token, 'id' | 'user' | 'createdAt' | 'revokedAt' | 'chain'>;

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
  limit: number;
}

/** A user who is locked, and where the seventh failure came from. */
export interface Lockout {
  user: UserWithPractices;
  lastApp: string | null;
  lastIp: string | null;
}

/** The result of walking the audit trail. */
export interface TrailVerdict {
  events: number;
  intact: boolean;
  firstBroken: { subject: string; seq: number | null; reason: string } | null;
}

export interface Reading {
  readonly now: Instant;
  installation(): Promise<Installation>;
  account(kid: string): Promise<Account | null>;
  accounts(filter: {
    kid?: string;
    overdue?: boolean;
    awaiting?: boolean;
    search?: string;
    after?: string;
    limit: number;
  }): Promise<(Account & AccountCounts)[]>;
  practices(kid: string): Promise<Practice[]>;
  /** A user by exact username or by id (`usr_17`). */
  user(kid: string, name: string): Promise<UserWithPractices | null>;
  /** The user whose username is this one but for its spelling (R12). */
  userByKey(kid: string, username: string): Promise<UserWithPractices | null>;
  users(filter: UserFilter): Promise<UserWithPractices[]>;
  /** The id of the user who has, or once had, this username in any spelling: none is ever reused. */
  usernameHolder(kid: string, username: string): Promise<number | null>;
  outstandingCodes(userId: number): Promise<number>;
  /** Active, unlocked System Administrators of the account besides one user. */
  otherAdministrators(kid: string, exceptUserId: number): Promise<number>;
  /** The active user other than one who has this email. */
  emailHolder(kid: string, emailKey: string, exceptUserId: number | null): Promise<string | null>;
  checklistFacts(kid: string): Promise<Omit<ChecklistFacts, 'delivery'>>;
  /** A digest of everything that enabling depends on. */
  rosterDigest(kid: string): Promise<string>;
  tokens(filter: { kid?: string; after?: number; limit: number }): Promise<Token[]>;
  token(id: number): Promise<Token | null>;
  /** Whether an owner's token works: not revoked, not expired. */
  hasOwner(): Promise<boolean>;
  locations(userId: number): Promise<TrustedLocation[]>;
  lockouts(filter: { kid: string; after?: string; limit: number }): Promise<Lockout[]>;
  /** How a user who is locked came to be so. */
  lockout(user: UserWithPractices): Promise<Lockout>;
  /** The newest events of a user's own chain, oldest first. */
  userHistory(userId: number, limit: number): Promise<AuditEvent[]>;
  events(filter: EventFilter): Promise<AuditEvent[]>;
}

/** Every write is an event in the same transaction, and seals the head of the row that it belongs to. */
export interface Writing extends Reading {
  addAccount(account: { kid: string; name: string; country: string }, event: NewEvent): Promise<Account>;
  saveAccount(
    account: Account,
    change: { enabledAt: Instant; enabledBy: string },
    event: NewEvent,
  ): Promise<Account>;
  addPractice(account: Account, name: string, event: NewEvent): Promise<Account>;
  /** Adds users to an account, with one event in the account's chain that names their ids. */
  addUsers(
    account: Account,
    users: readonly NewUser[],
    event: NewEvent,
  ): Promise<{ ids: number[]; account: Account }>;
  saveUser(user: User, change: UserChange, event: NewEvent): Promise<User>;
  forgetLocations(user: User, location: string | null, event: NewEvent): Promise<number>;
  addToken(token: NewToken, event: NewEvent): Promise<Token>;
  saveToken(
    token: Token,
    change: { revokedAt?: Instant; expiresAt?: Instant },
    event: NewEvent,
  ): Promise<Token>;
  /** Records an event that changes nothing else in a subject's chain. */
  record(on: { account: Account } | { user: User } | { token: Token }, event: NewEvent): Promise<void>;
}

/** Whom and what a sign-in's step is about. */
export interface SignInQuery {
  kid: string;
  user: string;
  /** The location's key, or null where the step has none. */
  location: string | null;
  app: string;
  /** Unique for the application for 15 minutes; null without one. */
  requestId: string | null;
  /** Whether the decision needs the user's codes. */
  codes: boolean;
}

export interface SignInSubject {
  userId: number;
  kid: string;
  accountName: string;
  username: string;
  state: SignInState;
}

/** What a decision says, and what is saved with it before the answer leaves. */
export interface SignInOutcome<T> {
  answer: T;
  change?: SignInChange;
  /** The code that `change.newCode` announces. */
  code?: { digest: string; keyId: string; messageId: string; app: string; recipient: string };
  /** The answer that a repeat of this request gets. */
  remember?: { action: string; answer: unknown };
  event: NewEvent | null;
}

export interface Authentication {
  now: Instant;
  token: Token;
  /** Whether the installation is a sandbox. */
  sandbox: boolean;
  /** The token's user, for a System Administrator's token. */
  user: Pick<User, 'username' | 'active' | 'lockedAt' | 'systemAdministrator'> | null;
}

/** A message that went out or is on its way. */
export interface Receipt {
  status: 'accepted' | 'delivered' | 'undelivered' | 'unknown';
  reason: string | null;
}

export interface Store {
  /** The token of a digest, or null. */
  authenticate(digest: string): Promise<Authentication | null>;
  /** A consistent view; nothing is written. */
  read<T>(work: (tables: Reading) => Promise<T>): Promise<T>;
  /** One transaction: all of it is saved, or, when the work throws, nothing. */
  write<T>(actor: Actor, work: (tables: Writing) => Promise<T>): Promise<T>;
  /**
   * Loads a user's state, has it decided, and saves change and event at once, provided that the state has not
   * changed since. `decide` may run more than once and has no side effects.
   * @returns the answer once the save is durable; or what does not exist.
   */
  signIn<T>(
    actor: Actor,
    query: SignInQuery,
    decide: (subject: SignInSubject, now: Instant) => SignInOutcome<T>,
  ): Promise<{ answer: T } | 'account-not-found' | 'user-not-found'>;
  /** Records how a code's message fared; one that failed for good ends its code. */
  settleMessage(
    actor: Actor,
    messageId: string,
    receipt: Receipt,
    /** The answer that a repeat of the request gets from now on; absent leaves the recorded one. */
    remember?: { app: string; id: string; answer: unknown },
  ): Promise<void>;
  /** Walks all chains, or those of one account, and compares rows with their heads. */
  verifyTrail(kid: string | null): Promise<TrailVerdict>;
  close(): Promise<void>;
}
