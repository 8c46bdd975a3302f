// The statements of the hot path on PostgreSQL: one that loads, and one that saves all of a step or nothing.
import type { CodeEnd } from '../rules/code.ts';
import { codeLifetimeMs, endedCodeRetentionMs } from '../rules/constants.ts';
import type { Instant } from '../rules/time.ts';
import type { Row } from './rows.ts';
import { behind, joinEvent } from './sealed.ts';
import type { SettleWrites, StepWrites, TokenWrite, UserWrite } from './sign-in-rows.ts';

/** A named statement, which the server prepares once for each connection. */
export interface Statement {
  name: string;
  text: string;
  values: unknown[];
}

/** The server's clock in milliseconds, read as the rows are. */
export const serverNow = '(extract(epoch FROM clock_timestamp()) * 1000)::bigint';

/** How far a standby is behind, in milliseconds: by what it has received and not applied yet. 0 on a primary. */
export const behindMs = `CASE
  WHEN NOT pg_is_in_recovery() OR pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
  ELSE greatest(0, extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) * 1000)::bigint END`;

const authenticate = `SELECT row_to_json(t) AS token, row_to_json(u) AS "user", row_to_json(a) AS account,
    (SELECT row_to_json(i) FROM (SELECT sandbox, staging, restored_at FROM installation WHERE id = 1) AS i) AS installation,
    ${serverNow} AS now
  FROM (SELECT *, ${behind('tokens')} FROM tokens WHERE digest = $1) AS t
  LEFT JOIN LATERAL (SELECT *, ${behind('users')} FROM users WHERE id = t.user_id) AS u ON true
  LEFT JOIN LATERAL (SELECT *, ${behind('accounts')} FROM accounts WHERE kid = u.account_kid) AS a ON true`;

export function authenticateStatement(digest: string): Statement {
  return { name: 'authenticate', text: authenticate, values: [digest] };
}

/** The recorded answer of an application's request, with the link of the event that it was saved with. */
export function requestBy(app: string, id: string): string {
  return `(SELECT row_to_json(r) FROM (SELECT requests.*, made.link AS event_link FROM requests ${joinEvent('requests')}
    WHERE requests.app = ${app} AND requests.request_id = ${id}) AS r)`;
}

const load = `SELECT row_to_json(a) AS account, row_to_json(u) AS "user", ${serverNow} AS now,
    (SELECT coalesce(json_agg(c ORDER BY c.created_at, c.id), '[]') FROM (
      SELECT codes.*, made.link AS event_link FROM codes ${joinEvent('codes')} AND codes.ended_at IS NULL
      WHERE $5::boolean AND codes.user_id = u.id
        AND codes.created_at > ${serverNow} - ${codeLifetimeMs + endedCodeRetentionMs}) AS c) AS codes,
    (SELECT row_to_json(l) FROM (
      SELECT trusted_locations.*, made.link AS event_link FROM trusted_locations ${joinEvent('trusted_locations')}
      WHERE trusted_locations.user_id = u.id AND trusted_locations.location = $6) AS l) AS trust,
    ${requestBy('$7', '$8')} AS request
  FROM (SELECT *, ${behind('accounts')} FROM accounts WHERE kid = $1) AS a LEFT JOIN LATERAL (
    SELECT *, ${behind('users')} FROM users WHERE account_kid = a.kid AND username_key = $2 AND username = $3
    UNION ALL SELECT *, ${behind('users')} FROM users WHERE account_kid = a.kid AND id = $4::bigint LIMIT 1) AS u ON true`;

/** What a step is loaded by. */
export interface LoadKeys {
  kid: string;
  usernameKey: string;
  username: string;
  /** The number of a user named by id. */
  id: number | null;
  codes: boolean;
  location: string | null;
  app: string;
  requestId: string | null;
}

export function loadStatement(keys: LoadKeys): Statement {
  const { kid, usernameKey, username, id, codes, location, app, requestId } = keys;
  return {
    name: 'load',
    text: load,
    values: [kid, usernameKey, username, id, codes, location, app, requestId],
  };
}

