// The same on PostgreSQL: issue and verify at several connections, against pg by hand with the same rows and round trips.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import EmbeddedPostgres from '../support/embedded-postgres.js';
import {
  codeDigest,
  codeSeal,
  codesKept,
  deliver,
  keysOf,
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

const { openTwofa } = createRequire(import.meta.url)('../../dist/index.cjs');
const ip = '203.0.113.7';

/** Starts a server whose commits are durable. */
export async function startServer() {
  const folder = mkdtempSync(join(tmpdir(), 'twofa-bench-postgres-'));
  chmodSync(folder, 0o711);
  const port = await new Promise((resolve) => {
    const probe = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    user: 'twofa',
    password: 'twofa',
    port,
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C.UTF-8'],
    onLog() {},
    onError() {},
  });
  await server.initialise();
  await server.start();
  await server.createDatabase('twofa');
  const stop = async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return { url: `postgres://twofa:twofa@127.0.0.1:${port}/twofa`, stop };
}

const now = '(extract(epoch FROM clock_timestamp()) * 1000)::bigint';
const wentOn = (table, subject) =>
  `EXISTS (SELECT 1 FROM audit_events e WHERE e.subject = ${subject} AND e.place = ${table}.chain_count + 1) AS behind`;
const made = (table) =>
  `LEFT JOIN audit_events e ON e.subject = 'user:' || ${table}.user_id AND e.place = ${table}.place`;

/** All that a step is decided on, with the token, in one round trip. */
const load = `SELECT ${now} AS now, row_to_json(u) AS "user",
    (SELECT row_to_json(t) FROM (SELECT *, ${wentOn('tokens', "'token:' || id")} FROM tokens WHERE digest = $4) t) AS token,
    (SELECT row_to_json(a) FROM (SELECT *, ${wentOn('accounts', "'account:' || kid")} FROM accounts WHERE kid = $1) a)
      AS account,
    (SELECT coalesce(json_agg(c ORDER BY c.created_at, c.id), '[]') FROM (SELECT codes.*, e.link AS event_link
      FROM codes ${made('codes')} WHERE codes.user_id = u.id AND codes.created_at > $3) c) AS codes,
    (SELECT row_to_json(l) FROM (SELECT trusted_locations.*, e.link AS event_link
      FROM trusted_locations ${made('trusted_locations')}
      WHERE trusted_locations.user_id = u.id AND trusted_locations.location = $4) l) AS trust
  FROM (SELECT *, ${wentOn('users', "'user:' || id")} FROM users WHERE account_kid = $1 AND username_key = $2) u`;
const sent = `SELECT ${now} AS now, row_to_json(u) AS "user" FROM (SELECT users.*, ${wentOn('users', "'user:' || users.id")}
  FROM messages JOIN users ON users.id = messages.user_id WHERE messages.id = $1) u`;

/** The user's row where it stands as it was loaded, and the event; everything else hangs on it. */
const saved = `WITH saved AS (UPDATE users SET attempts_left = $1, last_verified_at = $2, codes_after = $3, chain_count = $4,
    chain_link = $5, head = $6, key_id = $17, email_proved_at = coalesce($18, email_proved_at)
    WHERE id = $7 AND chain_count = $8 AND chain_link = $9 RETURNING id),
  event AS (INSERT INTO audit_events (subject, place, at, actor, role, token_id, action, account, "user", outcome, details,
    key_id, link) SELECT $10, $4::bigint, $11::bigint, 'bench', 'application', $12::bigint, $13, $14, $15, 'ok', $16, $17, $5
    FROM saved)`;
const expired = `ended AS (UPDATE codes SET ended_at = expires_at, ended_reason = 'expired' WHERE user_id = $7
    AND ended_at IS NULL AND expires_at <= $11 AND EXISTS (SELECT 1 FROM saved))`;
const issued = `${saved}, ${expired}, message AS (INSERT INTO messages (id, user_id, account_kid, kind, via, recipient, app,
    status, created_at) SELECT $19, $7::bigint, $14, 'code', 'email', $20, 'bench', 'pending', $11::bigint FROM saved),
  code AS (INSERT INTO codes (user_id, message_id, via, app, digest, created_at, expires_at, place, key_id, seal)
    SELECT $7::bigint, $19, 'email', 'bench', $21, $11::bigint, $11::bigint + 900000, $4::bigint, $17, $22 FROM saved)
  SELECT count(*) FROM saved`;
const settled = `${saved}, message AS (UPDATE messages SET status = 'delivered', settled_at = $11 WHERE id = $19
    AND EXISTS (SELECT 1 FROM saved)) SELECT count(*) FROM saved`;
const verified = `${saved}, ended AS (UPDATE codes SET
    ended_at = CASE WHEN expires_at <= $11 THEN expires_at ELSE $11 END,
    ended_reason = CASE WHEN expires_at <= $11 THEN 'expired' ELSE 'verified' END
    WHERE user_id = $7 AND ended_at IS NULL AND EXISTS (SELECT 1 FROM saved)),
  trusted AS (INSERT INTO trusted_locations (user_id, location, app, trusted_at, expires_at, place, key_id, seal)
    SELECT $7::bigint, $19, 'bench', $11::bigint, $11::bigint + 604800000, $4::bigint, $17, $20 FROM saved
    ON CONFLICT (user_id, location) DO UPDATE SET trusted_at = excluded.trusted_at, expires_at = excluded.expires_at,
    place = excluded.place, key_id = excluded.key_id, seal = excluded.seal, ended_at = NULL, ended_reason = NULL)
  SELECT count(*) FROM saved`;

/**
 * Issue and verify by hand, with what floor.js says, in two round trips a step: one that loads it with the token, by which
 * its holder is known, and one that saves it where nothing has changed since. Named statements, a pool of so many.
 * @param token of an application, as `token create` printed it.
 */
export function openFloor(url, home, kid, { id, token }, connections) {
  const key = keysOf(home);
  const tokenId = Number(id.slice(4));
  const pool = new pg.Pool({ connectionString: url, max: connections });
  // The server stops while connections are idle.
  pool.on('error', () => {});

  async function loaded(client, name) {
    const values = [kid, name, Date.now() - codesKept, tokenDigest(token)];
    const { rows } = await client.query({ name: 'load', text: load, values });
    const [row] = rows;
    row.now = Number(row.now);
    requireToken(key, row.token, row.now);
    requireWritten(key, 'account', row.account);
    requireWritten(key, 'user', row.user);
    return row;
  }

  async function save(client, user, { text, more, verified = false, ...said }, change) {
    const guard = [user.id, user.chain_count, user.chain_link];
    const event = nextEvent(key, user, { app: 'bench', tokenId, ...said }, change, verified);
    const [subject, place, at, , , , action, , , , details, keyId, link] = event;
    const state = [user.attempts_left, user.last_verified_at, user.codes_after, place, link, user.head];
    const values = [
      ...[...state, ...guard, subject, at, tokenId, action, kid, user.username, details, keyId],
      ...[verified ? said.now : null, ...more(user)],
    ];
    const { rows } = await client.query({ name: action, text, values });
    if (Number(rows[0].count) !== 1) throw new Error('Another came first.');
  }

  async function issue(client, name) {
    const code = newCode();
    const { user, codes, now } = await loaded(client, name);
    if (outstanding(key, user, codes, now).length >= 5) throw new Error('Too many codes.');
    const messageId = newMessageId(now);
    await save(client, user, {
      ...{ action: 'code.issued', text: issued, now, details: { app: 'bench', via: 'email', messageId } },
      more: ({ chain_count, chain_link }) => {
        const digest = codeDigest(key, user.id, code);
        const row = { user_id: user.id, message_id: messageId, via: 'email', digest, created_at: now };
        return [messageId, `${user.email[0]}•••`, digest, codeSeal(key, row, chain_count, chain_link)];
      },
    });
    deliver(home, { user, code });
    return { code, messageId };
  }

  async function settle(client, messageId) {
    const { rows } = await client.query({ name: 'sent', text: sent, values: [messageId] });
    const [{ user, now }] = rows;
    requireWritten(key, 'user', user);
    await save(client, user, {
      ...{ action: 'code.sent', text: settled, now: Number(now), more: () => [messageId] },
      details: { messageId, via: 'email', status: 'delivered', reason: null },
    });
  }

  async function verify(client, name, code) {
    const { user, codes, now } = await loaded(client, name);
    const entered = codeDigest(key, user.id, code);
    if (!outstanding(key, user, codes, now).some(({ digest }) => digest === entered)) {
      throw new Error('The code is wrong.');
    }
    const details = { app: 'bench', ip, via: 'email', why: null, attemptsLeft: 7 };
    const more = ({ chain_count, chain_link }) => {
      const row = { user_id: user.id, location: ip, trusted_at: now, expires_at: now + week };
      return [ip, trustSeal(key, row, chain_count, chain_link)];
    };
    const said = { action: 'code.verified', text: verified, now, details, more, verified: true };
    await save(client, user, said, { attempts_left: 7, last_verified_at: now });
  }

  async function withClient(work) {
    const client = await pool.connect();
    try {
      return await work(client);
    } finally {
      client.release();
    }
  }

  return {
    async issue(name) {
      const { code, messageId } = await withClient((client) => issue(client, name));
      await withClient((client) => settle(client, messageId));
      return code;
    },
    verify: (name, code) => withClient((client) => verify(client, name, code)),
    close: () => pool.end(),
  };
}

/** Does a work for each of some names, so many at a time. @returns how long each took on average, in milliseconds. */
async function timed(names, inFlight, work) {
  const started = performance.now();
  const left = [...names];
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      for (let name = left.pop(); name !== undefined; name = left.pop()) await work(name);
    }),
  );
  return (performance.now() - started) / names.length;
}

