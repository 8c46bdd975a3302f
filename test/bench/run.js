// npm run bench: ratios side by side in one run. Options:
//   --only PARTS  of start, library, batch, trail, import, postgres and large, with commas between them; without it all
//                 but large
//   --sqlite      without PostgreSQL
//   --users N     of the installation (1000); --rounds N of the library (200), --starts N of a process (15)
//   --warm N      requests of each sort that are made before any is measured (3000): a service has long been compiled
//   --events N    that audit verify goes over (1000000)
//   --rows N      of an import (200000)
//   --large N     users of a second installation (1000000), for the part large, which imports them first
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { byBatch } from './batch.js';
import { openFloor } from './floor.js';
import { benchImport } from './import.js';
import { withManyUsers } from './large.js';
import { onPostgres } from './postgres.js';
import { lengthenTrail, passOver } from './trail.js';

const { openTwofa } = createRequire(import.meta.url)('../../dist/index.cjs');
const { values } = parseArgs({
  options: {
    users: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '200' },
    starts: { type: 'string', default: '15' },
    warm: { type: 'string', default: '3000' },
    sqlite: { type: 'boolean', default: false },
    events: { type: 'string', default: '1000000' },
    large: { type: 'string' },
    only: { type: 'string' },
    rows: { type: 'string', default: '200000' },
  },
});
const users = Number(values.users);
const rounds = Number(values.rounds);
const starts = Number(values.starts);
const events = Number(values.events);
const warmUp = Number(values.warm);
const parts = new Set(
  values.only?.split(',') ?? ['start', 'library', 'batch', 'trail', 'import', 'postgres'],
);
if (values.sqlite) parts.delete('postgres');
if (values.large !== undefined) parts.add('large');
const kid = '1';
const home = mkdtempSync(join(tmpdir(), 'twofa-bench-'));
const env = { ...process.env, TWOFA_HOME: home };
const program = join(import.meta.dirname, '..', '..', 'bin', 'twofa.js');

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1] + sorted[Math.floor(middle)]) / 2;
}

function timed(work) {
  const start = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - start) / 1e6;
}

async function timedAsync(work) {
  const start = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - start) / 1e6;
}

function row(name, ratio, goal, detail) {
  const aim = goal === '' ? '' : `goal ${goal}`;
  process.stdout.write(`${name.padEnd(34)} ${ratio.toFixed(2).padStart(6)}   ${aim.padEnd(19)} ${detail}\n`);
}

/** Whole processes in turn with `node -e 0`; the median of the ratios of each pair. */
function startUp(name, args, goal, environment = env) {
  const run = (command) =>
    timed(() => spawnSync(process.execPath, command, { env: environment, stdio: 'ignore' }));
  run([program, ...args]);
  const pairs = Array.from({ length: starts }, () => [run([program, ...args]), run(['-e', '0'])]);
  const ratio = median(pairs.map(([ours, bare]) => ours / bare));
  row(
    name,
    ratio,
    goal,
    `${median(pairs.map(([ours]) => ours)).toFixed(0)} ms against ${median(pairs.map(([, bare]) => bare)).toFixed(0)} ms`,
  );
}

function cli(args, environment = env) {
  const ran = spawnSync(process.execPath, [program, ...args, '--json'], {
    env: environment,
    encoding: 'utf8',
  });
  if (ran.status !== 0) throw new Error(`twofa ${args.join(' ')}: ${ran.stderr}`);
  return JSON.parse(ran.stdout);
}

function setUp(environment = env, count = users) {
  const twofa = (args) => cli(args, environment);
  twofa(['init', '--sandbox']);
  twofa(['account', 'create', kid, '--name', 'Bench']);
  twofa(['practice', 'add', 'Bench', '-a', kid]);
  const number = (index) => `+1201${String(2_000_000 + index).padStart(7, '0')}`;
  const rows = Array.from(
    { length: count },
    (_, index) =>
      `u${index},User ${index},u${index}@bench.example,${number(index)},Bench,${index === 0 ? 'yes' : ''}\n`,
  );
  writeFileSync(
    join(environment.TWOFA_HOME, 'roster.csv'),
    `username,name,email,phone,practices,system_administrator\n${rows.join('')}`,
  );
  const seconds =
    timed(() => twofa(['user', 'import', join(environment.TWOFA_HOME, 'roster.csv'), '-a', kid])) / 1000;
  process.stdout.write(`import of ${count} users: ${seconds.toFixed(1)} s\n`);
  const token = twofa(['token', 'create', '--role', 'application', '--app', 'bench']);
  twofa(['token', 'create', '--role', 'system-administrator', '-a', kid, '--user', 'u0', '--save', 'admin']);
  twofa(['enable', '--confirm', kid, '-a', kid, '-p', 'admin']);
  return token;
}

