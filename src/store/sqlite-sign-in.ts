// The hot path on SQLite: prepared statements that load a user's state, and save what was decided with its event.
import type { Database } from 'better-sqlite3';
import type {
  Actor,
  Authentication,
  KeptNotice,
  NewEvent,
  Receipt,
  SignInOutcome,
  SignInQuery,
  SignInSubject,
  Store,
} from '../actions/store.ts';
import { TwofaError } from '../errors.ts';
import type { Keyring } from '../rules/keyring.ts';
import { codesKeptSince } from '../rules/retention.ts';
import { foldKey, userIdShape } from '../rules/text.ts';
import { dayStart, usersForOneMore } from '../rules/text-ceiling.ts';
import type { Instant } from '../rules/time.ts';
import { KnownSubjects } from './known-rows.ts';
import type { Row } from './rows.ts';
import { sealedUser } from './sealed.ts';
import {
  type Loaded,
  loadedOf,
  lockNotices,
  recordedOf,
  requestRow,
  type StepWrites,
  settleWritesOf,
  type TokenWrite,
  type UserWrite,
  writesOf,
} from './sign-in-rows.ts';
import { type Prepared, prepare } from './sqlite-statements.ts';
import { subjectOf } from './trail.ts';

type Missing = 'account-not-found' | 'user-not-found';

/** The JSON texts that a step is loaded as: user, account, codes, trusted location, recorded answer. */
type Texts = [string, string | null, string, string | null, string | null];
interface Found {
  user: Row;
  texts: Texts;
}

/** No codes, as text. */
const none = '[]';

/** better-sqlite3 binds plain values alone. */
function tokenBindings({ id, verifiedAt, verifiedPlace, seal }: TokenWrite): Row {
  return { id, verifiedAt, verifiedPlace, ...seal };
}

/** Sign-ins on one connection. Its methods run inside an immediate transaction and are synchronous. */
export class SignIns {
  readonly #statements: Prepared;
  readonly #keyring: Keyring;
  readonly #known: KnownSubjects;

  constructor(database: Database, keyring: Keyring) {
    this.#statements = prepare(database);
    this.#keyring = keyring;
    this.#known = new KnownSubjects(keyring);
  }

