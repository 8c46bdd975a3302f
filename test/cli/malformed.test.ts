// Malformed input to every argument and option of every command: a documented exit code, words and no stack, and nothing half done.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exitCodes } from '../../src/errors.ts';
import { runInProcess } from '../support/in-process.ts';
import { kid, type Ran } from '../support/program.ts';
import {
  argsOf,
  callable,
  commandTree,
  everyCommand,
  everySituation,
  type Situation,
} from './every-command.ts';
import { errorFields, exactly, fieldsOf } from './fields.ts';

const values: Record<string, string> = {
  empty: '',
  blank: '   ',
  long: 'x'.repeat(10_000),
  'long, of emoji': '🦷'.repeat(5_000),
  'an escape sequence': '\x1b[31mred\x1b[0m',
  'a bell': 'a\x07b',
  'a C1 control': 'a\x9b31mb',
  'two lines': 'a\nb',
  'a carriage return': 'a\rb',
  emoji: '👩‍⚕️🏥',
  'a right-to-left override': 'a\u202eb',
  'a zero-width space': 'a\u200bb',
  SQL: "'; DROP TABLE users; --",
  'a pattern of SQL': '%_%',
  shell: '$(touch x)',
  HTML: '<script>alert(1)</script>',
  'Arabic digits': '١٢٣٤٥٦',
  negative: '-1',
  zero: '0',
  exponent: '1e9',
  huge: '99999999999999999999',
  'no number': 'NaN',
  __proto__: '__proto__',
  constructor: 'constructor',
  'a path': '../../etc/passwd',
  'an option': '--json',
  JSON: '{"$gt":""}',
};
const raw = ['an escape sequence', 'a bell', 'a C1 control', 'a carriage return', 'a right-to-left override'];

/** What makes a terminal do something, and no line end. */
const dangerous =
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;
const trace =
  /\n\s+at |TypeError|RangeError|ReferenceError|SyntaxError|SQLITE|Caused by:|node_modules|undefined/;
const documented = new Set<number>(Object.values(exitCodes));
/** Commands that print their document whatever the exit code. */
const verdicts = ['login', 'code verify', 'checklist', 'doctor', 'audit verify', 'user import'];
/** Commands that print text whatever the format. */
const texts = ['completion', 'help', 'user export'];

const tree = commandTree();
const commands = callable(tree);
// The tour starts processes of its own, in a home of its own; it has no argument and no option.
commands.delete('tour');
// What it is told is well-formed may be listened at for ever: serve.test.ts tries what is not.
commands.delete('serve');

/** What is typed with one argument or option replaced by a value. */
interface Slot {
  path: string;
  where: string;
  args(valid: readonly string[], value: string): string[];
}

/** The same arguments without an option and its value. */
function without(args: readonly string[], option: string): string[] {
  const at = args.indexOf(option);
  return at === -1 ? [...args] : [...args.slice(0, at), ...args.slice(at + 2)];
}

function slotsOf(path: string, command: Command): Slot[] {
  const words = path.split(' ').length;
  const positions = command.registeredArguments.map((argument, index) => ({
    path,
    where: `<${argument.name()}>`,
    args: (valid: readonly string[], value: string) => [
      ...valid.slice(0, words + index),
      value,
      ...valid.slice(words + index + 1),
    ],
  }));
  const options = command.options
    .filter((option) => (option.required || option.optional) && option.long)
    .map((option) => ({
      path,
      where: option.long ?? '',
      args: (valid: readonly string[], value: string) => [
        ...without(valid, option.long ?? ''),
        option.long ?? '',
        value,
      ],
    }));
  return [...positions, ...options];
}

const common = (path: string): Slot[] =>
  ['-a', '-o', '-p', '--database', '--account=', '--profile='].map((option) => ({
    path,
    where: option,
    args: (valid, value) =>
      option.endsWith('=') ? [...valid, `${option}${value}`] : [...without(valid, option), option, value],
  }));

const slots = [...commands].flatMap(([path, command]) => slotsOf(path, command));
const commonSlots = [
  'user list',
  'user update',
  'code verify',
  'token create',
  'init',
  'config show',
].flatMap(common);

let situation: Situation;
let database: ReturnType<Situation['here']['database']>;

const root = process.cwd();
/** Deep enough in the installation's folder that every path of the values ends in it too. */
let folder: string;

beforeAll(async () => {
  situation = await everySituation();
  database = situation.here.database();
  // Files that malformed options name are made in the installation's folder, which goes afterwards.
  folder = join(situation.here.home, 'a', 'b');
  mkdirSync(folder, { recursive: true });
  process.chdir(folder);
});
afterAll(() => {
  process.chdir(root);
  database.close();
  situation.here.remove();
});

/** Whose token a command is tried with: one to whom it is granted. */
function profileFor(path: string): string[] {
  const grants = everyCommand[path]?.grants?.split(' ') ?? [];
  const profiles = ['owner', 'maria', 'care', 'ci', 'platform'];
  const found = profiles[grants.findIndex((grant) => grant !== 'no')];
  return found === undefined ? [] : ['-p', found];
}

/** Every row, but for the trail, in which what is refused is recorded. */
function rows(): string {
  const tables = ['accounts', 'practices', 'users', 'user_practices', 'codes', 'trusted_locations', 'tokens'];
  const all = tables.flatMap((table) => database.prepare(`SELECT * FROM ${table} ORDER BY 1, 2`).all());
  return JSON.stringify(all, (key, value) =>
    ['chain_count', 'chain_link', 'head'].includes(key) ? null : value,
  );
}

const version = () => database.pragma('data_version', { simple: true });