const numbers = new Set([
  ...['place', 'at', 'token_id', 'user_id', 'created_at', 'expires_at', 'trusted_at', 'tries', 'tried_at'],
]);

/** Text with its values, put together part by part. */
class Draft {
  readonly values: unknown[] = [];
  readonly #parts: string[] = [];
  readonly #results = ['(SELECT count(*) FROM saved) AS saved'];

  bind(value: unknown, type?: string): string {
    this.values.push(value);
    return `$${this.values.length}${type === undefined ? '' : `::${type}`}`;
  }

  /** Adds a part that takes effect when the user's row was saved. */
  part(name: string, text: string): void {
    this.#parts.push(`${name} AS (${text})`);
  }

  insert(name: string, table: string, row: Row, after = ''): void {
    const columns = Object.keys(row);
    const values = columns.map((column) => this.bind(row[column], numbers.has(column) ? 'bigint' : 'text'));
    const named = columns.map((column) => `"${column}"`).join(', ');
    this.part(name, `INSERT INTO ${table} (${named}) SELECT ${values.join(', ')} FROM saved ${after}`);
  }

  /** Adds a notice, whose number the result has under its name. */
  notice(name: string, row: Row): void {
    this.insert(name, 'notices', row, 'RETURNING id');
    this.#results.push(`(SELECT id FROM ${name}) AS ${name}`);
  }

  get text(): string {
    return `WITH ${this.#parts.join(', ')} SELECT ${this.#results.join(', ')}`;
  }
}

const names = new Map<string, string>();

/** A name for each text that there is: what is written decides which of a few dozen it is. */
function named(draft: Draft): Statement {
  const { text, values } = draft;
  const name = names.get(text) ?? `save_${names.size + 1}`;
  names.set(text, name);
  return { name, text, values };
}

/** The user's row, provided that the chain stands where it was loaded; everything else hangs on it. */
function saveUser(draft: Draft, user: UserWrite, guard: string): void {
  const { seal, loaded } = user;
  draft.part(
    'saved',
    `UPDATE users SET attempts_left = ${draft.bind(user.attemptsLeft)}, locked_at = ${draft.bind(user.lockedAt)},
      last_verified_at = ${draft.bind(user.lastVerifiedAt)},
      email_proved_at = coalesce(${draft.bind(user.emailProvedAt)}, email_proved_at),
      phone_proved_at = coalesce(${draft.bind(user.phoneProvedAt)}, phone_proved_at),
      codes_after = ${draft.bind(user.codesAfter)}, trust_after = ${draft.bind(user.trustAfter)},
      chain_count = ${draft.bind(seal.chain_count)}, chain_link = ${draft.bind(seal.chain_link)},
      key_id = ${draft.bind(seal.key_id)}, head = ${draft.bind(seal.head)}
      WHERE id = ${draft.bind(user.id)} AND chain_count = ${draft.bind(loaded.count)}
        AND chain_link = ${draft.bind(loaded.link)} ${guard} RETURNING id`,
  );
}

/** The row of a token is saved with the user's, or neither is. */
function tokenGuard(draft: Draft, token: TokenWrite | null): string {
  if (!token) return '';
  const { id, loaded } = token;
  return `AND EXISTS (SELECT 1 FROM tokens WHERE id = ${draft.bind(id)} AND chain_count = ${draft.bind(loaded.count)})`;
}

function endCodes(draft: Draft, userId: number, end: CodeEnd | null, now: Instant): void {
  const at = draft.bind(now, 'bigint');
  const reason = draft.bind(end, 'text');
  const user = draft.bind(userId, 'bigint');
  draft.part(
    'ended',
    `UPDATE codes SET ended_at = CASE WHEN expires_at <= ${at} THEN expires_at ELSE ${at} END,
      ended_reason = CASE WHEN expires_at <= ${at} THEN 'expired' ELSE ${reason} END
      WHERE user_id = ${user} AND ended_at IS NULL AND (expires_at <= ${at} OR ${reason} IS NOT NULL)
        AND EXISTS (SELECT 1 FROM saved)`,
  );
}

