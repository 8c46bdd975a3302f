// What needs no store: help, version, rules, completion, refusing to turn 2FA off, and the form of every command line.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { Prepared, quickNorthside } from '../support/in-process.ts';
import { kid } from '../support/program.ts';
import { argsOf, commandTree, everyCommand, everySituation, type Situation } from './every-command.ts';
import { errorFields, exactly, fieldsOf } from './fields.ts';

let here: Prepared;

beforeAll(() => {
  here = new Prepared();
});
afterAll(() => {
  expect(readdirSync(here.home)).toEqual([]);
  here.remove();
});

test('version', async () => {
  for (const args of [['--version'], ['-V'], ['version']]) {
    expect(await here.run(args)).toEqual({ exit: 0, stdout: `${packageJson.version}\n`, stderr: '' });
  }
  expect(await here.json(['version'])).toEqual({ version: packageJson.version, node: process.version });
});

describe('help', () => {
  test('of the program names every command, on stdout', async () => {
    const { exit, stdout, stderr } = await here.run(['--help']);
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    for (const command of commandTree().commands) expect(stdout).toContain(`  ${command.name()}`);
    expect((await here.run(['help'])).stdout).toBe(stdout);
  });

  test('of a command is the same by help and by --help', async () => {
    for (const path of [['user', 'add'], ['enable'], ['code']]) {
      const asked = await here.run(['help', ...path]);
      expect(asked.exit).toBe(0);
      expect(await here.run([...path, '--help'])).toEqual(asked);
      expect(asked.stdout).toContain(`Usage: twofa ${path.join(' ')}`);
    }
  });

  test('of what there is none: exit 5, with the nearest', async () => {
    expect(await here.error(['help', 'enabel'], 5)).toMatchObject({
      code: 'topic-not-found',
      hint: 'Did you mean "twofa help enable"?',
    });
  });

  test('is what a group answers without a command of it: exit 2, on stderr', async () => {
    for (const group of ['user', 'code', 'token', 'auth', 'audit', 'config']) {
      const ran = await here.run([group]);
      expect(ran).toMatchObject({ exit: 2, stdout: '' });
      expect(ran.stderr).toContain(`Usage: twofa ${group} [options] [command]`);
    }
    const error = await here.error(['user'], 2);
    expect(fieldsOf(error)).toEqual(exactly(errorFields));
    expect(error.code).toBe('usage');
  });
});

test('disable says that 2FA is never turned off: exit 6', async () => {
  const error = await here.error(['disable'], 6);
  expect(error).toMatchObject({
    code: 'never-disabled',
    message: '2FA is mandatory and is never turned off.',
  });
  const text = await here.run(['disable', '-a', kid, '-p', 'anyone']);
  expect(text).toMatchObject({ exit: 6, stdout: '' });
  expect(text.stderr).toMatch(/^twofa: 2FA is mandatory/);
  expect((await here.error(['disable', '--force'], 2)).code).toBe('usage');
});

test('policy has the numbers that nothing changes', async () => {
  const env = { TWOFA_ATTEMPTS: '99', TWOFA_POLICY: 'lax' };
  expect(await here.json(['policy'], 0, { env })).toEqual({
    codeDigits: 6,
    codeLifetimeMinutes: 15,
    outstandingCodes: 5,
    attempts: 7,
    trustLifetimeDays: 7,
    administratorHours: 12,
    canBeDisabled: false,
    canBeConfigured: false,
  });
  expect((await here.run(['policy'])).stdout).toContain('None of these can be configured.');
});

test('config path and config show name what is in effect', async () => {
  expect(await here.json(['config', 'path'])).toEqual({
    config: join(here.home, 'config.yaml'),
    profiles: join(here.home, 'profiles.json'),
    key: join(here.home, 'key.json'),
    database: `sqlite:${join(here.home, 'twofa.sqlite')}`,
    outbox: join(here.home, 'outbox.ndjson'),
    service: null,
  });
  const rows = await here.json<Record<string, string>[]>(['config', 'show']);
  expect(rows.find((row) => row.key === 'database')).toMatchObject({
    value: `sqlite:${join(here.home, 'twofa.sqlite')}`,
    source: 'default',
    variable: 'TWOFA_DATABASE_URL',
  });
});

