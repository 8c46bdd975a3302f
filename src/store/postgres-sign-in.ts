// The hot path on PostgreSQL: a load, a decision, and a save that takes effect only where nothing changed since.
import type {
  Actor,
  KeptNotice,
  Receipt,
  SignInAhead,
  SignInOutcome,
  SignInQuery,
  SignInSubject,
  Store,
} from '../actions/store.ts';
import type { Keyring } from '../rules/keyring.ts';
import { foldKey, userIdShape } from '../rules/text.ts';
import { dayStart, usersForOneMore } from '../rules/text-ceiling.ts';
import type { Instant } from '../rules/time.ts';
import type { KnownSubjects } from './known-rows.ts';
import { type Connection, isConflict, isPlaceTaken } from './postgres-connect.ts';
import { ask, type Statement, type TextRow } from './postgres-query.ts';
import { saveStatement, settleStatement } from './postgres-save.ts';
import { type LoadKeys, loadStatement, settlingStatement } from './postgres-statements.ts';
import type { Row } from './rows.ts';
import { behind, notWritten, sealedUser } from './sealed.ts';
import {
  type Loaded,
  loadedOf,
  lockNotices,
  recordedOf,
  requestRow,
  type StepWrites,
  settleWritesOf,
  writesOf,
} from './sign-in-rows.ts';
import { subjectOf } from './trail.ts';

type Missing = 'account-not-found' | 'user-not-found';
export type Stepped<T> = { answer: T; notices: KeptNotice[] } | Missing;

/** A save that was sent: where its event would be, and what it would answer. */
interface Attempt<T> {
  subject: string;
  place: number;
  link: string;
  answer: { answer: T; notices: KeptNotice[] };
}

/** A step of a sign-in that is tried until it is saved, over as many connections as that takes. */
export class Step<T> {
  readonly #known: KnownSubjects;
  readonly #keyring: Keyring;
  readonly #actor: Actor;
  readonly #query: SignInQuery;
  readonly #decide: (subject: SignInSubject, now: Instant) => SignInOutcome<T>;
  #sent: Attempt<T>[] = [];
  /** What was loaded ahead, for the first try. */
  #ahead: LoadedAhead | undefined;

  constructor(
    known: KnownSubjects,
    ahead: LoadedAhead | undefined,
    actor: Actor,
    query: SignInQuery,
    decide: (subject: SignInSubject, now: Instant) => SignInOutcome<T>,
  ) {
    this.#known = known;
    this.#ahead = ahead && isOf(ahead, query) ? ahead : undefined;
    this.#keyring = known.keyring;
    this.#actor = actor;
    this.#query = query;
    this.#decide = decide;
  }

  /**
   * Tries once on a connection.
   * @param waits whether to wait for others at the user's row first: after a conflict, so that everybody gets their turn.
   * @returns null after a conflict, when nothing was saved.
   */
  async on(connection: Connection, waits: boolean): Promise<Stepped<T> | null> {
    try {
      return waits ? await this.#inTurn(connection) : await this.#once(connection);
    } catch (error) {
      if (isConflict(error)) return null;
      throw error;
    }
  }

  /** Waits for everybody who is at the user's row. Whoever finds it another one afterwards has found a row put back. */
  async #inTurn(connection: Connection): Promise<Stepped<T>> {
    await connection.query({ text: 'BEGIN' });
    try {
      await connection.query({
        text: 'SELECT 1 FROM users WHERE account_kid = $1 AND (username_key = $2 OR id = $3::bigint) FOR UPDATE',
        values: [this.#query.kid, foldKey(this.#query.user), idOf(this.#query.user)],
      });
      const stepped = await this.#once(connection);
      if (!stepped) throw notWritten(`${this.#query.kid}, ${this.#query.user}`);
      await connection.query({ text: 'COMMIT' });
      return stepped;
    } catch (error) {
      await connection.query({ text: 'ROLLBACK' }).catch(() => undefined);
      throw error;
    }
  }

