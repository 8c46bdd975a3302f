// What users, events and sign-ins take in the store, on SQLite and on PostgreSQL: node test/bench/sizes.js [--users N] [--sign-ins N]
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startServer } from './postgres.js';

const { openTwofa } = createRequire(import.meta.url)('../../dist/index.cjs');
const { values } = parseArgs({
  options: { users: { type: 'string', default: '5000' }, 'sign-ins': { type: 'string', default: '4' } },
});
const users = Number(values.users);
const signIns = Number(values['sign-ins']);
const kid = '10482';
const program = join(import.meta.dirname, '..', '..', 'bin', 'twofa.js');

function twofa(env, args) {
  const ran = spawnSync(process.execPath, [program, ...args, '--json'], { env, encoding: 'utf8' });
  if (ran.status !== 0) throw new Error(`twofa ${args.join(' ')}: ${ran.stderr}`);
  return JSON.parse(ran.stdout);
}

/** Bytes and rows of each table. */
function sizesOf(env) {
  return new Map(twofa(env, ['db', 'status']).tables.map((table) => [table.name, table]));
}

function rosterFile(home) {
  const file = join(home, 'roster.csv');
  const person = (index) => {
    const name = `user${index}.surname`;
    const phone = `+1201555${String(index % 10_000).padStart(4, '0')}`;
    return `${name},Givenname${index} Surname,${name}@northside.example,${phone},Northside Pediatrics,`;
  };
  const rows = Array.from({ length: users }, (_, index) => person(index));
  const administrator = 'maria,Maria Lopez,maria@northside.example,+12015550123,Northside Pediatrics,yes';
  const header = 'username,name,email,phone,practices,system_administrator';
  writeFileSync(file, [header, administrator, ...rows, ''].join('\n'));
  return file;
}

/** A first sign-in of each user with a code, then another from the trusted location, and so on. */
async function signInAll(env, outbox) {
  const { token } = twofa(env, ['token', 'create', '--role', 'application', '--app', 'platform']);
  const application = openTwofa({ env, token });
  for (let round = 0; round < signIns; round += 1) {
    for (let from = 0; from < users; from += 64) {
      const some = Array.from(
        { length: Math.min(64, users - from) },
        (_, index) => `user${from + index}.surname`,
      );
      const about = { account: kid, ip: `203.0.113.${round + 1}` };
      const each = (name, more) =>
        Promise.all(some.map((user) => application.request(name, { ...about, user, ...more(user) })));
      await each('login', () => ({}));
      await each('code.send', () => ({ via: 'email' }));
      const lines = readFileSync(outbox, 'utf8').trimEnd().split('\n').slice(-some.length);
      const codes = new Map(
        lines.map((line) => JSON.parse(line)).map(({ user, text }) => [user, /\b\d{6}\b/.exec(text)[0]]),
      );
      await each('code.verify', (user) => ({ code: codes.get(user) }));
      await each('login', () => ({}));
    }
  }
  await application.close();
}

/** How many events there are, exactly: PostgreSQL only estimates the rows of its tables. */
function eventsOf(env) {
  const { metrics } = twofa(env, ['metrics']);
  return metrics.find(({ name }) => name === 'twofa_trail_events').samples[0].value;
}

function print(engine, before, after, events) {
  const bytes = (sizes, ...names) => names.reduce((sum, name) => sum + sizes.get(name).bytes, 0);
  const grown = (...names) => (bytes(after, ...names) - bytes(before, ...names)) / (users * signIns);
  const rows = [
    ['a user, with a practice', bytes(before, 'users', 'user_practices') / users],
    ['an event', (grown('audit_events') * users * signIns) / events],
    ['a sign-in by code and one by location, events', events / (users * signIns)],
    ['  its events, kept for ever', grown('audit_events')],
    ['  its code and message, until pruned', grown('codes', 'messages')],
    ['  its trusted location, 7 days and 90', grown('trusted_locations')],
    ['  what the user has grown by', bytes(after, 'users') / users - bytes(before, 'users') / users],
  ];
  process.stdout.write(`${engine}\n`);
  for (const [name, number] of rows)
    process.stdout.write(`  ${name.padEnd(50)} ${number.toFixed(0).padStart(7)}\n`);
}

async function measure(engine, home, more) {
  const env = { ...process.env, TWOFA_HOME: home, TWOFA_ACCOUNT: kid, ...more };
  twofa(env, ['init', '--sandbox']);
  twofa(env, ['account', 'create', kid, '--name', 'Northside Family Health']);
  twofa(env, ['practice', 'add', 'Northside Pediatrics']);
  twofa(env, ['user', 'import', rosterFile(home)]);
  const { token } = twofa(env, ['token', 'create', '--role', 'system-administrator', '--user', 'maria']);
  twofa({ ...env, TWOFA_TOKEN: token }, ['enable', '--confirm', kid]);
  const [before, eventsBefore] = [sizesOf(env), eventsOf(env)];
  await signInAll(env, join(home, 'outbox.ndjson'));
  print(engine, before, sizesOf(env), eventsOf(env) - eventsBefore);
}

const home = mkdtempSync(join(tmpdir(), 'twofa-bench-sizes-'));
chmodSync(home, 0o700);
try {
  await measure('SQLite, bytes', join(home), {});
} finally {
  rmSync(home, { recursive: true, force: true });
}
const server = await startServer();
const other = mkdtempSync(join(tmpdir(), 'twofa-bench-sizes-'));
try {
  await measure('PostgreSQL, bytes', other, { TWOFA_DATABASE_URL: server.url });
} finally {
  rmSync(other, { recursive: true, force: true });
  await server.stop();
}
