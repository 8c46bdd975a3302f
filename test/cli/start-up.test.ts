// What a command loads before it answers: no more than it needs, so that it starts fast.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Prepared, quickEnabledNorthside } from '../support/in-process.ts';
import { kid, otherThan, type RunOptions } from '../support/program.ts';

/**
 * Writes down what is loaded, at the end: whatever a module loader asked for, what lies in its cache, which files of
 * native code the process has open, and which files of dist it read or compiled by itself.
 */
const hook = `
const fs = require('node:fs');
const Module = require('node:module');
const vm = require('node:vm');
const seen = new Set();
const load = Module._load;
Module._load = function (request, parent, ...rest) {
  try { seen.add(Module._resolveFilename(request, parent)); } catch { seen.add(request); }
  return load.call(this, request, parent, ...rest);
};
const Script = vm.Script;
vm.Script = class extends Script {
  constructor(code, options) {
    super(code, options);
    const filename = typeof options === 'string' ? options : options && options.filename;
    if (filename) seen.add(filename);
  }
};
const dlopen = process.dlopen;
process.dlopen = function (module, filename, ...rest) {
  seen.add(filename);
  return dlopen.call(this, module, filename, ...rest);
};
const open = fs.openSync;
fs.openSync = function (path, ...rest) {
  if (/\\.sqlite/.test(String(path))) seen.add(String(path));
  return open.call(this, path, ...rest);
};
process.on('exit', () => {
  for (const file of Object.keys(require.cache)) seen.add(file);
  for (const file of process.report ? process.report.getReport().sharedObjects : []) {
    if (file.endsWith('.node')) seen.add(file);
  }
  fs.writeFileSync(process.env.LOADED_FILE, JSON.stringify([...seen]));
});
`;

let folder: string;
let here: Prepared;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'twofa-loads-'));
  writeFileSync(join(folder, 'hook.cjs'), hook);
  here = await quickEnabledNorthside();
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  here.remove();
});

interface Loaded {
  exit: number;
  files: string[];
  /** The sources that the loaded bundles are made of, as paths such as `src/cli/main.ts`. */
  sources: string[];
}

const dist = resolve(import.meta.dirname, '../../dist');
const main = join(dist, 'twofa.cjs');

