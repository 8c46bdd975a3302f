// A long trail, written by hand with the links and heads that the product would write, and the least that checks it.
import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import Database from '../support/sqlite.js';
import { headOf, keysOf, seal } from './by-hand.js';

const ip = '203.0.113.7';

/** Lengthens the chains of an account's users by so many events in all: sign-ins, as an application makes them. */
export function lengthenTrail(home, kid, app, tokenId, events) {
  const key = keysOf(home);
  const database = new Database(join(home, 'twofa.sqlite'), { timeout: 30_000 });
  database.pragma('synchronous = OFF');
  const users = database.prepare('SELECT * FROM users WHERE account_kid = ? ORDER BY id').all(kid);
  const insert = database.prepare(
    'INSERT INTO audit_events (subject, place, at, actor, role, token_id, action, account, user, outcome, details, key_id, link) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const save = database.prepare(
    'UPDATE users SET chain_count = ?, chain_link = ?, key_id = ?, head = ? WHERE id = ?',
  );
  const details = JSON.stringify({ app, ip, result: 'challenge', reason: 'new-location' });
  const write = database.transaction(() => {
    for (let done = 0; done < events; done += 1) {
      const user = users[done % users.length];
      const subject = `user:${user.id}`;
      const place = user.chain_count + 1;
      const body = [
        ...[Date.now(), app, 'application', tokenId, 'login.challenged'],
        ...[kid, user.username, 'ok', details],
      ];
      const link = seal(key.trail, [subject, place, user.chain_link, ...body]);
      insert.run(subject, place, ...body, key.id, link);
      user.chain_count = place;
      user.chain_link = link;
    }
    for (const user of users) {
      save.run(user.chain_count, user.chain_link, key.id, headOf(key, 'user', user), user.id);
    }
  });
  write.immediate();
  database.pragma('wal_checkpoint(TRUNCATE)');
  database.close();
}

/** The floor of `audit verify`: every event read once, in the order of the chains, and its link computed again. */
export function passOver(home) {
  const key = keysOf(home).trail;
  const database = new Database(join(home, 'twofa.sqlite'), { readonly: true });
  let [events, subject, link] = [0, '', ''];
  for (const row of database.prepare('SELECT * FROM audit_events ORDER BY subject, place').iterate()) {
    if (row.subject !== subject) link = '';
    const parts = [
      ...[row.subject, row.place, link, row.at, row.actor, row.role, row.token_id],
      ...[row.action, row.account, row.user, row.outcome, row.details],
    ];
    ({ subject, link } = row);
    if (createHmac('sha256', key).update(JSON.stringify(parts)).digest('base64url') !== link) {
      throw new Error(`Event ${row.seq} is not linked.`);
    }
    events += 1;
  }
  database.close();
  return events;
}
