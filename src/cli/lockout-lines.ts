// How a lockout looks to people: what it looks like in plain words, its failures, and what to do next.

import type { MessageView } from '../actions/message-outcomes.ts';
import type { LockoutLook, Triage } from '../rules/triage.ts';
import type { LockoutRow } from './columns.ts';
import { safe } from './escape.ts';
import { messageLines } from './message-lines.ts';
import type { Out } from './out.ts';
import { lineOf, widthsOf } from './table.ts';

export type LockoutDetails = LockoutRow & {
  failures: (Omit<Triage['failures'][number], 'at'> & { at: string })[];
  assessment: Triage['assessment'];
  messages: MessageView[];
};

const words: Record<LockoutLook, string> = {
  mistyping: 'This looks like mistyping at the usual address.',
  'older-code': 'This looks like codes of an older message.',
  'never-arrived': 'This looks like messages that never arrived.',
  guessing: 'This looks like guessing, by somebody who knows the password.',
  unclear: 'This may be the user or somebody else.',
};

const advice: Record<LockoutLook, string> = {
  mistyping: 'Ask the user by a way that you know; when it was them, reactivate:',
  'older-code': 'Tell the user to enter the code of the newest message, and reactivate:',
  'never-arrived':
    'Check email and phone with the user, correct them with "twofa user update", and reactivate:',
  guessing: 'Have the password changed in the product first, then reactivate:',
  unclear:
    'Ask the user by a way that you know. If it was not them, have the password changed first, and add --password-changed:',
};

function failureTable(out: Out, failures: LockoutDetails['failures']): string[] {
  if (failures.length === 0) return [];
  const titles = ['AT', 'APPLICATION', 'ADDRESS', 'CODE', 'LOOKS LIKE'];
  const rows = failures.map(({ at, app, ip, why, looksLike }) =>
    [at, app, ip, why, looksLike].map((cell) => safe(cell ?? '–')),
  );
  const widths = widthsOf([titles, ...rows]);
  return ['', out.paint.bold(lineOf(titles, widths)), ...rows.map((row) => lineOf(row, widths))];
}

export function lockoutLines(out: Out, lockout: LockoutDetails): string[] {
  const { looksLike, because, passwordKnown } = lockout.assessment;
  const mark = passwordKnown ? out.paint.red : out.paint.bold;
  const changed = passwordKnown ? ' --password-changed' : '';
  return [
    mark(words[looksLike]),
    safe(because),
    '',
    ...out.pairs([
      ['User', `${lockout.username}  ${lockout.name}`],
      ['Practices', lockout.practices.join('; ')],
      ['Locked at', lockout.lockedAt],
      ['Last application', lockout.lastApp],
      ['Last address', lockout.lastIp],
    ]),
    ...failureTable(out, lockout.failures),
    ...(lockout.messages.length === 0 ? [] : ['', out.paint.bold('MESSAGES WITH CODES, NEWEST FIRST')]),
    ...messageLines(lockout.messages),
    '',
    advice[looksLike],
    safe(`  twofa reactivate ${lockout.username} --reason REASON${changed} -a ${lockout.account}`),
    'Only a System Administrator of the account can.',
  ];
}
