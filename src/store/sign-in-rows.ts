// What a step of a sign-in reads and writes, the same on every database: rows become a state, a decision becomes rows.
import type {
  Account,
  Actor,
  NewEvent,
  Receipt,
  SignInOutcome,
  SignInQuery,
  SignInSubject,
  User,
} from '../actions/store.ts';
import type { ChainPosition } from '../rules/chain.ts';
import type { Channel, Code, CodeEnd } from '../rules/code.ts';
import { codeLifetimeMs } from '../rules/constants.ts';
import type { Keyring } from '../rules/keyring.ts';
import { defaultLanguage } from '../rules/language.ts';
import type { TrustEnd, TrustedLocation } from '../rules/location.ts';
import { type Notice, noticesTo, type Reader } from '../rules/notice.ts';
import type { RecordedAnswer, SignInChange } from '../rules/sign-in.ts';
import type { Instant } from '../rules/time.ts';
import { noticeRow, readerOf } from './notices.ts';
import { int, intOrNull, type Row, text, textOrNull, trustOf } from './rows.ts';
import { faultOf, sealedToken, sealedUser, withSeal } from './sealed.ts';
import { bodyOf, type ChainColumns, linkedRow, sealToken, sealUser, subjectOf } from './trail.ts';

/** The rows on which a step is decided. */
export interface StepRows {
  account: Account;
  user: Row;
  codes: readonly Row[];
  trust: Row | undefined;
  request: Row | undefined;
  textsSpent: boolean;
}

export interface Loaded {
  user: User;
  subject: SignInSubject;
}

/** What a step saves, all of it or nothing, provided that the user's chain still stands where it was loaded. */
export interface StepWrites {
  user: UserWrite;
  events: Row[];
  /** Codes that have expired get their end first, then the others with this reason. */
  codes: { expire: boolean; end: CodeEnd | null };
  endTrust: TrustEnd | null;
  trust: Row | null;
  message: Row | null;
  code: Row | null;
  token: TokenWrite | null;
  request: Row | null;
}

export interface UserWrite {
  id: number;
  /** Where the chain stood when the user was loaded. */
  loaded: ChainPosition;
  attemptsLeft: number;
  lockedAt: Instant | null;
  lastVerifiedAt: Instant | null;
  emailProvedAt: Instant | null;
  phoneProvedAt: Instant | null;
  codesAfter: number;
  trustAfter: number;
  seal: ChainColumns;
}

export interface TokenWrite {
  id: number;
  loaded: ChainPosition;
  verifiedAt: Instant;
  verifiedPlace: number;
  seal: ChainColumns;
}

/** What a message's outcome saves. */
export interface SettleWrites {
  user: UserWrite;
  events: Row[];
  endsCode: boolean;
}

function codeOf(row: Row): Code {
  return {
    id: int(row, 'id'),
    via: text(row, 'via') as Channel,
    digest: text(row, 'digest'),
    keyId: text(row, 'key_id'),
    createdAt: int(row, 'created_at'),
    endedAt: intOrNull(row, 'ended_at'),
    endedReason: textOrNull(row, 'ended_reason') as CodeEnd | null,
  };
}

/** A code that is not what was made, or that was brought back after its end, is as good as none. */
function codesOf(keyring: Keyring, user: User, rows: readonly Row[]): Code[] {
  const until = { reached: user.chain.count, ended: user.codesAfter };
  const counts = (row: Row) => row.ended_at !== null || faultOf(keyring, 'codes', row, until) === null;
  return rows.filter(counts).map(codeOf);
}

/** The same of a trusted location. */
function trustedOf(keyring: Keyring, user: User, row: Row | undefined): TrustedLocation | null {
  if (!row) return null;
  if (row.ended_at !== null) return trustOf(row);
  const until = { reached: user.chain.count, ended: user.trustAfter };
  return faultOf(keyring, 'trusted_locations', row, until) === null ? trustOf(row) : null;
}

/**
 * The answer that a repeat of a request gets, or null for a row that is not what was written. Of another user's row, which
 * says only that the id is taken, it is not known how far their chain has come.
 */
