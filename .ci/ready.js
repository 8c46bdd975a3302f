// Installs and builds what is missing or older than its sources, then runs what follows: node .ci/ready.js COMMAND…
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..');
process.chdir(root);

/** Runs a command with its talk on stderr, so that stdout stays the command's that follows. */
function step(says, command, args) {
  process.stderr.write(`${says}\n`);
  const { status, error } = spawnSync(command, args, {
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

function newest(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce(
      (latest, entry) => Math.max(latest, statSync(join(entry.parentPath ?? entry.path, entry.name)).mtimeMs),
      0,
    );
}

const lock = createHash('sha256')
  .update(readFileSync('package-lock.json'))
  .update(process.version)
  .digest('hex');
const installed = join('node_modules', '.installed');
if (!existsSync(installed) || readFileSync(installed, 'utf8') !== lock) {
  step('Installing what twofa needs (once; a minute or two) …', 'npm', ['ci', '--loglevel=error']);
  writeFileSync(installed, lock);
}

const built = join('dist', '.built');
const sources = Math.max(...['src', 'migrations', '.ci'].map(newest), statSync('package.json').mtimeMs);
if (!existsSync(built) || statSync(built).mtimeMs < sources) {
  step('Building …', process.execPath, [join('.ci', 'build.js')]);
}

const [script, ...args] = process.argv.slice(2);
if (script !== undefined) {
  const { status, signal } = spawnSync(process.execPath, [script, ...args], { stdio: 'inherit' });
  process.exitCode = status ?? (signal === 'SIGINT' ? 130 : 1);
}
