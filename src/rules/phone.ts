// Whether a phone number is valid and can take text messages, by libphonenumber with its full metadata.
import {
  type CountryCode,
  getCountries,
  type NumberType,
  parsePhoneNumberFromString,
} from 'libphonenumber-js/max';
import { typeByPatterns } from './phone-patterns.ts';

/** Why a number cannot be used for codes. */
export type PhoneProblem =
  | 'malformed'
  | 'fixed-line'
  | 'toll-free'
  | 'premium-rate'
  | 'shared-cost'
  | 'pager'
  | 'voicemail';

/** The verdict on a number: `e164` is null when it could not be read as one. */
export interface PhoneCheck {
  e164: string | null;
  problem: PhoneProblem | null;
}

const textless: Partial<Record<NonNullable<NumberType>, PhoneProblem>> = {
  FIXED_LINE: 'fixed-line',
  TOLL_FREE: 'toll-free',
  PREMIUM_RATE: 'premium-rate',
  SHARED_COST: 'shared-cost',
  PAGER: 'pager',
  VOICEMAIL: 'voicemail',
};

/**
 * Checks a number as written, national numbers by the account's country.
 * With the full metadata a number is valid exactly when it has a type. North American numbers cannot be told
 * apart (all are "fixed line or mobile") and pass.
 * @param country ISO 3166-1 alpha-2, such as `US`.
 */
export function checkPhone(text: string, country: string): PhoneCheck {
  const known = typeByPatterns(text);
  if (known !== null) return { e164: text, problem: textless[known] ?? null };
  // extract: false, so that "call 201 555 0123" is no number; other scripts' digits are refused, not guessed.
  if (!/^[+0-9 ().\-/\u00a0]+$/.test(text)) return { e164: null, problem: 'malformed' };
  const parsed = parsePhoneNumberFromString(text, { defaultCountry: country as CountryCode, extract: false });
  const type = parsed?.getType();
  if (!parsed || type === undefined) return { e164: null, problem: 'malformed' };
  return { e164: parsed.number, problem: textless[type] ?? null };
}

/** Whether libphonenumber knows the country, so that national numbers can be read. */
export function isCountry(code: string): boolean {
  return (getCountries() as string[]).includes(code);
}
