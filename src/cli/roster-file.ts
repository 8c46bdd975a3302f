// Reads a roster file: checked whole before anything is stored, then a row at a time, so that its size does not matter.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { TwofaError } from '../errors.ts';
import { foldKey } from '../rules/text.ts';
import { type RosterColumn, unguard } from './csv-cells.ts';
import { FirstLines } from './first-lines.ts';
import { changedMeanwhile, unreadable } from './roster-faults.ts';
import { columnPositions, readHeader, refuseOtherKinds } from './roster-header.ts';
import { ProofReader, rowBytesMax } from './roster-proof.ts';

/** What a row wants; what its cells leave blank is absent. */
export interface RosterRow {
  username: string;
  name?: string;
  email?: string;
  phone?: string;
  practices?: string[];
  systemAdministrator?: boolean;
  language?: string;
}

interface Read {
  /** Where the row begins in the file; the header is line 1. */
  line: number;
  /** As they were written, for the rejected file. */
  cells: string[];
}

export type RosterLine =
  | (Read & { username: string; row: RosterRow; rejected?: undefined })
  | (Read & { username: string | null; row?: undefined; rejected: { field: string; reason: string } });

const bytesAtOnce = 256 * 1024;

async function refuseUnreadable(file: string): Promise<void> {
  const found = await stat(file).catch((error) => {
    throw unreadable(file, error);
  });
  if (found.isDirectory()) throw unreadable(file, Object.assign(new Error(), { code: 'EISDIR' }));
  if (found.isFile()) return;
  throw new TwofaError('file-unreadable', `${file} is not a regular file, and an import reads it twice.`, {
    hint: 'Write it to a file first.',
    details: { file },
  });
}

/**
 * Reads a whole roster file and stores nothing: what passes can be read to its end by {@link readRoster}.
 * @returns the number of rows, blank ones not counted, and the header's cells as they are written.
 * @throws TwofaError `file-unreadable`; `file-malformed` for what is not CSV, empty, cut off, of another separator or
 * encoding, or has columns that a roster does not have.
 */
export async function checkRosterFile(file: string): Promise<{ rows: number; header: string[] }> {
  await refuseUnreadable(file);
  let proof: ProofReader | null = null;
  let header: string[] = [];
  try {
    for await (const bytes of createReadStream(file, {
      highWaterMark: bytesAtOnce,
    }) as AsyncIterable<Buffer>) {
      if (proof === null) {
        refuseOtherKinds(file, bytes);
        header = readHeader(file, bytes);
        proof = new ProofReader(file, header);
      }
      proof.read(bytes);
    }
  } catch (error) {
    throw error instanceof TwofaError ? error : unreadable(file, error as NodeJS.ErrnoException);
  }
  if (proof === null) refuseOtherKinds(file, Buffer.alloc(0));
  proof?.end();
  return { rows: (proof?.rows ?? 1) - 1, header };
}

const yes = new Set(['yes', 'y', 'true', '1', 'x']);
const no = new Set(['no', 'n', 'false', '0']);

/** A cell's value; undefined for one that is blank or not there. */
function textOf(cell: string | undefined): string | undefined {
  const text = cell?.trim() ?? '';
  return text === '' ? undefined : unguard(text);
}

/** Reads the cells of rows by the header's order. */
class RowReader {
  readonly #at: Record<RosterColumn, number>;
  readonly #lines = new FirstLines();

  constructor(header: readonly string[]) {
    this.#at = columnPositions(header);
  }

  read(line: number, cells: string[]): RosterLine {
    const value = (column: RosterColumn) => textOf(cells[this.#at[column]]);
    const username = value('username');
    if (username === undefined) {
      return { line, cells, username: null, rejected: { field: 'username', reason: 'username is empty.' } };
    }
    const rejected = (field: RosterColumn, reason: string): RosterLine => ({
      line,
      cells,
      username,
      rejected: { field, reason },
    });
    const first = this.#lines.lineBefore(foldKey(username), line);
    if (first !== null) return rejected('username', `The same username is in line ${first} already.`);

    const row: RosterRow = { username };
    for (const column of ['name', 'email', 'phone'] as const) {
      const text = value(column);
      if (text !== undefined) row[column] = text;
    }
    const practices = value('practices')
      ?.split(';')
      .map((name) => name.trim())
      .filter((name) => name !== '');
    if (practices !== undefined && practices.length > 0) row.practices = practices;
    const role = value('system_administrator')?.toLowerCase();
    if (role !== undefined) {
      if (!yes.has(role) && !no.has(role))
        return rejected('system_administrator', 'system_administrator must be yes or no.');
      row.systemAdministrator = yes.has(role);
    }
    const language = value('language')?.toLowerCase();
    if (language !== undefined) row.language = language;
    return { line, cells, username, row };
  }
}

/** Whether the proof-reading took the row for blank: nothing but white space of ASCII. */
function isBlank(cells: readonly string[]): boolean {
  return cells.every((cell) => /^[\0-\x20]*$/.test(cell));
}

function lineEndsIn(cells: readonly string[]): number {
  let count = 0;
  for (const cell of cells) {
    for (let found = cell.indexOf('\n'); found !== -1; found = cell.indexOf('\n', found + 1)) count++;
  }
  return count;
}

/**
 * Reads the rows of a file that passed {@link checkRosterFile}, a row at a time; blank rows are left out.
 * @throws TwofaError when the file has been changed since.
 */
export async function* readRoster(file: string): AsyncGenerator<RosterLine> {
  const { CsvError, parse } = await import('csv-parse');
  // Blank records and those of another length are let through: lines are counted here, since csv-parse, asked for
  // its own count, takes twice the time.
  const parser = parse({
    bom: true,
    record_delimiter: ['\r\n', '\n'],
    relax_column_count: true,
    max_record_size: rowBytesMax,
  });
  pipeline(createReadStream(file, { highWaterMark: bytesAtOnce }), parser, () => {
    // An error of the file ends the parser with it, and so the loop below.
  });
  let line = 1;
  let reader: RowReader | null = null;
  let width = 0;
  try {
    for await (const cells of parser as AsyncIterable<string[]>) {
      if (reader === null) {
        reader = new RowReader(cells);
        width = cells.length;
      } else if (!isBlank(cells)) {
        if (cells.length !== width) throw changedMeanwhile(file, line);
        yield reader.read(line, cells);
      }
      line += 1 + lineEndsIn(cells);
    }
  } catch (error) {
    throw error instanceof CsvError ? changedMeanwhile(file, line, error) : readingFailed(file, error);
  }
}

function readingFailed(file: string, error: unknown): unknown {
  const read = error instanceof Error && (error as NodeJS.ErrnoException).syscall !== undefined;
  return read ? unreadable(file, error) : error;
}
