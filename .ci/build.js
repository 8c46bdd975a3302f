// Builds the program: the command line and the library, bundled so that it starts fast.

import { spawnSync } from 'node:child_process';
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
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
/** A thousand files, of which a text message by Twilio loads some from where they are, and nothing else loads any. */
const twilio = 'twilio';
const external = ['bindings', twilio, ...unused];

/** Parts of knex that a command never uses, or only when it makes a store, in words that rolldown bundles. */
const trimmed = {
  // Its debug log would show bindings, and its colours are for a log that is silent.
  debug: 'module.exports = () => Object.assign(() => {}, { enabled: false });',
  colorette: 'module.exports = new Proxy({}, { get: () => String });',
  '../migrations/seed/Seeder': 'module.exports = class Seeder {};',
  '../migrations/migrate/Migrator': `exports.Migrator = class {
    constructor(...given) {
      const { Migrator } = require('knex/lib/migrations/migrate/Migrator.js');
      return new Migrator(...given);
    }
  };`,
};
/** commander starts no program of its own here. */
const trimmedOfCommander = { 'node:child_process': 'module.exports = {};' };

const trim = {
  name: 'trim',
  resolveId(source, importer = '') {
    const of = importer.includes('node_modules/knex/') ? trimmed : trimmedOfCommander;
    if (of === trimmedOfCommander && !importer.includes('node_modules/commander/')) return null;
    return Object.hasOwn(of, source) ? `\0trimmed:${source}` : null;
  },
  load(id) {
    const source = id.startsWith('\0trimmed:') ? id.slice('\0trimmed:'.length) : '';
    return trimmed[source] ?? trimmedOfCommander[source] ?? null;
  },
};

/**
 * What is loaded together is in one file, since each file costs a start-up a third of a millisecond: the tree of commands;
 * what every request needs, with the everyday ones; the store.
 */
const together = {
  groups: [
    { name: 'commands', test: /src\/cli\/main\.ts$/, priority: 3 },
    {
      name: 'requests',
      test: /src\/(cli\/(compose|config|key-source|out|profiles)|actions\/(perform|status|login|code-send|code-verify))\.ts$/,
      priority: 2,
    },
    { name: 'store', test: /src\/store\/open\.ts$/, priority: 1 },
  ],
};

const draft = `dist.${process.pid}.new`;
const former = `dist.${process.pid}.old`;
/** The command line and the library are apart, so that each has its common parts in one file. */
for (const [name, input] of Object.entries({ twofa: 'src/cli/main.ts', index: 'src/index.ts' })) {
  await build({
    input: { [name]: input },
    external,
    plugins: [trim],
    platform: 'node',
    logLevel: 'warn',
    checks: { ineffectiveDynamicImport: false },
    output: {
      dir: draft,
      format: 'cjs',
      // A script with kept bytecode has nobody who imports for it; it can require.
      dynamicImportInCjs: false,
      codeSplitting: name === 'twofa' ? together : true,
      entryFileNames: '[name].cjs',
      chunkFileNames: `${name}/[name].cjs`,
    },
  });
}
writeFileSync(`${draft}/.built`, `${new Date().toISOString()}\n`);

// The new build takes the place of the old one at once: a program that runs meanwhile finds one or the other.
if (existsSync('dist')) renameSync('dist', former);
renameSync(draft, 'dist');
rmSync(former, { recursive: true, force: true });

for (const runs of ['help', 'lifecycle']) {
  const { status } = spawnSync(process.execPath, ['.ci/warm.js', runs], { stdio: 'inherit' });
  if (status !== 0) throw new Error('The program that was just built does not run.');
}

// For editors and checks of provisioning files, of the same definition that reads them.
const schema = spawnSync(process.execPath, ['bin/twofa.js', 'schema'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
if (schema.status !== 0) throw new Error('The program that was just built prints no schema.');
writeFileSync('dist/provisioning.schema.json', schema.stdout);
