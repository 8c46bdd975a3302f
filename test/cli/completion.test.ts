// Completion: what may come next on a command line, and that the shells' scripts offer it.
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { completionOf } from '../../src/cli/completion.ts';
import { programOf } from '../../src/cli/program.ts';
import { topicNames } from '../../src/cli/topics.ts';
import { roles } from '../../src/rules/authority.ts';
import { auditActions } from '../../src/rules/chain.ts';
import { type Prepared, quickEnabledNorthside } from '../support/in-process.ts';
import { environment, kid } from '../support/program.ts';
import { commandTree } from './every-command.ts';

const program = programOf(() => async () => {}, process);
const complete = (...typed: string[]) => completionOf(program, typed);
const words = (...typed: string[]) => complete(...typed).words.map(({ word }) => word);

describe('what may come next', () => {
  test('is a command, or one of a group', () => {
    expect(words('')).toEqual(commandTree().commands.map((each) => each.name()));
    expect(words('user', 're')).toEqual(['rename']);
    expect(words('lockouts', '')).toEqual(['show', 'remind']);
    expect(words('-p', 'care', 'code', '')).toEqual(['send', 'verify']);
  });

  test('is an option of the command, or one that all have, once a dash is typed', () => {
    expect(words('user', 'add', '--sys')).toEqual(['--system-administrator']);
    expect(words('user', 'add', 'li', '--practice', 'A', 'B', '--na')).toEqual(['--name']);
    expect(words('login', '--')).toEqual(expect.arrayContaining(['--ip', '--app', '--account', '--help']));
    expect(words('login', '--')).not.toContain('--version');
    expect(words('user', 'list', '')).toEqual([]);
  });

  test.each([
    [
      ['user', 'list', '--status', ''],
      ['active', 'locked', 'inactive'],
    ],
    [
      ['user', 'list', '-o', ''],
      ['table', 'json', 'ndjson', 'csv'],
    ],
    [['user', 'list', '--output=j'], ['--output=json']],
    [
      ['user', 'list', '--output', '='],
      ['table', 'json', 'ndjson', 'csv'],
    ],
    [['user', 'list', '--output', '=', 'nd'], ['ndjson']],
    [
      ['code', 'send', 'jane', '--via', ''],
      ['email', 'sms'],
    ],
    [
      ['rollcall', 'start', '--via', ''],
      ['email', 'sms', 'both'],
    ],
    [['token', 'create', '--role', ''], roles],
    [['token', 'create', '--may', ''], ['contacts']],
    [['audit', 'list', '--action', ''], auditActions],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['help', 'exit'], ['exit-codes']],
    [['help', 'user', 'de'], ['deactivate']],
  ])('%j is a value that the place takes', (typed, expected) => {
    expect(words(...typed)).toEqual(expected);
  });

  test('in help is every topic', () => {
    expect(words('help', '')).toEqual(expect.arrayContaining([...topicNames]));
  });

  test.each([
    [['user', 'import', ''], 'files'],
    [['maintain', '--checkpoint-folder', ''], 'folders'],
    [['status', '-p', ''], 'profiles'],
    [['status', '--account', ''], 'accounts'],
    [['status', ''], 'users'],
    [['reactivate', 'sam', ''], 'users'],
    [['user', 'add', ''], null],
    [['account', 'create', ''], null],
    [['user', 'show', 'jane', ''], null],
    [['login', '--ip', ''], null],
  ])('%j are names of another kind', (typed, names) => {
    expect(complete(...typed).names).toBe(names);
  });

  test('is nothing but an argument after --', () => {
    expect(complete('login', '--', '-')).toEqual({ words: [], names: 'users' });
  });
});

let here: Prepared;
beforeAll(async () => {
  here = await quickEnabledNorthside();
});
afterAll(() => here.remove());

/** What the program offers, without what it says of it. */
async function offered(typed: string[], env: Record<string, string> = {}): Promise<string[]> {
  const { exit, stdout, stderr } = await here.run(['__complete', ...typed], { env });
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
  return stdout.split('\n').map((line) => line.split('\t')[0] ?? '');
}