/** Two works, of which now one goes first, now the other. @returns what each gives. */
async function inTurn(round, one, other) {
  if (round % 2 === 0) return [await one(), await other()];
  const given = await other();
  return [await one(), given];
}

/** How often each is measured at a number of connections. */
const rounds = 10;
/** Users of each side in a round. */
const atOnce = 200;

/**
 * Prints issue and verify at 1, 8 and 32 connections.
 * @param setUp makes the installation of a database, with users u0, u1 …; it gives the application's token.
 * @param warmUp how many of each are made before any is measured: a service has long been compiled when it matters.
 */
export async function onPostgres({ home, env, kid, users, warmUp, setUp, row, median, codesOf }) {
  const server = await startServer();
  try {
    const onServer = { ...env, TWOFA_DATABASE_URL: server.url };
    const token = setUp(onServer);
    const pairs = Math.floor(users / 2);
    let begun = 0;
    for (const connections of [1, 8, 32]) {
      const twofa = openTwofa({ env: onServer, token: token.token, connections });
      const floor = openFloor(server.url, home, kid, token, connections);
      const found = { issue: [], verify: [] };
      // The first round at a number of connections prepares statements on each of them.
      const uncounted = begun === 0 ? Math.max(1, Math.ceil(warmUp / atOnce)) : 1;
      for (let round = -uncounted; round < rounds; round += 1) {
        // Everybody in turn, so that nobody has more codes of the last day than anybody else.
        const turns = Array.from({ length: Math.min(pairs, atOnce) }, (_, index) => (begun + index) % pairs);
        begun += turns.length;
        const ours = turns.map((pair) => `u${2 * pair}`);
        const theirs = turns.map((pair) => `u${2 * pair + 1}`);
        const codes = new Map();
        const ask = (name, user, more) => twofa.request(name, { account: kid, user, ...more });
        const [issue, floorIssue] = await inTurn(
          round,
          () => timed(ours, connections, (user) => ask('code.send', user, { via: 'email' })),
          () =>
            timed(theirs, connections, async (user) => {
              codes.set(user, await floor.issue(user));
            }),
        );
        const sent = codesOf();
        const byTwofa = async (user) => {
          const answer = await ask('code.verify', user, { ip, code: sent.get(user) });
          if (answer.result.result !== 'verified') throw new Error(`${user}: ${answer.result.result}`);
        };
        const [verify, floorVerify] = await inTurn(
          round,
          () => timed(ours, connections, byTwofa),
          () => timed(theirs, connections, (user) => floor.verify(user, codes.get(user))),
        );
        if (round < 0) continue;
        found.issue.push([floorIssue, issue]);
        found.verify.push([floorVerify, verify]);
      }
      await twofa.close();
      await floor.close();
      for (const [name, pairs] of Object.entries(found)) {
        const rate = (index) => `${Math.round(1000 / median(pairs.map((pair) => pair[index])))}/s`;
        row(
          `${name} (PostgreSQL, ${connections} connection${connections === 1 ? '' : 's'})`,
          median(pairs.map(([byHand, product]) => byHand / product)),
          connections === 8 ? '≥ 0.9 floor' : '',
          `${rate(1)} against ${rate(0)}`,
        );
      }
    }
  } finally {
    await server.stop();
  }
}
