// How a topic is laid out: texts broken into lines of at most 80 columns, lists of terms with what they mean.

const columns = 80;

/** Breaks a text between its words into lines of at most `width` columns. */
export function broken(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

/** A paragraph, each line after so many spaces. */
export function paragraph(text: string, indent = 0): string {
  return broken(text, columns - indent)
    .map((line) => `${' '.repeat(indent)}${line}\n`)
    .join('');
}

/** Terms in a column of their own, each with its meaning beside it. */
export function terms(entries: readonly (readonly [string, string])[], indent = 2): string {
  const width = Math.max(...entries.map(([term]) => term.length)) + 2;
  return entries
    .map(([term, meaning]) => {
      const lines = broken(meaning, columns - indent - width);
      return lines
        .map((line, index) => `${' '.repeat(indent)}${(index === 0 ? term : '').padEnd(width)}${line}\n`)
        .join('');
    })
    .join('');
}

/** A text as it is, set in by two spaces. */
export function indented(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}
