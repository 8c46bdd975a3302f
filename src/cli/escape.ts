// Makes data safe for a terminal: what could move the cursor, recolour, reorder or hide text is written out.

const unsafe =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|\p{Cs}/gu;

function written(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

/** A text with its control, bidirectional and invisible characters written as `\u{…}`. */
export function safe(text: string): string {
  return text.replace(unsafe, written);
}

/** A text of JSON, or of YAML whose texts with such characters are in double quotes, with them as `\uXXXX`. */
export function escapedInQuotes(text: string): string {
  return text.replace(unsafe, (character) =>
    character === '\n'
      ? character
      : [...Array(character.length).keys()]
          .map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`)
          .join(''),
  );
}

/** JSON whose strings hold no such character either; parsed, it is the same value. */
export function safeJson(value: unknown, indent?: number): string {
  return escapedInQuotes(JSON.stringify(value, null, indent));
}
