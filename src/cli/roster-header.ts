// Judges the beginning of a roster file: whether it is CSV text at all, and whether its header names known columns.
import { parse } from 'csv-parse/sync';
import { nearest } from '../rules/nearest.ts';
import { type RosterColumn, readOnlyColumns, rosterColumns } from './csv-cells.ts';
import { malformed } from './roster-faults.ts';

/** Columns that a rejected file has before the others; ignored when it is imported, mended. */
export const rejectionColumns = ['line', 'reason'] as const;

const ignored: readonly string[] = [...readOnlyColumns, ...rejectionColumns];
const known: readonly string[] = [...rosterColumns, ...ignored];

const spreadsheets = [Buffer.from('PK\x03\x04', 'latin1'), Buffer.from('d0cf11e0', 'hex')];
const utf16 = [Buffer.from('fffe', 'hex'), Buffer.from('feff', 'hex')];
const separators = { ';': 'semicolons', '\t': 'tabs', '|': 'vertical bars' };

const startsWithAny = (bytes: Buffer, marks: Buffer[]) =>
  marks.some((mark) => bytes.subarray(0, mark.length).equals(mark));

/** A column's name as it is compared: letter case and white space around it do not matter. */
export function columnName(cell: string): string {
  return cell.trim().toLowerCase();
}

/** @throws TwofaError for a beginning that shows another kind of file. */
export function refuseOtherKinds(file: string, start: Buffer): void {
  if (start.toString('utf8').trim() === '') {
    throw malformed(file, {}, 'is empty', 'Its first line must name the columns: username,name,email …');
  }
  if (startsWithAny(start, spreadsheets)) {
    throw malformed(
      file,
      {},
      'is a spreadsheet or an archive, not CSV',
      'Save it as "CSV UTF-8" and import that.',
    );
  }
  if (startsWithAny(start, utf16)) {
    throw malformed(file, {}, 'is in UTF-16', 'Save it as "CSV UTF-8".');
  }
  if (start.includes(0))
    throw malformed(file, {}, 'is not text: it has NUL bytes', 'Save it as "CSV UTF-8".');
}

function refuseOtherSeparators(file: string, line: string): void {
  for (const [separator, named] of Object.entries(separators)) {
    const cells = line.split(separator).map((cell) => columnName(cell.replaceAll('"', '')));
    if (cells.length > 1 && cells.some((cell) => known.includes(cell))) {
      const hint = 'Save it with commas between the cells.';
      throw malformed(file, { line: 1 }, `the cells are separated by ${named}, not commas`, hint);
    }
  }
}

function firstRow(file: string, text: string): string[] {
  try {
    const [row] = parse(text, { to: 1, record_delimiter: ['\r\n', '\n'] });
    return row ?? [];
  } catch {
    const hint = 'The first line must name the columns: username,name,email …';
    throw malformed(file, { line: 1 }, 'the header is not well-formed CSV', hint);
  }
}

/**
 * The header's cells as they are written.
 * @param start the beginning of the file, the whole first line with it.
 * @throws TwofaError for separators other than commas, and for unknown, repeated, unnamed and missing columns.
 */
export function readHeader(file: string, start: Buffer): string[] {
  const text = start.toString('utf8').replace(/^\ufeff/, '');
  refuseOtherSeparators(file, text.split(/[\r\n]/, 1)[0] ?? '');
  const header = firstRow(file, text);
  if (header.some((cell) => cell.includes('\ufffd'))) {
    throw malformed(file, { line: 1 }, 'the text is not UTF-8', 'Save it as "CSV UTF-8".');
  }
  const names = header.map(columnName);
  if (names.some((name) => name.includes('\r'))) {
    throw malformed(
      file,
      { line: 1 },
      'the lines end with carriage returns alone',
      'Save it with line ends LF or CRLF.',
    );
  }
  names.forEach((name, index) => {
    const place = { line: 1, column: index + 1, field: header[index] ?? '' };
    if (name === '') {
      throw malformed(
        file,
        place,
        `column ${index + 1} has no name`,
        'The first line must name every column.',
      );
    }
    if (!known.includes(name)) throw unknownColumn(file, place, names);
    if (names.indexOf(name) !== index) {
      throw malformed(
        file,
        place,
        `the column ${JSON.stringify(name)} is there twice`,
        'Leave one of them out.',
      );
    }
  });
  if (!names.includes('username')) {
    throw malformed(
      file,
      { line: 1, field: 'username' },
      'there is no column "username"',
      'It says whose row it is.',
    );
  }
  return header;
}

function unknownColumn(file: string, place: { field: string; line: number }, names: string[]) {
  // A column that is there already cannot be the one that was meant.
  const missing = known.filter((name) => !names.includes(name));
  const near = nearest(place.field.trim().replaceAll(/[ -]/g, '_'), missing);
  const meant = near === null ? '' : `; the nearest known one is ${JSON.stringify(near)}`;
  const hint = `The columns are ${rosterColumns.join(',')} in any order; only username has to be there.`;
  return malformed(file, place, `unknown column ${JSON.stringify(place.field)}${meant}`, hint);
}

/** Where the columns stand that import reads; -1 for one that the file does not have. */
export function columnPositions(header: readonly string[]): Record<RosterColumn, number> {
  const names = header.map(columnName);
  const entries = rosterColumns.map((column) => [column, names.indexOf(column)] as const);
  return Object.fromEntries(entries) as Record<RosterColumn, number>;
}
