// What differs between a user and what is wanted of them: the same for user add, update, import and apply (R5).
import type { CodeEnd } from './code.ts';
import { type StoredEmail, type StoredPhone, storedEmail, storedPhone } from './contact.ts';
import type { Language } from './language.ts';
import type { TrustEnd } from './location.ts';
import { maskEmail, maskPhone } from './mask.ts';
import type { Instant } from './time.ts';

/** What a user is to be; absent leaves it alone, an empty text clears it. */
export interface Wanted {
  name?: string | undefined;
  email?: string | undefined;
  phone?: string | undefined;
  language?: Language | '' | undefined;
  practices?: readonly string[] | undefined;
  systemAdministrator?: boolean | undefined;
}

/** A user as far as it can differ. */
export interface RosterUser extends StoredEmail, StoredPhone {
  name: string;
  language: Language | null;
  systemAdministrator: boolean;
  /** Names, as the account spells them. */
  practices: readonly string[];
}

/** What changes of a user's row, its practices apart. */
export interface RosterChange extends Partial<StoredEmail & StoredPhone> {
  name?: string;
  language?: Language | null;
  systemAdministrator?: boolean;
  contactChangedAt?: Instant;
  endCodes?: CodeEnd;
  endTrust?: TrustEnd;
}

export type RosterField = 'name' | 'email' | 'phone' | 'practices' | 'language' | 'systemAdministrator';

export interface Difference {
  /** The fields that differ; none means no change. */
  fields: RosterField[];
  change: RosterChange;
  /** The practices that the user is to have; null where they stay. */
  practices: readonly string[] | null;
  /** What the event says: contact data only masked. */
  details: Record<string, unknown>;
}

/** Whether codes go elsewhere by a change of these fields. */
export function changesContact(fields: readonly string[]): boolean {
  return fields.includes('email') || fields.includes('phone');
}

function sameNames(some: readonly string[], others: readonly string[]): boolean {
  return [...some].sort().join(';') === [...others].sort().join(';');
}

function contactChange(
  user: RosterUser,
  wanted: Wanted,
  country: string,
): Partial<StoredEmail & StoredPhone> {
  const email = wanted.email === undefined ? null : storedEmail(wanted.email);
  const phone = wanted.phone === undefined ? null : storedPhone(wanted.phone, country);
  return {
    ...(email && email.emailKey !== user.emailKey ? email : {}),
    ...(phone && phone.phoneKey !== user.phoneKey ? phone : {}),
  };
}

/**
 * What differs between a user and what is wanted; a value equal after normalisation is no change (R5).
 * @param wanted its practices spelled as the account spells them.
 * @param country of the account, for phones that are written without a country code.
 */
export function differenceOf(user: RosterUser, wanted: Wanted, country: string, now: Instant): Difference {
  const contact = contactChange(user, wanted, country);
  const name = wanted.name === undefined || wanted.name === user.name ? {} : { name: wanted.name };
  const wantedLanguage = wanted.language === undefined ? user.language : wanted.language || null;
  const language = wantedLanguage === user.language ? {} : { language: wantedLanguage };
  const role =
    wanted.systemAdministrator === undefined || wanted.systemAdministrator === user.systemAdministrator
      ? {}
      : { systemAdministrator: wanted.systemAdministrator };
  const practices =
    wanted.practices === undefined || sameNames(wanted.practices, user.practices) ? null : wanted.practices;
  const fields: RosterField[] = [
    ...('name' in name ? (['name'] as const) : []),
    ...(contact.emailKey === undefined ? [] : (['email'] as const)),
    ...(contact.phoneKey === undefined ? [] : (['phone'] as const)),
    ...(practices === null ? [] : (['practices'] as const)),
    ...('language' in language ? (['language'] as const) : []),
    ...('systemAdministrator' in role ? (['systemAdministrator'] as const) : []),
  ];
  return {
    fields,
    practices,
    change: {
      ...contact,
      ...name,
      ...role,
      ...language,
      ...(changesContact(fields)
        ? { contactChangedAt: now, endCodes: 'contact-changed', endTrust: 'contact-changed' }
        : {}),
    },
    details: {
      fields,
      ...(contact.emailKey === undefined ? {} : { email: contact.email ? maskEmail(contact.email) : null }),
      ...(contact.phoneKey === undefined ? {} : { phone: contact.phone ? maskPhone(contact.phone) : null }),
      ...(practices === null ? {} : { practices }),
      ...role,
    },
  };
}