  async #once(connection: Connection): Promise<Stepped<T> | null> {
    const done = this.#sent.length > 0 ? await this.#saved(connection) : null;
    if (done) return done;
    const found = await this.#load(connection);
    if (typeof found === 'string') return found;
    const { loaded, now, repeats } = found;
    const outcome = this.#decide(loaded.subject, now);
    const [token] =
      outcome.verifiesToken === undefined
        ? []
        : await rowsOf(
            connection,
            `SELECT row_to_json(t) AS row FROM (SELECT *, ${behind('tokens')} FROM tokens WHERE id = $1) AS t`,
            [outcome.verifiesToken],
          );
    const deciding = {
      keyring: this.#keyring,
      actor: this.#actor,
      query: this.#query,
      user: loaded.user,
      now,
      token,
    };
    const writes = writesOf(deciding, outcome);
    if (!writes) return { answer: outcome.answer, notices: [] };
    const told =
      outcome.change?.lockedAt === undefined ? [] : await this.#lockNotices(connection, loaded, outcome, now);
    const notices = told.map(({ row }) => row);
    const statement = saveStatement(writes, { now, repeats, notices });
    const saved = await this.#save(connection, statement, writes, outcome.answer);
    if (!saved) return null;
    const { accountName, kid: account } = loaded.subject;
    return {
      answer: outcome.answer,
      notices: told.map(({ notice }, index) => ({
        ...notice,
        id: Number(saved[index + 1]),
        account,
        accountName,
        sentAt: now,
      })),
    };
  }

  async #load(connection: Connection): Promise<{ loaded: Loaded; now: Instant; repeats: boolean } | Missing> {
    const { row, now } = this.#takeAhead() ?? (await this.#loadNow(connection));
    if (!row) return 'account-not-found';
    if (!row.user) return 'user-not-found';
    const loaded = loadedOf(this.#keyring, this.#query, {
      account: this.#known.account(row.account),
      user: row.user,
      codes: row.codes,
      trust: row.trust ?? undefined,
      request: row.request ?? undefined,
      textsSpent: await textsSpent(connection, this.#query, now),
    });
    return { loaded, now, repeats: row.request !== null };
  }

  /** What was loaded ahead decides the first try: the save takes effect only where nothing changed since. */
  #takeAhead(): Pick<LoadedAhead, 'row' | 'now'> | undefined {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    return ahead;
  }

  async #loadNow(connection: Connection): Promise<Pick<LoadedAhead, 'row' | 'now'>> {
    const [row] = await ask(connection, loadStatement(keysOf(this.#query)));
    const [now = null, ...columns] = row ?? [];
    return { row: stepRow(columns), now: Number(now) };
  }

  /** @returns the row that the save gave, or null where another came first. */
  async #save(
    connection: Connection,
    statement: Statement,
    writes: StepWrites,
    answer: T,
  ): Promise<TextRow | null> {
    const [event] = writes.events;
    const attempt = {
      subject: subjectOf.user(writes.user.id),
      place: Number(event?.place),
      link: String(event?.link),
      answer: { answer, notices: [] },
    };
    this.#sent.push(attempt);
    try {
      const [row] = await ask(connection, statement);
      this.#sent.pop();
      return row?.[0] === '1' ? row : null;
    } catch (error) {
      // Nothing was saved: the statement as a whole was refused.
      if (isConflict(error)) this.#sent.pop();
      if (isPlaceTaken(error)) return null;
      throw error;
    }
  }

  /** Looks whether a save took effect whose answer was lost. */
  async #saved(connection: Connection): Promise<{ answer: T; notices: KeptNotice[] } | null> {
    for (const { subject, place, link, answer } of this.#sent) {
      const found = await connection.query({
        text: 'SELECT 1 FROM audit_events WHERE subject = $1 AND place = $2 AND link = $3',
        values: [subject, place, link],
      });
      if (found.rows.length > 0) return answer;
    }
    return null;
  }

  async #lockNotices(connection: Connection, loaded: Loaded, { event }: SignInOutcome<T>, now: Instant) {
    const administrators = await rowsOf(
      connection,
      `SELECT row_to_json(u) AS row FROM users u WHERE account_kid = $1 AND system_administrator AND active
        AND email IS NOT NULL AND email_problem IS NULL ORDER BY id`,
      [loaded.user.accountKid],
    );
    return lockNotices(loaded, administrators, event, now);
  }
}

/** What a step is decided on. */
export interface StepRow {
  /** As JSON, by which it is known again. */
  account: string;
  user: Row | null;
  codes: Row[];
  trust: Row | null;
  request: Row | null;
}

function parsed<T>(json: string | null | undefined, absent: T): T {
  return json === null || json === undefined ? absent : JSON.parse(json);
}

/** What the columns of a step say; null where there is no such account. */
export function stepRow([account, user, codes, trust, request]: TextRow): StepRow | null {
  if (account === null || account === undefined) return null;
  return {
    account,
    user: parsed<Row | null>(user, null),
    codes: parsed<Row[]>(codes, []),
    trust: parsed<Row | null>(trust, null),
    request: parsed<Row | null>(request, null),
  };
}

