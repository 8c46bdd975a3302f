// Rows as PostgreSQL's COPY writes them, one a line, and the digest of such lines: the same on whichever side they are read.
import { createHash } from 'node:crypto';

/** A column as both databases have it. */
export interface CopiedColumn {
  name: string;
  /** SQLite keeps 0 and 1 where PostgreSQL has false and true. */
  boolean: boolean;
}

/** Characters of a chunk, about. */
const chunkSize = 65_536;

const escapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

function fieldOf(value: unknown, { name, boolean }: CopiedColumn): string {
  if (value === null) return '\\N';
  if (boolean && (value === 0n || value === 1n)) return value === 1n ? 't' : 'f';
  if (typeof value === 'string')
    return value.replace(/[\\\b\f\n\r\t\v]/g, (found) => escapes[found] ?? found);
  if (typeof value === 'bigint' || typeof value === 'number') return String(value);
  throw new Error(`The column ${name} holds what is neither text nor a number.`);
}

/**
 * Rows of SQLite as lines, many to a chunk.
 * @param rows their values in the order of the columns, integers as bigint.
 * @param counted is told how many rows there were up to the end of each chunk.
 */
export function* linesOf(
  rows: Iterable<readonly unknown[]>,
  columns: readonly CopiedColumn[],
  counted: (rows: number) => void,
): Generator<Buffer> {
  let count = 0;
  let text = '';
  for (const row of rows) {
    text += `${columns.map((column, index) => fieldOf(row[index], column)).join('\t')}\n`;
    count += 1;
    if (text.length < chunkSize) continue;
    counted(count);
    yield Buffer.from(text);
    text = '';
  }
  counted(count);
  if (text !== '') yield Buffer.from(text);
}

const lineFeed = 0x0a;

/** Digests lines as they pass, and counts them. */
export class LineDigest {
  rows = 0;
  readonly #hash = createHash('sha256');

  add(chunk: Buffer): void {
    this.#hash.update(chunk);
    for (let at = chunk.indexOf(lineFeed); at !== -1; at = chunk.indexOf(lineFeed, at + 1)) this.rows += 1;
  }

  /** @returns the digest in hexadecimal; nothing can be added afterwards. */
  end(): string {
    return this.#hash.digest('hex');
  }
}
