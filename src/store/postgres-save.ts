// The statements of the hot path on PostgreSQL that save: all of a step or nothing, written once for each kind of step.
import type { Instant } from '../rules/time.ts';
import { type Draft, Kinds } from './postgres-kinds.ts';
import type { Statement, Value } from './postgres-query.ts';
import type { Row } from './rows.ts';
import type { SettleWrites, StepWrites, TokenWrite, UserWrite } from './sign-in-rows.ts';

const numbers = new Set([
  ...['place', 'at', 'token_id', 'user_id', 'created_at', 'expires_at', 'trusted_at', 'tries', 'tried_at'],
]);

/** A statement that is put together part by part. */
class Parts<W> {
  readonly #draft: Draft<W>;
  readonly #parts: string[] = [];
  readonly #results = ['(SELECT count(*) FROM saved)'];

  constructor(draft: Draft<W>) {
    this.#draft = draft;
  }

  bind(value: (given: W) => unknown, type?: string): string {
    return this.#draft.bind(value as (given: W) => Value, type);
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

  /** Adds to the result a number that a part returns. */
  returns(name: string): void {
    this.#results.push(`(SELECT id FROM ${name})`);
  }

  get text(): string {
    return `WITH ${this.#parts.join(', ')} SELECT ${this.#results.join(', ')}`;
  }
}

/** The user's row, provided that the chain stands where it was loaded; everything else hangs on it. */
function saveUser<W>(parts: Parts<W>, user: (given: W) => UserWrite, guard = ''): void {
  const bind = (value: (user: UserWrite) => unknown) => parts.bind((given) => value(user(given)));
  parts.part(
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

function insertEvents<W extends { events: readonly Row[] }>(parts: Parts<W>, events: readonly Row[]): void {
  for (const [index, event] of events.entries()) {
    parts.insert(`event_${index}`, 'audit_events', Object.keys(event), (given) => given.events[index]);
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

function endCodes(parts: Parts<Saving>): void {
  const at = parts.bind(({ now }) => now, 'bigint');
  const reason = parts.bind(({ writes }) => writes.codes.end, 'text');
  const user = parts.bind(({ writes }) => writes.user.id, 'bigint');
  parts.part(
    'ended',
    `UPDATE codes SET ended_at = CASE WHEN expires_at <= ${at} THEN expires_at ELSE ${at} END,
      ended_reason = CASE WHEN expires_at <= ${at} THEN 'expired' ELSE ${reason} END
      WHERE user_id = ${user} AND ended_at IS NULL AND (expires_at <= ${at} OR ${reason} IS NOT NULL)
        AND EXISTS (SELECT 1 FROM saved)`,
  );
}

function endTrust(parts: Parts<Saving>): void {
  parts.part(
    'distrusted',
    `UPDATE trusted_locations SET ended_at = ${parts.bind(({ now }) => now)},
      ended_reason = ${parts.bind(({ writes }) => writes.endTrust)}
      WHERE user_id = ${parts.bind(({ writes }) => writes.user.id)} AND ended_at IS NULL AND EXISTS (SELECT 1 FROM saved)`,
  );
}

function proveToken(parts: Parts<Saving>): void {
  const bind = (value: (token: TokenWrite) => unknown) =>
    parts.bind(({ writes: { token } }) => token && value(token));
  parts.part(
    'proved',
    `UPDATE tokens SET verified_at = ${bind((to) => to.verifiedAt)}, verified_place = ${bind((to) => to.verifiedPlace)},
      chain_count = ${bind((to) => to.seal.chain_count)}, chain_link = ${bind((to) => to.seal.chain_link)},
      key_id = ${bind((to) => to.seal.key_id)}, head = ${bind((to) => to.seal.head)}
      WHERE id = ${bind((to) => to.id)} AND EXISTS (SELECT 1 FROM saved)`,
  );
}

/** The row of a token is saved with the user's, or neither is. */
function tokenGuard(parts: Parts<Saving>): string {
  const id = parts.bind(({ writes }) => writes.token?.id);
  const count = parts.bind(({ writes }) => writes.token?.loaded.count);
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

function writeStep(parts: Parts<Saving>, { writes, message, notices }: Saving, repeats: boolean): string {
  const { codes, trust, code, request } = writes;
  saveUser(parts, (given) => given.writes.user, writes.token ? tokenGuard(parts) : '');
  insertEvents(parts, writes.events);
  if (codes.expire || codes.end) endCodes(parts);
  if (writes.endTrust) endTrust(parts);
  if (trust) {
    parts.insert(
      'trusted',
      'trusted_locations',
      Object.keys(trust),
      (given) => given.writes.trust,
      trustAnew,
    );
  }
  if (message) parts.insert('message', 'messages', Object.keys(message), (given) => given.message);
  if (code) parts.insert('code', 'codes', Object.keys(code), (given) => given.writes.code);
  if (writes.token) proveToken(parts);
  if (request) {
    const after = repeats ? answerAnew : '';
    parts.insert('remembered', 'requests', Object.keys(request), (given) => given.writes.request, after);
  }
  for (const [index, notice] of notices.entries()) {
    const name = `notice_${index}`;
    parts.insert(name, 'notices', Object.keys(notice), (given) => given.notices[index], 'RETURNING id');
    parts.returns(name);
  }
  return parts.text;
}

/**
 * Saves a step.
 * @param notices what is told of a lock; the result has their numbers after the count of what was saved.
 * @param repeats whether an answer to this request is recorded already: a new one that another took meanwhile is a conflict.
 */
export function saveStatement(
  writes: StepWrites,
  { now, repeats, notices }: { now: Instant; repeats: boolean; notices: readonly Row[] },
): Statement {
  const message = writes.message && { kind: 'code', status: 'pending', ...writes.message };
  const saving = { writes, events: writes.events, message, now, notices };
  return steps.statement(kindOf(saving, repeats), saving, (draft) =>
    writeStep(new Parts(draft), saving, repeats),
  );
}

/** What the outcome of a message with a code saves, with the clock. */
interface Settling extends SettleWrites {
  message: { id: string; status: string; reason: string | null; gatewayId: string | null };
  request: Row | null;
  now: Instant;
}

const outcomes = new Kinds<Settling>('settle');

function writeOutcome(parts: Parts<Settling>, { events, endsCode, request }: Settling): string {
  saveUser(parts, (given) => given.user);
  insertEvents(parts, events);
  const id = parts.bind(({ message }) => message.id);
  const at = parts.bind(({ now }) => now);
  parts.part(
    'settled',
    `UPDATE messages SET status = ${parts.bind(({ message }) => message.status)},
      reason = ${parts.bind(({ message }) => message.reason)},
      gateway_id = coalesce(${parts.bind(({ message }) => message.gatewayId)}, gateway_id), settled_at = ${at}
      WHERE id = ${id} AND EXISTS (SELECT 1 FROM saved)`,
  );
  if (endsCode) {
    parts.part(
      'ended',
      `UPDATE codes SET ended_at = ${at}, ended_reason = 'undelivered'
        WHERE user_id = ${parts.bind(({ user }) => user.id)} AND message_id = ${id} AND ended_at IS NULL
          AND EXISTS (SELECT 1 FROM saved)`,
    );
  }
  if (request) {
    parts.insert('remembered', 'requests', Object.keys(request), (given) => given.request, answerAnew);
  }
  return parts.text;
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
  return outcomes.statement(kind, settling, (draft) => writeOutcome(new Parts(draft), settling));
}
