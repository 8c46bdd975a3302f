// The statements of the hot path on SQLite, each prepared once for a connection.
import type { Database, Statement } from 'better-sqlite3';
import { behind, joinEvent, wentOn } from './sealed.ts';

const columns = {
  accounts: [
    ...['kid', 'name', 'country', 'enabled_at', 'enabled_by', 'wanted', 'created_at', 'recovery_codes'],
    ...['chain_count', 'chain_link', 'key_id', 'head'],
  ],
  users: [
    ...['id', 'account_kid', 'username', 'name', 'email', 'email_key', 'email_problem', 'phone', 'phone_key'],
    ...['phone_problem', 'language', 'system_administrator', 'active', 'attempts_left', 'locked_at'],
    ...['last_verified_at', 'contact_changed_at', 'reminded_at', 'created_at', 'codes_after', 'trust_after'],
    ...['chain_count', 'chain_link', 'key_id', 'head'],
  ],
  tokens: [
    ...['id', 'digest', 'role', 'account_kid', 'user_id', 'app', 'name', 'may_contacts', 'lifetime_ms'],
    ...['created_at', 'expires_at', 'revoked_at', 'verified_at', 'verified_place'],
    ...['chain_count', 'chain_link', 'key_id', 'head'],
  ],
  codes: [
    ...['id', 'user_id', 'message_id', 'via', 'digest', 'created_at', 'ended_at', 'ended_reason'],
    ...['place', 'key_id', 'seal'],
  ],
  trusted_locations: [
    ...['user_id', 'location', 'trusted_at', 'expires_at', 'ended_at', 'ended_reason'],
    ...['place', 'key_id', 'seal'],
  ],
  requests: [
    ...['app', 'request_id', 'user_id', 'action', 'answer', 'created_at'],
    ...['place', 'key_id', 'seal'],
  ],
} as const;

/** A row as one JSON text: the driver takes far longer over a column than SQLite and the parser do. */
function asJson(table: keyof typeof columns, more: Record<string, string>): string {
  const own = columns[table].map((column) => `'${column}', ${table}.${column}`);
  const others = Object.entries(more).map(([name, value]) => `'${name}', ${value}`);
  return `json_object(${[...own, ...others].join(', ')})`;
}

const accountJson = asJson('accounts', { behind: wentOn('accounts') });
const userJson = asJson('users', { behind: wentOn('users') });
const tokenJson = asJson('tokens', { behind: wentOn('tokens') });
const madeBy = { event_link: 'made.link' };

/** All that a step is decided on; no code where `since` is null, and no trust or request where it is asked for none. */
const load = `SELECT ${userJson} AS user,
    (SELECT ${accountJson} FROM accounts WHERE kid = users.account_kid) AS account,
    (SELECT json_group_array(${asJson('codes', madeBy)} ORDER BY codes.created_at, codes.id)
      FROM codes ${joinEvent('codes', 'codes.ended_at IS NULL')}
      WHERE codes.user_id = users.id AND codes.created_at > ?) AS codes,
    (SELECT ${asJson('trusted_locations', madeBy)} FROM trusted_locations ${joinEvent('trusted_locations')}
      WHERE trusted_locations.user_id = users.id AND trusted_locations.location = ?) AS trust,
    (SELECT ${asJson('requests', madeBy)} FROM requests ${joinEvent('requests')}
      WHERE requests.app = ? AND requests.request_id = ?) AS request
  FROM users`;

