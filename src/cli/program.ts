// The tree of commands. A command's path in the tree is its path in commands/.
import { Command, Option } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { account } from './commands/account.ts';
import { announce } from './commands/announce.ts';
import { apply } from './commands/apply.ts';
import { audit } from './commands/audit.ts';
import { auth } from './commands/auth.ts';
import { batch } from './commands/batch.ts';
import { checklist } from './commands/checklist.ts';
import { code } from './commands/code.ts';
import { completion } from './commands/completion.ts';
import { config } from './commands/config.ts';
import { db } from './commands/db.ts';
import { disable } from './commands/disable.ts';
import { doctor } from './commands/doctor.ts';
import { enable } from './commands/enable.ts';
import { find } from './commands/find.ts';
import { health } from './commands/health.ts';
import { help } from './commands/help.ts';
import { init } from './commands/init.ts';
import { location } from './commands/location.ts';
import { lockouts } from './commands/lockouts.ts';
import { login } from './commands/login.ts';
import { maintain } from './commands/maintain.ts';
import { metrics } from './commands/metrics.ts';
import { notices } from './commands/notices.ts';
import { plan } from './commands/plan.ts';
import { policy } from './commands/policy.ts';
import { practice } from './commands/practice.ts';
import { reactivate } from './commands/reactivate.ts';
import { recovery } from './commands/recovery.ts';
import { rollcall } from './commands/rollcall.ts';
import { schema } from './commands/schema.ts';
import { serve } from './commands/serve.ts';
import { status } from './commands/status.ts';
import { token } from './commands/token.ts';
import { tour } from './commands/tour.ts';
import { user } from './commands/user.ts';
import { version } from './commands/version.ts';
import type { Run, Surroundings } from './run.ts';

/** Each by its name. */
const commands = [
  [
    'Prepare and enable',
    { init, account, practice, user, plan, apply, find, checklist, rollcall, announce, enable, disable },
  ],
  ['Sign-in', { login, code, location, batch, serve }],
  [
    'Watch and mend',
    { status, lockouts, reactivate, recovery, notices, audit, doctor, health, metrics, maintain, db },
  ],
  ['Operators', { auth, token }],
  ['More', { policy, schema, config, completion, tour, help, version }],
] as const;

/** What tells of all commands, and so needs the whole tree. */
const tellOfAll = new Set(['help', 'completion']);

/** Whether a command is declared: where the first word is one that needs no other, the others cost time alone. */
function isDeclared(name: string, first: string | undefined): boolean {
  if (first === '-V' || first === '--version') return false;
  const isOne = commands.some(([, declare]) => first !== undefined && Object.hasOwn(declare, first));
  return !isOne || name === first || tellOfAll.has(first ?? '');
}

function addCommonOptions(program: Command): void {
  program
    .optionsGroup('Common options:')
    .option('-a, --account <kid>', 'the account, by its KID (or TWOFA_ACCOUNT)')
    .option('--json', 'print one JSON document')
    .addOption(
      new Option('-o, --output <format>', 'how results are printed').choices([
        'table',
        'json',
        'ndjson',
        'csv',
      ]),
    )
    .option('--no-input', 'never ask; a missing option is an error')
    .option('-q, --quiet', 'say nothing beside the result')
    .option('--no-color', 'print without colour')
    .option('--debug', 'show where an error comes from')
    .option('-p, --profile <profile>', 'the profile whose token is used')
    .option('--database <url>', 'the database (or TWOFA_DATABASE_URL)');
}

/**
 * Builds the tree; nothing that a command works with is loaded before it runs.
 * @param helpInstead gets the help of a group that was called without a command of it.
 * @param first the first word of the line; where it is a command, the tree is that one alone.
 */
export function programOf(
  run: Run,
  around: Surroundings,
  helpInstead: (text: string) => void = () => {},
  first?: string,
): Command {
  const program = new Command('twofa')
    .description(
      'Two-factor authentication of a practice-management product: prepare, enable, sign in, reactivate.',
    )
    .version(packageJson.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand(false)
    .exitOverride()
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .configureOutput({
      writeOut: (text) => around.stdout.write(text),
      writeErr: helpInstead,
      outputError: () => {},
      getOutHelpWidth: () => around.stdout.columns ?? 80,
    })
    .showSuggestionAfterError();
  addCommonOptions(program);
  for (const [group, declare] of commands) {
    program.commandsGroup(`${group}:`);
    for (const [name, each] of Object.entries(declare)) if (isDeclared(name, first)) each(program, run);
  }
  for (const group of program.commands) group.helpCommand(false);
  return program;
}