  /** What there is of the user whom a query names by username, or else by id. */
  #find({ kid, user: name, codes, location, app, requestId }: SignInQuery, now: Instant): Found | undefined {
    const run = this.#statements;
    const since = codes ? codesKeptSince(now) : null;
    const found = run.load.get(since, location, app, requestId, kid, foldKey(name)) as Texts | undefined;
    const user = found && (JSON.parse(found[0]) as Row);
    if (user?.username === name) return { user, texts: found as Texts };
    const id = userIdShape.exec(name)?.[1];
    if (id === undefined) return undefined;
    const byId = run.loadById.get(since, location, app, requestId, kid, Number(id)) as Texts | undefined;
    return byId && { user: JSON.parse(byId[0]) as Row, texts: byId };
  }

  #load(query: SignInQuery, now: Instant): Loaded | Missing {
    const found = this.#find(query, now);
    if (!found) return this.#statements.account.get(query.kid) ? 'user-not-found' : 'account-not-found';
    const { user, texts } = found;
    const [, account, codes, trust, request] = texts;
    if (account === null) return 'account-not-found';
    return loadedOf(this.#keyring, query, {
      account: this.#known.account(account),
      user,
      codes: codes === none ? [] : JSON.parse(codes),
      trust: trust === null ? undefined : JSON.parse(trust),
      request: request === null ? undefined : JSON.parse(request),
      textsSpent: this.#textsSpent(query, now),
    });
  }

  /** What is known by a token's digest of the token itself. */
  authenticate(digest: string): Pick<Authentication, 'token' | 'user' | 'enabledAt'> | null {
    const found = this.#statements.authenticate.get(digest) as
      | [string, string | null, string | null]
      | undefined;
    if (!found) return null;
    return this.#known.authenticated(...found);
  }

  /** Whether the account has had its text messages of the day: so many for each active user. */
  #textsSpent({ kid, textsPerUser }: SignInQuery, now: Instant): boolean {
    if (textsPerUser === undefined) return false;
    const { sent } = this.#statements.textsToday.get(kid, dayStart(now)) as { sent: number };
    const needed = usersForOneMore(sent, textsPerUser);
    const { users } = this.#statements.usersUpTo.get(kid, needed) as { users: number };
    return users < needed;
  }

  /** Loads, decides and saves one step of a sign-in. */
  step<T>(
    actor: Actor,
    query: SignInQuery,
    decide: (subject: SignInSubject, now: Instant) => SignInOutcome<T>,
    now: Instant,
  ): { answer: T; notices: KeptNotice[] } | Missing {
    const loaded = this.#load(query, now);
    if (typeof loaded === 'string') return loaded;
    const outcome = decide(loaded.subject, now);
    const { verifiesToken } = outcome;
    const token =
      verifiesToken === undefined
        ? undefined
        : (this.#statements.token.get(verifiesToken) as Row | undefined);
    const deciding = { keyring: this.#keyring, actor, query, user: loaded.user, now, token };
    const writes = writesOf(deciding, outcome);
    if (writes) this.#save(writes, now);
    const locked = outcome.change?.lockedAt !== undefined;
    const notices = locked ? this.#tellOfLock(loaded, outcome.event, now) : [];
    if (writes) this.#requireKept(writes.user);
    return { answer: outcome.answer, notices };
  }

  /**
   * No guess is answered that left nothing: a trigger of somebody else's can undo what was written, and no statement says so.
   * @throws TwofaError `audit-broken`
   */
  #requireKept({ id, seal }: UserWrite): void {
    const kept = this.#statements.kept.get(id) as Row | undefined;
    if (kept?.head === seal.head && kept.link === seal.chain_link) return;
    const subject = subjectOf.user(id);
    throw new TwofaError(
      'audit-broken',
      `The store did not keep what was written to the row of ${subject}.`,
      {
        hint: 'Something in it undoes what twofa writes: look for triggers that twofa did not make, and ask who has written to it.',
        details: { subject },
      },
    );
  }

  /** Keeps what is told of a lock. */
  #tellOfLock(loaded: Loaded, event: NewEvent | null, now: Instant): KeptNotice[] {
    const { accountKid } = loaded.user;
    const administrators = this.#statements.administrators.all(accountKid) as Row[];
    return lockNotices(loaded, administrators, event, now).map(({ notice, row }) => {
      const { lastInsertRowid } = this.#statements.notice.run(row);
      const { accountName } = loaded.subject;
      return { ...notice, id: Number(lastInsertRowid), account: accountKid, accountName, sentAt: now };
    });
  }

  #saveUser(user: UserWrite): void {
    this.#statements.saveUser.run(
      user.attemptsLeft,
      user.lockedAt,
      user.lastVerifiedAt,
      user.emailProvedAt,
      user.phoneProvedAt,
      user.codesAfter,
      user.trustAfter,
      user.seal.chain_count,
      user.seal.chain_link,
      user.seal.key_id,
      user.seal.head,
      user.id,
    );
  }

  #save(writes: StepWrites, now: Instant): void {
    const run = this.#statements;
    const { user, codes, token } = writes;
    for (const event of writes.events) run.event.run(event);
    this.#saveUser(user);
    if (codes.expire) run.expireCodes.run(user.id, now);
    if (codes.end) run.endCodes.run(now, codes.end, user.id);
    if (writes.endTrust) run.endTrust.run(now, writes.endTrust, user.id);
    if (writes.trust) run.trustLocation.run(writes.trust);
    if (writes.message) run.message.run(writes.message);
    if (writes.code) run.code.run(writes.code);
    if (token) run.verifyToken.run(tokenBindings(token));
    if (writes.request) run.remember.run(writes.request);
  }

  /** Records how a message fared; a code's that failed for good ends its code. */
  settle(
    actor: Actor,
    messageId: string,
    receipt: Receipt,
    { remember, from }: NonNullable<Parameters<Store['settleMessage']>[3]>,
    now: Instant,
  ): void {
    const run = this.#statements;
    const found = run.settling.get(messageId) as [string, string, string, string] | undefined;
    if (!found) throw new Error(`There is no message ${messageId}.`);
    const [status, kind, via, json] = found;
    if (from !== undefined && status !== from) return;
    run.settle.run(receipt.status, receipt.reason, receipt.gatewayId ?? null, now, messageId);
    if (kind !== 'code') return;
    const row = JSON.parse(json) as Row;
    const message = { id: messageId, via, user: row };
    const { user, events, endsCode } = settleWritesOf(this.#keyring, actor, message, receipt, now);
    const recorded = remember ? this.#recorded(row, remember) : null;
    for (const event of events) run.event.run(event);
    this.#saveUser(user);
    if (endsCode) run.endUndelivered.run(now, user.id, messageId);
    if (!remember || recorded?.userId !== user.id) return;
    const { answer, ...request } = remember;
    const position = { count: user.seal.chain_count, link: user.seal.chain_link };
    run.remember.run(
      requestRow(this.#keyring, { ...request, userId: user.id }, { ...recorded, answer }, position),
    );
  }

  #recorded(user: Row, { app, id }: { app: string; id: string }) {
    const row = this.#statements.request.get(app, id) as Row | undefined;
    return recordedOf(this.#keyring, sealedUser(this.#keyring, user), row);
  }
}
