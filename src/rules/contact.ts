// Contact data as it is stored: the value, the key by which it is compared, and what is wrong with it (R5, R12).
import { type Channel, channels } from './code.ts';
import { emailKey, emailProblem, isPlainAddress } from './email.ts';
import { checkPhone, type PhoneProblem } from './phone.ts';
import { foldKey } from './text.ts';

export interface StoredEmail {
  /** As it was written; mail goes to this. */
  email: string | null;
  emailKey: string | null;
  /** Why it is not well-formed, in words. */
  emailProblem: string | null;
}

export interface StoredPhone {
  /** E.164 where it could be read as a number, else as it was written. */
  phone: string | null;
  phoneKey: string | null;
  phoneProblem: PhoneProblem | null;
}

/** Judges an email for storing; an empty one is none. */
export function storedEmail(text: string | null): StoredEmail {
  const email = text?.trim() ?? '';
  if (email === '') return { email: null, emailKey: null, emailProblem: null };
  if (isPlainAddress(email)) return { email, emailKey: email.toLowerCase(), emailProblem: null };
  return { email, emailKey: emailKey(email), emailProblem: emailProblem(email) };
}

/** Judges a phone number for storing, national numbers by the account's country; an empty one is none. */
export function storedPhone(text: string | null, country: string): StoredPhone {
  const written = text?.trim() ?? '';
  if (written === '') return { phone: null, phoneKey: null, phoneProblem: null };
  const { e164, problem } = checkPhone(written, country);
  return { phone: e164 ?? written, phoneKey: e164 ?? foldKey(written), phoneProblem: problem };
}

const phoneProblems: Record<PhoneProblem, string> = {
  malformed: 'is no valid phone number',
  'fixed-line': 'is a fixed line, which takes no text messages',
  'toll-free': 'is a toll-free number, which takes no text messages',
  'premium-rate': 'is a premium-rate number, which takes no text messages',
  'shared-cost': 'is a shared-cost number, which takes no text messages',
  pager: 'is a pager, which takes no text messages',
  voicemail: 'is a voicemail number, which takes no text messages',
};

export function describePhoneProblem(problem: PhoneProblem): string {
  return phoneProblems[problem];
}

/** What keeps messages by a channel from a user, such as `email is missing`; null for a valid address. */
export function addressProblem(user: StoredEmail & StoredPhone, via: Channel): string | null {
  if (via === 'email') {
    if (user.email === null) return 'email is missing';
    return user.emailProblem === null ? null : `email ${user.emailProblem}`;
  }
  if (user.phone === null) return 'phone is missing';
  return user.phoneProblem === null ? null : `phone ${describePhoneProblem(user.phoneProblem)}`;
}

/** What keeps a user from getting codes, one sentence each: what R4 forbids once 2FA is on. */
export function contactProblems(user: StoredEmail & StoredPhone): string[] {
  return channels.flatMap((via) => {
    const problem = addressProblem(user, via);
    return problem === null ? [] : [`The ${problem}.`];
  });
}
