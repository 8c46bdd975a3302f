// The same work by hand: better-sqlite3 with prepared statements, the same rows, chain and durability, without twofa.
import { createHmac, hkdfSync, randomBytes, randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';

const minute = 60_000;
const week = 7 * 24 * 60 * minute;

export function keysOf(home) {
  const { current, keys } = JSON.parse(readFileSync(join(home, 'key.json'), 'utf8'));
  const secret = Buffer.from(keys[current].secret, 'base64');
  const derive = (label) => Buffer.from(hkdfSync('sha256', secret, '', `twofa ${label}`, 32));
  return { id: current, codes: derive('codes'), trail: derive('audit trail') };
}

export const seal = (key, parts) =>
  createHmac('sha256', key).update(JSON.stringify(parts)).digest('base64url');

/** Issue, verify and login on the store of a home, each in the commits that the product makes. */
export function openFloor(home, kid, app, tokenId) {
  const key = keysOf(home);
  const database = new Database(join(home, 'twofa.sqlite'), { timeout: 30_000 });
  database.pragma('synchronous = FULL');
  database.pragma('foreign_keys = ON');
  database.pragma('wal_autocheckpoint = 10000');
  const sql = {
    token: database.prepare(
      'SELECT tokens.*, (SELECT key_fingerprint FROM installation) AS print FROM tokens WHERE id = ?',
    ),
    installation: database.prepare('SELECT * FROM installation'),
    user: database.prepare(
      'SELECT users.*, accounts.enabled_at FROM users JOIN accounts ON accounts.kid = users.account_kid WHERE account_kid = ? AND username_key = ?',
    ),
    codes: database.prepare('SELECT * FROM codes WHERE user_id = ? AND created_at > ? ORDER BY created_at'),
    trust: database.prepare('SELECT * FROM trusted_locations WHERE user_id = ? AND location = ?'),
    event: database.prepare(
      'INSERT INTO audit_events (subject, place, at, actor, role, token_id, action, account, user, outcome, details, key_id, link) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    ),
    saveUser: database.prepare(
      'UPDATE users SET attempts_left = ?, locked_at = ?, last_verified_at = ?, email_proved_at = coalesce(?, email_proved_at), codes_after = ?, chain_count = ?, chain_link = ?, key_id = ?, head = ? WHERE id = ?',
    ),
    message: database.prepare(
      "INSERT INTO messages (id, user_id, account_kid, kind, via, recipient, app, status, created_at) VALUES (?, ?, ?, 'code', 'email', ?, ?, 'pending', ?)",
    ),
    code: database.prepare(
      "INSERT INTO codes (user_id, message_id, via, app, digest, created_at, expires_at, place, key_id, seal) VALUES (?, ?, 'email', ?, ?, ?, ?, ?, ?, ?)",
    ),
    settle: database.prepare("UPDATE messages SET status = 'accepted', settled_at = ? WHERE id = ?"),
    expire: database.prepare(
      "UPDATE codes SET ended_at = expires_at, ended_reason = 'expired' WHERE user_id = ? AND created_at > ? AND ended_at IS NULL AND expires_at <= ?",
    ),
    end: database.prepare(
      'UPDATE codes SET ended_at = ?, ended_reason = ? WHERE user_id = ? AND created_at > ? AND ended_at IS NULL',
    ),
    trustLocation: database.prepare(
      'INSERT INTO trusted_locations (user_id, location, app, trusted_at, expires_at, place, key_id, seal) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (user_id, location) DO UPDATE SET trusted_at = excluded.trusted_at, expires_at = excluded.expires_at, place = excluded.place, key_id = excluded.key_id, seal = excluded.seal, ended_at = NULL, ended_reason = NULL',
    ),
  };
  const digest = (user, code) =>
    createHmac('sha256', key.codes).update(`${user.id}:${code}`).digest('base64url');

  function save(user, change, action, outcome, details, now) {
    const subject = `user:${user.id}`;
    const body = [
      now,
      app,
      'application',
      tokenId,
      action,
      kid,
      user.username,
      outcome,
      JSON.stringify(details),
    ];
    const place = user.chain_count + 1;
    const link = seal(key.trail, [subject, place, user.chain_link, ...body]);
    sql.event.run(subject, place, ...body, key.id, link);
    const next = { ...user, ...change };
    if (change.endsCodes) next.codes_after = place;
    const head = seal(key.trail, [
      'head',
      subject,
      place,
      link,
      kid,
      user.username,
      true,
      user.system_administrator === 1,
      next.attempts_left,
      next.locked_at,
      user.email,
      user.phone,
      next.codes_after,
      next.trust_after,
    ]);
    sql.saveUser.run(
      next.attempts_left,
      next.locked_at,
      next.last_verified_at,
      change.proved ?? null,
      next.codes_after,
      place,
      link,
      key.id,
      head,
      user.id,
    );
    user.chain_count = place;
    user.chain_link = link;
  }

  const issueOne = database.transaction((name, code, messageId) => {
    const now = Date.now();
    const user = sql.user.get(kid, name);
    const open = sql.codes
      .all(user.id, now - 1455 * minute)
      .filter((each) => each.ended_at === null && each.expires_at > now);
    if (open.length >= 5) throw new Error('Too many codes.');
    save(user, {}, 'code.issued', 'ok', { app, via: 'email', messageId }, now);
    sql.expire.run(user.id, now - 1455 * minute, now);
    sql.message.run(messageId, user.id, kid, `${user.email[0]}•••`, app, now);
    const kept = digest(user, code);
    const place = user.chain_count;
    const sealed = seal(key.trail, [
      ...['seal', 'code', user.id, messageId, 'email', kept, now],
      ...[place, user.chain_link],
    ]);
    sql.code.run(user.id, messageId, app, kept, now, now + 15 * minute, place, key.id, sealed);
  });
  const settleOne = database.transaction((name, messageId) => {
    const now = Date.now();
    const user = sql.user.get(kid, name);
    save(user, {}, 'code.sent', 'ok', { messageId, via: 'email', status: 'accepted', reason: null }, now);
    sql.settle.run(now, messageId);
  });
  const verifyOne = database.transaction((name, code, ip) => {
    const now = Date.now();
    const user = sql.user.get(kid, name);
    const codes = sql.codes.all(user.id, now - 1455 * minute);
    sql.trust.get(user.id, ip);
    const entered = digest(user, code);
    const match = codes.find((each) => each.ended_at === null && each.digest === entered);
    const details = { app, ip, via: match ? 'email' : null, why: match ? null : 'wrong', attemptsLeft: 7 };
    if (!match) {
      const left = user.attempts_left - 1;
      save(user, { attempts_left: left }, 'code.rejected', 'failed', { ...details, attemptsLeft: left }, now);
      return false;
    }
    save(
      user,
      { attempts_left: 7, last_verified_at: now, proved: now, endsCodes: true },
      'code.verified',
      'ok',
      details,
      now,
    );
    sql.expire.run(user.id, now - 1455 * minute, now);
    sql.end.run(now, 'verified', user.id, now - 1455 * minute);
    const place = user.chain_count;
    const sealed = seal(key.trail, [
      ...['seal', 'trust', user.id, ip, now, now + week],
      ...[place, user.chain_link],
    ]);
    sql.trustLocation.run(user.id, ip, app, now, now + week, place, key.id, sealed);
    return true;
  });
  const loginOne = database.transaction((name, ip) => {
    const now = Date.now();
    const user = sql.user.get(kid, name);
    const trust = sql.trust.get(user.id, ip);
    const result = trust && trust.expires_at > now ? 'granted' : 'challenge';
    save(user, {}, `login.${result}`, 'ok', { app, ip, result, reason: 'first' }, now);
    return result;
  });

  return {
    issue(name) {
      const code = String(randomInt(1_000_000)).padStart(6, '0');
      const messageId = `msg_${randomBytes(16).toString('base64url')}`;
      sql.token.get(tokenId);
      sql.installation.get();
      issueOne.immediate(name, code, messageId);
      settleOne.immediate(name, messageId);
      return code;
    },
    verify(name, code, ip) {
      sql.token.get(tokenId);
      return verifyOne.immediate(name, code, ip);
    },
    login(name, ip) {
      sql.token.get(tokenId);
      return loginOne.immediate(name, ip);
    },
    close: () => database.close(),
  };
}
