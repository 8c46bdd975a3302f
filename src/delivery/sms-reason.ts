// Why a text message did not go out, in the gateway's words: without the code, the password or the whole number.
import { maskPhone } from '../rules/mask.ts';
import { oneLine } from './reason.ts';
import { inForm, inJson, inUrl } from './sms-template.ts';

/** Digits at the beginning of a number that are left out where it is written without its country. */
const countryDigitsMax = 3;

/** What a gateway might repeat of a secret: itself, or how a request carries it. */
function spellingsOf(secret: string): string[] {
  const base64 = Buffer.from(secret).toString('base64');
  return [secret, inUrl(secret), inForm(secret), inJson(secret), base64].filter((each) => each !== '');
}

/** Finds a number however it is written: with and without its country, and with punctuation between its digits. */
function numberPattern(phone: string): RegExp {
  const digits = [...phone.replace(/[^0-9]/g, '')];
  const between = '[\\s().-]{0,3}';
  const country = digits.slice(0, countryDigitsMax).map((digit) => `(?:${digit}${between})?`);
  return new RegExp(`(?:\\+|%2B)?${country.join('')}${digits.slice(countryDigitsMax).join(between)}`, 'gi');
}

/** A reason about a message whose number is not at hand: without what could be one. */
export function withoutNumbers(said: string): string {
  return oneLine(said.replace(/[+(]?[0-9](?:[\s().-]{0,2}[0-9]){6,14}/g, (number) => maskPhone(number)));
}

/**
 * @param secrets what must not be repeated, the code and the password among them.
 * @param to the recipient's number in E.164, shown masked.
 */
export function smsReason(said: string, secrets: readonly string[], to: string): string {
  const spellings = secrets.flatMap(spellingsOf).sort((one, other) => other.length - one.length);
  let reason = said;
  for (const each of spellings) reason = reason.replaceAll(each, '•••');
  return oneLine(reason.replace(numberPattern(to), () => maskPhone(to)));
}
