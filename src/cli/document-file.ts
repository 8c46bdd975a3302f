// Reads a file that holds one JSON document.
import { TwofaError } from '../errors.ts';
import { readIfThere } from './private-file.ts';

/** @throws TwofaError `file-unreadable`; `file-malformed` for what is no JSON. */
export function readDocument(file: string): unknown {
  const text = readIfThere(file);
  if (text === null) throw new TwofaError('file-unreadable', `There is no file ${file}.`);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new TwofaError('file-malformed', `${file} is no JSON document.`, { cause: error });
  }
}
