// Builds the program: the command line and the library, bundled so that it starts fast.
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { builtinModules } from 'node:module';
import { build } from 'rolldown';

// What knex can use but this program does not, and what has a native part.
const unused = [
  'mysql',
  'mysql2',
  'oracledb',
  'sqlite3',
  'tedious',
  'pg-query-stream',
  'mariadb',
  'mariadb/callback',
  'pg',
  'pg-native',
];
const external = [
  'bindings',
  ...unused,
  ...builtinModules,
  ...builtinModules.map((name) => `node:${name}`),
];

const draft = `dist.${process.pid}.new`;
const former = `dist.${process.pid}.old`;
await build({
  input: { twofa: 'src/cli/main.ts', index: 'src/index.ts' },
  external,
  platform: 'node',
  logLevel: 'warn',
  output: {
    dir: draft,
    format: 'cjs',
    entryFileNames: '[name].cjs',
    chunkFileNames: 'chunks/[name].cjs',
  },
});
writeFileSync(`${draft}/.built`, `${new Date().toISOString()}\n`);

// The new build takes the place of the old one at once: a program that runs meanwhile finds one or the other.
if (existsSync('dist')) renameSync('dist', former);
renameSync(draft, 'dist');
rmSync(former, { recursive: true, force: true });

for (const runs of ['help', 'lifecycle']) {
  const { status } = spawnSync(process.execPath, ['.ci/warm.js', runs], { stdio: 'inherit' });
  if (status !== 0) throw new Error('The program that was just built does not run.');
}
