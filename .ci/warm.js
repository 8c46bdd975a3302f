// Keeps the bytecode of the bundles, made after real runs: node .ci/warm.js help | lifecycle
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';

const { main, loaded, bytecodeOf } = createRequire(import.meta.url)('../bin/cached.js');
const home = mkdtempSync(join(tmpdir(), 'twofa-build-'));
// Whatever store, gateway or token the variables of a developer name: a build has nothing to do with them.
const others = Object.entries(process.env).filter(([name]) => !name.startsWith('TWOFA_'));
const env = { ...Object.fromEntries(others), TWOFA_HOME: home, TWOFA_ACCOUNT: '1' };

async function run(line, input = '') {
  const stdout = new PassThrough().resume();
  const stderr = new PassThrough();
  let said = '';
  stderr.on('data', (chunk) => {
    said += chunk;
  });
  const exit = await main(line.split(' '), { env, stdin: Readable.from([input]), stdout, stderr });
  if (exit === 0 || exit === 7 || exit === 8) return;
  throw new Error(`twofa ${line} ended with ${exit} while the build was run: ${said}`);
}

async function lifecycle() {
  await run('init --sandbox');
  await run('account create 1 --name Build');
  await run('practice add Build');
  await run(
    'user add jane --name Jane --email jane@build.example --phone +12015550123 --practice Build --system-administrator',
  );
  await run('token create --role application --app build --save app');
  await run('token create --role system-administrator --user jane --save jane');
  await run('enable --confirm 1 -p jane');
  await run('login jane --ip 203.0.113.7 -p app');
  await run('code send jane --via email -p app');
  const sent = readFileSync(join(home, 'outbox.ndjson'), 'utf8').trim().split('\n');
  const code = /^[0-9]{6}/.exec(JSON.parse(sent.at(-1)).text)[0];
  await run('code verify jane --ip 203.0.113.7 -p app', code);
  await run('status jane --json -p owner');
  await run('user list -p owner');
  await run('__complete user ');
}

try {
  if (process.argv[2] === 'help') await run('--help');
  else await lifecycle();
  for (const [file, script] of loaded) {
    const bytecode = bytecodeOf(file);
    if (!existsSync(bytecode)) writeFileSync(bytecode, script.createCachedData());
  }
} finally {
  rmSync(home, { recursive: true, force: true });
}
