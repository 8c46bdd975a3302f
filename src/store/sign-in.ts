// The hot path on SQLite: prepared statements that load a user's state, and save what was decided with its event.
import type { Database } from 'better-sqlite3';
import type {
  Actor,
  KeptNotice,
  NewEvent,
  Receipt,
  SignInOutcome,
  SignInQuery,
  SignInSubject,
  Store,
  User,
} from '../actions/store.ts';
import type { ChainPosition } from '../rules/chain.ts';
import type { Channel, Code, CodeEnd } from '../rules/code.ts';
import { codeLifetimeMs, endedCodeRetentionMs } from '../rules/constants.ts';
import type { Keyring } from '../rules/keyring.ts';
import { defaultLanguage } from '../rules/language.ts';
import type { TrustedLocation } from '../rules/location.ts';
import { noticesTo, type Reader } from '../rules/notice.ts';
import type { RecordedAnswer, SignInChange } from '../rules/sign-in.ts';
import { foldKey, userIdShape } from '../rules/text.ts';
import { dayStart, usersForOneMore } from '../rules/text-ceiling.ts';
import type { Instant } from '../rules/time.ts';
import { noticeRow } from './notices.ts';
import { int, intOrNull, languageOf, type Row, text, textOrNull, trustOf } from './rows.ts';
import { hasSeal, sealedAccount, sealedToken, sealedUser, withSeal } from './sealed.ts';
import { type Prepared, prepare } from './sign-in-statements.ts';
import { bodyOf, linkedRow, sealToken, sealUser, subjectOf } from './trail.ts';

interface Loaded {
  user: User;
  subject: SignInSubject;
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

function recordedOf(row: Row): RecordedAnswer {
  return {
    userId: int(row, 'user_id'),
    action: text(row, 'action'),
    answer: JSON.parse(text(row, 'answer')),
    createdAt: int(row, 'created_at'),
  };
}

/** Sign-ins on one connection. Its methods run inside an immediate transaction and are synchronous. */
export class SignIns {
  readonly #statements: Prepared;
  readonly #keyring: Keyring;

  constructor(database: Database, keyring: Keyring) {
    this.#statements = prepare(database);
    this.#keyring = keyring;
  }

  #find(kid: string, name: string): Row | undefined {
    const found = this.#statements.user.get(kid, foldKey(name)) as Row | undefined;
    if (found?.username === name) return found;
    const id = userIdShape.exec(name)?.[1];
    return id === undefined ? undefined : (this.#statements.userById.get(kid, Number(id)) as Row | undefined);
  }

  #load(query: SignInQuery, now: Instant): Loaded | 'account-not-found' | 'user-not-found' {
    const accountRow = this.#statements.account.get(query.kid) as Row | undefined;
    if (!accountRow) return 'account-not-found';
    const row = this.#find(query.kid, query.user);
    if (!row) return 'user-not-found';
    const account = sealedAccount(this.#keyring, accountRow);
    const user = sealedUser(this.#keyring, row);
    return {
      user,
      subject: {
        userId: user.id,
        kid: user.accountKid,
        accountName: account.name,
        username: user.username,
        language: user.language,
        textsSpent: this.#textsSpent(query, now),
        state: {
          enabledAt: account.enabledAt,
          active: user.active,
          attemptsLeft: user.attemptsLeft,
          lockedAt: user.lockedAt,
          lastVerifiedAt: user.lastVerifiedAt,
          email: user.emailProblem === null ? user.email : null,
          phone: user.phoneProblem === null ? user.phone : null,
          codes: query.codes ? this.#codesOf(user, now) : [],
          trust: query.location === null ? null : this.#trustOf(user, query.location),
          repeat: query.requestId === null ? null : this.#repeatOf(query.app, query.requestId),
        },
      },
    };
  }

  /** Whether the account has had its text messages of the day: so many for each active user. */
  #textsSpent({ kid, textsPerUser }: SignInQuery, now: Instant): boolean {
    if (textsPerUser === undefined) return false;
    const { sent } = this.#statements.textsToday.get(kid, dayStart(now)) as { sent: number };
    const needed = usersForOneMore(sent, textsPerUser);
    const { users } = this.#statements.usersUpTo.get(kid, needed) as { users: number };
    return users < needed;
  }

