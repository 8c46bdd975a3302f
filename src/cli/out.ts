// What goes to stdout and stderr: results as text, JSON, NDJSON or CSV; talk for people beside them.
import type { Writable } from 'node:stream';
import { TwofaError } from '../errors.ts';
import { safe, safeJson } from './escape.ts';

export type Format = 'table' | 'json' | 'ndjson' | 'csv';

/** A column of a list: its title, its name in CSV, and a row's cell. */
export interface Column<T> {
  title: string;
  name: string;
  cell(row: T): string | number | boolean | null;
}

/** Marks words for people; plain where colour is off. */
export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
}

const same = (text: string) => text;
export const plain: Paint = { bold: same, dim: same, red: same, green: same, yellow: same };

export interface OutOptions {
  stdout: Writable;
  stderr: Writable;
  format: Format;
  quiet: boolean;
  paint: Paint;
}

function shown(value: string | number | boolean | null): string {
  if (value === null || value === '') return '–';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return safe(String(value));
}

async function* onePage<T>(rows: T[]): AsyncGenerator<T[]> {
  yield rows;
}

/** Has the first page made before anything is printed: a request that fails leaves stdout empty. */
async function begun<T>(pages: AsyncIterable<T[]>): Promise<AsyncIterable<T[]>> {
  const iterator = pages[Symbol.asyncIterator]();
  const first = await iterator.next();
  return (async function* () {
    if (first.done) return;
    yield first.value;
    yield* { [Symbol.asyncIterator]: () => iterator };
  })();
}

export class Out {
  readonly paint: Paint;
  readonly format: Format;
  readonly #options: OutOptions;
  /** Whether the reader of stdout is gone. */
  #unread = false;

  constructor(options: OutOptions) {
    this.#options = options;
    this.paint = options.paint;
    this.format = options.format;
    // Standard output itself forgets that its reader went away.
    const gone = () => {
      this.#unread = true;
    };
    options.stdout.once('error', gone).once('close', gone);
  }

  /** Writes to stdout and waits while a reader is slower than we are. */
  async write(text: string): Promise<void> {
    const { stdout } = this.#options;
    if (this.#unread || stdout.write(text)) return;
    await new Promise<void>((resolve) => {
      const go = () => {
        stdout.off('drain', go).off('close', go).off('error', go);
        resolve();
      };
      stdout.once('drain', go).once('close', go).once('error', go);
    });
  }

  /** Pages for as long as somebody reads what becomes of them: once the reader is gone, no more are asked for. */
  async *whileRead<T>(pages: AsyncIterable<T>): AsyncGenerator<T> {
    for await (const page of pages) {
      if (this.#unread) return;
      yield page;
    }
  }

  /** Something for the person at the terminal, beside the result. */
  say(text: string): void {
    if (!this.#options.quiet) this.#options.stderr.write(`${text}\n`);
  }

  /** A document: JSON as asked for, else the lines for people. */
  async document(value: unknown, lines: () => readonly string[]): Promise<void> {
    if (this.format === 'json') return this.write(`${safeJson(value, 2)}\n`);
    if (this.format === 'ndjson') return this.write(`${safeJson(value)}\n`);
    if (this.format === 'csv') {
      throw new TwofaError('usage', 'CSV is for lists; this result is a single document.', {
        hint: 'Use --json.',
      });
    }
    const text = lines();
    if (text.length > 0) await this.write(`${text.join('\n')}\n`);
  }

  /** Lines of labels and values, for people. */
  pairs(pairs: readonly (readonly [string, string | number | boolean | null])[]): string[] {
    const width = Math.max(...pairs.map(([label]) => label.length)) + 2;
    return pairs.map(([label, value]) => `${this.paint.dim(label.padEnd(width))}${shown(value)}`);
  }

  /** A list, whole or a page at a time. `empty` is said when it has no entry. */
  async list<T>(
    pages: T[] | AsyncIterable<T[]>,
    columns: readonly Column<T>[],
    empty: string,
  ): Promise<void> {
    const all = this.whileRead(await begun(Array.isArray(pages) ? onePage(pages) : pages));
    switch (this.format) {
      case 'json':
        return this.#jsonList(all);
      case 'ndjson':
        for await (const page of all) await this.write(page.map((row) => `${safeJson(row)}\n`).join(''));
        return;
      case 'csv':
        return this.csv(
          columns.map((column) => column.name),
          all,
          (row) => columns.map((column) => String(column.cell(row) ?? '')),
        );
      default:
        return this.#table(all, columns, empty);
    }
  }

  async #jsonList<T>(pages: AsyncIterable<T[]>): Promise<void> {
    let before = '[';
    for await (const page of pages) {
      const rows = page.map((row) => `\n${safeJson(row, 2).replace(/^/gm, '  ')}`);
      if (rows.length === 0) continue;
      await this.write(`${before}${rows.join(',')}`);
      before = ',';
    }
    await this.write(before === '[' ? '[]\n' : '\n]\n');
  }

  /** Rows as CSV below their header, a page at a time. */
  async csv<T>(
    header: readonly string[],
    pages: AsyncIterable<T[]>,
    cells: (row: T) => string[],
  ): Promise<void> {
    const { csvRow } = await import('./csv-cells.ts');
    const all = this.whileRead(await begun(pages));
    const terminal = (this.#options.stdout as Partial<NodeJS.WriteStream>).isTTY === true;
    const line = (row: T) => csvRow(terminal ? cells(row).map(safe) : cells(row));
    await this.write(csvRow(header));
    for await (const page of all) await this.write(page.map(line).join(''));
  }

  async #table<T>(pages: AsyncIterable<T[]>, columns: readonly Column<T>[], empty: string): Promise<void> {
    const { lineOf, widthsOf } = await import('./table.ts');
    const titles = columns.map((column) => column.title.toUpperCase());
    let widths: number[] | null = null;
    for await (const page of pages) {
      if (page.length === 0) continue;
      const rows = page.map((row) => columns.map((column) => shown(column.cell(row))));
      if (widths === null) {
        widths = widthsOf([titles, ...rows]);
        await this.write(`${this.paint.bold(lineOf(titles, widths))}\n`);
      }
      const fixed = widths;
      await this.write(rows.map((row) => `${lineOf(row, fixed)}\n`).join(''));
    }
    if (widths === null) this.say(empty);
  }
}
