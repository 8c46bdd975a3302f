// The templated request of a text message: where placeholders may stand, and how a value is encoded for its place.

const placeholders = [
  'to',
  'toDigits',
  'text',
  'from',
  'password',
  'minutes',
  'seconds',
  'milliseconds',
  'coding',
  'type',
] as const;
export type Placeholder = (typeof placeholders)[number];

/** What stands for each placeholder. */
export type Filling = Readonly<Record<Placeholder, string>>;

/** A template: literal text, as it goes out, and placeholders. */
export type Template = readonly (string | { placeholder: Placeholder })[];

/** Placeholders whose value is a number: in JSON they may stand outside quotes. */
const numeric: readonly Placeholder[] = ['toDigits', 'minutes', 'seconds', 'milliseconds', 'coding'];

/** How a value is written where it stands. */
export type Encoding = (value: string) => string;

/** In a URL: percent-encoded, all but letters, digits, `-`, `.`, `_` and `~` (RFC 3986). */
export const inUrl: Encoding = (value) =>
  encodeURIComponent(Buffer.from(value).toString()).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/** In a form's body: as forms are sent, a space as `+`. */
export const inForm: Encoding = (value) => new URLSearchParams([['', value]]).toString().slice(1);

/** Within the quotes of a JSON string. */
export const inJson: Encoding = (value) => JSON.stringify(value).slice(1, -1);

/** In a header: as it is. Throws for what a header cannot hold, without repeating it. */
export const inHeader: Encoding = (value) => {
  if (/^[ -~]*$/.test(value)) return value;
  throw new Error('a value for a header is not one line of ASCII text');
};

/** Splits a text at its placeholders. @returns the template, or the problem in words, which repeats nothing of the text. */
export function readTemplate(text: string): Template | string {
  const parts: Template[number][] = [];
  let end = 0;
  for (const match of text.matchAll(/\{([A-Za-z]+)\}/g)) {
    const placeholder = placeholders.find((each) => each === match[1]);
    if (!placeholder) {
      const known = placeholders.map((each) => `{${each}}`).join(' ');
      return `has an unknown placeholder; known are ${known}`;
    }
    parts.push(text.slice(end, match.index), { placeholder });
    end = match.index + match[0].length;
  }
  parts.push(text.slice(end));
  return parts.filter((part) => part !== '');
}

/** The text of a template, each value encoded. */
export function fill(template: Template, filling: Filling, encode: Encoding): string {
  return template
    .map((part) => (typeof part === 'string' ? part : encode(filling[part.placeholder])))
    .join('');
}

/** Whether a placeholder stands in one of the templates. */
export function has(templates: readonly Template[], placeholder: Placeholder): boolean {
  return templates.some((template) =>
    template.some((part) => typeof part !== 'string' && part.placeholder === placeholder),
  );
}

/** A template as it is shown: placeholders as they are, and what else it says hidden, since it may be a secret. */
export function hidden(template: Template): string {
  return template.map((part) => (typeof part === 'string' ? '•••' : `{${part.placeholder}}`)).join('');
}

/** What is amiss with the literal text of a URL or form; null where it is encoded as it has to be. */
function unencoded(template: Template): string | null {
  const literals = template.filter((part) => typeof part === 'string');
  if (literals.some((literal) => /[{}]/.test(literal))) return 'has a brace that belongs to no placeholder';
  if (literals.some((literal) => /[\s\p{Cc}]/u.test(literal))) return 'has white space in it; write %20';
  if (literals.some((literal) => /%(?![0-9A-Fa-f]{2})/.test(literal)))
    return 'has a "%" in it that begins no %XX; write %25';
  return null;
}

/** Reads the literal text of a URL or form: what is to be encoded there and is not, gets encoded. */
export function readEncoded(text: string): Template | string {
  const template = readTemplate(text);
  if (typeof template === 'string') return template;
  const encoded = (literal: string) => literal.replace(/[^!-~]+|["<>\\^`|]/gu, inUrl);
  return unencoded(template) ?? template.map((part) => (typeof part === 'string' ? encoded(part) : part));
}

/** Reads a JSON body: whatever the values, it stays the same document with other texts and numbers in it. */
export function readJson(text: string): Template | string {
  const template = readTemplate(text);
  if (typeof template === 'string') return template;
  const sample = template.map((part) => {
    if (typeof part === 'string') return part;
    return numeric.includes(part.placeholder) ? '1' : 'x';
  });
  try {
    JSON.parse(sample.join(''));
    return template;
  } catch {
    return 'is no valid JSON; placeholders for text stand within quotes';
  }
}
