// Proof-reads a roster file byte by byte: whether all of it is UTF-8 and well-formed CSV with as many cells in each row.
import { isUtf8 } from 'node:buffer';
import { malformed } from './roster-faults.ts';

const comma = 0x2c;
const quote = 0x22;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const space = 0x20;

/** Where in a cell the next byte falls. */
const at = { start: 0, plain: 1, quoted: 2, closed: 3, carriageReturn: 4 } as const;

/** Above this a row is no row of a roster, and reading it would fill the memory. */
export const rowBytesMax = 1024 * 1024;

const mendCell =
  'Put a cell that holds a comma, a quote or a line end in quotes, and write its own quotes twice.';

/** How many of the bytes come before a character that the end cuts in two. */
function wholeCharacters(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(4, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const size = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return size > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

/** Takes a file's bytes in parts. It keeps no cell, so that a quote that is never closed does not fill the memory. */
export class ProofReader {
  /** Rows that hold something, the header included. */
  rows = 0;
  readonly #file: string;
  readonly #header: readonly string[];
  #state: number = at.start;
  #line = 1;
  #cells = 1;
  /** Whether the row holds more than white space, commas and empty quotes. */
  #filled = false;
  /** The line and the offset of the row's first byte. */
  #rowLine = 1;
  #rowOffset = 0;
  /** The offset of the bytes at hand. */
  #offset = 0;
  /** The line of the last opening quote. */
  #quoteLine = 0;
  #cut: Buffer = Buffer.alloc(0);

  constructor(file: string, header: readonly string[]) {
    this.#file = file;
    this.#header = header;
  }

  /** @throws TwofaError `file-malformed` with the line. */
  read(bytes: Buffer): void {
    this.#refuseOtherText(bytes);
    let [state, filled] = [this.#state, this.#filled];
    for (let index = 0; index < bytes.length; index++) {
      const byte = bytes[index] as number;
      if (state === at.quoted) {
        if (byte === quote) state = at.closed;
        else if (byte > space) filled = true;
        else if (byte === lineFeed) this.#line++;
      } else if (byte === comma && state !== at.carriageReturn) {
        this.#cells++;
        state = at.start;
      } else if (byte === lineFeed) {
        this.#filled = filled;
        this.#endRow(this.#offset + index + 1);
        state = at.start;
        filled = false;
      } else if (state === at.carriageReturn) {
        throw this.#fault('a carriage return stands alone', mendCell);
      } else if (byte === carriageReturn) {
        state = at.carriageReturn;
      } else if (byte === quote) {
        if (state === at.plain)
          throw this.#fault('a quote stands inside a cell that is not quoted', mendCell);
        if (state === at.closed) filled = true;
        else this.#quoteLine = this.#line;
        state = at.quoted;
      } else if (state === at.closed) {
        throw this.#afterQuote();
      } else {
        state = at.plain;
        if (byte > space) filled = true;
      }
    }
    this.#state = state;
    this.#filled = filled;
    this.#offset += bytes.length;
  }

  /** @throws TwofaError `file-malformed` for a file that is cut off, or has no row after its header. */
  end(): void {
    const { cut, hint } = { cut: 'the file is cut off', hint: 'Export or copy it again, whole.' };
    if (this.#cut.length > 0) throw this.#fault(`${cut} in the middle of a character`, hint);
    if (this.#state === at.quoted) {
      const what = `a quote is opened and never closed: ${cut}, or the quote is missing`;
      throw malformed(this.#file, { line: this.#quoteLine }, what, `${hint} ${mendCell}`);
    }
    if (this.#state === at.carriageReturn) throw this.#fault(`${cut} in the middle of a line end`, hint);
    if (this.#filled && this.#cells < this.#header.length) {
      const counts = `${this.#cells} of ${this.#header.length} cells`;
      throw this.#fault(`${cut}: the last line has ${counts} and no line end`, hint);
    }
    this.#endRow(this.#offset);
    if (this.rows < 2)
      throw malformed(this.#file, {}, 'has no rows after its header', 'Add a row for each user.');
  }

  #refuseOtherText(bytes: Buffer): void {
    if (bytes.includes(0))
      throw malformed(this.#file, {}, 'is not text: it has NUL bytes', 'Save it as "CSV UTF-8".');
    const joined = this.#cut.length === 0 ? bytes : Buffer.concat([this.#cut, bytes]);
    const whole = wholeCharacters(joined);
    if (!isUtf8(joined.subarray(0, whole))) throw this.#notUtf8(joined);
    this.#cut = Buffer.from(joined.subarray(whole));
  }

  #notUtf8(bytes: Buffer) {
    let line = this.#line;
    for (let from = 0; from < bytes.length; line++) {
      const end = bytes.indexOf(lineFeed, from) + 1 || bytes.length;
      if (!isUtf8(bytes.subarray(from, end))) break;
      from = end;
    }
    return malformed(this.#file, { line }, 'the text is not UTF-8', 'Save it as "CSV UTF-8".');
  }

  #endRow(nextOffset: number): void {
    const wanted = this.#header.length;
    if (nextOffset - this.#rowOffset > rowBytesMax) {
      const hint = 'A quote that is missing can make one row of many.';
      throw malformed(this.#file, { line: this.#rowLine }, 'the row has more than 1 MiB', hint);
    }
    this.#rowOffset = nextOffset;
    if (this.#filled) {
      if (this.#cells !== wanted) {
        const last = this.#header[this.#cells];
        const counts = `${this.#cells} ${this.#cells === 1 ? 'cell' : 'cells'}, the header ${wanted}`;
        throw malformed(
          this.#file,
          {
            line: this.#rowLine,
            column: Math.min(this.#cells, wanted) + 1,
            ...(last ? { field: last } : {}),
          },
          `the row has ${counts}`,
          this.#cells > wanted
            ? mendCell
            : 'Give every row as many commas as the header; a cell may be blank.',
        );
      }
      this.rows++;
    }
    this.#line++;
    this.#rowLine = this.#line;
    this.#cells = 1;
    this.#filled = false;
  }

  #afterQuote() {
    const from =
      this.#quoteLine === this.#line ? '' : ` (the cell's quote was opened in line ${this.#quoteLine})`;
    return this.#fault(`something stands between a closing quote and the next comma${from}`, mendCell);
  }

  #fault(what: string, hint: string) {
    const column = this.#cells;
    const field = this.#header[column - 1];
    return malformed(this.#file, { line: this.#line, column, ...(field ? { field } : {}) }, what, hint);
  }
}