/** What was loaded with a token, and for which step. */
export interface LoadedAhead {
  ahead: SignInAhead;
  /** Null where there is no such account. */
  row: StepRow | null;
  now: Instant;
}

/** What a step is loaded by. */
export function keysOf({ kid, user, codes, location, app, requestId }: SignInAhead): LoadKeys {
  return { kid, usernameKey: foldKey(user), username: user, id: idOf(user), codes, location, app, requestId };
}

/** Whether what was loaded is what a query asks for. */
function isOf({ ahead, row }: LoadedAhead, query: SignInQuery): boolean {
  const { user = null, request = null } = row ?? {};
  return (
    (user === null || user.account_kid === query.kid) &&
    (request === null || request.app === query.app) &&
    ahead.user === query.user &&
    ahead.location === query.location &&
    ahead.requestId === query.requestId &&
    ahead.codes === query.codes
  );
}

function idOf(name: string): number | null {
  const id = userIdShape.exec(name)?.[1];
  return id === undefined ? null : Number(id);
}

async function rowsOf(connection: Connection, query: string, values: unknown[]): Promise<Row[]> {
  const { rows } = await connection.query({ text: query, values });
  return rows.map(({ row }) => row as Row);
}

/** Whether the account has had its text messages of the day: so many for each active user. */
async function textsSpent(connection: Connection, query: SignInQuery, now: Instant): Promise<boolean> {
  const { kid, textsPerUser } = query;
  if (textsPerUser === undefined) return false;
  const sent = await connection.query({
    text: `SELECT count(*) AS sent FROM messages WHERE via = 'sms' AND account_kid = $1 AND created_at >= $2`,
    values: [kid, dayStart(now)],
  });
  const needed = usersForOneMore(Number(sent.rows[0]?.sent), textsPerUser);
  const users = await connection.query({
    text: 'SELECT count(*) AS users FROM (SELECT 1 FROM users WHERE account_kid = $1 AND active LIMIT $2) AS some',
    values: [kid, needed],
  });
  return Number(users.rows[0]?.users) < needed;
}

type SettleMore = NonNullable<Parameters<Store['settleMessage']>[3]>;

/** What the outcome of a message is decided on; null where there is no such message. */
async function settlingOf(connection: Connection, messageId: string, remember: SettleMore['remember']) {
  const [row] = await ask(connection, settlingStatement(messageId, remember));
  if (!row) return null;
  const [now, kind, via, status, user, request] = row;
  return {
    now: Number(now),
    kind,
    via: String(via),
    status,
    user: parsed<Row>(user, {}),
    request: parsed<Row | null>(request, null),
  };
}

/** Records how a message fared, in one try. @returns whether it was saved, or needs no saving. */
export async function settleOnce(
  connection: Connection,
  keyring: Keyring,
  {
    actor,
    messageId,
    receipt,
    more,
  }: { actor: Actor; messageId: string; receipt: Receipt; more: SettleMore },
): Promise<boolean> {
  const { remember, from } = more;
  const found = await settlingOf(connection, messageId, remember);
  if (!found) throw new Error(`There is no message ${messageId}.`);
  const { now, kind, via, status, user, request: before } = found;
  if (from !== undefined && status !== from) return true;
  const settled = { id: messageId, ...receipt, gatewayId: receipt.gatewayId ?? null };
  if (kind !== 'code') {
    await connection.query({
      text: `UPDATE messages SET status = $2, reason = $3, gateway_id = coalesce($4, gateway_id), settled_at = $5 WHERE id = $1`,
      values: [messageId, settled.status, settled.reason, settled.gatewayId, now],
    });
    return true;
  }
  const message = { id: messageId, via, user };
  const writes = settleWritesOf(keyring, actor, message, receipt, now);
  const recorded = remember ? recordedOf(keyring, sealedUser(keyring, user), before ?? undefined) : null;
  const { chain_count: count, chain_link: link } = writes.user.seal;
  const request =
    remember && recorded?.userId === writes.user.id
      ? requestRow(
          keyring,
          { app: remember.app, id: remember.id, userId: recorded.userId },
          { ...recorded, answer: remember.answer },
          { count, link },
        )
      : null;
  const [saved] = await ask(connection, settleStatement(writes, settled, request, now));
  return saved?.[0] === '1';
}
