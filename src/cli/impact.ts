// What turning 2FA on means for an account, in words for people.
import type { Impact } from '../actions/preview.ts';
import type { KeptOut, Load } from '../rules/impact.ts';
import { count } from './describe.ts';
import { safe } from './escape.ts';
import type { Out } from './out.ts';

interface Preview {
  account: string;
  practicesAffected: number;
  usersAffected: number;
  plan: string;
  impact: Impact;
}

const shown = 8;

const reasons: Record<KeptOut, string> = {
  locked: 'locked',
  'email-missing': 'no email',
  'email-invalid': 'an email that cannot be used',
  'phone-missing': 'no phone',
  'phone-invalid': 'a phone that takes no text messages',
};

function findingLines({ paint }: Out, { findings }: Impact): string[] {
  return findings.map(({ id, status, count: number, users }) => {
    const mark = status === 'fail' ? paint.red('✗') : paint.yellow('!');
    const named = users.slice(0, shown).map(safe).join(', ');
    return `  ${mark} ${id}${number > 0 ? ` (${number}): ${named}${number > shown ? ' …' : ''}` : ''}`;
  });
}

function keptOutLines({ paint }: Out, { keptOut }: Impact): string[] {
  if (keptOut.count === 0) return ['Nobody would be kept out.'];
  const users = keptOut.users
    .slice(0, shown)
    .map(({ username, why }) => `  ${safe(username)}: ${why.map((each) => reasons[each]).join(', ')}`);
  const more = keptOut.count - users.length;
  return [
    paint.bold(`Kept out: ${count(keptOut.count, 'user')}`),
    ...users,
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
}

function loadWords(channel: string, { perMinute, enough, lateMinutes }: Load): string {
  if (perMinute === null) return `  ${channel}: its rate is not configured`;
  const rate = `  ${channel}: ${count(perMinute, 'message')} a minute`;
  return enough
    ? `${rate}, enough`
    : `${rate}, too few: the last codes come ${lateMinutes} minutes late, and work for 15`;
}

function morningLines({ firstMorning }: Impact): string[] {
  return [
    `First morning: ${count(firstMorning.codesPerMinute, 'code')} a minute (assumed: ${firstMorning.assumes})`,
    loadWords('email', firstMorning.email),
    loadWords('text messages', firstMorning.sms),
  ];
}

/** The impact of a preview, and the digest by which it can be confirmed. */
export function impactLines(out: Out, preview: Preview): string[] {
  const { paint } = out;
  const { account, impact, plan, practicesAffected, usersAffected } = preview;
  return [
    paint.bold(
      `2FA for account ${account}: ${count(practicesAffected, 'practice')}, ${count(usersAffected, 'user')}`,
    ),
    ...impact.practices.map((practice) => `  ${safe(practice.name)}: ${count(practice.users, 'user')}`),
    ...findingLines(out, impact),
    ...keptOutLines(out, impact),
    ...morningLines(impact),
    'From then on every user of every practice is asked for a code when they sign in.',
    paint.bold('It can never be turned off again.'),
    `Plan ${plan}: with --plan it is refused when any of this has changed.`,
  ];
}
