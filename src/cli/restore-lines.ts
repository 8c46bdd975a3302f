// How a restored store looks to people: what was put where, what was done again, what is lost, what ended.
import type { Restored } from '../actions/restore.ts';
import type { Look, LookReason } from '../rules/replay.ts';
import { count } from './describe.ts';
import { safe } from './escape.ts';
import type { Out } from './out.ts';
import type { PutBack } from './restoring.ts';

/** The document of `db restore`. */
export interface RestoreResult extends Restored {
  restored: PutBack | null;
  /** Whether a copy that sends nothing was made. */
  staging: boolean;
}

/** What is to be looked at is named up to this many; the JSON document has all of it. */
const namedMax = 20;

const reasons: Record<LookReason, string> = {
  added: 'was added, and is lost',
  'account-created': 'was created, and is lost with its users',
  'contact-changed': 'got other contact data, which is lost',
  'role-changed': 'was given or lost the role of System Administrator',
  renamed: 'was renamed',
  reactivated: 'was reactivated; is barred as in the backup',
  'last-administrator': 'was deactivated; stays active, since the account would have no System Administrator',
  'not-ready': '2FA is on again, and contact data is missing for it: twofa checklist',
};

function lookLine({ why, seq, account, user, details }: Omit<Look, 'at'>): string {
  const { ids, email, phone } = details;
  const who = user ?? (Array.isArray(ids) ? count(ids.length, 'user') : 'the account');
  const to = [email, phone].filter((each) => typeof each === 'string').join(', ');
  return `  ${safe(account ?? '')}  ${safe(who)}: ${reasons[why]}${to === '' ? '' : ` (${safe(to)})`}, event ${seq}`;
}

function putLines(out: Out, { file, newest, keptAt, applied, profile }: PutBack): string[] {
  const reaches = newest === null ? 'no event' : `event ${newest.seq} of ${newest.at}`;
  return [
    `${out.paint.green('✓')} ${safe(file)} is the store now; it reaches up to ${reaches}.`,
    ...(keptAt === null ? [] : [`The store that was there is kept: ${safe(keptAt)}`]),
    ...(applied.length === 0 ? [] : [`It was brought to this version: ${applied.join(', ')}`]),
    ...(profile === null ? [] : [`You are its owner, by the profile ${profile}.`]),
  ];
}

function lostLines({ lost, lostByAction }: Restored): string[] {
  if (lost === null) return [];
  const actions = Object.entries(lostByAction ?? {}).sort(([, a], [, b]) => b - a);
  return [
    `Lost, as far as that is known: ${lost.from === lost.to ? `event ${lost.to}` : `events ${lost.from} to ${lost.to}`}, until ${lost.until}.`,
    ...(actions.length === 0
      ? []
      : [`By what they tell: ${actions.map(([action, number]) => `${number} ${safe(action)}`).join(', ')}`]),
  ];
}

function replayLines({ replayed, lost, look }: Restored): string[] {
  if (replayed === null) return [];
  const { until, enabled, locked, deactivated, attempts, revoked } = replayed;
  const unknown = lost !== null && lost.to > until;
  return [
    `Done again: 2FA turned on for ${count(enabled, 'account')}, ${count(locked, 'lock')}, ${count(deactivated, 'deactivation')}, used attempts of ${count(attempts, 'user')}, ${count(revoked, 'revocation')}.`,
    ...(unknown ? [`! The export ends at event ${until}: what came after is unknown.`] : []),
    ...(look.length === 0 ? [] : ['To be looked at:']),
    ...look.slice(0, namedMax).map(lookLine),
    ...(look.length > namedMax ? [`  and ${look.length - namedMax} more: --json has them all`] : []),
  ];
}

function acceptLines(out: Out, result: RestoreResult): string[] {
  if (!result.accepted) return [];
  const { codesEnded, locationsEnded, recoveryCodesVoided, tokensRevoked } = result;
  return [
    `${out.paint.green('✓')} The store is accepted.`,
    `Ended: ${count(codesEnded, 'code')}, ${count(locationsEnded, 'trusted location')}, ${count(recoveryCodesVoided, 'recovery code')}, ${count(tokensRevoked, 'token')}.`,
    "Make everyone else's tokens again; look which users were locked or deactivated meanwhile.",
    ...(recoveryCodesVoided > 0
      ? ['System Administrators make their recovery codes again: twofa recovery renew']
      : []),
  ];
}

export function restoreLines(out: Out, result: RestoreResult): string[] {
  const { restored, accepted, changed, staging } = result;
  if (!changed && restored === null) {
    return ['The store is the newest that this machine knows; nothing was changed.'];
  }
  return [
    ...(restored === null ? [] : putLines(out, restored)),
    ...lostLines(result),
    ...replayLines(result),
    ...acceptLines(out, result),
    ...(staging
      ? [
          'It is a copy for staging: no email and no text message leaves it, for ever. Contact data is as it was: keep it safe.',
        ]
      : []),
    ...(accepted || staging
      ? []
      : ['It refuses sign-ins and changes until it is accepted: twofa db restore --accept --reason TEXT']),
  ];
}
