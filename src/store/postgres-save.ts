// The statements of the hot path on PostgreSQL that save: all of a step or nothing, written once for each kind of step.
import type { Instant } from '../rules/time.ts';
import type { Statement } from './postgres-statements.ts';
import type { Row } from './rows.ts';
import type { SettleWrites, StepWrites, TokenWrite, UserWrite } from './sign-in-rows.ts';

const numbers = new Set([
  ...['place', 'at', 'token_id', 'user_id', 'created_at', 'expires_at', 'trusted_at', 'tries', 'tried_at'],
]);

/** A statement that is put together part by part, with how each of its values is got of what is saved. */
class Draft<W> {
  readonly #values: ((given: W) => unknown)[] = [];
  readonly #parts: string[] = [];
  readonly #results = ['(SELECT count(*) FROM saved) AS saved'];

  bind(value: (given: W) => unknown, type?: string): string {
    this.#values.push(value);
    return `$${this.#values.length}${type === undefined ? '' : `::${type}`}`;
  }

  /** Adds a part that takes effect when the user's row was saved. */
  part(name: string, text: string): void {
    this.#parts.push(`${name} AS (${text})`);
  }

  /** @param columns those of each row that is inserted at this place. */
  insert(
    name: string,
    table: string,
    columns: readonly string[],
    row: (given: W) => Row | null | undefined,
    after = '',
  ): void {
    const values = columns.map((column) =>
      this.bind((given) => row(given)?.[column], numbers.has(column) ? 'bigint' : 'text'),
    );
    const named = columns.map((column) => `"${column}"`).join(', ');
    this.part(name, `INSERT INTO ${table} (${named}) SELECT ${values.join(', ')} FROM saved ${after}`);
  }

  /** Adds to the result a number that a part returns, under the part's name. */
  returns(name: string): void {
    this.#results.push(`(SELECT id FROM ${name}) AS ${name}`);
  }

  /** The statement, under a name, for whatever of this kind is saved. */
  finish(name: string): (given: W) => Statement {
    const text = `WITH ${this.#parts.join(', ')} SELECT ${this.#results.join(', ')}`;
    const values = this.#values;
    return (given) => ({ name, text, values: values.map((value) => value(given)) });
  }
}

/** Statements by what they save, of which there are a few dozen: each is written once, and prepared once a connection. */
class Kinds<W> {
  readonly #prefix: string;
  readonly #made = new Map<string, (given: W) => Statement>();

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** @param write puts the statement of a kind together. */
  statement(kind: string, given: W, write: (draft: Draft<W>) => void): Statement {
    let made = this.#made.get(kind);
    if (!made) {
      const draft = new Draft<W>();
      write(draft);
      made = draft.finish(`${this.#prefix}_${kind}`);
      this.#made.set(kind, made);
    }
    return made(given);
  }
}

/** The user's row, provided that the chain stands where it was loaded; everything else hangs on it. */
function saveUser<W>(draft: Draft<W>, user: (given: W) => UserWrite, guard = ''): void {
  const bind = (value: (user: UserWrite) => unknown) => draft.bind((given) => value(user(given)));
  draft.part(
    'saved',
    `UPDATE users SET attempts_left = ${bind((to) => to.attemptsLeft)}, locked_at = ${bind((to) => to.lockedAt)},
      last_verified_at = ${bind((to) => to.lastVerifiedAt)},
      email_proved_at = coalesce(${bind((to) => to.emailProvedAt)}, email_proved_at),
      phone_proved_at = coalesce(${bind((to) => to.phoneProvedAt)}, phone_proved_at),
      codes_after = ${bind((to) => to.codesAfter)}, trust_after = ${bind((to) => to.trustAfter)},
      chain_count = ${bind((to) => to.seal.chain_count)}, chain_link = ${bind((to) => to.seal.chain_link)},
      key_id = ${bind((to) => to.seal.key_id)}, head = ${bind((to) => to.seal.head)}
      WHERE id = ${bind((to) => to.id)} AND chain_count = ${bind((to) => to.loaded.count)}
        AND chain_link = ${bind((to) => to.loaded.link)} ${guard} RETURNING id`,
  );
}

