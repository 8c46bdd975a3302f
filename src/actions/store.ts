// What the actions ask of a store. SQLite and PostgreSQL give it; the actions know neither.
import type { ChecklistFacts } from '../rules/checklist.ts';
import type { TrailRoot } from '../rules/checkpoint.ts';
import type { Language } from '../rules/language.ts';
import type { TrustedLocation } from '../rules/location.ts';
import type { Notice, Reader } from '../rules/notice.ts';
import type { SignInChange, SignInState } from '../rules/sign-in.ts';
import type { Instant } from '../rules/time.ts';
import type { MessageReading, MessageWriting } from './message-store.ts';
import type { ProvisioningReading } from './provisioning-store.ts';
import type {
  Account,
  AccountChange,
  AccountCounts,
  Actor,
  AuditEvent,
  BusyLocation,
  ClosedChains,
  CopyWatch,
  EmailHolder,
  EventFilter,
  ExportedEvent,
  Installation,
  KeptNotice,
  KnownEvent,
  Lockout,
  NewEvent,
  NewToken,
  NewUser,
  Practice,
  Receipt,
  Standing,
  Token,
  TrailVerdict,
  User,
  UserChange,
  UserFilter,
  UserSave,
  UserWithPractices,
  VerifyOptions,
} from './records.ts';
import type { RecoveryReading, RecoveryWriting } from './recovery-store.ts';
import type { RestoreReading } from './restore-store.ts';
import type { RollCallReading, RollCallWriting } from './roll-call-store.ts';
import type { Copying } from './store-copy.ts';
import type { StoreFacts } from './store-facts.ts';
import type { UpkeepReading, UpkeepWriting } from './upkeep-store.ts';

export type * from './records.ts';

export interface Reading
  extends RecoveryReading,
    MessageReading,
    RollCallReading,
    ProvisioningReading,
    UpkeepReading,
    RestoreReading {
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
  /** Practices without counting their users, in the same order. */
  practiceNames(kid: string): Promise<Pick<Practice, 'id' | 'name'>[]>;
  /** A user by exact username or by id (`usr_17`). */
  user(kid: string, name: string): Promise<UserWithPractices | null>;
  /** The user whose username is this one but for its spelling (R12). */
  userByKey(kid: string, username: string): Promise<UserWithPractices | null>;
  /** The users of many usernames, but for their spelling, by its key (`foldKey`); who does not exist is not there. */
  usersByKeys(kid: string, usernames: readonly string[]): Promise<Map<string, UserWithPractices>>;
  users(filter: UserFilter): Promise<UserWithPractices[]>;
  /** The id of the user who has, or once had, this username in any spelling: none is ever reused. */
  usernameHolder(kid: string, username: string): Promise<number | null>;
  /** Those of many usernames, by their keys, that a user once had and gave up. */
  formerUsernames(kid: string, usernames: readonly string[]): Promise<Set<string>>;
  outstandingCodes(userId: number): Promise<number>;
  /** Active, unlocked System Administrators of the account besides one user. */
  otherAdministrators(kid: string, exceptUserId: number): Promise<number>;
  /** Active System Administrators of the account with a well-formed email. */
  administrators(kid: string): Promise<Reader[]>;
  /** The active user other than one who has this email. */
  emailHolder(kid: string, emailKey: string, exceptUserId: number | null): Promise<string | null>;
  /** The active users who have any of these emails. */
  emailHolders(kid: string, emailKeys: readonly string[]): Promise<EmailHolder[]>;
  checklistFacts(kid: string): Promise<Omit<ChecklistFacts, 'delivery'>>;
  tokens(filter: { kid?: string; after?: number; limit: number }): Promise<Token[]>;
  token(id: number): Promise<Token | null>;
  /**
   * Tokens that work and end by an instant, soonest first; not those that were rotated and end before their time.
   * At most `limit`.
   */
  expiringTokens(until: Instant, limit: number): Promise<{ id: number; expiresAt: Instant }[]>;
  /** Whether a token works that is of the installation's owner: not revoked, not expired, not narrowed to an account. */
  hasOwner(): Promise<boolean>;
  locations(userId: number): Promise<TrustedLocation[]>;
  /** Locations trusted now that serve more users than these, of several accounts; the busiest first, at most `limit`. */
  busyLocations(moreThanUsers: number, limit: number): Promise<BusyLocation[]>;
  lockouts(filter: { kid: string; after?: string; limit: number }): Promise<Lockout[]>;
  /** How a user who is locked came to be so. */
  lockout(user: UserWithPractices): Promise<Lockout>;
  /** The newest events of a user's own chain, oldest first. */
  userHistory(userId: number, limit: number): Promise<AuditEvent[]>;
  /**
   * The events of which a lock came, oldest first: failures since the last success or reactivation, and the newest
   * messages with codes between them.
   */
  lockoutEvents(userId: number): Promise<AuditEvent[]>;
  /** The addresses from which a user verified codes, by the newest of them since locations were last forgotten. */
  verifiedFrom(userId: number): Promise<string[]>;
  events(filter: EventFilter): Promise<AuditEvent[]>;
  /** Events after a number, oldest first: all of them, or those in the chains of an account, its users and its tokens. */
  exported(filter: { kid?: string; after: number; until: number; limit: number }): Promise<ExportedEvent[]>;
  /** The number of the newest event that was recorded up to an instant; 0 where there is none. */
  newestBefore(at: Instant): Promise<number>;
  /** The link of an event, or null where there is none of this number. */
  linkOf(seq: number): Promise<string | null>;
}

