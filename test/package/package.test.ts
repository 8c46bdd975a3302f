// The package: what is in it, that tools for packages find no fault, that it runs where it is installed, README's program too.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Prepared, quickEnabledNorthside } from '../support/in-process.ts';
import { environment, otherThan } from '../support/program.ts';
import { Installed, root, run } from './installed.ts';

let installed: Installed;
let northside: Prepared;
beforeAll(() => {
  installed = new Installed();
});
afterAll(() => installed.remove());

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

describe('what is in the package', () => {
  /** Each file that belongs into it. */
  const belonging = [
    /^(package\.json|README\.md|CHANGELOG\.md|SECURITY\.md|LICENSE)$/,
    /^bin\/(twofa\.js|cached\.js|package\.json)$/,
    /^dist\/(twofa|index)(\/[\w.-]+)?\.cjs(\.v[\w.-]+\.bytecode)?$/,
    /^dist\/provisioning\.schema\.json$/,
    /^dist\/types\/([\w-]+\/)?[\w-]+\.d\.cts$/,
    /^dist\/man\/twofa(-[a-z-]+)?\.[17]$/,
  ];

  test('nothing but what is needed', () => {
    const files = installed.files();
    expect(files.filter((file) => !belonging.some((pattern) => pattern.test(file)))).toEqual([]);
    for (const pattern of belonging) expect(files.some((file) => pattern.test(file))).toBe(true);
  });

  test('whatever package.json names', () => {
    const { main, types, man, bin, exports } = manifest;
    const named = [main, types, ...man, bin.twofa, ...Object.values(exports['.'])];
    const files = installed.files();
    expect(named.filter((file: string) => !files.includes(file.replace('./', '')))).toEqual([]);
  });

  test('a build made for it: npm pack builds what is older than its sources, and adds types and manual pages', () => {
    expect(manifest.scripts.prepack).toBe('node .ci/ready.js .ci/pack.js');
  });
});

describe('tools for packages find no fault', () => {
  test('publint', async () => {
    const { messages } = await publint({ pkgDir: root, strict: true, pack: false });
    expect(messages).toEqual([]);
  });

  test('attw: the types are those of what is loaded, by import and require, for every resolution', () => {
    const attw = [join(root, 'node_modules/@arethetypeswrong/cli/dist/index.js'), '-f', 'json'];
    const { analysis, problems } = JSON.parse(run(process.execPath, [...attw, installed.tarball], root));
    expect(problems).toEqual({});
    expect(Object.keys(analysis.entrypoints)).toEqual(['.', './package.json']);
  });
});

describe('installed in an empty folder', () => {
  const twofa = (args: string[], home: string) =>
    run(installed.executable, args, installed.folder, environment(home));

  test('it runs through the link that npm makes', () => {
    const home = join(installed.folder, 'home');
    expect(twofa(['--version'], home)).toBe(`${manifest.version}\n`);
    expect(JSON.parse(twofa(['init', '--sandbox', '--json'], home))).toMatchObject({ home, changed: true });
    expect(JSON.parse(twofa(['account', 'create', '1', '--name', 'One', '--json'], home))).toMatchObject({
      kid: '1',
    });
  });

  test('its bytecode is of this Node; on another, which has none, it runs as well', () => {
    const bytecode = installed.files().filter((file) => file.endsWith('.bytecode'));
    const made = `.${process.version}-${process.platform}-${process.arch}.bytecode`;
    expect(bytecode.length).toBeGreaterThan(0);
    expect(bytecode.filter((file) => !file.endsWith(made))).toEqual([]);
    for (const file of bytecode) rmSync(join(installed.folder, 'lib/node_modules/twofa', file));
    expect(twofa(['--version'], installed.folder)).toBe(`${manifest.version}\n`);
  });
});

describe('the library of the package', () => {
  const names = ['TwofaError', 'errorCodes', 'exitCodes', 'openTwofa'];

  test.each([
    ['import', ['--input-type=module', '-e', "import * as twofa from 'twofa'; show(twofa);"]],
    ['require', ['--input-type=commonjs', '-e', "show(require('twofa'));"]],
  ])('has its names by %s', (_, args) => {
    const show = 'function show(twofa) { console.log(JSON.stringify(Object.keys(twofa).sort())); }';
    const asked = args.map((arg) => (arg.includes('show(') ? `${arg}\n${show}` : arg));
    const found = JSON.parse(run(process.execPath, asked, installed.project()));
    expect(found.filter((name: string) => !['default', 'module.exports'].includes(name))).toEqual(names);
  });

  test('loaded and opened, does nothing: no file, no handle, no listener, no variable', () => {
    const project = installed.project();
    writeFileSync(join(project, 'watched.cjs'), watched);
    const env = environment(join(project, 'home'));
    const { before, after, touched } = JSON.parse(run(process.execPath, ['watched.cjs'], project, env));
    expect(after).toEqual(before);
    expect(touched).toEqual([]);
  });

  test.each(['mts', 'cts'])('types each request for a program in .%s', (ending) => {
    const project = installed.project();
    symlinkSync(join(root, 'node_modules/@types'), join(project, 'node_modules/@types'));
    writeFileSync(join(project, `program.${ending}`), typed);
    const tsc = [join(root, 'node_modules/typescript/bin/tsc'), '--noEmit', '--strict', '--target', 'es2023'];
    const options = ['--module', 'node20', '--lib', 'es2023', '--types', 'node', `program.${ending}`];
    expect(run(process.execPath, [...tsc, ...options], project)).toBe('');
  });
});

