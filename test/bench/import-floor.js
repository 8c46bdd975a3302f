// The import of a roster by hand: csv-parse and prepared inserts of the same rows, with their heads, and nothing checked.
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse';
import Database from '../support/sqlite.js';
import { keysOf, seal } from './floor.js';

/** Rows of a commit, as the product makes them. */
const commitRows = 2000;
const columns = [
  ...[
    'id',
    'account_kid',
    'username',
    'username_key',
    'name',
    'name_key',
    'email',
    'email_key',
    'phone',
    'phone_key',
  ],
  ...[
    'looks_shared',
    'system_administrator',
    'active',
    'attempts_left',
    'created_at',
    'codes_after',
    'trust_after',
  ],
  ...['chain_count', 'chain_link', 'key_id', 'head'],
];

const [home, file, kid] = process.argv.slice(2);
const key = keysOf(home);
const database = new Database(join(home, 'twofa.sqlite'));
database.pragma('synchronous = FULL');
database.pragma('foreign_keys = ON');
database.pragma('wal_autocheckpoint = 10000');
const insert = database.prepare(
  `INSERT INTO users (${columns.join()}) VALUES (${columns.map(() => '?').join()})`,
);
const member = database.prepare('INSERT INTO user_practices (user_id, practice_id) VALUES (?, ?)');
const practice = database.prepare('SELECT id FROM practices').pluck().get();
let id = database.prepare('SELECT coalesce(max(id), 0) FROM users').pluck().get();
const now = Date.now();

const rows = createReadStream(file, { highWaterMark: 256 * 1024 }).pipe(parse({ bom: true, from_line: 2 }));
let taken = 0;
database.exec('BEGIN IMMEDIATE');
for await (const [username, name, email, phone, , administrator] of rows) {
  id += 1;
  const administers = administrator === 'yes';
  const state = [kid, username, true, administers, 7, null, email, phone, 0, 0];
  insert.run(
    ...[
      id,
      kid,
      username,
      username.toLowerCase(),
      name,
      name.toLowerCase(),
      email,
      email.toLowerCase(),
      phone,
      phone,
    ],
    ...[0, administers ? 1 : 0, 1, 7, now, 0, 0, 0, '', key.id],
    seal(key.trail, ['head', `user:${id}`, 0, '', ...state]),
  );
  member.run(id, practice);
  taken += 1;
  if (taken % commitRows === 0) {
    database.exec('COMMIT');
    database.exec('BEGIN IMMEDIATE');
  }
}
database.exec('COMMIT');
database.close();
