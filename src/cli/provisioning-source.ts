// Reads a provisioning file, YAML or JSON, and knows of each value in it at which line and column it stands.
import { readFile } from 'node:fs/promises';
import type { Alias, Document, LineCounter, Node, ParsedNode } from 'yaml';
import { TwofaError } from '../errors.ts';
import type { Surroundings } from './run.ts';
import { excerpt, type Say, type Spot } from './source-excerpt.ts';

/** A path in a document, such as `['users', 3, 'phone']`. */
export type Path = readonly (string | number)[];

/** One document of a file. */
export interface SourceDocument {
  value: unknown;
  /** Where the value of a path stands, or the nearest that there is around it. */
  spotOf(path: Path, at?: 'key' | 'value'): Spot;
}

export interface SourceFile {
  /** As people call it. */
  name: string;
  documents: SourceDocument[];
}

/** Bytes of a file at the most: some 100,000 users. */
const bytesMax = 32 * 1024 * 1024;
/** Values that aliases may stand for: a file that says little cannot become a huge one. */
const aliasesMax = 1000;

function malformed(name: string, problem: string, spot?: Spot, hint: string | null = null): TwofaError {
  const at = spot ? `${name}:${spot.line}:${spot.column}` : name;
  return new TwofaError('file-malformed', `${at}: ${problem}.`, {
    hint,
    details: { file: name, ...(spot ? { line: spot.line, column: spot.column, text: spot.source } : {}) },
  });
}

async function bytesOf(file: string, stdin: Surroundings['stdin']): Promise<Buffer> {
  if (file !== '-') {
    return readFile(file).catch((error: NodeJS.ErrnoException) => {
      const problem = error.code === 'ENOENT' ? 'There is no such file' : error.message;
      throw new TwofaError('file-unreadable', `${JSON.stringify(file)} cannot be read. ${problem}.`, {
        details: { file },
        cause: error,
      });
    });
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stdin) {
    chunks.push(Buffer.from(chunk as Buffer));
    size += chunks.at(-1)?.length ?? 0;
    if (size > bytesMax) break;
  }
  return Buffer.concat(chunks);
}

/** The text of a file. @throws TwofaError `file-malformed` for what is too long, or no UTF-8. */
function decoded(name: string, bytes: Buffer): string {
  if (bytes.length > bytesMax) {
    throw malformed(name, `longer than ${bytesMax / 1024 / 1024} MiB`, undefined, 'Split it by accounts.');
  }
  if (/^(\xff\xfe|\xfe\xff)/.test(bytes.subarray(0, 2).toString('latin1')))
    throw malformed(name, 'is UTF-16; a provisioning file is UTF-8', undefined, 'Save it as UTF-8.');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const lines = bytes.toString('latin1').split('\n');
    const line = lines.findIndex((each) => Buffer.from(each, 'latin1').toString('utf8').includes('\ufffd'));
    throw malformed(name, `line ${line + 1} is no UTF-8`, undefined, 'Save the file as UTF-8.');
  }
}

/** What is wrong, in words; of a key that is there twice, which. */
function faultWords({ code, message }: { code: string; message: string }, { source, column }: Spot): string {
  if (code !== 'DUPLICATE_KEY') return message.replace(/\.?\s*$/, '');
  const key = /^[^:]{1,60}/.exec(source.slice(column - 1))?.[0] ?? 'a key';
  return `${key} stands in this mapping twice`;
}

/** The lines of a text, and where in them an offset is. */
class Lines {
  readonly #lines: string[];
  readonly #counter: LineCounter;

  constructor(text: string, counter: LineCounter) {
    this.#lines = text.split('\n').map((line) => line.replace(/\r$/, ''));
    this.#counter = counter;
  }

  spot(from: number, to: number): Spot {
    const { line, col } = this.#counter.linePos(from);
    const source = this.#lines[line - 1] ?? '';
    return { line, column: col, source, length: Math.max(1, Math.min(to - from, source.length - col + 1)) };
  }
}

type Ranged = { range?: readonly [number, number, number] | null };

/** What stands at a path: its key and its value; the nearest around it where there is none. */
function nodesAt(
  document: Document,
  path: Path,
  yaml: typeof import('yaml'),
): { key: Ranged; value: Ranged } {
  let found: { key: Ranged; value: Ranged } = {
    key: document.contents as Ranged,
    value: document.contents as Ranged,
  };
  let node: Node | null = document.contents;
  for (const step of path) {
    if (yaml.isAlias(node)) node = (node as Alias).resolve(document) ?? null;
    if (yaml.isMap(node)) {
      const pair = node.items.find(({ key }) => String((key as { value?: unknown }).value) === String(step));
      if (!pair) break;
      node = pair.value as Node | null;
      // What is not written stands nowhere: its key is what can be shown.
      const [from, to] = (node as Ranged | null)?.range ?? [0, 0];
      const valued = to > from ? (node as Ranged) : (pair.key as Ranged);
      found = { key: pair.key as Ranged, value: valued };
    } else if (yaml.isSeq(node)) {
      const item = node.items[Number(step)] as Node | undefined;
      if (!item) break;
      node = item;
      found = { key: item as Ranged, value: item as Ranged };
    } else break;
  }
  return found;
}

function sourceDocument(
  name: string,
  document: Document.Parsed<ParsedNode>,
  lines: Lines,
  yaml: typeof import('yaml'),
): SourceDocument {
  const spotOf: SourceDocument['spotOf'] = (path, at = 'value') => {
    const [from, to] = nodesAt(document, path, yaml)[at].range ?? [0, 1];
    return lines.spot(from, to);
  };
  try {
    return { value: document.toJS({ maxAliasCount: aliasesMax }), spotOf };
  } catch (error) {
    throw malformed(name, `not valid YAML: ${(error as Error).message}`, spotOf([]));
  }
}

/**
 * Reads a file, or standard input for `-`. Documents without content are left out.
 * @throws TwofaError `file-unreadable`; `file-malformed`, with line and column, for what is no YAML, nor JSON.
 */
export async function readSource(
  file: string,
  { stdin, say }: { stdin: Surroundings['stdin']; say: Say },
): Promise<SourceFile> {
  const name = file === '-' ? 'standard input' : file;
  const text = decoded(name, await bytesOf(file, stdin));
  const yaml = await import('yaml');
  const counter = new yaml.LineCounter();
  const parsed = yaml.parseAllDocuments(text, {
    lineCounter: counter,
    prettyErrors: false,
    logLevel: 'silent',
  });
  const lines = new Lines(text, counter);
  const documents: SourceDocument[] = [];
  for (const document of Array.isArray(parsed) ? parsed : []) {
    const fault = document.errors[0] ?? document.warnings[0];
    if (fault) {
      const spot = lines.spot(...fault.pos);
      for (const line of await excerpt(spot)) say(line);
      throw malformed(name, `not valid YAML: ${faultWords(fault, spot)}`, spot);
    }
    const { contents } = document;
    if (contents === null || (yaml.isScalar(contents) && contents.value === null)) continue;
    documents.push(sourceDocument(name, document, lines, yaml));
  }
  if (documents.length === 0) {
    throw malformed(name, 'has no document', undefined, '"twofa help provisioning" shows one.');
  }
  return { name, documents };
}
