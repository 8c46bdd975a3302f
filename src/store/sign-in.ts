// The hot path on SQLite: prepared statements that load a user's state, and save what was decided with its event.
import type { Database, Statement } from 'better-sqlite3';
import type { Actor, Receipt, SignInOutcome, SignInQuery, SignInSubject, User } from '../actions/store.ts';
import type { ChainPosition } from '../rules/chain.ts';
import type { Channel, Code, CodeEnd } from '../rules/code.ts';
import { codeLifetimeMs, endedCodeRetentionMs } from '../rules/constants.ts';
import type { Keyring } from '../rules/keyring.ts';
import type { RecordedAnswer, SignInChange } from '../rules/sign-in.ts';
import { foldKey, userIdShape } from '../rules/text.ts';
import type { Instant } from '../rules/time.ts';
import { int, intOrNull, type Row, text, textOrNull, trustOf, userOf } from './rows.ts';
import { bodyOf, linkedRow, sealUser, subjectOf } from './trail.ts';

const statements = {
  user: `SELECT users.*, accounts.name AS account_name, accounts.enabled_at FROM users
    JOIN accounts ON accounts.kid = users.account_kid WHERE users.account_kid = ? AND users.username_key = ?`,
  userById: `SELECT users.*, accounts.name AS account_name, accounts.enabled_at FROM users
    JOIN accounts ON accounts.kid = users.account_kid WHERE users.account_kid = ? AND users.id = ?`,
  account: 'SELECT 1 FROM accounts WHERE kid = ?',
  codes: `SELECT id, via, digest, key_id, created_at, ended_at, ended_reason FROM codes
    WHERE user_id = ? AND created_at > ? ORDER BY created_at, id`,
  trust: 'SELECT * FROM trusted_locations WHERE user_id = ? AND location = ?',
  request: 'SELECT user_id, action, answer, created_at FROM requests WHERE app = ? AND request_id = ?',
  saveUser: `UPDATE users SET attempts_left = ?, locked_at = ?, last_verified_at = ?,
    email_proved_at = coalesce(?, email_proved_at), phone_proved_at = coalesce(?, phone_proved_at),
    chain_count = ?, chain_link = ?, key_id = ?, head = ? WHERE id = ?`,
  event: `INSERT INTO audit_events
    (subject, place, at, actor, role, token_id, action, account, user, outcome, details, key_id, link)
    VALUES (@subject, @place, @at, @actor, @role, @token_id, @action, @account, @user, @outcome, @details, @key_id, @link)`,
  message: `INSERT INTO messages (id, user_id, kind, via, recipient, app, status, created_at)
    VALUES (?, ?, 'code', ?, ?, ?, 'pending', ?)`,
  code: `INSERT INTO codes (user_id, message_id, via, app, digest, key_id, created_at, expires_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  expireCodes: `UPDATE codes SET ended_at = expires_at, ended_reason = 'expired'
    WHERE user_id = ? AND ended_at IS NULL AND expires_at <= ?`,
  endCodes: `UPDATE codes SET ended_at = ?, ended_reason = ? WHERE user_id = ? AND ended_at IS NULL`,
  trustLocation: `INSERT INTO trusted_locations (user_id, location, app, trusted_at, expires_at) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (user_id, location) DO UPDATE SET app = excluded.app, trusted_at = excluded.trusted_at,
    expires_at = excluded.expires_at, ended_at = NULL, ended_reason = NULL`,
  endTrust: `UPDATE trusted_locations SET ended_at = ?, ended_reason = ?
    WHERE user_id = ? AND ended_at IS NULL`,
  remember: `INSERT INTO requests (app, request_id, user_id, action, answer, created_at) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (app, request_id) DO UPDATE SET user_id = excluded.user_id, action = excluded.action,
    answer = excluded.answer, created_at = excluded.created_at`,
  rememberAgain: 'UPDATE requests SET answer = ? WHERE app = ? AND request_id = ? AND user_id = ?',
  messageUser: `SELECT users.* , messages.via, messages.status FROM messages
    JOIN users ON users.id = messages.user_id WHERE messages.id = ?`,
  settle: 'UPDATE messages SET status = ?, reason = ?, settled_at = ? WHERE id = ?',
  endUndelivered: `UPDATE codes SET ended_at = ?, ended_reason = 'undelivered' WHERE message_id = ? AND ended_at IS NULL`,
} as const;

type Prepared = Record<keyof typeof statements, Statement>;

/** The statements of a connection, each prepared when first used. */
function prepare(database: Database): Prepared {
  const prepared: Partial<Prepared> = {};
  return new Proxy(prepared as Prepared, {
    get: (_, name: keyof typeof statements) => {
      prepared[name] ??= database.prepare(statements[name]);
      return prepared[name];
    },
  });
}

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
    const row = this.#find(query.kid, query.user);
    if (!row) return this.#statements.account.get(query.kid) ? 'user-not-found' : 'account-not-found';
    const user = userOf(row);
    const codes = query.codes ? (this.#statements.codes.all(user.id, oldestKept(now)) as Row[]) : [];
    const trust = query.location === null ? undefined : this.#statements.trust.get(user.id, query.location);
    const repeat = query.requestId && this.#statements.request.get(query.app, query.requestId);
    return {
      user,
      subject: {
        userId: user.id,
        kid: user.accountKid,
        accountName: text(row, 'account_name'),
        username: user.username,
        state: {
          enabledAt: intOrNull(row, 'enabled_at'),
          active: user.active,
          attemptsLeft: user.attemptsLeft,
          lockedAt: user.lockedAt,
          lastVerifiedAt: user.lastVerifiedAt,
          email: user.emailProblem === null ? user.email : null,
          phone: user.phoneProblem === null ? user.phone : null,
          codes: codes.map(codeOf),
          trust: trust ? trustOf(trust as Row) : null,
          repeat: repeat ? recordedOf(repeat as Row) : null,
        },
      },
    };
  }

  /** Loads, decides and saves one step of a sign-in. */
  step<T>(
    actor: Actor,
    query: SignInQuery,
    decide: (subject: SignInSubject, now: Instant) => SignInOutcome<T>,
    now: Instant,
  ): { answer: T } | 'account-not-found' | 'user-not-found' {
    const loaded = this.#load(query, now);
    if (typeof loaded === 'string') return loaded;
    const outcome = decide(loaded.subject, now);
    if (outcome.event) this.#save(actor, query, loaded.user, outcome, now);
    return { answer: outcome.answer };
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
    };
    const seal = sealUser(this.#keyring, next, position);
    this.#statements.saveUser.run(
      next.attemptsLeft,
      next.lockedAt,
      next.lastVerifiedAt,
      change.proved === 'email' ? now : null,
      change.proved === 'sms' ? now : null,
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
    this.#saveUser(user, change, this.#append(actor, user, event, now), now);
    if (change.endCodes || code) run.expireCodes.run(user.id, now);
    if (change.endCodes) run.endCodes.run(now, change.endCodes, user.id);
    if (change.endTrust) run.endTrust.run(now, change.endTrust, user.id);
    if (change.trust) {
      const { location, trustedAt, expiresAt } = change.trust;
      run.trustLocation.run(user.id, location, query.app, trustedAt, expiresAt);
    }
    if (change.newCode && code) {
      const { via } = change.newCode;
      run.message.run(code.messageId, user.id, via, code.recipient, code.app, now);
      run.code.run(
        user.id,
        code.messageId,
        via,
        code.app,
        code.digest,
        code.keyId,
        now,
        now + codeLifetimeMs,
      );
    }
    if (remember && query.requestId) {
      const answer = JSON.stringify(remember.answer);
      run.remember.run(query.app, query.requestId, user.id, remember.action, answer, now);
    }
  }

  /** Records how a code's message fared; one that failed for good ends its code. */
  settle(
    actor: Actor,
    messageId: string,
    receipt: Receipt,
    remember: { app: string; id: string; answer: unknown } | undefined,
    now: Instant,
  ): void {
    const run = this.#statements;
    const row = run.messageUser.get(messageId) as Row | undefined;
    if (!row) throw new Error(`There is no message ${messageId}.`);
    const user = userOf(row);
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
    run.settle.run(receipt.status, receipt.reason, now, messageId);
    if (failed) run.endUndelivered.run(now, messageId);
    if (remember) run.rememberAgain.run(JSON.stringify(remember.answer), remember.app, remember.id, user.id);
  }
}

/** Codes older than this are forgotten: their 15 minutes and the 24 hours after their end are over. */
function oldestKept(now: Instant): Instant {
  return now - codeLifetimeMs - endedCodeRetentionMs;
}
