// The preparation checklist: what has to hold before 2FA is turned on for an account (R4).

/** Counts over an account's active users, with the names of those concerned. */
export interface ChecklistFacts {
  practices: number;
  activeUsers: number;
  /** Active, unlocked System Administrators with valid contact data. */
  ableAdministrators: number;
  /** Active, unlocked System Administrators. */
  administrators: readonly string[];
  emailMissing: Finding;
  emailInvalid: Finding;
  emailRepeated: Finding;
  phoneMissing: Finding;
  phoneInvalid: Finding;
  phoneShared: Finding;
  mailboxShared: Finding;
  /** Users who have not proved, lately and for their present addresses, that messages reach them. */
  unproven: Finding;
  delivery: DeliveryFacts;
}

/** How many users, and the usernames of the first of them (bounded). */
export interface Finding {
  count: number;
  users: readonly string[];
}

export interface DeliveryFacts {
  /** A sandbox installation, in which the outbox file counts as delivery. */
  sandbox: boolean;
  email: boolean;
  sms: boolean;
}

export type Severity = 'blocker' | 'warning';
export type ItemStatus = 'pass' | 'warn' | 'fail';

export interface ChecklistItem {
  id: string;
  title: string;
  severity: Severity;
  status: ItemStatus;
  count: number;
  users: readonly string[];
  mendedBy: 'account' | 'installation';
  hint: string | null;
}

export interface Checklist {
  ready: boolean;
  blockers: number;
  warnings: number;
  items: ChecklistItem[];
}

const none: Finding = { count: 0, users: [] };

function item(
  id: string,
  severity: Severity,
  title: string,
  holds: boolean,
  hint: string,
  finding: Finding = none,
  mendedBy: 'account' | 'installation' = 'account',
): ChecklistItem {
  const failing: ItemStatus = severity === 'blocker' ? 'fail' : 'warn';
  return {
    id,
    title,
    severity,
    status: holds ? 'pass' : failing,
    count: holds ? 0 : finding.count,
    users: holds ? [] : finding.users,
    mendedBy,
    hint: holds ? null : hint,
  };
}

const updateHint = (what: string) => `twofa user update USER ${what}`;

function blockers(facts: ChecklistFacts): ChecklistItem[] {
  const each = (id: string, title: string, finding: Finding, hint: string) =>
    item(id, 'blocker', title, finding.count === 0, hint, finding);
  const { delivery } = facts;
  const delivers = delivery.sandbox || (delivery.email && delivery.sms);
  return [
    item(
      'practices',
      'blocker',
      'The account has a practice and an active user',
      facts.practices > 0 && facts.activeUsers > 0,
      facts.practices === 0
        ? 'twofa practice add NAME'
        : 'twofa user import FILE.csv, or twofa user add USER',
    ),
    item(
      'administrator',
      'blocker',
      'An active, unlocked System Administrator has valid contact data',
      facts.ableAdministrators > 0,
      facts.administrators.length > 0
        ? updateHint('--email EMAIL --phone PHONE')
        : updateHint('--system-administrator'),
      { count: facts.administrators.length, users: facts.administrators },
    ),
    each('email-present', 'Every active user has an email', facts.emailMissing, updateHint('--email EMAIL')),
    each('email-valid', 'Every email is well-formed', facts.emailInvalid, updateHint('--email EMAIL')),
    each(
      'email-unique',
      'No two active users have the same email',
      facts.emailRepeated,
      `${updateHint('--email EMAIL')}: each user needs an email of their own`,
    ),
    each('phone-present', 'Every active user has a phone', facts.phoneMissing, updateHint('--phone PHONE')),
    each(
      'phone-valid',
      'Every phone is valid and can take text messages',
      facts.phoneInvalid,
      `${updateHint('--phone PHONE')}: a mobile number`,
    ),
    item(
      'delivery',
      'blocker',
      'Email and text message delivery are configured',
      delivers,
      `${[delivery.email ? '' : 'email', delivery.sms ? '' : 'text messages'].filter(Boolean).join(' and ')} not configured: whoever runs the installation sets it in "twofa config path"`,
      none,
      'installation',
    ),
  ];
}

function warnings(facts: ChecklistFacts): ChecklistItem[] {
  const each = (id: string, title: string, finding: Finding, hint: string) =>
    item(id, 'warning', title, finding.count === 0, hint, finding);
  return [
    item(
      'second-administrator',
      'warning',
      'Two or more active, unlocked System Administrators have valid contact data',
      facts.ableAdministrators >= 2,
      `${updateHint(
        facts.administrators.length >= 2 ? '--email EMAIL --phone PHONE' : '--system-administrator',
      )}: the only one, locked out, could be reactivated by nobody`,
      { count: facts.administrators.length, users: facts.administrators },
    ),
    each(
      'phone-shared',
      'No phone is shared',
      facts.phoneShared,
      `${updateHint('--phone PHONE')}: a phone of one's own is strongly recommended`,
    ),
    each(
      'mailbox-shared',
      'No mailbox or sign-in looks shared',
      facts.mailboxShared,
      `${updateHint('--email EMAIL')}: codes sent to a shared mailbox can be read by others`,
    ),
    each(
      'reachable',
      'Every active user has proved in the last 90 days that messages reach them',
      facts.unproven,
      'twofa rollcall start, then twofa rollcall status: each user confirms the words that arrive by each channel',
    ),
  ];
}

/** Evaluates the checklist: ready when no blocker failed (R4). */
export function evaluateChecklist(facts: ChecklistFacts): Checklist {
  const items = [...blockers(facts), ...warnings(facts)];
  const failed = items.filter((each) => each.status === 'fail').length;
  return {
    ready: failed === 0,
    blockers: failed,
    warnings: items.filter((each) => each.status === 'warn').length,
    items,
  };
}
