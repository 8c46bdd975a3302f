// How single documents look to people: an account, a user, whether something changed.
import type { AccountView, UserView } from '../actions/views.ts';
import type { PrunedCounts, PrunedKind } from '../rules/retention.ts';
import { twoFactorWords } from './columns.ts';
import { safe } from './escape.ts';
import type { Out } from './out.ts';

type Pair = readonly [string, string | number | boolean | null];

export function accountPairs(account: AccountView): Pair[] {
  const { twoFactor } = account;
  return [
    ['Account', `${account.kid}  ${account.name}`],
    [
      '2FA',
      twoFactor.enabled
        ? `on since ${twoFactor.enabledAt}, by ${twoFactor.enabledBy}`
        : twoFactorWords(account),
    ],
    ['Practices', account.practices],
    ['Users', account.users],
    ['Locked', account.lockedUsers],
    ['Country', account.country],
    ['Created', account.createdAt],
  ];
}

export function userPairs(user: UserView): Pair[] {
  return [
    ['User', `${user.username}  ${user.name}`],
    ['Account', user.account],
    ['Status', user.status],
    ['Attempts left', user.attemptsLeft],
    ['Email', user.email],
    ['Phone', user.phone],
    ['Language', user.language],
    ['Practices', user.practices.join('; ')],
    ['System Administrator', user.systemAdministrator],
    ['Locked at', user.lockedAt],
    ['Last verified', user.lastVerifiedAt],
    ['Contact changed', user.contactChangedAt],
    ['Id', user.id],
  ];
}

/** A count with its noun, such as `1 practice` and `2 practices`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

const prunedNouns: Record<PrunedKind, string> = {
  codes: 'code',
  requests: 'recorded answer',
  locations: 'ended location',
  announcements: 'announcement',
  checkWords: 'check word',
  messages: 'message',
  notices: 'notice',
};

/** How much of each kind was removed, or would be. */
export function prunedLine(what: string, counts: PrunedCounts): string {
  const kinds = Object.keys(prunedNouns) as PrunedKind[];
  return `${what}: ${kinds.map((kind) => count(counts[kind], prunedNouns[kind])).join(', ')}.`;
}

/** One line that says what a write did. */
export function changeLine(out: Out, changed: boolean, did: string, nothing: string): string {
  return changed ? `${out.paint.green('✓')} ${safe(did)}` : `${out.paint.dim('·')} ${safe(nothing)}`;
}
