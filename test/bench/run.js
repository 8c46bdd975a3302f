// npm run bench: ratios side by side in one run. Options: --users N (default 1000), --rounds N, --starts N, --events N.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openFloor } from './floor.js';

const { openTwofa } = createRequire(import.meta.url)('../../dist/index.cjs');
const { values } = parseArgs({
  options: {
    users: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '200' },
    starts: { type: 'string', default: '15' },
    events: { type: 'string', default: '20000' },
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
  process.stdout.write(
    `${name.padEnd(34)} ${ratio.toFixed(2).padStart(6)}   goal ${goal.padEnd(14)} ${detail}\n`,
  );
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

function cli(args, input = '') {
  const ran = spawnSync(process.execPath, [program, ...args, '--json'], { env, input, encoding: 'utf8' });
  if (ran.status !== 0) throw new Error(`twofa ${args.join(' ')}: ${ran.stderr}`);
  return JSON.parse(ran.stdout);
}

function setUp() {
  cli(['init', '--sandbox']);
  cli(['account', 'create', kid, '--name', 'Bench']);
  cli(['practice', 'add', 'Bench', '-a', kid]);
  const number = (index) => `+1201${String(2_000_000 + index).padStart(7, '0')}`;
  const rows = Array.from(
    { length: users },
    (_, index) =>
      `u${index},User ${index},u${index}@bench.example,${number(index)},Bench,${index === 0 ? 'yes' : ''}\n`,
  );
  writeFileSync(
    join(home, 'roster.csv'),
    `username,name,email,phone,practices,system_administrator\n${rows.join('')}`,
  );
  const seconds = timed(() => cli(['user', 'import', join(home, 'roster.csv'), '-a', kid])) / 1000;
  process.stdout.write(`import of ${users} users: ${seconds.toFixed(1)} s\n`);
  const token = cli(['token', 'create', '--role', 'application', '--app', 'bench']);
  cli(['token', 'create', '--role', 'system-administrator', '-a', kid, '--user', 'u0', '--save', 'admin']);
  cli(['enable', '--confirm', kid, '-a', kid, '-p', 'admin']);
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

/** Lengthens the trail to a number of events by logins, many of which share a commit. */
async function lengthenTrail(token, until) {
  const twofa = openTwofa({ env, token: token.token });
  const inFlight = 500;
  for (let done = 0; done < until; done += inFlight) {
    const logins = Array.from({ length: Math.min(inFlight, until - done) }, (_, index) =>
      twofa.request('login', { account: kid, user: `u${(done + index) % users}`, ip: '203.0.113.7' }),
    );
    await Promise.all(logins);
  }
  await twofa.close();
}

/** The whole process of `audit verify`, over all events that there are; it also says whether the bench did its work right. */
async function verifyTrail(token) {
  const before = cli(['audit', 'verify', '-p', 'owner']).events;
  await lengthenTrail(token, events - before);
  let verdict;
  const seconds =
    timed(() => {
      verdict = cli(['audit', 'verify', '-p', 'owner']);
    }) / 1000;
  const rate = verdict.events / seconds;
  const million = `${(1e6 / rate).toFixed(1)} s for 1,000,000${verdict.events < 1e6 ? ' (extrapolated)' : ''}`;
  process.stdout.write(
    `audit verify: ${verdict.events} events in ${seconds.toFixed(1)} s, ${Math.round(rate)}/s, ${million}: ${verdict.intact ? 'intact' : 'BROKEN'}\n`,
  );
  if (!verdict.intact) process.exitCode = 1;
}

try {
  const token = setUp();
  startUp('--help', ['--help'], '≤ 1.15 node');
  startUp('--version', ['--version'], '≤ 1.15 node');
  startUp(`status U (${users} users)`, ['status', 'u5', '-a', kid, '--json', '-p', 'owner'], '≤ 1.5 node');
  await againstFloor(token);
  await verifyTrail(token);
} finally {
  rmSync(home, { recursive: true, force: true });
}
