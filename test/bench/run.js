// npm run bench: ratios side by side in one run. Options: --users N (default 1000), --rounds N, --starts N, --events N,
// --rows N (of an import, default 200000), --sqlite (without PostgreSQL). `npm run bench -- import` is that part alone.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { byBatch } from './batch.js';
import { openFloor } from './floor.js';
import { benchImport } from './import.js';
import { onPostgres } from './postgres.js';
import { lengthenTrail, passOver } from './trail.js';

const { openTwofa } = createRequire(import.meta.url)('../../dist/index.cjs');
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    users: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '200' },
    starts: { type: 'string', default: '15' },
    sqlite: { type: 'boolean', default: false },
    events: { type: 'string', default: '1000000' },
    rows: { type: 'string', default: '200000' },
  },
});
const users = Number(values.users);
const rounds = Number(values.rounds);
const starts = Number(values.starts);
const events = Number(values.events);
const kid = '1';
const home = mkdtempSync(join(tmpdir(), 'twofa-bench-'));
const env = { ...process.env, TWOFA_HOME: home };
const program = join(import.meta.dirname, '..', '..', 'bin', 'twofa.js');

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
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
function startUp(name, args, goal) {
  const run = (command) => timed(() => spawnSync(process.execPath, command, { env, stdio: 'ignore' }));
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

function setUp(environment = env) {
  const twofa = (args) => cli(args, environment);
  twofa(['init', '--sandbox']);
  twofa(['account', 'create', kid, '--name', 'Bench']);
  twofa(['practice', 'add', 'Bench', '-a', kid]);
  const number = (index) => `+1201${String(2_000_000 + index).padStart(7, '0')}`;
  const rows = Array.from(
    { length: users },
    (_, index) =>
      `u${index},User ${index},u${index}@bench.example,${number(index)},Bench,${index === 0 ? 'yes' : ''}\n`,
  );
  writeFileSync(
    join(environment.TWOFA_HOME, 'roster.csv'),
    `username,name,email,phone,practices,system_administrator\n${rows.join('')}`,
  );
  const seconds =
    timed(() => twofa(['user', 'import', join(environment.TWOFA_HOME, 'roster.csv'), '-a', kid])) / 1000;
  process.stdout.write(`import of ${users} users: ${seconds.toFixed(1)} s\n`);
  const token = twofa(['token', 'create', '--role', 'application', '--app', 'bench']);
  twofa(['token', 'create', '--role', 'system-administrator', '-a', kid, '--user', 'u0', '--save', 'admin']);
  twofa(['enable', '--confirm', kid, '-a', kid, '-p', 'admin']);
  return token;
}

/** Each round does the same once by the library and once by hand, for users of their own. */
async function againstFloor(token) {
  const twofa = openTwofa({ env, token: token.token });
  const floor = openFloor(home, kid, 'bench', Number(token.id.slice(4)));
  const outbox = () => readFileSync(join(home, 'outbox.ndjson'), 'utf8').trim().split('\n');
  const lastCode = () => /\b[0-9]{6}\b/.exec(JSON.parse(outbox().at(-1)).text)[0];
  const ip = '203.0.113.7';
  const ask = (name, user, more) => twofa.request(name, { account: kid, user, ...more });
  const times = { issue: [], wrong: [], right: [], login: [] };
  await ask('login', 'u1', { ip });
  floor.login('u1', ip);
  for (let round = 0; round < rounds; round += 1) {
    const ours = `u${(2 * round) % users}`;
    const theirs = `u${(2 * round + 1) % users}`;
    const other = (code) => String((Number(code) + 1) % 1_000_000).padStart(6, '0');
    let code = '';
    const issue = await timedAsync(() => ask('code.send', ours, { via: 'email' }));
    const floorIssue = timed(() => {
      code = floor.issue(theirs);
    });
    times.issue.push([floorIssue, issue]);
    const sent = lastCode();
    const wrong = await timedAsync(() => ask('code.verify', ours, { ip, code: other(sent) }));
    times.wrong.push([timed(() => floor.verify(theirs, other(code), ip)), wrong]);
    const right = await timedAsync(() => ask('code.verify', ours, { ip, code: sent }));
    times.right.push([timed(() => floor.verify(theirs, code, ip)), right]);
    const login = await timedAsync(() => ask('login', ours, { ip }));
    times.login.push([timed(() => floor.login(theirs, ip)), login]);
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

/** The newest code of each user, from the outbox of an installation. */
function codesIn(folder) {
  const lines = readFileSync(join(folder, 'outbox.ndjson'), 'utf8').trim().split('\n');
  return new Map(
    lines.map((line) => JSON.parse(line)).map(({ user, text }) => [user, /\b[0-9]{6}\b/.exec(text)?.[0]]),
  );
}

async function signIns() {
  try {
    const token = setUp();
    startUp('--help', ['--help'], '≤ 1.15 node');
    startUp('--version', ['--version'], '≤ 1.15 node');
    startUp(`status U (${users} users)`, ['status', 'u5', '-a', kid, '--json', '-p', 'owner'], '≤ 1.5 node');
    await againstFloor(token);
    await byBatch({ home, env, program, token, kid, users, codesOf: () => codesIn(home), row, median });
    verifyTrail(token);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
  if (values.sqlite) return;
  const onServer = mkdtempSync(join(tmpdir(), 'twofa-bench-'));
  try {
    await onPostgres({
      ...{ home: onServer, kid, users, setUp, row, median },
      env: { ...process.env, TWOFA_HOME: onServer },
      codesOf: () => codesIn(onServer),
    });
  } finally {
    rmSync(onServer, { recursive: true, force: true });
  }
}

const parts = positionals.length > 0 ? positionals : ['sign-ins', 'import'];
try {
  if (parts.includes('sign-ins')) await signIns();
  if (parts.includes('import'))
    await benchImport({ rows: Number(values.rows), sqliteAlone: values.sqlite, row });
} finally {
  rmSync(home, { recursive: true, force: true });
}