export function recordedOf(keyring: Keyring, user: User, row: Row | undefined): RecordedAnswer | null {
  if (!row) return null;
  const userId = int(row, 'user_id');
  const reached = userId === user.id ? user.chain.count : Number.MAX_SAFE_INTEGER;
  if (faultOf(keyring, 'requests', row, { reached, ended: 0 }) !== null) return null;
  return {
    userId,
    action: text(row, 'action'),
    answer: JSON.parse(text(row, 'answer')),
    createdAt: int(row, 'created_at'),
  };
}

/** The state on which a step is decided. @throws TwofaError `audit-broken` for a row that twofa did not write. */
export function loadedOf(keyring: Keyring, query: SignInQuery, rows: StepRows): Loaded {
  const { account } = rows;
  const user = sealedUser(keyring, rows.user);
  return {
    user,
    subject: {
      userId: user.id,
      kid: user.accountKid,
      accountName: account.name,
      username: user.username,
      language: user.language,
      textsSpent: rows.textsSpent,
      state: {
        enabledAt: account.enabledAt,
        active: user.active,
        attemptsLeft: user.attemptsLeft,
        lockedAt: user.lockedAt,
        lastVerifiedAt: user.lastVerifiedAt,
        email: user.emailProblem === null ? user.email : null,
        phone: user.phoneProblem === null ? user.phone : null,
        codes: codesOf(keyring, user, rows.codes),
        trust: query.location === null ? null : trustedOf(keyring, user, rows.trust),
        repeat: query.requestId === null ? null : recordedOf(keyring, user, rows.request),
      },
    },
  };
}

/** The event of a step, linked to the user's chain. */
function linked(keyring: Keyring, actor: Actor, user: User, event: NewEvent, now: Instant) {
  const body = bodyOf(actor, { account: user.accountKid, user: user.username, ...event }, now);
  return linkedRow(keyring, subjectOf.user(user.id), user.chain, body);
}

function userWrite(
  keyring: Keyring,
  user: User,
  change: SignInChange,
  position: ChainPosition,
  now: Instant,
): UserWrite {
  const next = {
    ...user,
    attemptsLeft: change.attemptsLeft ?? user.attemptsLeft,
    lockedAt: change.lockedAt ?? user.lockedAt,
    lastVerifiedAt: change.lastVerifiedAt ?? user.lastVerifiedAt,
    codesAfter: change.endCodes ? position.count : user.codesAfter,
    trustAfter: change.endTrust ? position.count : user.trustAfter,
  };
  return {
    id: user.id,
    loaded: user.chain,
    attemptsLeft: next.attemptsLeft,
    lockedAt: next.lockedAt,
    lastVerifiedAt: next.lastVerifiedAt,
    emailProvedAt: change.proved === 'email' ? now : null,
    phoneProvedAt: change.proved === 'sms' ? now : null,
    codesAfter: next.codesAfter,
    trustAfter: next.trustAfter,
    seal: sealUser(keyring, next, position),
  };
}

/** What the decision is written with: by whom, on whom, when, and what was loaded beside the user. */
export interface Deciding {
  keyring: Keyring;
  actor: Actor;
  query: SignInQuery;
  user: User;
  now: Instant;
  /** The token whose user the code proves (R15), as its row. */
  token: Row | undefined;
}

function trustRow({ keyring, query, user }: Deciding, change: SignInChange, position: ChainPosition) {
  const { trust } = change;
  if (!trust) return null;
  const row = {
    user_id: user.id,
    location: trust.location,
    app: query.app,
    trusted_at: trust.trustedAt,
    expires_at: trust.expiresAt,
  };
  return withSeal(keyring, 'trusted_locations', row, position);
}

function codeRows(
  { keyring, user, now }: Deciding,
  change: SignInChange,
  code: SignInOutcome<unknown>['code'],
  position: ChainPosition,
): Pick<StepWrites, 'message' | 'code'> {
  if (!change.newCode || !code) return { message: null, code: null };
  const { messageId, recipient, app, digest } = code;
  const { via } = change.newCode;
  const common = { user_id: user.id, via, app, created_at: now };
  return {
    message: { id: messageId, account_kid: user.accountKid, recipient, ...common },
    code: withSeal(
      keyring,
      'codes',
      { message_id: messageId, digest, expires_at: now + codeLifetimeMs, ...common },
      position,
    ),
  };
}