/** The sources that a bundle is made of: the bundler writes the path of each above it. */
function sourcesOf(bundle: string): string[] {
  const path = /^\/\/(?:#region)? (?:\S*?\/)?((?:src|migrations|node_modules)\/\S+)$/gm;
  return [...readFileSync(bundle, 'utf8').matchAll(path)].map(([, source = '']) => source);
}

async function loadedBy(args: readonly string[], options: RunOptions = {}): Promise<Loaded> {
  const file = join(folder, 'loaded.json');
  rmSync(file, { force: true });
  const env = { ...options.env, NODE_OPTIONS: `--require ${join(folder, 'hook.cjs')}`, LOADED_FILE: file };
  const { exit, stderr } = await here.run(args, { ...options, env });
  if (!existsSync(file)) throw new Error(`twofa ${args.join(' ')} did not run: ${stderr}`);
  const files = JSON.parse(readFileSync(file, 'utf8')) as string[];
  return { exit, files, sources: files.filter(isBundle).flatMap(sourcesOf) };
}

const isBundle = (file: string) => file.startsWith(`${dist}/`) && file.endsWith('.cjs');
const native = (files: readonly string[]) => files.filter((file) => file.endsWith('.node'));
const of = (sources: readonly string[], folder: string) => sources.filter((each) => each.startsWith(folder));

const costly = {
  libphonenumber: 'node_modules/libphonenumber-js/',
  inquirer: 'node_modules/@inquirer/',
  ora: 'node_modules/ora/',
  nodemailer: 'node_modules/nodemailer/',
  'csv-parse': 'node_modules/csv-parse/',
  yaml: 'node_modules/yaml/',
  chalk: 'node_modules/chalk/',
  'string-width': 'node_modules/string-width/',
  'the migrations': 'migrations/0',
};

test('this test sees what a command loads', async () => {
  const list = await loadedBy(['user', 'list', '-a', kid]);
  expect(list.exit).toBe(0);
  expect(list.files).toContain(main);
  expect(list.sources).toContain('src/cli/main.ts');
  expect(list.sources).toContain('src/actions/user-views.ts');
  expect(of(list.sources, costly['string-width'])).not.toEqual([]);
  expect(of(list.sources, 'node_modules/knex/')).not.toEqual([]);
  expect(native(list.files).map((file) => basename(file))).toContain('better_sqlite3.node');
  const update = await loadedBy(['user', 'update', 'jane', '--phone', '+12015550124', '-a', kid, '--json']);
  expect(of(update.sources, costly.libphonenumber)).not.toEqual([]);
  const fresh = mkdtempSync(join(tmpdir(), 'twofa-fresh-'));
  const init = await loadedBy(['init'], { env: { TWOFA_HOME: fresh } });
  rmSync(fresh, { recursive: true, force: true });
  expect(of(init.sources, costly['the migrations'])).not.toEqual([]);
});

describe('--help and --version load what declares the commands, and nothing that carries them out', () => {
  test.each([[['--help']], [['--version']], [['-V']], [['user', '--help']], [['code', 'verify', '--help']]])(
    '%j',
    async (args) => {
      const { exit, files, sources } = await loadedBy(args);
      expect(exit).toBe(0);
      expect(files).toContain(main);
      expect(native(files)).toEqual([]);
      expect(files.filter((file) => file.includes('node_modules'))).toEqual([]);
      const libraries = of(sources, 'node_modules/').map((source) => source.split('/')[1]);
      expect([...new Set(libraries)]).toEqual(['commander']);
      const declared = /^src\/(errors\.ts|cli\/[a-z/-]+\.ts|rules\/(constants|authority)\.ts)$/;
      expect(of(sources, 'src/').filter((source) => !declared.test(source))).toEqual([]);
      expect(of(sources, 'migrations/')).toEqual([]);
      const works =
        /^src\/cli\/(compose|out|config|profiles|private-file|key-file|roster-\S+|tour\S*|doctor|table)\.ts$/;
      expect(sources.filter((source) => works.test(source))).toEqual([]);
      const builtin = /^(node:)?(crypto|https?|net|tls|dns|child_process|worker_threads|zlib|readline)$/;
      expect(files.filter((file) => builtin.test(file))).toEqual([]);
    },
  );
});

describe('code verify loads what it needs alone', () => {
  const args = ['code', 'verify', 'jane', '--ip', '203.0.113.7', '-a', kid, '-p', 'platform', '--json'];
  let loaded: Loaded;
  beforeAll(async () => {
    await here.prepare(async (json) => {
      await json(['code', 'send', 'jane', '--via', 'email', '-a', kid, '-p', 'platform']);
    });
    loaded = await loadedBy(args, { input: otherThan(here.lastCode('jane')) });
  });

  test('and answers', () => {
    expect(loaded.exit).toBe(8);
    expect(loaded.sources).toContain('src/actions/code-verify.ts');
  });

  test.each(Object.entries(costly))('not %s', (_, source) => {
    expect(of(loaded.sources, source)).toEqual([]);
  });
});

describe('what never opens the store', () => {
  test.each([
    ['completion bash', ['completion', 'bash'], 0],
    ['completion zsh', ['completion', 'zsh'], 0],
    ['completion fish', ['completion', 'fish'], 0],
    ['what a shell asks', ['__complete', 'user', 'show', ''], 0],
    ['disable', ['disable'], 6],
    ['policy', ['policy'], 0],
    ['version', ['version'], 0],
    ['help', ['help', 'user', 'add'], 0],
    ['config path', ['config', 'path'], 0],
  ])('%s', async (_, args, exit) => {
    const empty = mkdtempSync(join(tmpdir(), 'twofa-empty-'));
    try {
      const loaded = await loadedBy(args, { env: { TWOFA_HOME: empty } });
      expect(loaded.exit).toBe(exit);
      expect(native(loaded.files)).toEqual([]);
      expect(loaded.files.filter((file) => /\.sqlite/.test(file))).toEqual([]);
      expect(readdirSync(empty)).toEqual([]);
    } finally {
      rmSync(empty, { recursive: true, force: true });
    }
  });

  test('nor does anything that is refused for its form', async () => {
    const { exit, files } = await loadedBy(['login', 'jane', '--ip', 'nowhere', '-a', kid, '-p', 'platform']);
    expect(exit).toBe(2);
    expect(native(files)).toEqual([]);
    expect(existsSync(join(here.home, 'twofa.sqlite'))).toBe(true);
  });
});

test('the build tries the program on a store of its own, whatever the variables of who builds it name', () => {
  const elsewhere = mkdtempSync(join(tmpdir(), 'twofa-elsewhere-'));
  const database = join(elsewhere, 'theirs.sqlite');
  try {
    const env = { ...process.env, TWOFA_DATABASE_URL: `sqlite:${database}`, TWOFA_ACCOUNT: '10482' };
    const script = resolve('.ci/warm.js');
    const ran = spawnSync(process.execPath, [script, 'lifecycle'], { env, encoding: 'utf8' });
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    expect(existsSync(database)).toBe(false);
  } finally {
    rmSync(elsewhere, { recursive: true });
  }
});
