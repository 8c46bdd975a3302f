// What a name, a username and a KID may look like, and the key by which two spellings are the same.

/** Control characters (C0, DEL, C1), line and paragraph separators: never part of a stored value. */
const control = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/u;
/** Characters that show nothing or reorder what is around them: bidirectional marks, zero width, variation selectors, fillers. */
const invisible = /[\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Default_Ignorable_Code_Point}\u2800]/u;

/** Printable ASCII, with nothing at either end that shows nothing: what most texts are, and what needs no closer look. */
const plain = /^[!-~](?:[ -~]*[!-~])?$/;
const ascii = /^[\0-\x7f]*$/;

/** The key by which two spellings are one: NFKC and case-folded (R12). */
export function foldKey(text: string): string {
  if (ascii.test(text)) return text.toLowerCase();
  // Folding by upper case makes ß and ss, ſ and s, ς and σ equal, as full case folding does; the lower case
  // before it is for ẞ, which is an upper case already.
  return text.normalize('NFKC').toLowerCase().toUpperCase().toLowerCase().normalize('NFKC');
}

/** Whether a text has characters that show nothing or reorder what is around them. */
export function hasInvisible(text: string): boolean {
  return invisible.test(text);
}

/** A problem in words, or null when the text is fine. */
export type Problem = string | null;

/** Checks a KID: 1 to 64 ASCII letters, digits, `.`, `_` and `-`, starting with a letter or digit. */
export function kidProblem(kid: string): Problem {
  if (kid === '') return 'is empty';
  if (kid.length > 64) return 'is longer than 64 characters';
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(kid)) {
    return 'has characters other than ASCII letters, digits, ".", "_" and "-"';
  }
  return null;
}

/** Shape of a user's immutable id, which no username may have. */
export const userIdShape = /^usr_([1-9][0-9]{0,14})$/;

/** Checks a username: 1 to 128 visible characters without white space at either end. */
export function usernameProblem(username: string): Problem {
  if (username === '') return 'is empty';
  if (username.length > 128) return 'is longer than 128 characters';
  if (!plain.test(username)) {
    if (control.test(username)) return 'contains a control character';
    if (hasInvisible(username)) return 'contains an invisible or direction-changing character';
  }
  if (/^\s|\s$|[^\S ]| {2}/u.test(username))
    return 'contains white space other than single spaces between words';
  if (/^usr_[0-9]+$/.test(foldKey(username)))
    return 'looks like an id (usr_ and digits), which usernames may not';
  if (username.startsWith('-')) return 'starts with "-", which reads as an option';
  return null;
}

/** Checks a displayed name (of an account, a practice, a person, a token): 1 to 200 characters on one line. */
export function nameProblem(name: string): Problem {
  if (name.trim() === '') return 'is empty';
  if (name !== name.trim()) return 'starts or ends with white space';
  if (name.length > 200) return 'is longer than 200 characters';
  if (plain.test(name)) return null;
  if (control.test(name)) return 'contains a control character';
  if (/\p{Cs}/u.test(name)) return 'is not well-formed Unicode';
  return null;
}

/** Checks a practice's name, which the roster separates by ";". */
export function practiceNameProblem(name: string): Problem {
  return nameProblem(name) ?? (name.includes(';') ? 'contains ";", which separates practices' : null);
}

/** Checks a free text kept in the trail, such as a reason: 1 to 500 characters on one line. */
export function reasonProblem(text: string): Problem {
  if (text.trim() === '') return 'is empty';
  if (text.length > 500) return 'is longer than 500 characters';
  if (control.test(text)) return 'contains a control character';
  if (/\p{Cs}/u.test(text)) return 'is not well-formed Unicode';
  return null;
}

/** Checks contact data before it is stored at all: malformed is allowed (R12), unprintable and huge are not. */
export function storableContactProblem(text: string): Problem {
  if (text.length > 320) return 'is longer than 320 characters';
  if (plain.test(text)) return null;
  if (control.test(text)) return 'contains a control character';
  if (/\p{Cs}/u.test(text)) return 'is not well-formed Unicode';
  return null;
}

/** Checks an application's name: 1 to 64 lower-case ASCII letters, digits, ".", "_" and "-". */
export function applicationProblem(name: string): Problem {
  if (name === '') return 'is empty';
  if (name.length > 64) return 'is longer than 64 characters';
  if (!/^[a-z0-9][a-z0-9._-]*$/.test(name)) {
    return 'has characters other than lower-case ASCII letters, digits, ".", "_" and "-"';
  }
  return null;
}

/** Checks a request id: 1 to 128 printable ASCII characters without spaces. */
export function requestIdProblem(id: string): Problem {
  if (id === '') return 'is empty';
  if (id.length > 128) return 'is longer than 128 characters';
  return /^[\x21-\x7e]+$/.test(id) ? null : 'has characters other than printable ASCII';
}
