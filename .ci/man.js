// Writes the manual pages into dist/man, dated by the release that the changelog has first, and names them in package.json.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'rolldown';

const folder = mkdtempSync(join(tmpdir(), 'twofa-man-'));
try {
  await build({
    input: { program: 'src/cli/program.ts', pages: 'src/cli/man-pages.ts' },
    platform: 'node',
    logLevel: 'warn',
    checks: { ineffectiveDynamicImport: false },
    output: { dir: folder, format: 'cjs', entryFileNames: '[name].cjs' },
    // What only runs when a command does.
    external: (id) => /^(knex|better-sqlite3|nodemailer|twilio|pg|inquirer|ora)\b/.test(id),
  });
  const require = createRequire(join(folder, 'pages.cjs'));
  const { programOf } = require('./program.cjs');
  const { manPages } = require('./pages.cjs');
  const manifest = readFileSync('package.json', 'utf8');
  const { version } = JSON.parse(manifest);
  const date = /^## \S+ \((\d{4}-\d{2}-\d{2})\)$/m.exec(readFileSync('CHANGELOG.md', 'utf8'))?.[1];
  if (date === undefined) throw new Error('CHANGELOG.md says of no release when it was.');
  const program = programOf(() => async () => {}, process);
  rmSync('dist/man', { recursive: true, force: true });
  mkdirSync('dist/man', { recursive: true });
  const pages = manPages(program, { version, date });
  for (const [name, page] of pages) writeFileSync(join('dist/man', name), page);
  // npm links the pages that are named one by one, and no folder of them.
  const man = [...pages.keys()].sort().map((name) => `./dist/man/${name}`);
  const named = `${JSON.stringify({ ...JSON.parse(manifest), man }, null, 2)}\n`;
  if (named !== manifest) writeFileSync('package.json', named);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
