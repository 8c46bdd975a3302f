// Writes the types of the library into dist/types: what tsc declares for src/index.ts, and the files that this names.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';

const declared = mkdtempSync(join(tmpdir(), 'twofa-types-'));
const tsc = ['node_modules/typescript/bin/tsc', '-p', '.ci/tsconfig.types.json', '--outDir', declared];
/** What a declaration imports of its neighbours: `from './errors.ts'`, `import("./rules/code.ts")`. */
const neighbour = /(from |import\()(['"])(\.[^'"]+)\.ts\2/g;

/** The declarations that one names, by itself or by others, with itself. */
function reached(file, found = new Map()) {
  if (found.has(file)) return found;
  const text = readFileSync(file, 'utf8');
  found.set(file, text);
  for (const [, , , path] of text.matchAll(neighbour)) reached(join(dirname(file), `${path}.d.ts`), found);
  return found;
}

try {
  const { status } = spawnSync(process.execPath, tsc, { stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error('The types could not be declared.');
  rmSync('dist/types', { recursive: true, force: true });
  const sources = join(declared, 'src');
  for (const [file, text] of reached(join(sources, 'index.d.ts'))) {
    // The library is CommonJS, whoever loads it, and its declarations say so by their ending.
    const kept = join('dist/types', relative(sources, file).replace(/\.d\.ts$/, '.d.cts'));
    mkdirSync(dirname(kept), { recursive: true });
    writeFileSync(kept, text.replace(neighbour, '$1$2$3.cjs$2'));
  }
} finally {
  rmSync(declared, { recursive: true, force: true });
}
