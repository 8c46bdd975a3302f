// What users typed, as a message shows it.

/** Control characters, line separators, and what shows nothing or turns the direction of writing; joiners are letters' own. */
const unprintable = /(?:(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\s])+/gu;

/**
 * An account's name as a message shows it: on one line, in its own direction, and nothing in it that a mail program
 * would turn into a link (`evil.example` → `evil. example`), or decode in a subject (`=?utf-8?…`, RFC 2047).
 */
export function displayed(name: string): string {
  return name
    .replace(unprintable, ' ')
    .replace(/:\/\//g, ' ')
    .replace(/=(?=\?)/g, '= ')
    .replace(/\.(?=[^\s.])/g, '. ')
    .trim();
}