describe('completion', () => {
  test.each(['bash', 'zsh', 'fish'])('of %s is a script that asks the program', async (shell) => {
    const { exit, stdout, stderr } = await here.run(['completion', shell]);
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    expect(stdout).toContain(' __complete ');
  });

  test('of another shell is refused', async () => {
    expect((await here.error(['completion', 'tcsh'], 2)).code).toBe('usage');
    expect((await here.error(['completion'], 2)).code).toBe('missing-option');
  });
});

describe('a command line that is wrong', () => {
  test.each([
    ['an unknown command', ['usr'], 'Did you mean user?'],
    ['an unknown command of a group', ['user', 'ad'], 'Did you mean add?'],
    ['an unknown option', ['user', 'list', '--limt', '3'], 'Did you mean --limit?'],
    ['an argument too many', ['lockouts', 'all'], null],
    ['an option without its value', ['user', 'list', '--limit'], null],
    ['another format', ['user', 'list', '-o', 'xml'], null],
  ])('%s: exit 2', async (_, args, hint) => {
    const ran = await here.run(args);
    expect(ran).toMatchObject({ exit: 2, stdout: '' });
    expect(ran.stderr).toMatch(/^twofa: [A-Z].*[^.]\.\n/);
    expect(ran.stderr).not.toMatch(/\.\.|\n\s+at |error:/);
    if (hint) expect(ran.stderr).toContain(hint);
    const error = await here.error(args, 2);
    expect(error.message).toBe(/^twofa: (.*)/.exec(ran.stderr)?.[1]);
  });

  test('--debug shows where an error comes from, beside the document', async () => {
    const ran = await here.run(['disable', '--debug']);
    expect(ran.exit).toBe(6);
    expect(ran.stderr).toMatch(/\n +at /);
  });
});

describe('CSV is for lists', () => {
  let situation: Situation;
  beforeAll(async () => {
    situation = await everySituation();
  });
  afterAll(() => situation.here.remove());

  const documents = Object.entries(everyCommand).filter(
    ([path, { grants }]) =>
      grants !== null && !/list|export|find|lockouts$|reactivate|rollcall status/.test(path),
  );
  test.each(documents.map(([path]) => path))(
    '%s refuses it before it does anything: exit 2',
    async (path) => {
      const profiles = ['owner', 'maria', 'care', 'ci', 'platform'];
      const grants = everyCommand[path]?.grants?.split(' ') ?? [];
      const profile = profiles[grants.findIndex((grant) => grant !== 'no')] ?? 'owner';
      const account = everyCommand[path]?.about ? ['-a', kid] : [];
      const database = situation.here.database();
      const before = database.pragma('data_version');
      const args = [...argsOf(path, situation), ...account, '-p', profile, '-o', 'csv'];
      const ran = await situation.here.run(args, { input: situation.wrong });
      expect(ran).toMatchObject({ exit: 2, stdout: '' });
      expect(ran.stderr).toContain('CSV is for lists');
      expect(database.pragma('data_version')).toEqual(before);
      database.close();
    },
  );
});

test('the tour walks through the lifecycle in a home of its own, and leaves this one alone', async () => {
  const northside = await quickNorthside();
  try {
    const before = await northside.json(['audit', 'verify']);
    const { exit, stdout, stderr } = await northside.run(['tour'], {
      env: { TWOFA_ACCOUNT: kid, TWOFA_TOKEN: 'bad', TWOFA_URL: 'unix:/nowhere/twofa.sock' },
    });
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    expect(stdout).toContain('That was the whole lifecycle.');
    const home = /twofa-tour-\w+/.exec(stdout)?.[0];
    if (home) expect(existsSync(join('/tmp', home))).toBe(false);
    expect(await northside.json(['audit', 'verify'])).toEqual(before);
  } finally {
    northside.remove();
  }
});