  /** A code that is not what was made, or that was brought back after its end, is as good as none. */
  #codesOf(user: User, now: Instant): Code[] {
    const rows = this.#statements.codes.all(user.id, oldestKept(now)) as Row[];
    const counts = (row: Row) =>
      row.ended_at !== null || (int(row, 'place') > user.codesAfter && hasSeal(this.#keyring, 'codes', row));
    return rows.filter(counts).map(codeOf);
  }

  /** The same of a trusted location. */
  #trustOf(user: User, location: string): TrustedLocation | null {
    const row = this.#statements.trust.get(user.id, location) as Row | undefined;
    if (!row) return null;
    if (row.ended_at !== null) return trustOf(row);
    const counts = int(row, 'place') > user.trustAfter && hasSeal(this.#keyring, 'trusted_locations', row);
    return counts ? trustOf(row) : null;
  }

  #repeatOf(app: string, requestId: string): RecordedAnswer | null {
    const row = this.#statements.request.get(app, requestId) as Row | undefined;
    return row && hasSeal(this.#keyring, 'requests', row) ? recordedOf(row) : null;
  }

  /** Loads, decides and saves one step of a sign-in. */
  step<T>(
    actor: Actor,
    query: SignInQuery,
    decide: (subject: SignInSubject, now: Instant) => SignInOutcome<T>,
    now: Instant,
  ): { answer: T; notices: KeptNotice[] } | 'account-not-found' | 'user-not-found' {
    const loaded = this.#load(query, now);
    if (typeof loaded === 'string') return loaded;
    const outcome = decide(loaded.subject, now);
    if (outcome.event) this.#save(actor, query, loaded.user, outcome, now);
    const locked = outcome.change?.lockedAt !== undefined;
    return { answer: outcome.answer, notices: locked ? this.#tellOfLock(loaded, outcome.event, now) : [] };
  }

  /** Keeps what is told of a lock: to the user, and to the account's administrators. */
  #tellOfLock({ user, subject }: Loaded, event: NewEvent | null, now: Instant): KeptNotice[] {
    const administrators = this.#statements.administrators.all(user.accountKid) as Row[];
    const readers = administrators.map(
      (row): Reader => ({
        username: text(row, 'username'),
        email: text(row, 'email'),
        language: languageOf(row) ?? defaultLanguage,
      }),
    );
    const own =
      user.email !== null && user.emailProblem === null
        ? [{ username: user.username, email: user.email, language: user.language ?? defaultLanguage }]
        : [];
    const { app, ip } = event?.details ?? {};
    const details = { app: String(app ?? ''), ip: String(ip ?? '') };
    const notices = noticesTo([...own, ...readers], null, {
      kind: 'user-locked',
      about: user.username,
      details,
    });
    return notices.map((notice) => {
      const { lastInsertRowid } = this.#statements.notice.run(noticeRow(user.accountKid, notice, now));
      const kept = { id: Number(lastInsertRowid), account: user.accountKid, sentAt: now };
      return { ...notice, ...kept, accountName: subject.accountName };
    });
  }

  #append(
    actor: Actor,
    user: User,
    event: NonNullable<SignInOutcome<unknown>['event']>,
    now: Instant,
  ): ChainPosition {
    const body = bodyOf(actor, { account: user.accountKid, user: user.username, ...event }, now);
    const { row, position } = linkedRow(this.#keyring, subjectOf.user(user.id), user.chain, body);
    this.#statements.event.run(row);
    return position;
  }

  #saveUser(user: User, change: SignInChange, position: ChainPosition, now: Instant): void {
    const next = {
      ...user,
      attemptsLeft: change.attemptsLeft ?? user.attemptsLeft,
      lockedAt: change.lockedAt ?? user.lockedAt,
      lastVerifiedAt: change.lastVerifiedAt ?? user.lastVerifiedAt,
      codesAfter: change.endCodes ? position.count : user.codesAfter,
      trustAfter: change.endTrust ? position.count : user.trustAfter,
    };
    const seal = sealUser(this.#keyring, next, position);
    this.#statements.saveUser.run(
      next.attemptsLeft,
      next.lockedAt,
      next.lastVerifiedAt,
      change.proved === 'email' ? now : null,
      change.proved === 'sms' ? now : null,
      next.codesAfter,
      next.trustAfter,
      seal.chain_count,
      seal.chain_link,
      seal.key_id,
      seal.head,
      user.id,
    );
  }

