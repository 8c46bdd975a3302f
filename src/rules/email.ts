// Whether an email address is well-formed, and when two of them are the same (R12).
import { domainToASCII, domainToUnicode } from 'node:url';
import { foldKey, hasInvisible } from './text.ts';

const atext = /^[\p{L}\p{N}\p{M}!#$%&'*+/=?^_`{|}~-]+$/u;
const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** An address of ASCII letters, digits and signs alone, with no domain in punycode. */
const plain =
  /^(?=.{1,254}$)[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*@(?:(?!xn--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?!xn--)[a-z]{2,63}$/i;

/** Local parts that several people usually read: a code sent there is no second factor of one person. */
const sharedMailboxes = new Set(
  (
    'admin administrator appointments billing contact desk front-desk frontdesk front.desk front_desk help ' +
    'helpdesk hello info inbox mail manager nurse nurses office practice reception receptionist records ' +
    'referrals scheduling sales staff support team webmaster'
  ).split(' '),
);

/** Usernames that look like a machine's or a shared sign-in. */
const sharedSignIn =
  /^(kiosk|interface|frontdesk|front[._-]desk|reception|shared|scanner|fax|printer|service|svc|system|batch|test|temp|guest|generic|checkin|tablet|workstation|ws)([._-]?\d+)?$|[._-](kiosk|interface|svc|service|shared)$|^(svc|kiosk|interface)[._-]/i;

interface Parts {
  local: string;
  /** The domain in ASCII form (punycode), lower case. */
  domain: string;
  /** The domain as written, lower case. */
  written: string;
}

function split(email: string): Parts | null {
  const at = email.lastIndexOf('@');
  if (at < 1) return null;
  const written = email.slice(at + 1);
  // domainToASCII is a URL parser: it would take escapes, ports and IP addresses for what they are not.
  if (written === '' || /[\s%:/?#@\\[\]<>,;"()]/u.test(written)) return null;
  const domain = domainToASCII(written.normalize('NFKC'));
  return domain === '' ? null : { local: email.slice(0, at), domain, written: written.toLowerCase() };
}

/**
 * What keeps an email address from being well-formed: a dot-atom local part (RFC 5322 section 3.2.3, or
 * its international form by RFC 6531), a domain of two labels or more, RFC 5321's lengths.
 * @returns the problem in words, or null for a well-formed address.
 */
export function emailProblem(email: string): string | null {
  if (/\s/u.test(email)) return 'contains white space';
  if (hasInvisible(email)) return 'contains an invisible or direction-changing character';
  if (!email.includes('@')) return 'has no "@"';
  const parts = split(email);
  if (!parts) return 'has no valid domain after the "@"';
  if (Buffer.byteLength(parts.local) > 64) return 'has more than 64 bytes before the "@"';
  if (Buffer.byteLength(parts.local) + 1 + parts.domain.length > 254) return 'is longer than 254 bytes';
  if (!parts.local.split('.').every((atom) => atext.test(atom))) {
    return 'has characters before the "@" that an address may not have, or a misplaced "."';
  }
  const labels = parts.domain.split('.');
  const top = labels.at(-1) ?? '';
  if (labels.length < 2) return 'has a domain without a "."';
  if (!labels.every((each) => label.test(each)) || /^[0-9]+$/.test(top))
    return 'has no valid domain after the "@"';
  // Mail goes to the stored spelling, and mail programs encode a domain as it is: ｅxample.com would be another.
  if (parts.written !== parts.domain && parts.written !== domainToUnicode(parts.domain))
    return `has a domain in unusual characters, to be written as ${domainToUnicode(parts.domain)}`;
  return null;
}

/**
 * Whether an address is so plain that it is well-formed, and its key ({@link emailKey}) its lower case: most are, and a
 * million of them need not be taken apart.
 */
export function isPlainAddress(email: string): boolean {
  return email.indexOf('@') <= 64 && plain.test(email);
}

/** The key by which two addresses are one: NFKC, case-folded, the domain in ASCII form (R12). */
export function emailKey(email: string): string {
  const parts = split(email.normalize('NFKC'));
  return parts ? `${foldKey(parts.local)}@${parts.domain}` : foldKey(email);
}

/** Whether mail to the address, or the sign-in of this name, probably serves several people or a machine. */
export function looksShared(username: string, email: string | null): boolean {
  if (sharedSignIn.test(username)) return true;
  if (email === null) return false;
  const local = foldKey(email.slice(0, Math.max(0, email.lastIndexOf('@'))));
  return sharedMailboxes.has(local.replace(/\+.*$/, '').replace(/[0-9]+$/, ''));
}
