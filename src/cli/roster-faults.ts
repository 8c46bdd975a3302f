// How a fault of a roster file is said: the file, the line, and what to do about it.
import { basename } from 'node:path';
import { TwofaError } from '../errors.ts';

/** Where in the file: lines and columns count from 1; the field is the column's name. */
export interface Place {
  line?: number;
  column?: number;
  field?: string;
}

/** The error for a file that is no roster, found before anything is stored. `what` follows the file's name and line. */
export function malformed(file: string, place: Place, what: string, hint: string): TwofaError {
  const where = place.line === undefined ? basename(file) : `${basename(file)}, line ${place.line}:`;
  return new TwofaError('file-malformed', `${where} ${what}.`, {
    hint: `${hint} Nothing was imported.`,
    details: { file, ...place },
  });
}

/** The error for a file that was well-formed when it was checked and is not when its rows are read. */
export function changedMeanwhile(file: string, line: number, cause?: unknown): TwofaError {
  return new TwofaError(
    'file-malformed',
    `${basename(file)}, line ${line}: the file was changed while it was imported.`,
    {
      hint: 'The rows before are stored. Import it again; what is stored already stays as it is.',
      details: { file, line },
      cause,
    },
  );
}

const readingProblems: Record<string, string> = {
  ENOENT: 'does not exist',
  EACCES: 'may not be read by you',
  EISDIR: 'is a folder',
  ENOTDIR: 'does not exist',
};

/** The error for a file that cannot be read. */
export function unreadable(file: string, error: NodeJS.ErrnoException): TwofaError {
  const problem = readingProblems[error.code ?? ''] ?? `cannot be read (${error.code ?? error.message})`;
  return new TwofaError('file-unreadable', `${file} ${problem}.`, { details: { file }, cause: error });
}