describe('names', () => {
  const names = { TWOFA_COMPLETE_NAMES: '1' };
  const user = (...more: string[]) => ['user', 'show', '-a', kid, ...more];
  const events = () => here.database().prepare('SELECT count(*) AS count FROM audit_events').get();

  test('of profiles are those that one has', async () => {
    expect(await offered(['status', '-p', 'ma'])).toEqual(['maria', ':', '']);
  });

  test('from the store are looked for only when the variable says so', async () => {
    expect(await offered(user('ja'))).toEqual([':', '']);
    expect(await offered(user('ja'), names)).toEqual(['jane', ':', '']);
    expect(await offered(user('jane'), names)).toEqual(['jane', ':', '']);
    expect(await offered(['status', '-a', '1'], names)).toEqual([kid, ':', '']);
    expect(await offered(['user', 'show', ''], { ...names, TWOFA_ACCOUNT: kid })).toEqual(
      expect.arrayContaining(['david', 'jane', 'maria', 'nina', 'sam']),
    );
  });

  test.each([
    ['customer-care, whose looking would be an event', ['-p', 'care']],
    ['an application, which may see nobody', ['-p', 'platform']],
    ['a profile that does not exist', ['-p', 'nobody']],
  ])('are none for %s, and nothing is recorded', async (_, profile) => {
    const before = events();
    expect(await offered(user(...profile, 'ja'), names)).toEqual([':', '']);
    expect(events()).toEqual(before);
  });

  test('are those of their own account for a System Administrator', async () => {
    expect(await offered(user('-p', 'maria', 'ja'), names)).toEqual(['jane', ':', '']);
    expect(await offered(['user', 'show', '-p', 'maria', 'ja'], names)).toEqual(['jane', ':', '']);
    expect(await offered(['user', 'show', '-p', 'maria', '-a', '20967', 'ja'], names)).toEqual([':', '']);
  });

  test('are none where there is no store, a server, or a service', async () => {
    const without = [
      { TWOFA_HOME: join(here.home, 'nothing') },
      { TWOFA_DATABASE_URL: 'postgres://twofa@192.0.2.1/twofa' },
      { TWOFA_URL: 'unix:/nowhere/twofa.sock' },
    ];
    for (const env of without) expect(await offered(user('ja'), { ...names, ...env })).toEqual([':', '']);
  });
});

/** How each shell is asked what it offers for a line whose last word is begun. */
const asking = {
  bash: (script: string, typed: string[]) => [
    '--norc',
    '-c',
    `. ${script}; COMP_WORDS=(twofa ${typed.join(' ')}); COMP_CWORD=${typed.length}; _twofa; printf '%s\\n' "\${COMPREPLY[@]}"`,
  ],
  zsh: (script: string, typed: string[]) => [
    '-f',
    '-c',
    `compdef() { : }; _describe() { print -l -- "\${\${found[@]%%:*}[@]}" }; _files() { print files $* }
     . ${script}; words=(twofa ${typed.join(' ')}); CURRENT=${typed.length + 1}; _twofa`,
  ],
  fish: (script: string, typed: string[]) => [
    '--no-config',
    '-c',
    `source ${script}; complete -C ${JSON.stringify(['twofa', ...typed].join(' '))} | string replace -r '\\t.*' ''`,
  ],
};
type Shell = keyof typeof asking;
const shells = Object.keys(asking) as Shell[];
/** bash is on every machine that runs these tests; the scripts of zsh and fish are tried where those are installed. */
const installed = shells.filter((shell) => spawnSync(shell, ['-c', 'true']).status === 0);

describe('the script', () => {
  test('of bash is always run here', () => {
    expect(installed).toContain('bash');
  });

  test.each(installed)('of %s offers what the program says', async (shell) => {
    const bin = join(here.home, 'bin');
    mkdirSync(bin, { recursive: true });
    const link = join(bin, 'twofa');
    rmSync(link, { force: true });
    symlinkSync(resolve(import.meta.dirname, '../../bin/twofa.js'), link);
    const script = join(here.home, `twofa.${shell}`);
    writeFileSync(script, (await here.run(['completion', shell])).stdout);
    const env = environment(here.home, { PATH: `${bin}:${process.env.PATH}`, TWOFA_COMPLETE_NAMES: '1' });
    const offers = (...typed: string[]) => {
      const { stdout, stderr } = spawnSync(shell, asking[shell](script, typed), { env, encoding: 'utf8' });
      expect(stderr).toBe('');
      return stdout.split('\n').filter(Boolean).sort();
    };
    expect(offers('us')).toEqual(['user']);
    expect(offers('user', 'de')).toEqual(['deactivate']);
    expect(offers('user', 'add', '--sys')).toEqual(['--system-administrator']);
    expect(offers('user', 'list', '--status', 'in')).toEqual(['inactive']);
    expect(offers('-p', 'mar')).toEqual(['maria']);
    expect(offers('user', 'show', '-a', kid, 'ja')).toEqual(['jane']);
  });
});