const readme = readFileSync(join(root, 'README.md'), 'utf8');
const program = /```js\n(.*?)```/s.exec(readme)?.[1] ?? '';

/** Starts the program for an application with a token. */
function started(token: string): ChildProcessWithoutNullStreams {
  const project = installed.project();
  writeFileSync(join(project, 'sign-in.mjs'), program);
  const env = environment(northside.home, { TWOFA_TOKEN: token });
  return spawn(process.execPath, ['sign-in.mjs'], { cwd: project, env });
}

/** Runs the program as a user does: reads a line, and enters what the next of the answers gives. */
async function signIn(token: string, answers: (() => string)[]): Promise<{ exit: number; said: string[] }> {
  const child = started(token);
  const ended = new Promise<number>((done) => child.on('close', (exit) => done(exit ?? -1)));
  const said: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    said.push(line);
    const answer = answers.shift();
    if (answer) child.stdin.write(`${answer()}\n`);
  }
  return { exit: await ended, said };
}

const platform = () =>
  JSON.parse(readFileSync(join(northside.home, 'profiles.json'), 'utf8')).profiles.platform.token as string;

describe("README's program for Node, as it is written there", () => {
  beforeAll(async () => {
    northside = await quickEnabledNorthside();
  });
  afterAll(() => northside.remove());

  test('lets a user in by a code, after a mistake, and for the next sign-in without one', async () => {
    const code = () => northside.lastCode('jane');
    const first = await signIn(platform(), [() => 'email', () => otherThan(code()), code]);
    expect(first).toEqual({
      exit: 0,
      said: [
        'Where may the code go, email (j•••@northside.example) or sms (•••0124)?',
        'The code sent to j•••@northside.example?',
        'That is not it; 6 attempts are left. The code?',
        'Come in.',
      ],
    });
    expect(await signIn(platform(), [])).toEqual({ exit: 0, said: ['Come in.'] });
  });

  test('lets nobody in when something is wrong, and says what', async () => {
    const refused = await signIn('twofa_nonsense', []);
    expect(refused).toEqual({ exit: 0, said: ['No. token-invalid'] });
  });
});

/** Prints what a process has before and after it loads and opens the library, and which files this touched. */
const watched = `
const fs = require('node:fs');
const touched = [];
const own = fs.realpathSync('node_modules/twofa');
for (const name of Object.keys(fs).filter((each) => typeof fs[each] === 'function' && /^[a-z]/.test(each))) {
  const original = fs[name];
  fs[name] = function (path, ...more) {
    const known = typeof path !== 'string' || path.startsWith(own) || path.startsWith(__dirname + '/node_modules');
    if (!known) touched.push(name + ' ' + path);
    return original.call(this, path, ...more);
  };
}
const state = () => ({
  env: { ...process.env },
  handles: process.getActiveResourcesInfo(),
  listeners: process.eventNames().map(String),
  globals: Object.getOwnPropertyNames(globalThis).sort(),
  cwd: process.cwd(),
  exitCode: process.exitCode ?? null,
});
// The streams of a process are made when they are first looked at.
process.stdout; process.stderr;
const before = state();
require('twofa').openTwofa();
const after = state();
const seen = touched.slice();
process.stdout.write(JSON.stringify({ before, after, touched: seen }));
`;

/** A program whose types have to be right; each line that is to be refused says so. */
const typed = `
import { type Answer, errorCodes, exitCodes, openTwofa, type RequestOptions, TwofaError } from 'twofa';
async function program() {
  await using twofa = openTwofa({ token: 'a token', notice: (text: string) => void text });
  const { exit, result } = await twofa.request('code.verify', { account: '1', user: 'jane', ip: '::1', code: '1' });
  const verdict: 'verified' | 'rejected' | 'locked' | 'inactive' = result.result;
  const left: number = result.attemptsLeft;
  const { result: users } = await twofa.request('user.list');
  const names: string[] = users.map((user) => user.username);
  const options: RequestOptions<'code.send'> = { user: 'jane', via: 'sms' };
  // @ts-expect-error
  await twofa.request('code.verify', { user: 'jane' });
  // @ts-expect-error
  await twofa.request('login');
  // @ts-expect-error
  await twofa.request('code.send', { user: 'jane', via: 'fax' });
  // @ts-expect-error
  result.nothing;
  const name: string = 'login';
  const answer: Answer = await twofa.request(name, { user: 'jane' });
  try { await twofa.close(); } catch (error) {
    if (error instanceof TwofaError) return error.exit === exitCodes.userBarred && error.code in errorCodes;
  }
  return [exit, verdict, left, names, options, answer];
}
void program;
`;