const trustAnew = `ON CONFLICT (user_id, location) DO UPDATE SET app = excluded.app, trusted_at = excluded.trusted_at,
  expires_at = excluded.expires_at, place = excluded.place, key_id = excluded.key_id, seal = excluded.seal,
  ended_at = NULL, ended_reason = NULL`;

const answerAnew = `ON CONFLICT (app, request_id) DO UPDATE SET user_id = excluded.user_id, action = excluded.action,
  answer = excluded.answer, created_at = excluded.created_at, place = excluded.place, key_id = excluded.key_id,
  seal = excluded.seal`;

/**
 * Saves a step.
 * @param notices what is told of a lock; the result has their numbers as notice_0, notice_1 ….
 * @param repeats whether an answer to this request is recorded already: a new one that another took meanwhile is a conflict.
 */
export function saveStatement(
  writes: StepWrites,
  { now, repeats, notices }: { now: Instant; repeats: boolean; notices: readonly Row[] },
): Statement {
  const draft = new Draft();
  const { user, codes, token } = writes;
  saveUser(draft, user, tokenGuard(draft, token));
  for (const [index, event] of writes.events.entries()) draft.insert(`event_${index}`, 'audit_events', event);
  if (codes.expire || codes.end) endCodes(draft, user.id, codes.end, now);
  if (writes.endTrust) {
    draft.part(
      'distrusted',
      `UPDATE trusted_locations SET ended_at = ${draft.bind(now)}, ended_reason = ${draft.bind(writes.endTrust)}
        WHERE user_id = ${draft.bind(user.id)} AND ended_at IS NULL AND EXISTS (SELECT 1 FROM saved)`,
    );
  }
  if (writes.trust) draft.insert('trusted', 'trusted_locations', writes.trust, trustAnew);
  if (writes.message)
    draft.insert('message', 'messages', { ...writes.message, kind: 'code', status: 'pending' });
  if (writes.code) draft.insert('code', 'codes', writes.code);
  if (token) {
    const { seal } = token;
    draft.part(
      'proved',
      `UPDATE tokens SET verified_at = ${draft.bind(token.verifiedAt)}, verified_place = ${draft.bind(token.verifiedPlace)},
        chain_count = ${draft.bind(seal.chain_count)}, chain_link = ${draft.bind(seal.chain_link)},
        key_id = ${draft.bind(seal.key_id)}, head = ${draft.bind(seal.head)}
        WHERE id = ${draft.bind(token.id)} AND EXISTS (SELECT 1 FROM saved)`,
    );
  }
  if (writes.request) draft.insert('remembered', 'requests', writes.request, repeats ? answerAnew : '');
  for (const [index, notice] of notices.entries()) draft.notice(`notice_${index}`, notice);
  return named(draft);
}

/** Saves the outcome of a message with a code. */
export function settleStatement(
  writes: SettleWrites,
  message: { id: string; status: string; reason: string | null; gatewayId: string | null },
  request: Row | null,
  now: Instant,
): Statement {
  const draft = new Draft();
  saveUser(draft, writes.user, '');
  for (const [index, event] of writes.events.entries()) draft.insert(`event_${index}`, 'audit_events', event);
  const id = draft.bind(message.id);
  const at = draft.bind(now);
  draft.part(
    'settled',
    `UPDATE messages SET status = ${draft.bind(message.status)}, reason = ${draft.bind(message.reason)},
      gateway_id = coalesce(${draft.bind(message.gatewayId)}, gateway_id), settled_at = ${at}
      WHERE id = ${id} AND EXISTS (SELECT 1 FROM saved)`,
  );
  if (writes.endsCode) {
    draft.part(
      'ended',
      `UPDATE codes SET ended_at = ${at}, ended_reason = 'undelivered'
        WHERE user_id = ${draft.bind(writes.user.id)} AND message_id = ${id} AND ended_at IS NULL
          AND EXISTS (SELECT 1 FROM saved)`,
    );
  }
  if (request) draft.insert('remembered', 'requests', request, answerAnew);
  return named(draft);
}
