// Builds the program: the command line and the library, bundled so that it starts fast.
import { rmSync, writeFileSync } from 'node:fs';
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
  'better-sqlite3',
  ...unused,
  ...builtinModules,
  ...builtinModules.map((name) => `node:${name}`),
];

rmSync('dist', { recursive: true, force: true });
await build({
  input: { twofa: 'src/cli/main.ts' },
  external,
  platform: 'node',
  logLevel: 'warn',
  output: {
    dir: 'dist',
    format: 'cjs',
    entryFileNames: '[name].cjs',
    chunkFileNames: 'chunks/[name].cjs',
  },
});
writeFileSync('dist/.built', `${new Date().toISOString()}\n`);
