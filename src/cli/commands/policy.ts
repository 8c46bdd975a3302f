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
  administratorHours: rules.tokenVerificationMs / (60 * minuteMs),
  canBeDisabled: false,
  canBeConfigured: false,
};

const lines = [
  '2FA is turned on for a whole account by its System Administrator, and never turned off (R1…R3).',
  'Only a prepared account turns it on; it is mandatory, and an account without it is overdue (R4).',
  'Changed contact data ends codes and trusted locations, gives no attempt back and lifts no lock (R5).',
  'A code goes to the email or, as a text message, to the phone, as the user chooses (R6).',
  `A code has ${policies.codeDigits} digits and works for ${policies.codeLifetimeMinutes} minutes, or until one is verified (R7).`,
  `At most ${policies.outstandingCodes} codes are outstanding; any of them works (R7).`,
  `A user has ${policies.attempts} attempts over all applications; a success gives ${policies.attempts} again (R8).`,
  `The ${policies.attempts}th failure locks the user; time never unlocks (R9).`,
  'Only a System Administrator of the account reactivates; Customer Care is prohibited from it (R10).',
  `A success is good for ${policies.trustLifetimeDays} days at the same IP address (R11).`,
  'Emails are unique among the active users of an account; phones may be shared (R12).',
  'The last active, unlocked System Administrator is not deactivated and keeps the role (R13).',
  'Without 2FA on, the second step is skipped; an inactive user is never let in (R14).',
  `A System Administrator's token works within ${policies.administratorHours} hours of a code of their own (R15).`,
  'None of these can be configured.',
];

export function policy(program: Command, run: Run): void {
  program
    .command('policy')
    .description('print the rules, which nothing changes')
    .action(run(async ({ out }) => out.document(policies, () => lines)));
}
