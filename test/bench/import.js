// Import, export and checklist at scale: whole processes against the same work by hand, and how much memory they take.
import { spawnSync } from 'node:child_process';
import { createWriteStream, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import Database from '../support/sqlite.js';
import { startServer } from './postgres.js';

const here = import.meta.dirname;
const program = join(here, '..', '..', 'bin', 'twofa.js');
const kid = '1';

async function writeRoster(file, rows) {
  const out = createWriteStream(file);
  out.write('username,name,email,phone,practices,system_administrator\n');
  for (let from = 0; from < rows; from += 10_000) {
    const lines = Array.from({ length: Math.min(10_000, rows - from) }, (_, index) => {
      const at = from + index;
      const phone = `+1201${String(2_000_000 + at).padStart(7, '0')}`;
      return `u${at},User ${at},u${at}@bench.example,${phone},Bench,${at === 0 ? 'yes' : ''}\n`;
    });
    if (!out.write(lines.join(''))) await new Promise((drained) => out.once('drain', drained));
  }
  out.end();
  await finished(out);
}

/** Runs a program to its end. @returns seconds, those of the processor, and MiB of memory at the most. */
function run(args, env, stdout = 'ignore') {
  const usage = join(env.TWOFA_HOME, 'usage.json');
  const begun = process.hrtime.bigint();
  const ran = spawnSync(process.execPath, ['--require', join(here, 'usage.cjs'), ...args], {
    env: { ...env, BENCH_USAGE: usage },
    stdio: ['ignore', stdout, 'inherit'],
  });
  const seconds = Number(process.hrtime.bigint() - begun) / 1e9;
  if (ran.status !== 0 && ran.status !== 6) throw new Error(`${args.join(' ')} failed.`);
  return { seconds, ...JSON.parse(readFileSync(usage, 'utf8')) };
}

function homeOf(database) {
  const home = mkdtempSync(join(tmpdir(), 'twofa-bench-'));
  const env = { ...process.env, TWOFA_HOME: home, ...(database ? { TWOFA_DATABASE_URL: database } : {}) };
  run([program, 'init', '--sandbox', '-q'], env);
  run([program, 'account', 'create', kid, '--name', 'Bench', '-q'], env);
  run([program, 'practice', 'add', 'Bench', '-a', kid, '-q'], env);
  return { home, env };
}

const shown = ({ seconds, cpu, mib }, rows) =>
  `${seconds.toFixed(1)} s (CPU ${cpu.toFixed(1)} s), ${Math.round(rows / seconds)} rows/s, ${Math.round(mib)} MiB`;

/** What the checklist asks, in as few statements as it takes by hand, on a connection of its own. */
function bareChecklist(home) {
  const database = new Database(join(home, 'twofa.sqlite'), { readonly: true });
  const begun = process.hrtime.bigint();
  const repeated = (
    column,
  ) => `${column} IN (SELECT ${column} FROM users WHERE account_kid = '${kid}' AND active
    AND ${column} IS NOT NULL GROUP BY ${column} HAVING count(*) > 1)`;
  const conditions = [
    ...['email IS NULL', 'email_problem IS NOT NULL', repeated('email_key'), 'phone IS NULL'],
    ...['phone_problem IS NOT NULL', repeated('phone_key'), 'looks_shared'],
    'email_proved_at IS NULL OR phone_proved_at IS NULL',
  ];
  const counts = conditions.map((condition) => `sum(CASE WHEN ${condition} THEN 1 ELSE 0 END)`).join(', ');
  database.prepare(`SELECT count(*), ${counts} FROM users WHERE account_kid = '${kid}' AND active`).get();
  const named = `SELECT username FROM users WHERE account_kid = '${kid}' AND active`;
  for (const condition of ['system_administrator', 'email_proved_at IS NULL']) {
    database.prepare(`${named} AND ${condition} ORDER BY username_key LIMIT 100`).all();
  }
  database.close();
  return Number(process.hrtime.bigint() - begun) / 1e9;
}

/** @param row is given each ratio: its name, the ratio, the goal, and how it came about. */
export async function benchImport({ rows, sqliteAlone, row }) {
  const roster = join(mkdtempSync(join(tmpdir(), 'twofa-bench-')), 'roster.csv');
  await writeRoster(roster, rows);
  const byHand = homeOf();
  const floor = run([join(here, 'import-floor.js'), byHand.home, roster, kid], byHand.env);
  rmSync(byHand.home, { recursive: true, force: true });

  const { home, env } = homeOf();
  const importing = [program, 'user', 'import', roster, '-a', kid, '-q'];
  const first = run(importing, env);
  const detail = `${shown(first, rows)}; by hand ${shown(floor, rows)}`;
  row(`import (${rows} rows)`, first.seconds / floor.seconds, '≤ 2 csv + inserts', detail);
  const again = run(importing, env);
  row('import of the same again', again.seconds / floor.seconds, '', shown(again, rows));
  const exported = run(
    [program, 'user', 'export', '-a', kid],
    env,
    openSync(join(home, 'exported.csv'), 'w'),
  );
  row('export', exported.seconds / floor.seconds, '', shown(exported, rows));
  const bare = bareChecklist(home);
  const checklist = run([program, 'checklist', '-a', kid, '--json'], env);
  const against = `${shown(checklist, rows)}; by hand ${bare.toFixed(2)} s`;
  row('checklist', checklist.seconds / bare, '≤ 1.5 bare SQL', against);
  rmSync(home, { recursive: true, force: true });

  if (!sqliteAlone) {
    const server = await startServer();
    const there = homeOf(server.url);
    const onServer = run(importing, there.env);
    row('import on PostgreSQL', onServer.seconds / floor.seconds, '', shown(onServer, rows));
    const unchanged = run(importing, there.env);
    row('import of the same again', unchanged.seconds / floor.seconds, '', shown(unchanged, rows));
    await server.stop();
    rmSync(there.home, { recursive: true, force: true });
  }
  rmSync(join(roster, '..'), { recursive: true, force: true });
}
