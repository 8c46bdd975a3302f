// Every command with arguments that are right, and whom the matrix grants it: what tests of all commands go through.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { programOf } from '../../src/cli/program.ts';
import type { Run, Surroundings } from '../../src/cli/run.ts';
import { type Prepared, quickEnabledNorthside } from '../support/in-process.ts';
import { kid, otherThan } from '../support/program.ts';

export const roles = [
  'owner',
  'system-administrator',
  'customer-care',
  'provisioner',
  'application',
] as const;
export type Role = (typeof roles)[number];

/** The profile of each role in an installation made by {@link everySituation}. */
export const profileOf: Record<Role, string> = {
  owner: 'owner',
  'system-administrator': 'maria',
  'customer-care': 'care',
  provisioner: 'ci',
  application: 'platform',
};

/** A second account, whose users have the same names. */
export const otherKid = '20967';
export const missingKid = '99999';
export const ip = '203.0.113.7';

export interface Situation {
  here: Prepared;
  /** The id of a token of the account that nobody needs. */
  spare: string;
  /** A roster file. */
  roster: string;
  /** A provisioning file of the account. */
  provisioning: string;
  /** The id of David, who is renamed. */
  david: string;
  /** A code that is surely not Jane's. */
  wrong: string;
  /** The owner's token. */
  token: string;
}

export interface Each {
  /** What the matrix says of owner, System Administrator, Customer Care, provisioner and application; null: needs no token. */
  grants: string | null;
  args(situation: Situation): string[];
  /** What it ends with when it is granted; 0 unless told. */
  exit?: number;
  /** The error with which what is granted is refused all the same, since 2FA is on. */
  refused?: string;
  input?(situation: Situation): string;
  /** Whether it is about an account. */
  about?: 'an account';
}

let files = 0;
/** A number that no file has yet. */
const newFile = () => ++files;

const tokens = 'yes no no no no';
const roster = { grants: 'yes own no yes no', about: 'an account' } as const;
const see = { grants: 'yes own masked yes no', about: 'an account' } as const;
const administrators = { grants: 'no own no no no', about: 'an account' } as const;
const applications = { grants: 'no no no no yes', about: 'an account' } as const;
const audit = { grants: 'yes own no no no', about: 'an account' } as const;

/** Every command by its path. The account is added to those that are about one. */
export const everyCommand: Record<string, Each> = {
  init: { grants: null, args: () => [] },
  'account create': { grants: 'yes no no yes no', args: () => ['30303', '--name', 'Third'] },
  'account list': { ...see, args: () => [] },
  'account show': { ...see, args: () => [] },
  'account export': { ...roster, args: () => [] },
  'practice add': { ...roster, args: () => ['Oncology'] },
  'practice list': { ...see, args: () => [] },
  'user add': {
    ...roster,
    args: () => ['rosa', '--name', 'Rosa', '--email', 'rosa@northside.example', '--phone', '+12015550140'],
  },
  'user update': { ...roster, args: () => ['jane', '--name', 'Jane Roe'] },
  'user rename': { ...roster, args: ({ david }) => [david, 'dave'] },
  'user deactivate': { ...roster, args: () => ['gone'] },
  'user list': { ...see, args: () => [] },
  'user show': { ...see, args: () => ['jane'] },
  'user import': { ...roster, args: (situation) => [situation.roster] },
  'user export': { ...see, args: () => [] },
  plan: { grants: roster.grants, args: ({ provisioning }) => ['-f', provisioning] },
  apply: { grants: roster.grants, args: ({ provisioning }) => ['-f', provisioning] },
  schema: { grants: null, args: () => [] },
  find: { ...see, args: () => ['jane'] },
  checklist: { ...see, args: () => [] },
  'rollcall start': { ...administrators, args: () => [], exit: 6, refused: 'already-enabled' },
  'rollcall confirm': {
    grants: 'no own no no yes',
    about: 'an account',
    args: () => ['jane', '--via', 'email'],
    input: () => 'wrong words',
    exit: 6,
    refused: 'already-enabled',
  },
  'rollcall status': { ...administrators, args: () => [] },
  announce: { ...administrators, args: () => [], exit: 6, refused: 'already-enabled' },
  enable: { ...administrators, args: () => ['--confirm', kid] },
  disable: { grants: null, args: () => [], exit: 6 },
  login: { ...applications, args: () => ['jane', '--ip', ip], exit: 7 },
  'code send': { ...applications, args: () => ['jane', '--via', 'sms'] },
  'code verify': { ...applications, args: () => ['jane', '--ip', ip], input: ({ wrong }) => wrong, exit: 8 },
  'location list': { ...administrators, args: () => ['jane'] },
  'location forget': { grants: 'no own no no yes', about: 'an account', args: () => ['jane'] },
  batch: { grants: 'yes yes yes yes yes', args: () => [], input: () => '{"do":"auth.status"}' },
  // Where it could not listen; serve.test.ts has it listen.
  serve: { grants: null, args: ({ here }) => ['--socket', `${here.home}/no/folder`], exit: 2 },
  status: { ...see, args: () => ['jane'] },
  lockouts: { ...see, args: () => [] },
  'lockouts show': { ...see, args: () => ['sam'] },
  'lockouts remind': { grants: 'no no yes no no', about: 'an account', args: () => ['sam'] },
  'notices list': { ...audit, args: () => [] },
  'notices retry': { ...audit, args: () => [] },
  health: { grants: null, args: () => [] },
  metrics: { grants: tokens, args: () => [] },
  maintain: { grants: tokens, args: () => [] },
  reactivate: { ...administrators, args: () => ['jane', '--reason', 'called back'] },
  'recovery renew': {
    ...administrators,
    args: ({ here }) => ['--recovery-codes-file', `${here.home}/recovery-${newFile()}.txt`],
  },
  'audit list': { ...audit, args: () => [] },
  'audit verify': { ...audit, args: () => [] },
  'audit checkpoint': { ...audit, args: () => [] },
  'audit export': { ...audit, args: () => [] },
  'audit follow': { ...audit, args: () => ['--once'] },
  'db status': { grants: tokens, args: () => [] },
  'db migrate': { grants: null, args: () => [] },
  'db prune': { grants: tokens, args: () => [] },
  'db copy': {
    grants: tokens,
    args: () => ['postgres://twofa@127.0.0.1:1/twofa'],
    exit: 11,
    refused: 'store-unavailable',
  },
  'db grants': { grants: null, args: () => [] },
  'db backup': { grants: tokens, args: ({ here }) => [`${here.home}/backup-${newFile()}.sqlite`] },
  'db restore': { grants: tokens, args: () => ['--accept', '--reason', 'the disk failed'] },
  'db rotate-key': { grants: tokens, args: () => [] },
  'db rekey': { grants: null, args: () => ['--lost-key', '--reason', 'gone', '--confirm', 'rekey'], exit: 6 },
  doctor: { grants: null, args: () => [] },
  'auth login': { grants: null, args: () => ['-p', 'stored'], input: ({ token }) => token },
  'auth status': { grants: 'yes yes yes yes yes', args: () => [] },
  'auth challenge': { grants: administrators.grants, args: () => ['--via', 'email'] },
  'auth verify': { grants: administrators.grants, args: () => [], input: () => '123456', exit: 8 },
  'auth logout': { grants: null, args: () => ['-p', 'nobody'], exit: 4 },
  'token create': { grants: tokens, args: () => ['--role', 'customer-care'] },
  'token list': { grants: 'yes own no no no', about: 'an account', args: () => [] },
  'token revoke': { grants: 'yes own no no no', about: 'an account', args: ({ spare }) => [spare] },
  'token rotate': { grants: tokens, args: () => ['tok_2'] },
  policy: { grants: null, args: () => [] },
  'config show': { grants: null, args: () => [] },
  'config path': { grants: null, args: () => [] },
  completion: { grants: null, args: () => ['bash'] },
  tour: { grants: null, args: () => [] },
  help: { grants: null, args: () => ['user', 'add'] },
  version: { grants: null, args: () => [] },
};