/** Every write is an event in the same transaction, and seals the head of the row that it belongs to. */
export interface Writing extends Reading, RecoveryWriting, MessageWriting, RollCallWriting, UpkeepWriting {
  /** Since when the store is a backup that was put back and is not accepted yet, read when the transaction began. */
  restoredAt: Instant | null;
  addAccount(account: { kid: string; name: string; country: string }, event: NewEvent): Promise<Account>;
  saveAccount(account: Account, change: AccountChange, event: NewEvent): Promise<Account>;
  addPractice(account: Account, name: string, event: NewEvent): Promise<Account>;
  /** Adds users to an account, with one event in the account's chain that names their ids. */
  addUsers(
    account: Account,
    users: readonly NewUser[],
    event: NewEvent,
  ): Promise<{ ids: number[]; account: Account }>;
  saveUser(user: User, change: UserChange, event: NewEvent): Promise<User>;
  /** Saves changes of many users, each of another one, in their order. @returns the users as they are then. */
  saveUsers(saves: readonly UserSave[]): Promise<User[]>;
  /** Keeps notices, to be sent once this transaction is durable. */
  addNotices(account: Account, notices: readonly Notice[]): Promise<KeptNotice[]>;
  addToken(token: NewToken, event: NewEvent): Promise<Token>;
  saveToken(
    token: Token,
    change: { revokedAt?: Instant; expiresAt?: Instant },
    event: NewEvent,
  ): Promise<Token>;
  /** Marks the store as a backup that was put back, takes the mark from it, or makes it a copy that sends nothing. */
  saveInstallation(change: { restoredAt?: Instant | null; staging?: true }, event: NewEvent): Promise<void>;
  /** Makes the ring's current key the one that the store recognises its ring by. */
  adoptKey(event: NewEvent): Promise<void>;
  /**
   * Closes every chain with a break and goes on under the ring's current key, since that of the store is lost. Ends all
   * codes, trusted locations, tokens and recovery codes.
   */
  closeChains(lostFingerprint: string, reason: string): Promise<ClosedChains>;
  /**
   * Ends every outstanding code, trusted location, recovery code and token in use but the operator's own, each with its
   * event, and forgets recorded answers.
   */
  endEverything(
    reason: string,
  ): Promise<{ codes: number; locations: number; recoveryCodes: number; tokens: number }>;
  /** Records an event in the installation's chain. */
  recordOnInstallation(event: NewEvent): Promise<void>;
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
  /** Text messages a day for each active user, where the decision depends on that ceiling. */
  textsPerUser?: number;
}

/** A step as its request names it, before it is known whose token it is made with. */
export type SignInAhead = Pick<SignInQuery, 'user' | 'location' | 'requestId' | 'codes'> & {
  /** Null where the token says it. */
  kid: string | null;
  app: string | null;
};

export interface SignInSubject {
  userId: number;
  kid: string;
  accountName: string;
  username: string;
  language: Language | null;
  state: SignInState;
  /** Whether the account has had all text messages of the day; false where that was not asked for. */
  textsSpent: boolean;
}

/** What a decision says, and what is saved with it before the answer leaves. */
export interface SignInOutcome<T> {
  answer: T;
  change?: SignInChange;
  /** The code that `change.newCode` announces. */
  code?: { digest: string; keyId: string; messageId: string; app: string; recipient: string };
  /** The token whose user this code proves (R15). */
  verifiesToken?: number;
  /** The answer that a repeat of this request gets. */
  remember?: { action: string; answer: unknown };
  event: NewEvent | null;
}