function insertEvents<W extends { events: readonly Row[] }>(draft: Draft<W>, events: readonly Row[]): void {
  for (const [index, event] of events.entries()) {
    draft.insert(`event_${index}`, 'audit_events', Object.keys(event), (given) => given.events[index]);
  }
}

/** What a step saves, with the clock, and with what is told of a lock. */
interface Saving {
  writes: StepWrites;
  events: readonly Row[];
  message: Row | null;
  now: Instant;
  notices: readonly Row[];
}

function endCodes(draft: Draft<Saving>): void {
  const at = draft.bind(({ now }) => now, 'bigint');
  const reason = draft.bind(({ writes }) => writes.codes.end, 'text');
  const user = draft.bind(({ writes }) => writes.user.id, 'bigint');
  draft.part(
    'ended',
    `UPDATE codes SET ended_at = CASE WHEN expires_at <= ${at} THEN expires_at ELSE ${at} END,
      ended_reason = CASE WHEN expires_at <= ${at} THEN 'expired' ELSE ${reason} END
      WHERE user_id = ${user} AND ended_at IS NULL AND (expires_at <= ${at} OR ${reason} IS NOT NULL)
        AND EXISTS (SELECT 1 FROM saved)`,
  );
}

function endTrust(draft: Draft<Saving>): void {
  draft.part(
    'distrusted',
    `UPDATE trusted_locations SET ended_at = ${draft.bind(({ now }) => now)},
      ended_reason = ${draft.bind(({ writes }) => writes.endTrust)}
      WHERE user_id = ${draft.bind(({ writes }) => writes.user.id)} AND ended_at IS NULL AND EXISTS (SELECT 1 FROM saved)`,
  );
}

function proveToken(draft: Draft<Saving>): void {
  const bind = (value: (token: TokenWrite) => unknown) =>
    draft.bind(({ writes: { token } }) => token && value(token));
  draft.part(
    'proved',
    `UPDATE tokens SET verified_at = ${bind((to) => to.verifiedAt)}, verified_place = ${bind((to) => to.verifiedPlace)},
      chain_count = ${bind((to) => to.seal.chain_count)}, chain_link = ${bind((to) => to.seal.chain_link)},
      key_id = ${bind((to) => to.seal.key_id)}, head = ${bind((to) => to.seal.head)}
      WHERE id = ${bind((to) => to.id)} AND EXISTS (SELECT 1 FROM saved)`,
  );
}

/** The row of a token is saved with the user's, or neither is. */
function tokenGuard(draft: Draft<Saving>): string {
  const id = draft.bind(({ writes }) => writes.token?.id);
  const count = draft.bind(({ writes }) => writes.token?.loaded.count);
  return `AND EXISTS (SELECT 1 FROM tokens WHERE id = ${id} AND chain_count = ${count})`;
}

const trustAnew = `ON CONFLICT (user_id, location) DO UPDATE SET app = excluded.app, trusted_at = excluded.trusted_at,
  expires_at = excluded.expires_at, place = excluded.place, key_id = excluded.key_id, seal = excluded.seal,
  ended_at = NULL, ended_reason = NULL`;

const answerAnew = `ON CONFLICT (app, request_id) DO UPDATE SET user_id = excluded.user_id, action = excluded.action,
  answer = excluded.answer, created_at = excluded.created_at, place = excluded.place, key_id = excluded.key_id,
  seal = excluded.seal`;

const steps = new Kinds<Saving>('save');

/** Which of the statements of a step is needed: a letter for each part that it has. */
function kindOf({ writes, notices }: Saving, repeats: boolean): string {
  const { codes, token, trust, message, code, request, events } = writes;
  return [
    ...[`e${events.length}`, token && 'p', (codes.expire || codes.end) && 'x', writes.endTrust && 'd'],
    ...[trust && 't', message && 'm', code && 'c', request && (repeats ? 'a' : 'r'), `n${notices.length}`],
  ]
    .filter((part) => part)
    .join('');
}