/** What is typed for a command that is right, its account aside. */
export function argsOf(path: string, situation: Situation): string[] {
  const each = everyCommand[path];
  if (!each) throw new Error(`No arguments are known for "${path}".`);
  return [...path.split(' '), ...each.args(situation)];
}

/** The tree of commands, none of which does anything. */
export function commandTree(): Command {
  const run: Run = () => async () => {};
  return programOf(run, process as Surroundings);
}

/** Every command that can be called, by its path. */
export function callable(command: Command, path: readonly string[] = []): Map<string, Command> {
  const below = command.commands.flatMap((each) => [...callable(each, [...path, each.name()])]);
  const group = command.commands.length > 0 && !('lockouts' === path.join(' '));
  return new Map([...(group ? [] : [[path.join(' '), command] as const]), ...below]);
}

/** An installation with 2FA on, where Sam is locked, and an account beside it. */
export async function everySituation(): Promise<Situation> {
  const here = await quickEnabledNorthside();
  const situation = {
    here,
    spare: '',
    roster: join(here.home, 'roster.csv'),
    provisioning: join(here.home, 'northside.json'),
    david: '',
    wrong: '',
    token: '',
  };
  const platform = ['-a', kid, '-p', 'platform'];
  await here.prepare(async (json) => {
    for (const user of ['sam', 'jane']) await json(['code', 'send', user, '--via', 'email', ...platform]);
    for (const exit of [8, 8, 8, 8, 8, 8, 9]) {
      const wrong = otherThan(here.lastCode('sam'));
      await json(['code', 'verify', 'sam', '--ip', ip, ...platform], exit, { input: wrong });
    }
    const gone = ['--email', 'gone@northside.example', '--phone', '+12015550150', '-a', kid];
    await json(['user', 'add', 'gone', '--name', 'Gone', ...gone]);
    await json(['account', 'create', otherKid, '--name', 'Lakeside']);
    for (const user of ['jane', 'sam', 'gone'])
      await json(['user', 'add', user, '--name', user, '-a', otherKid]);
    const spare = ['token', 'create', '--role', 'application', '--app', 'kiosk', '-a', kid];
    situation.spare = (await json<{ id: string }>(spare)).id;
    situation.token = (await json<{ token: string }>(['token', 'create', '--role', 'owner'])).token;
    situation.david = (await json<{ id: string }>(['user', 'show', 'david', '-a', kid])).id;
  });
  situation.wrong = otherThan(here.lastCode('jane'));
  writeFileSync(situation.provisioning, JSON.stringify({ account: { kid }, users: [{ username: 'jane' }] }));
  writeFileSync(situation.roster, 'username,name\njane,Jane Roe\n');
  return situation;
}