export interface Authentication {
  now: Instant;
  token: Token;
  /** Whether the installation is a sandbox, or a copy that sends nothing. */
  sandbox: boolean;
  staging: boolean;
  /** Since when the store is a backup that was put back and is not accepted yet. */
  restoredAt: Instant | null;
  /** The token's user, for a System Administrator's token. */
  user: User | null;
  /** When 2FA was turned on for that user's account, or null. */
  enabledAt: Instant | null;
  /** What a step was loaded as ahead, for {@link Store.signIn} alone; absent where nothing was. */
  loaded?: unknown;
  /** Where the store has moved to; null while it is this one. */
  movedTo: string | null;
}

export interface Store {
  /**
   * The token of a digest, or null.
   * @param ahead the step that the token's holder asks for: a store for which each look is a journey loads it with the token.
   * @throws TwofaError `store-moved` where a store that has moved does not know the token.
   */
  authenticate(digest: string, ahead?: SignInAhead): Promise<Authentication | null>;
  /** A consistent view; nothing is written. */
  read<T>(work: (tables: Reading) => Promise<T>): Promise<T>;
  /** A consistent view for people to look at, which may be of a standby and a little old: nothing is decided by it. */
  look<T>(work: (tables: Reading) => Promise<T>): Promise<T>;
  /**
   * One transaction: all of it is saved, or, when the work throws, nothing. The work may run more than once.
   */
  write<T>(actor: Actor, work: (tables: Writing) => Promise<T>): Promise<T>;
  /**
   * Loads a user's state, has it decided, and saves change and event at once, provided that the state has not
   * changed since. `decide` may run more than once and has no side effects.
   * @param loaded what {@link Store.authenticate} loaded ahead for this query.
   * @returns the answer once the save is durable; or what does not exist.
   */
  signIn<T>(
    actor: Actor,
    query: SignInQuery,
    decide: (subject: SignInSubject, now: Instant) => SignInOutcome<T>,
    loaded?: unknown,
  ): Promise<{ answer: T; notices: KeptNotice[] } | 'account-not-found' | 'user-not-found'>;
  /** Records how a code's message fared; one that failed for good ends its code. */
  settleMessage(
    actor: Actor,
    messageId: string,
    receipt: Receipt,
    /**
     * `remember` is the answer that a repeat of the request gets from now on; absent leaves the recorded one. `from`
     * has nothing recorded unless the message still has this status.
     */
    more?: { remember?: { app: string; id: string; answer: unknown }; from?: 'pending' | 'accepted' },
  ): Promise<void>;
  /** Records how a notice fared. */
  settleNotice(id: number, receipt: Receipt): Promise<void>;
  /** Walks all chains, or those of one account, and compares rows with their heads, and all with a checkpoint. */
  verifyTrail(kid: string | null, options?: VerifyOptions): Promise<TrailVerdict>;
  /** Whether events are numbered without a gap. */
  readonly gapless: boolean;
  /** The first table, trigger or view that is missing, changed or not twofa's, in words; null where there is none. */
  schemaFault(): Promise<string | null>;
  /** Where all chains, or those of one account, stand. @throws TwofaError `audit-broken` where that is plain to see. */
  trailRoot(kid: string | null): Promise<TrailRoot>;
  /**
   * Makes sure that the store answers, fits this program and is of this key; nothing is waited for.
   * @returns its newest migration.
   * @throws TwofaError
   */
  check(): Promise<string>;
  /** What the store takes and holds. On SQLite it reads the whole file. */
  facts(): Promise<StoreFacts>;
  /**
   * Copies the store as it is at one moment into a file, which is there and empty, beside what goes on.
   * Null where the database has its own means for that.
   * @returns the newest event of the copy.
   */
  copyTo: ((file: string, watch: CopyWatch) => Promise<KnownEvent | null>) | null;
  /** How far the store is, and its event of a number. @throws TwofaError `audit-broken` */
  standing(seq: number | null): Promise<Standing>;
  /**
   * The newest event before which no event can come any more, while others write; null where there is none.
   * @throws TwofaError `store-busy` when a transaction that might bring one before it does not end.
   */
  settled(): Promise<KnownEvent | null>;
  /** How the store is copied to another database; absent where it cannot be. */
  copying?: Copying;
  close(): Promise<void>;
}