/** Notes on a System Administrator's token that its user has proved a code (R15). */
function tokenWrite(
  { keyring, actor, user, now, token: row }: Deciding,
  proof: ChainPosition,
): { event: Row; write: TokenWrite } | null {
  if (!row) return null;
  const token = sealedToken(keyring, row);
  const event: NewEvent = { action: 'token.verified', account: user.accountKid, user: user.username };
  const next = linkedRow(keyring, subjectOf.token(token.id), token.chain, bodyOf(actor, event, now));
  const verified = { ...token, verifiedAt: now, verifiedPlace: proof.count };
  return {
    event: next.row,
    write: {
      id: token.id,
      loaded: token.chain,
      verifiedAt: now,
      verifiedPlace: proof.count,
      seal: sealToken(keyring, verified, next.position),
    },
  };
}

/**
 * The row of an answer that a repeat of the request gets.
 * @param event the event of the user's chain that the answer was saved with.
 */
export function requestRow(
  keyring: Keyring,
  request: { app: string; id: string; userId: number },
  { action, answer, createdAt }: { action: string; answer: unknown; createdAt: Instant },
  event: ChainPosition,
): Row {
  const row = {
    app: request.app,
    request_id: request.id,
    user_id: request.userId,
    action,
    answer: JSON.stringify(answer),
    created_at: createdAt,
  };
  return withSeal(keyring, 'requests', row, event);
}

/** What a decided step saves; null where it saves nothing. */
export function writesOf(deciding: Deciding, outcome: SignInOutcome<unknown>): StepWrites | null {
  const { keyring, actor, query, user, now } = deciding;
  const { change = {}, event, remember } = outcome;
  if (!event) return null;
  const { row, position } = linked(keyring, actor, user, event, now);
  const token = tokenWrite(deciding, position);
  const request = query.requestId === null ? null : { app: query.app, id: query.requestId, userId: user.id };
  return {
    user: userWrite(keyring, user, change, position, now),
    events: token ? [row, token.event] : [row],
    codes: {
      expire: change.endCodes !== undefined || outcome.code !== undefined,
      end: change.endCodes ?? null,
    },
    endTrust: change.endTrust ?? null,
    trust: trustRow(deciding, change, position),
    ...codeRows(deciding, change, outcome.code, position),
    token: token?.write ?? null,
    request:
      remember && request ? requestRow(keyring, request, { ...remember, createdAt: now }, position) : null,
  };
}

/** What is told of a lock: to the user, and to the account's administrators, as rows to be kept. */
export function lockNotices(
  { user }: Pick<Loaded, 'user'>,
  administrators: readonly Row[],
  event: NewEvent | null,
  now: Instant,
): { notice: Notice; row: Row }[] {
  const own: Reader[] =
    user.email !== null && user.emailProblem === null
      ? [{ username: user.username, email: user.email, language: user.language ?? defaultLanguage }]
      : [];
  const { app, ip } = event?.details ?? {};
  const details = { app: String(app ?? ''), ip: String(ip ?? '') };
  return noticesTo([...own, ...administrators.map(readerOf)], null, {
    kind: 'user-locked',
    about: user.username,
    details,
  }).map((notice) => ({ notice, row: noticeRow(user.accountKid, notice, now) }));
}

/** What the outcome of a message with a code saves; one that failed for good ends its code. */
export function settleWritesOf(
  keyring: Keyring,
  actor: Actor,
  message: { id: string; via: string; user: Row },
  receipt: Receipt,
  now: Instant,
): SettleWrites {
  const user = sealedUser(keyring, message.user);
  const failed = receipt.status === 'undelivered';
  const details = { messageId: message.id, via: message.via, status: receipt.status, reason: receipt.reason };
  const event: NewEvent = failed
    ? { action: 'code.undelivered', outcome: 'failed', details }
    : { action: 'code.sent', outcome: 'ok', details };
  const { row, position } = linked(keyring, actor, user, event, now);
  return { user: userWrite(keyring, user, {}, position, now), events: [row], endsCode: failed };
}