/** Each round does the same once by the library and once by hand, for users of their own. */
async function againstFloor(token) {
  const twofa = openTwofa({ env, token: token.token });
  const floor = openFloor(home, kid, 'bench', token);
  const outbox = () => readFileSync(join(home, 'outbox.ndjson'), 'utf8').trim().split('\n');
  const lastCode = () => /\b[0-9]{6}\b/.exec(JSON.parse(outbox().at(-1)).text)[0];
  const ip = '203.0.113.7';
  const ask = (name, user, more) => twofa.request(name, { account: kid, user, ...more });
  const times = { issue: [], wrong: [], right: [], login: [] };
  await ask('login', 'u1', { ip });
  floor.login('u1', ip);
  for (let round = -warmUp; round < rounds; round += 1) {
    const ours = `u${(2 * (round + warmUp)) % users}`;
    const theirs = `u${(2 * (round + warmUp) + 1) % users}`;
    const other = (code) => String((Number(code) + 1) % 1_000_000).padStart(6, '0');
    let code = '';
    /** Now one goes first, now the other; the first rounds are not counted: they compile what the others run. */
    const both = async (name, byLibrary, byHand) => {
      const pair = [];
      const turns = [async () => (pair[1] = await timedAsync(byLibrary)), () => (pair[0] = timed(byHand))];
      for (const turn of round % 2 === 0 ? turns : turns.reverse()) await turn();
      if (round >= 0) times[name].push(pair);
    };
    await both(
      'issue',
      () => ask('code.send', ours, { via: 'email' }),
      () => {
        code = floor.issue(theirs);
      },
    );
    const sent = lastCode();
    await both(
      'wrong',
      () => ask('code.verify', ours, { ip, code: other(sent) }),
      () => floor.verify(theirs, other(code), ip),
    );
    await both(
      'right',
      () => ask('code.verify', ours, { ip, code: sent }),
      () => floor.verify(theirs, code, ip),
    );
    await both(
      'login',
      () => ask('login', ours, { ip }),
      () => floor.login(theirs, ip),
    );
  }
  await twofa.close();
  floor.close();
  for (const [name, pairs] of Object.entries(times)) {
    const sum = (index) => pairs.reduce((total, pair) => total + pair[index], 0);
    const rate = (index) => `${Math.round((1000 * pairs.length) / sum(index))}/s`;
    row(
      `${name} (library, FULL)`,
      median(pairs.map(([byHand, ours]) => byHand / ours)),
      '≥ 0.9 floor',
      `${rate(1)} against ${rate(0)}`,
    );
  }
}

/**
 * The whole process of `audit verify` over a long trail, against the least that checks it. The sign-ins of this run are in
 * it, twofa's and those by hand, so that it also says whether all of them did the same work.
 */
function verifyTrail(token) {
  const before = passOver(home);
  lengthenTrail(home, kid, 'bench', Number(token.id.slice(4)), Math.max(0, events - before));
  let verdict;
  const seconds = timed(() => {
    verdict = cli(['audit', 'verify', '-p', 'owner']);
  });
  const floor = timed(() => passOver(home));
  row(
    `audit verify (${verdict.events} events)`,
    seconds / floor,
    '',
    `${(seconds / 1000).toFixed(1)} s against ${(floor / 1000).toFixed(1)} s, ${Math.round((1000 * verdict.events) / seconds)}/s: ${verdict.intact ? 'intact' : 'BROKEN'}`,
  );
  if (!verdict.intact) process.exitCode = 1;
}

/** A second installation with many users, beside that of this run; a process that starts on it; both under the same work. */
async function withMany(application) {
  const home2 = mkdtempSync(join(tmpdir(), 'twofa-bench-'));
  const env2 = { ...process.env, TWOFA_HOME: home2 };
  const count = Number(values.large ?? 1_000_000);
  const ownerOf = (environment) => cli(['token', 'create', '--role', 'owner', '-p', 'owner'], environment);
  try {
    const tokens = { application: setUp(env2, count) };
    const goal = '≤ 1.5 node';
    startUp(`status U (${count} users)`, ['status', 'u5', '-a', kid, '--json', '-p', 'owner'], goal, env2);
    await withManyUsers(
      { home, users, kid, application, owner: ownerOf(env) },
      { home: home2, users: count, kid, owner: ownerOf(env2), ...tokens },
      { row, median },
    );
  } finally {
    rmSync(home2, { recursive: true, force: true });
  }
}

try {
  const token = setUp();
  if (parts.has('start')) {
    startUp('--help', ['--help'], '≤ 1.15 node');
    startUp('--version', ['--version'], '≤ 1.15 node');
    startUp(`status U (${users} users)`, ['status', 'u5', '-a', kid, '--json', '-p', 'owner'], '≤ 1.5 node');
  }
  if (parts.has('library')) await againstFloor(token);
  if (parts.has('batch')) {
    await byBatch({
      home,
      env,
      program,
      token,
      kid,
      users,
      warmUp,
      codesOf: () => codesIn(home),
      row,
      median,
    });
  }
  if (parts.has('trail')) verifyTrail(token);
  if (parts.has('import')) await benchImport({ rows: Number(values.rows), sqliteAlone: values.sqlite, row });
  if (parts.has('large')) await withMany(token);
} finally {
  rmSync(home, { recursive: true, force: true });
}

/** The newest code of each user, from the outbox of an installation. */
function codesIn(folder) {
  const lines = readFileSync(join(folder, 'outbox.ndjson'), 'utf8').trim().split('\n');
  return new Map(
    lines.map((line) => JSON.parse(line)).map(({ user, text }) => [user, /\b[0-9]{6}\b/.exec(text)?.[0]]),
  );
}

if (parts.has('postgres')) {
  const onServer = mkdtempSync(join(tmpdir(), 'twofa-bench-'));
  try {
    await onPostgres({
      ...{ home: onServer, kid, users, warmUp, setUp, row, median },
      env: { ...process.env, TWOFA_HOME: onServer },
      codesOf: () => codesIn(onServer),
    });
  } finally {
    rmSync(onServer, { recursive: true, force: true });
  }
}
