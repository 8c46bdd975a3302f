// Text as roff, in which manual pages are written.

/** What has a meaning in roff or another look on paper than on a keyboard. */
const escapes: Record<string, string> = {
  '\\': '\\(rs',
  '-': '\\-',
  "'": '\\(aq',
  '`': '\\(ga',
  '^': '\\(ha',
  '~': '\\(ti',
  '"': '\\(dq',
};

const special = /[\\'`^~"-]|[^\x20-\x7e\n]/gu;

/** Text that stands for itself, wherever it is in a line. */
export function roff(text: string): string {
  const escaped = text.replace(special, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    return escapes[character] ?? `\\[u${code}]`;
  });
  // A line that begins with a dot is a request.
  return escaped.replace(/^\./gm, '\\&.');
}

export const bold = (text: string) => `\\fB${roff(text)}\\fR`;
export const italic = (text: string) => `\\fI${roff(text)}\\fR`;

/** The first line of a page. @param date of the release, `YYYY-MM-DD` */
export function heading(page: { title: string; section: 1 | 7; date: string; version: string }): string {
  const { title, section, date, version } = page;
  return `.TH "${roff(title.toUpperCase())}" "${section}" "${date}" "twofa ${version}" "twofa"\n`;
}

/** A section with its body, which is roff and ends with a line break; nothing where it is empty. */
export function section(title: string, body: string): string {
  return body === '' ? '' : `.SH ${roff(title)}\n${body}`;
}

/** Terms, each roff, with what they mean as text. */
export function definitions(entries: readonly (readonly [term: string, meaning: string])[]): string {
  return entries.map(([term, meaning]) => `.TP\n${term}\n${roff(meaning) || '\\&'}\n`).join('');
}

/** Lines that stay as they are. */
export function lines(text: string): string {
  return `.nf\n${roff(text.trimEnd())}\n.fi\n`;
}