const statements = {
  authenticate: `SELECT ${tokenJson}, CASE WHEN users.id IS NULL THEN NULL ELSE ${userJson} END,
      CASE WHEN accounts.kid IS NULL THEN NULL ELSE ${accountJson} END
    FROM tokens LEFT JOIN users ON users.id = tokens.user_id LEFT JOIN accounts ON accounts.kid = users.account_kid
    WHERE tokens.digest = ?`,
  account: 'SELECT 1 FROM accounts WHERE kid = ?',
  load: `${load} WHERE users.account_kid = ? AND users.username_key = ?`,
  loadById: `${load} WHERE users.account_kid = ? AND users.id = ?`,
  request: `SELECT requests.*, made.link AS event_link FROM requests ${joinEvent('requests')}
    WHERE app = ? AND request_id = ?`,
  saveUser: `UPDATE users SET attempts_left = ?, locked_at = ?, last_verified_at = ?,
    email_proved_at = coalesce(?, email_proved_at), phone_proved_at = coalesce(?, phone_proved_at),
    codes_after = ?, trust_after = ?, chain_count = ?, chain_link = ?, key_id = ?, head = ? WHERE id = ?`,
  kept: `SELECT users.head, newest.link FROM users JOIN audit_events AS newest
    ON newest.subject = 'user:' || users.id AND newest.place = users.chain_count WHERE users.id = ?`,
  event: `INSERT INTO audit_events
    (subject, place, at, actor, role, token_id, action, account, user, outcome, details, key_id, link)
    VALUES (@subject, @place, @at, @actor, @role, @token_id, @action, @account, @user, @outcome, @details, @key_id, @link)`,
  message: `INSERT INTO messages (id, user_id, account_kid, kind, via, recipient, app, status, created_at)
    VALUES (@id, @user_id, @account_kid, 'code', @via, @recipient, @app, 'pending', @created_at)`,
  code: `INSERT INTO codes (user_id, message_id, via, app, digest, created_at, expires_at, place, key_id, seal)
    VALUES (@user_id, @message_id, @via, @app, @digest, @created_at, @expires_at, @place, @key_id, @seal)`,
  expireCodes: `UPDATE codes SET ended_at = expires_at, ended_reason = 'expired'
    WHERE user_id = ? AND ended_at IS NULL AND expires_at <= ?`,
  endCodes: `UPDATE codes SET ended_at = ?, ended_reason = ? WHERE user_id = ? AND ended_at IS NULL`,
  trustLocation: `INSERT INTO trusted_locations (user_id, location, app, trusted_at, expires_at, place, key_id, seal)
    VALUES (@user_id, @location, @app, @trusted_at, @expires_at, @place, @key_id, @seal)
    ON CONFLICT (user_id, location) DO UPDATE SET app = excluded.app, trusted_at = excluded.trusted_at,
    expires_at = excluded.expires_at, place = excluded.place, key_id = excluded.key_id, seal = excluded.seal,
    ended_at = NULL, ended_reason = NULL`,
  endTrust: `UPDATE trusted_locations SET ended_at = ?, ended_reason = ?
    WHERE user_id = ? AND ended_at IS NULL`,
  remember: `INSERT INTO requests (app, request_id, user_id, action, answer, created_at, place, key_id, seal)
    VALUES (@app, @request_id, @user_id, @action, @answer, @created_at, @place, @key_id, @seal)
    ON CONFLICT (app, request_id) DO UPDATE SET user_id = excluded.user_id, action = excluded.action,
    answer = excluded.answer, created_at = excluded.created_at, place = excluded.place, key_id = excluded.key_id,
    seal = excluded.seal`,
  settling: `SELECT messages.status, messages.kind, messages.via, ${userJson} FROM messages
    JOIN users ON users.id = messages.user_id WHERE messages.id = ?`,
  administrators: `SELECT username, email, language FROM users WHERE account_kid = ? AND system_administrator AND active
    AND email IS NOT NULL AND email_problem IS NULL ORDER BY id`,
  notice: `INSERT INTO notices (account_kid, kind, about, recipient, email, language, details, status, tries, tried_at,
      created_at)
    VALUES (@account_kid, @kind, @about, @recipient, @email, @language, @details, @status, @tries, @tried_at,
      @created_at)`,
  token: `SELECT *, ${behind('tokens')} FROM tokens WHERE id = ?`,
  verifyToken: `UPDATE tokens SET verified_at = @verifiedAt, verified_place = @verifiedPlace,
    chain_count = @chain_count, chain_link = @chain_link, key_id = @key_id, head = @head WHERE id = @id`,
  textsToday: `SELECT count(*) AS sent FROM messages WHERE via = 'sms' AND account_kid = ? AND created_at >= ?`,
  usersUpTo: `SELECT count(*) AS users FROM (SELECT 1 FROM users WHERE account_kid = ? AND active LIMIT ?) AS some`,
  settle:
    'UPDATE messages SET status = ?, reason = ?, gateway_id = coalesce(?, gateway_id), settled_at = ? WHERE id = ?',
  endUndelivered: `UPDATE codes SET ended_at = ?, ended_reason = 'undelivered'
    WHERE user_id = ? AND message_id = ? AND ended_at IS NULL`,
} as const;

/** Statements whose rows come as arrays. */
const asArrays = new Set<string>(['authenticate', 'load', 'loadById', 'settling']);

export type Prepared = Record<keyof typeof statements, Statement>;

/** The statements of a connection, each prepared when first used. */
export function prepare(database: Database): Prepared {
  const prepared: Partial<Prepared> = {};
  return new Proxy(prepared as Prepared, {
    get: (_, name: keyof typeof statements) => {
      const statement = prepared[name] ?? database.prepare(statements[name]);
      prepared[name] ??= asArrays.has(name) ? statement.raw() : statement;
      return statement;
    },
  });
}