function checkDocuments(path: string, { exit, stdout, stderr }: Ran): void {
  const isText = texts.includes(path);
  if (exit === 0) {
    // What follows the trail prints a document a line, as it comes.
    const documents = path === 'audit follow' ? stdout.split('\n') : [stdout];
    if (!isText) for (const text of documents.filter(Boolean)) JSON.parse(text);
    return;
  }
  if (stdout !== '') {
    expect(verdicts).toContain(path);
    JSON.parse(stdout);
    return;
  }
  const { error } = JSON.parse(stderr.trim().split('\n').at(-1) ?? '');
  expect(fieldsOf(error)).toEqual(exactly(errorFields));
}

function checkStreams({ exit, stdout, stderr }: Ran): void {
  expect(documented).toContain(exit);
  expect(exit).not.toBe(exitCodes.failure);
  expect(stdout).not.toMatch(dangerous);
  expect(stderr).not.toMatch(dangerous);
  expect(stderr).not.toMatch(trace);
}

/** Runs one malformed call and checks whatever is true of every call. */
async function tryOut(slot: Slot, value: string, json: boolean): Promise<void> {
  const { path } = slot;
  const named = everyCommand[path]?.about ? ['-a', kid] : [];
  const valid = [
    ...argsOf(path, situation),
    ...named,
    ...(path.startsWith('auth log') ? [] : profileFor(path)),
  ];
  const args = [...(json ? ['--json'] : []), ...slot.args(valid, value)];
  const input = everyCommand[path]?.input?.(situation) ?? '';
  const [before, seen] = [rows(), version()];
  const ran = await runInProcess(situation.here.home, args, { input });
  checkStreams(ran);
  if (json && args.filter((arg) => arg === '--output' || arg === '-o').length === 0)
    checkDocuments(path, ran);
  if (ran.exit === exitCodes.usage)
    expect(version(), 'what is refused for its form leaves no trace').toBe(seen);
  const settled: number[] = [exitCodes.notPermitted, exitCodes.notFound, exitCodes.refused];
  if (settled.includes(ran.exit)) expect(rows(), 'what is refused changes nothing').toBe(before);
}

test('there is something to try for every command that takes anything', () => {
  expect(slots.length).toBeGreaterThan(70);
  const taking = new Set(slots.map((slot) => slot.path));
  expect([...taking]).toEqual(expect.arrayContaining(['user update', 'code verify', 'token create', 'find']));
});

describe('every argument and option', () => {
  const named = [...slots, ...commonSlots].map((slot) => ({ ...slot, name: `${slot.path} ${slot.where}` }));
  test.each(named)('$name', async (slot) => {
    for (const [what, value] of Object.entries(values)) {
      try {
        await tryOut(slot, value, true);
        if (raw.includes(what)) await tryOut(slot, value, false);
      } catch (error) {
        throw new Error(`${slot.name}, ${what}: ${(error as Error).message}`, { cause: error });
      }
    }
  });
});

describe('what is no command, no option, or too much', () => {
  test.each(Object.entries(values))('%s', async (_, value) => {
    for (const args of [
      [value],
      ['user', value],
      ['user', 'list', value],
      [`--${value}`],
      ['help', value],
      ['audit', 'verify', '--limit', value],
    ]) {
      for (const json of [['--json'], []]) {
        const ran = await runInProcess(situation.here.home, [...json, ...args]);
        checkStreams(ran);
      }
    }
  });
});

describe('malformed standard input', () => {
  test.each(Object.entries(values))('%s as a code and as a token', async (what, value) => {
    const { home } = situation.here;
    const verify = ['code', 'verify', 'dave', '--ip', '203.0.113.9', '-a', kid, '-p', 'platform', '--json'];
    const seen = version();
    const code = await runInProcess(home, verify, { input: value });
    checkStreams(code);
    expect({ exit: code.exit, stdout: code.stdout }).toEqual({ exit: 2, stdout: '' });
    const token = await runInProcess(home, ['auth', 'login', '-p', 'bad', '--json'], { input: value });
    checkStreams(token);
    expect([2, 4]).toContain(token.exit);
    expect(version()).toBe(seen);
    if (value.length > 5 && what !== 'blank') expect(code.stderr + token.stderr).not.toContain(value);
  });
});

describe('by the built program', () => {
  const sample = slots.filter((_, index) => index % 3 === 0).map((slot) => `${slot.path} ${slot.where}`);
  test.each(sample.slice(0, 40).map((name, index) => ({ name, index })))('$name', async ({ name, index }) => {
    const slot = slots.find((each) => `${each.path} ${each.where}` === name);
    const [what, value = ''] = Object.entries(values)[(index * 7) % Object.keys(values).length] ?? ['', ''];
    if (!slot) throw new Error(`There is no ${name}.`);
    const named = everyCommand[slot.path]?.about ? ['-a', kid] : [];
    const valid = [...argsOf(slot.path, situation), ...named, ...profileFor(slot.path)];
    const input = everyCommand[slot.path]?.input?.(situation) ?? '';
    const ran = await situation.here.run(['--json', ...slot.args(valid, value)], { input, cwd: folder });
    expect(documented, what).toContain(ran.exit);
    checkStreams(ran);
    checkDocuments(slot.path, ran);
  });
});

test('after all of it the trail is intact, and the tables are there', async () => {
  const ran = await situation.here.run(['audit', 'verify', '--json', '-p', 'owner']);
  expect(JSON.parse(ran.stdout)).toMatchObject({ intact: true });
  expect(database.prepare('SELECT count(*) AS users FROM users').get()).toMatchObject({
    users: expect.any(Number),
  });
  const locked = database
    .prepare("SELECT locked_at FROM users WHERE username = 'sam' AND account_kid = ?")
    .get(kid);
  expect(locked).not.toEqual({ locked_at: null });
});
