// A line of a file with the text that is meant marked below it, as people are shown what is wrong with it.
import { safe } from './escape.ts';

/** Where something stands: counted from 1, with the line as it is written, and how many characters of it are meant. */
export interface Spot {
  line: number;
  column: number;
  length: number;
  source: string;
}

/** How excerpts are said, beside the error. */
export type Say = (text: string) => void;

/** Columns of a line that are shown at the most. */
const lineMax = 100;
/** Columns that are shown before the text that is meant, where the line is longer. */
const before = 40;

/** Two lines: the source, cut where it is long, and the marks. */
export async function excerpt({ line, column, length, source }: Spot): Promise<string[]> {
  const { default: width } = await import('string-width');
  const from = column > lineMax - before / 2 ? column - before : 0;
  const until = column - 1 + length;
  const shown = (start: number, end: number) => safe(source.slice(start, end).replaceAll('\t', ' '));
  const [left, meant, right] = [
    shown(from, column - 1),
    shown(column - 1, until),
    shown(until, from + lineMax),
  ];
  const cut = from > 0 ? '…' : '';
  const marks = '^'.repeat(Math.max(1, Math.min(width(meant), lineMax)));
  return [
    `  ${line} | ${cut}${left}${meant}${right}`,
    `  ${' '.repeat(String(line).length)} | ${' '.repeat(cut.length + width(left))}${marks}`,
  ];
}