function writeStep(draft: Draft<Saving>, { writes, message, notices }: Saving, repeats: boolean): void {
  const { codes, trust, code, request } = writes;
  saveUser(draft, (given) => given.writes.user, writes.token ? tokenGuard(draft) : '');
  insertEvents(draft, writes.events);
  if (codes.expire || codes.end) endCodes(draft);
  if (writes.endTrust) endTrust(draft);
  if (trust) {
    draft.insert(
      'trusted',
      'trusted_locations',
      Object.keys(trust),
      (given) => given.writes.trust,
      trustAnew,
    );
  }
  if (message) draft.insert('message', 'messages', Object.keys(message), (given) => given.message);
  if (code) draft.insert('code', 'codes', Object.keys(code), (given) => given.writes.code);
  if (writes.token) proveToken(draft);
  if (request) {
    const after = repeats ? answerAnew : '';
    draft.insert('remembered', 'requests', Object.keys(request), (given) => given.writes.request, after);
  }
  for (const [index, notice] of notices.entries()) {
    const name = `notice_${index}`;
    draft.insert(name, 'notices', Object.keys(notice), (given) => given.notices[index], 'RETURNING id');
    draft.returns(name);
  }
}

/**
 * Saves a step.
 * @param notices what is told of a lock; the result has their numbers as notice_0, notice_1 ….
 * @param repeats whether an answer to this request is recorded already: a new one that another took meanwhile is a conflict.
 */
export function saveStatement(
  writes: StepWrites,
  { now, repeats, notices }: { now: Instant; repeats: boolean; notices: readonly Row[] },
): Statement {
  const message = writes.message && { kind: 'code', status: 'pending', ...writes.message };
  const saving = { writes, events: writes.events, message, now, notices };
  return steps.statement(kindOf(saving, repeats), saving, (draft) => writeStep(draft, saving, repeats));
}

/** What the outcome of a message with a code saves, with the clock. */
interface Settling extends SettleWrites {
  message: { id: string; status: string; reason: string | null; gatewayId: string | null };
  request: Row | null;
  now: Instant;
}

const outcomes = new Kinds<Settling>('settle');

function writeOutcome(draft: Draft<Settling>, { events, endsCode, request }: Settling): void {
  saveUser(draft, (given) => given.user);
  insertEvents(draft, events);
  const id = draft.bind(({ message }) => message.id);
  const at = draft.bind(({ now }) => now);
  draft.part(
    'settled',
    `UPDATE messages SET status = ${draft.bind(({ message }) => message.status)},
      reason = ${draft.bind(({ message }) => message.reason)},
      gateway_id = coalesce(${draft.bind(({ message }) => message.gatewayId)}, gateway_id), settled_at = ${at}
      WHERE id = ${id} AND EXISTS (SELECT 1 FROM saved)`,
  );
  if (endsCode) {
    draft.part(
      'ended',
      `UPDATE codes SET ended_at = ${at}, ended_reason = 'undelivered'
        WHERE user_id = ${draft.bind(({ user }) => user.id)} AND message_id = ${id} AND ended_at IS NULL
          AND EXISTS (SELECT 1 FROM saved)`,
    );
  }
  if (request) {
    draft.insert('remembered', 'requests', Object.keys(request), (given) => given.request, answerAnew);
  }
}

/** Saves the outcome of a message with a code. */
export function settleStatement(
  { user, events, endsCode }: SettleWrites,
  message: Settling['message'],
  request: Row | null,
  now: Instant,
): Statement {
  const settling = { user, events, endsCode, message, request, now };
  const kind = `e${events.length}${endsCode ? 'x' : ''}${request ? 'a' : ''}`;
  return outcomes.statement(kind, settling, (draft) => writeOutcome(draft, settling));
}