  #save(actor: Actor, query: SignInQuery, user: User, outcome: SignInOutcome<unknown>, now: Instant): void {
    const { change = {}, code, event, remember } = outcome;
    if (!event) return;
    const run = this.#statements;
    const position = this.#append(actor, user, event, now);
    this.#saveUser(user, change, position, now);
    if (change.endCodes || code) run.expireCodes.run(user.id, now);
    if (change.endCodes) run.endCodes.run(now, change.endCodes, user.id);
    if (change.endTrust) run.endTrust.run(now, change.endTrust, user.id);
    if (change.trust) this.#trust(user, query.app, change.trust, position);
    if (change.newCode && code) this.#addCode(user, change.newCode.via, code, position, now);
    if (outcome.verifiesToken !== undefined)
      this.#verifyToken(actor, user, outcome.verifiesToken, position, now);
    if (remember && query.requestId) {
      this.#remember(query.app, query.requestId, user.id, remember, now);
    }
  }

  #trust(user: User, app: string, trust: NonNullable<SignInChange['trust']>, position: ChainPosition): void {
    const row = {
      user_id: user.id,
      location: trust.location,
      app,
      trusted_at: trust.trustedAt,
      expires_at: trust.expiresAt,
      place: position.count,
    };
    this.#statements.trustLocation.run(withSeal(this.#keyring, 'trusted_locations', row));
  }

  #addCode(
    user: User,
    via: Channel,
    code: NonNullable<SignInOutcome<unknown>['code']>,
    position: ChainPosition,
    now: Instant,
  ): void {
    const { messageId, recipient, app, digest } = code;
    this.#statements.message.run(messageId, user.id, user.accountKid, via, recipient, app, now);
    const row = {
      user_id: user.id,
      message_id: messageId,
      via,
      app,
      digest,
      created_at: now,
      expires_at: now + codeLifetimeMs,
      place: position.count,
    };
    this.#statements.code.run(withSeal(this.#keyring, 'codes', row));
  }

  /** Notes on a System Administrator's token that its user has proved a code (R15). */
  #verifyToken(actor: Actor, user: User, id: number, proof: ChainPosition, now: Instant): void {
    const token = sealedToken(this.#keyring, this.#statements.token.get(id) as Row);
    const event: NewEvent = { action: 'token.verified', account: user.accountKid, user: user.username };
    const body = bodyOf(actor, event, now);
    const { row, position } = linkedRow(this.#keyring, subjectOf.token(id), token.chain, body);
    this.#statements.event.run(row);
    const next = { ...token, verifiedAt: now, verifiedPlace: proof.count };
    const seal = sealToken(this.#keyring, next, position);
    this.#statements.verifyToken.run(
      now,
      proof.count,
      seal.chain_count,
      seal.chain_link,
      seal.key_id,
      seal.head,
      id,
    );
  }

  #remember(
    app: string,
    requestId: string,
    userId: number,
    { action, answer }: { action: string; answer: unknown },
    now: Instant,
  ): void {
    const row = {
      app,
      request_id: requestId,
      user_id: userId,
      action,
      answer: JSON.stringify(answer),
      created_at: now,
    };
    this.#statements.remember.run(withSeal(this.#keyring, 'requests', row));
  }

  /** Records how a code's message fared; one that failed for good ends its code. */
  settle(
    actor: Actor,
    messageId: string,
    receipt: Receipt,
    { remember, from }: NonNullable<Parameters<Store['settleMessage']>[3]>,
    now: Instant,
  ): void {
    const run = this.#statements;
    const row = run.messageUser.get(messageId) as Row | undefined;
    if (!row) throw new Error(`There is no message ${messageId}.`);
    if (from !== undefined && row.status !== from) return;
    run.settle.run(receipt.status, receipt.reason, receipt.gatewayId ?? null, now, messageId);
    if (row.kind !== 'code') return;
    const user = sealedUser(this.#keyring, row);
    const failed = receipt.status === 'undelivered';
    const position = this.#append(
      actor,
      user,
      {
        action: failed ? 'code.undelivered' : 'code.sent',
        outcome: failed ? 'failed' : 'ok',
        details: { messageId, via: text(row, 'via'), status: receipt.status, reason: receipt.reason },
      },
      now,
    );
    this.#saveUser(user, {}, position, now);
    if (failed) run.endUndelivered.run(now, messageId);
    const recorded = remember && this.#repeatOf(remember.app, remember.id);
    if (remember && recorded?.userId === user.id) {
      const { action, createdAt } = recorded;
      this.#remember(remember.app, remember.id, user.id, { action, answer: remember.answer }, createdAt);
    }
  }
}

/** Codes older than this are forgotten: their 15 minutes and the 24 hours after their end are over. */
function oldestKept(now: Instant): Instant {
  return now - codeLifetimeMs - endedCodeRetentionMs;
}
