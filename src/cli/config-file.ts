// Reads a YAML file of sections and keys, and says of each where it stands.
import { TwofaError } from '../errors.ts';

/** Where a value stands: a place in the file, or a variable. */
export type Place = { file: string; line: number; column: number } | { variable: string };

/** A key of the file, as `section.key`, whatever the depth. */
export interface Entry {
  name: string;
  value: unknown;
  /** Whether keys can stand under it; null for one that has nothing under it. */
  isSection: boolean;
  place: Place;
  /** Where the value itself stands. */
  valuePlace: Place;
}

/** A fault of the configuration at a place; `problem` must not repeat a value, which may be a secret. */
export function fault(
  place: Place,
  problem: string,
  key: string | null,
  hint: string | null = null,
): TwofaError {
  const where = 'file' in place ? `${place.file}:${place.line}:${place.column}` : place.variable;
  return new TwofaError('invalid-configuration', `${where}: ${problem}.`, {
    hint,
    details: { ...place, key },
  });
}

/**
 * Reads the keys of a YAML text, those of sections after the section.
 * @throws TwofaError with line and column for what is no YAML, or no mapping.
 */
export async function readYaml(source: string, file: string): Promise<Entry[]> {
  const { isMap, isScalar, LineCounter, parseDocument } = await import('yaml');
  const lineCounter = new LineCounter();
  const at = (offset: number): Place => {
    const { line, col } = lineCounter.linePos(offset);
    return { file, line, column: col };
  };
  const document = parseDocument(source, { lineCounter, prettyErrors: false });
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem) {
    throw fault(at(problem.pos[0]), `not valid YAML: ${problem.message.replace(/\.?\s*$/, '')}`, null);
  }

  const entries: Entry[] = [];
  const walk = (node: unknown, section: string): void => {
    if (!isMap(node)) return;
    for (const { key, value } of node.items) {
      const place = at((key as { range?: [number] | null } | null)?.range?.[0] ?? 0);
      if (!isScalar(key) || /\./.test(String(key.value))) throw fault(place, 'a key must be one word', null);
      const name = section + String(key.value);
      const valued = value as { range?: [number] | null; toJS?(doc: unknown): unknown } | null;
      const valueAt = valued?.range?.[0];
      const plain = valued?.toJS?.(document) ?? null;
      const isSection = isMap(value);
      const valuePlace = valueAt === undefined || plain === null ? place : at(valueAt);
      entries.push({ name, value: plain, isSection: isSection || plain === null, place, valuePlace });
      walk(value, `${name}.`);
    }
  };
  if (document.contents !== null && !isMap(document.contents)) {
    const isEmpty = isScalar(document.contents) && document.contents.value === null;
    if (!isEmpty)
      throw fault(at(document.contents.range?.[0] ?? 0), 'must be a mapping of keys to values', null);
  }
  walk(document.contents, '');
  return entries;
}
