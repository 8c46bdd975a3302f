// Whether sign-ins and lockouts take longer with many users than with few, and the checklist against its bare SQL.
import { readFileSync, truncateSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import Database from '../support/sqlite.js';

const { openTwofa } = createRequire(import.meta.url)('../../dist/index.cjs');
const ip = '203.0.113.7';
const perPass = 200;
const passes = 6;
const lockedUsers = 20;

/** An installation with its users, and who asks it. */
async function open({ home, users, application, owner, kid }) {
  const env = { ...process.env, TWOFA_HOME: home };
  const app = openTwofa({ env, token: application.token });
  const own = openTwofa({ env, token: owner.token });
  const ask = (name, user, more) => app.request(name, { account: kid, user, ...more });
  for (let index = 1; index <= lockedUsers; index += 1) {
    const user = `u${users - index}`;
    for (let tries = 0; tries < 7; tries += 1) await ask('code.verify', user, { ip, code: '000000' });
  }
  const outbox = join(home, 'outbox.ndjson');
  const stride = Math.max(1, Math.floor((users - lockedUsers - 1) / perPass));
  const names = Array.from({ length: perPass }, (_, index) => `u${index * stride}`);
  return {
    app,
    own,
    ask,
    outbox,
    names,
    lockouts: () => own.request('lockouts', { account: kid, limit: 1000 }),
  };
}

async function msEach(names, work) {
  const begun = performance.now();
  for (const name of names) await work(name);
  return (performance.now() - begun) / names.length;
}

async function pass({ ask, outbox, names, lockouts }) {
  truncateSync(outbox);
  const login = await msEach(names, (user) => ask('login', user, { ip }));
  const issue = await msEach(names, (user) => ask('code.send', user, { via: 'email' }));
  const lines = readFileSync(outbox, 'utf8').trim().split('\n');
  const sent = new Map(
    lines.map((line) => JSON.parse(line)).map(({ user, text }) => [user, /\b[0-9]{6}\b/.exec(text)?.[0]]),
  );
  const verify = await msEach(names, (user) => ask('code.verify', user, { ip, code: sent.get(user) }));
  return { login, issue, verify, lockouts: await msEach(names.slice(0, 20), lockouts) };
}

const repeated = (column) =>
  `${column} IN (SELECT ${column} FROM users WHERE account_kid = @kid AND active AND ${column} IS NOT NULL
    GROUP BY ${column} HAVING count(*) > 1)`;
const sum = (condition) => `sum(CASE WHEN ${condition} THEN 1 ELSE 0 END)`;
/** What the checklist counts, by hand: nothing is made of it. */
const bare = `SELECT count(*), (SELECT count(*) FROM practices WHERE account_kid = @kid),
  ${sum('system_administrator AND locked_at IS NULL AND email_problem IS NULL AND phone_problem IS NULL')},
  ${sum('email IS NULL')}, ${sum('email_problem IS NOT NULL')}, ${sum(repeated('email_key'))},
  ${sum('phone IS NULL')}, ${sum('phone_problem IS NOT NULL')}, ${sum(repeated('phone_key'))}, ${sum('looks_shared')},
  ${sum('coalesce(email_proved_at, 0) < @since OR coalesce(phone_proved_at, 0) < @since')}
  FROM users WHERE account_kid = @kid AND active`;

async function checklist({ home, kid, users }, { own }, { row, median }) {
  const database = new Database(join(home, 'twofa.sqlite'), { readonly: true });
  const statement = database.prepare(bare);
  const pairs = [];
  for (let each = 0; each < 4; each += 1) {
    const byHand = await msEach([''], () => statement.get({ kid, since: Date.now() - 90 * 86_400_000 }));
    pairs.push([byHand, await msEach([''], () => own.request('checklist', { account: kid }))]);
  }
  database.close();
  const ratio = median(pairs.map(([byHand, ours]) => ours / byHand));
  const [byHand, ours] = [0, 1].map((index) => median(pairs.map((pair) => pair[index])));
  row(
    `checklist (${users} users)`,
    ratio,
    '≤ 1.5 bare SQL',
    `${ours.toFixed(0)} ms against ${byHand.toFixed(0)} ms`,
  );
}

/** @param few @param many installations: `home`, `users`, `kid`, and tokens of an application and an owner. */
export async function withManyUsers(few, many, { row, median }) {
  const [small, large] = [await open(few), await open(many)];
  const found = [];
  for (let each = 0; each < passes; each += 1) {
    const [a, b] = each % 2 === 0 ? [small, large] : [large, small];
    const [first, second] = [await pass(a), await pass(b)];
    found.push(each % 2 === 0 ? [first, second] : [second, first]);
  }
  // The first pass prepares statements and fills caches.
  const counted = found.slice(1);
  for (const name of ['issue', 'verify', 'login', 'lockouts']) {
    const [ofFew, ofMany] = [0, 1].map((index) => median(counted.map((pair) => pair[index][name])));
    row(
      `${name} (${many.users} users)`,
      median(counted.map(([one, other]) => other[name] / one[name])),
      `≤ 1.3 of ${few.users}`,
      `${ofMany.toFixed(2)} ms against ${ofFew.toFixed(2)} ms`,
    );
  }
  await checklist(many, large, { row, median });
  for (const each of [small, large]) await Promise.all([each.app.close(), each.own.close()]);
}
