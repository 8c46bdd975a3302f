// The same work by hand on SQLite: better-sqlite3 with prepared statements, the same rows and commits, without twofa.
//
// It has what the contract asks of anybody: the token found by its digest and still worth something, the account, the user
// and what they hold found as they were written and not put back (heads, seals, places), the answer only after a look at
// what was kept, the chained event and the new head, the code's HMAC, the message in the outbox, and each in the commits of
// its own that the product makes. It has nothing else: no request that is read and checked, no permission, no promise.
import { join } from 'node:path';
import Database from '../support/sqlite.js';
import {
  codeDigest,
  codeSeal,
  codesKept,
  deliver,
  isTrusted,
  keysOf,
  minute,
  newCode,
  newMessageId,
  nextEvent,
  outstanding,
  requireToken,
  requireWritten,
  tokenDigest,
  trustSeal,
  week,
} from './by-hand.js';

const wentOn = (table, subject) =>
  `EXISTS (SELECT 1 FROM audit_events AS later WHERE later.subject = ${subject} AND later.place = ${table}.chain_count + 1)
    AS behind`;
const made = (table) =>
  `LEFT JOIN audit_events AS made ON made.subject = 'user:' || ${table}.user_id AND made.place = ${table}.place`;

const statements = {
  token: `SELECT *, ${wentOn('tokens', "'token:' || id")} FROM tokens WHERE digest = ?`,
  account: `SELECT *, ${wentOn('accounts', "'account:' || kid")} FROM accounts WHERE kid = ?`,
  user: `SELECT *, ${wentOn('users', "'user:' || id")} FROM users WHERE account_kid = ? AND username_key = ?`,
  codes: `SELECT codes.*, made.link AS event_link FROM codes ${made('codes')} WHERE user_id = ? AND created_at > ?
    ORDER BY created_at, id`,
  trust: `SELECT trusted_locations.*, made.link AS event_link FROM trusted_locations ${made('trusted_locations')}
    WHERE user_id = ? AND location = ?`,
  event: `INSERT INTO audit_events (subject, place, at, actor, role, token_id, action, account, user, outcome, details, key_id,
    link) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  saveUser: `UPDATE users SET attempts_left = ?, locked_at = ?, last_verified_at = ?, email_proved_at = coalesce(?,
    email_proved_at), codes_after = ?, chain_count = ?, chain_link = ?, key_id = ?, head = ? WHERE id = ?`,
  kept: `SELECT users.head, newest.link FROM users JOIN audit_events AS newest ON newest.subject = 'user:' || users.id
    AND newest.place = users.chain_count WHERE users.id = ?`,
  message: `INSERT INTO messages (id, user_id, account_kid, kind, via, recipient, app, status, created_at)
    VALUES (?, ?, ?, 'code', 'email', ?, ?, 'pending', ?)`,
  code: `INSERT INTO codes (user_id, message_id, via, app, digest, created_at, expires_at, place, key_id, seal)
    VALUES (?, ?, 'email', ?, ?, ?, ?, ?, ?, ?)`,
  sent: `SELECT users.*, ${wentOn('users', "'user:' || users.id")} FROM messages JOIN users ON users.id = messages.user_id
    WHERE messages.id = ?`,
  settle: "UPDATE messages SET status = 'delivered', settled_at = ? WHERE id = ?",
  expire: `UPDATE codes SET ended_at = expires_at, ended_reason = 'expired' WHERE user_id = ? AND ended_at IS NULL
    AND expires_at <= ?`,
  end: 'UPDATE codes SET ended_at = ?, ended_reason = ? WHERE user_id = ? AND ended_at IS NULL',
  trustLocation: `INSERT INTO trusted_locations (user_id, location, app, trusted_at, expires_at, place, key_id, seal)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (user_id, location) DO UPDATE SET trusted_at = excluded.trusted_at,
    expires_at = excluded.expires_at, place = excluded.place, key_id = excluded.key_id, seal = excluded.seal,
    ended_at = NULL, ended_reason = NULL`,
};

/** Issue, verify and login on the store of a home. @param token of an application, as `token create` printed it. */
export function openFloor(home, kid, app, { id, token }) {
  const key = keysOf(home);
  const tokenId = Number(id.slice(4));
  const database = new Database(join(home, 'twofa.sqlite'), { timeout: 30_000 });
  for (const pragma of ['synchronous = FULL', 'foreign_keys = ON', 'wal_autocheckpoint = 10000']) {
    database.pragma(pragma);
  }
  const sql = Object.fromEntries(
    Object.entries(statements).map(([name, text]) => [name, database.prepare(text)]),
  );

  function authenticate() {
    requireToken(key, sql.token.get(tokenDigest(token)), Date.now());
  }

  function load(name) {
    const account = sql.account.get(kid);
    requireWritten(key, 'account', account);
    const user = sql.user.get(kid, name);
    requireWritten(key, 'user', user);
    return user;
  }

  function save(user, said, change, verified = false) {
    sql.event.run(...nextEvent(key, user, { app, tokenId, ...said }, change, verified));
    sql.saveUser.run(
      ...[user.attempts_left, user.locked_at, user.last_verified_at, verified ? said.now : null],
      ...[user.codes_after, user.chain_count, user.chain_link, key.id, user.head, user.id],
    );
  }

  function requireKept(user) {
    const kept = sql.kept.get(user.id);
    if (kept.head !== user.head || kept.link !== user.chain_link) throw new Error('It was not kept.');
  }

  const issueOne = database.transaction((name, code) => {
    const now = Date.now();
    const user = load(name);
    const open = outstanding(key, user, sql.codes.all(user.id, now - codesKept), now);
    if (open.length >= 5) throw new Error('Too many codes.');
    const messageId = newMessageId(now);
    save(user, { now, action: 'code.issued', details: { app, via: 'email', messageId } });
    sql.expire.run(user.id, now);
    sql.message.run(messageId, user.id, kid, `${user.email[0]}•••`, app, now);
    const digest = codeDigest(key, user.id, code);
    const row = { user_id: user.id, message_id: messageId, via: 'email', digest, created_at: now };
    const sealed = codeSeal(key, row, user.chain_count, user.chain_link);
    sql.code.run(
      user.id,
      messageId,
      app,
      row.digest,
      now,
      now + 15 * minute,
      user.chain_count,
      key.id,
      sealed,
    );
    requireKept(user);
    return { user, messageId };
  });
  const settleOne = database.transaction((messageId) => {
    const now = Date.now();
    const user = sql.sent.get(messageId);
    requireWritten(key, 'user', user);
    const details = { messageId, via: 'email', status: 'delivered', reason: null };
    save(user, { now, action: 'code.sent', details });
    sql.settle.run(now, messageId);
  });
  const verifyOne = database.transaction((name, code, ip) => {
    const now = Date.now();
    const user = load(name);
    const open = outstanding(key, user, sql.codes.all(user.id, now - codesKept), now);
    const entered = codeDigest(key, user.id, code);
    const match = open.find((each) => each.digest === entered);
    const attempts_left = match ? 7 : user.attempts_left - 1;
    const details = {
      app,
      ip,
      via: match ? 'email' : null,
      why: match ? null : 'wrong',
      attemptsLeft: attempts_left,
    };
    if (!match) {
      save(user, { now, action: 'code.rejected', outcome: 'failed', details }, { attempts_left });
      requireKept(user);
      return false;
    }
    save(user, { now, action: 'code.verified', details }, { attempts_left, last_verified_at: now }, true);
    sql.expire.run(user.id, now);
    sql.end.run(now, 'verified', user.id);
    const row = { user_id: user.id, location: ip, trusted_at: now, expires_at: now + week };
    const sealed = trustSeal(key, row, user.chain_count, user.chain_link);
    sql.trustLocation.run(user.id, ip, app, now, now + week, user.chain_count, key.id, sealed);
    requireKept(user);
    return true;
  });
  const loginOne = database.transaction((name, ip) => {
    const now = Date.now();
    const user = load(name);
    const trusted = isTrusted(key, user, sql.trust.get(user.id, ip), now);
    const [result, reason] = trusted ? ['granted', 'trusted-location'] : ['challenge', 'new-location'];
    const action = trusted ? 'login.granted' : 'login.challenged';
    save(user, { now, action, details: { app, ip, result, reason } });
    requireKept(user);
    return result;
  });

  return {
    issue(name) {
      authenticate();
      const code = newCode();
      const { user, messageId } = issueOne.immediate(name, code);
      deliver(home, { user, code });
      settleOne.immediate(messageId);
      return code;
    },
    verify(name, code, ip) {
      authenticate();
      return verifyOne.immediate(name, code, ip);
    },
    login(name, ip) {
      authenticate();
      return loginOne.immediate(name, ip);
    },
    close: () => database.close(),
  };
}
