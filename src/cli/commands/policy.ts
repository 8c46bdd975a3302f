// twofa policy
import type { Command } from 'commander';
import * as rules from '../../rules/constants.ts';
import type { Run } from '../run.ts';

const minuteMs = 60_000;

const policies = {
  codeDigits: rules.codeDigits,
  codeLifetimeMinutes: rules.codeLifetimeMs / minuteMs,
  outstandingCodes: rules.outstandingCodesMax,
  attempts: rules.attemptsMax,
  trustLifetimeDays: rules.trustLifetimeMs / rules.dayMs,
  canBeDisabled: false,
  canBeConfigured: false,
};

const lines = [
  `A code has ${policies.codeDigits} digits and works for ${policies.codeLifetimeMinutes} minutes, or until one is verified (R7).`,
  `At most ${policies.outstandingCodes} codes are outstanding; any of them works (R7).`,
  `A user has ${policies.attempts} attempts over all applications; a success gives ${policies.attempts} again (R8).`,
  `The ${policies.attempts}th failure locks the user; time never unlocks (R9).`,
  'Only a System Administrator of the account reactivates; Customer Care is prohibited from it (R10).',
  `A success is good for ${policies.trustLifetimeDays} days at the same IP address (R11).`,
  '2FA is turned on for a whole account by its System Administrator, and never turned off (R1…R4).',
  'None of these can be configured.',
];

export function policy(program: Command, run: Run): void {
  program
    .command('policy')
    .description('print the rules, which nothing changes')
    .action(run(async ({ out }) => out.document(policies, () => lines)));
}
