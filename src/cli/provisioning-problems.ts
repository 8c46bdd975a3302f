// What is wrong with a provisioning file, and where: each problem with its line, its column and the text that is meant.
import type * as v from 'valibot';
import { type ErrorCode, TwofaError } from '../errors.ts';
import type { PlanRefusal, ProvisioningDocument } from '../rules/provisioning.ts';
import { safe } from './escape.ts';
import type { Path, SourceDocument, SourceFile } from './provisioning-source.ts';
import { excerpt, type Say, type Spot } from './source-excerpt.ts';

/** Problems that are shown at the most. */
const shownMax = 10;

interface Problem {
  path: Path;
  /** A sentence without its full stop, which names what it is about. */
  says: string;
  spot: Spot;
}

/** Keys of other files, by those that are meant; a file never carries the state of a sign-in. */
const neverCarried = new Set([
  ...['status', 'active', 'locked', 'lockedAt', 'attempts', 'attemptsLeft', 'lastVerifiedAt'],
  ...['enabled', 'enabledAt', 'enabledBy'],
]);

/** A path as people write it: `users[3].phone`. */
export function written(path: Path): string {
  const joined = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('');
  return joined.replace(/^\./, '');
}

/** The keys that can stand where a schema is reached by a path. */
function keysAt(schema: unknown, path: Path): string[] {
  let reached = schema as
    | { entries?: Record<string, unknown>; item?: unknown; wrapped?: unknown }
    | undefined;
  const unwrapped = () => {
    while (reached?.wrapped) reached = reached.wrapped as typeof reached;
  };
  for (const step of path) {
    unwrapped();
    reached = (typeof step === 'number' ? reached?.item : reached?.entries?.[step]) as typeof reached;
  }
  unwrapped();
  return Object.keys(reached?.entries ?? {});
}

async function unknownKey(schema: unknown, path: Path): Promise<string> {
  const key = String(path.at(-1));
  if (neverCarried.has(key))
    return 'is no key here: a file never carries locks, attempts or what was enabled';
  const { nearest } = await import('../rules/nearest.ts');
  const known = keysAt(schema, path.slice(0, -1));
  const meant = nearest(key, known);
  return meant ? `is no key here; did you mean ${meant}?` : `is no key here; there are ${known.join(', ')}`;
}

/** The text that is meant, where it is short and on one line. */
function meantText({ source, column, length }: Spot): string {
  const text = source.slice(column - 1, column - 1 + length).trim();
  return text.length > 0 && text.length <= 60 && !/^[[{|>]/.test(text) ? text : '';
}

/** Says the line of an entry in place of its number. */
function withLines(message: string, document: SourceDocument): string {
  return message.replace(/(users|practices)\[(\d+)\]/g, (_, list: string, index: string) => {
    const path = list === 'users' ? [list, Number(index), 'username'] : [list, Number(index)];
    return `line ${document.spotOf(path).line}`;
  });
}

async function problemOf(
  schema: unknown,
  document: SourceDocument,
  issue: v.BaseIssue<unknown>,
): Promise<Problem> {
  const path = (issue.path ?? []).map(({ key }) => (typeof key === 'number' ? key : String(key)));
  const problem = (spot: Spot, message: string): Problem => ({
    ...{ path, spot, says: [written(path), message].filter(Boolean).join(' ') },
  });
  if (issue.type === 'strict_object' && issue.expected === 'never')
    return problem(document.spotOf(path, 'key'), await unknownKey(schema, path));
  const spot = document.spotOf(path);
  if (path.length > 0 && issue.path?.at(-1)?.value === undefined) return problem(spot, 'is missing');
  const message = withLines(issue.message, document);
  const meant = issue.path?.at(-1)?.value === null ? '' : meantText(spot);
  return problem(spot, [meant, message].filter(Boolean).join(' '));
}

function located(file: SourceFile, { says, spot }: Problem): string {
  return `${file.name}:${spot.line}:${spot.column}: ${says}`;
}

async function asError(
  file: SourceFile,
  problems: readonly Problem[],
  say: Say,
  { code, hint = null, of = problems.length }: { code: ErrorCode; hint?: string | null; of?: number },
): Promise<TwofaError> {
  for (const problem of problems.slice(0, shownMax)) {
    // A problem that is alone is said by the error itself.
    if (problems.length > 1) say(safe(located(file, problem)));
    for (const line of await excerpt(problem.spot)) say(line);
  }
  const [first] = problems;
  const where = first ? located(file, first) : file.name;
  const sentence = /[.!?]$/.test(where) ? where : `${where}.`;
  return new TwofaError(code, of > 1 ? `${sentence} And ${of - 1} more in this file.` : sentence, {
    hint,
    details: {
      file: file.name,
      problems: problems.slice(0, shownMax).map(({ path, says, spot }) => ({
        ...{ line: spot.line, column: spot.column, path: written(path), message: says, text: spot.source },
      })),
    },
  });
}

/** Two documents of one account would each be carried out by themselves: which of them stands, nobody could tell. */
function repeatedAccounts(read: readonly ProvisioningDocument[], file: SourceFile): Problem[] {
  const first = new Map<string, number>();
  return read.flatMap((document, index) => {
    const { kid } = document.account;
    const before = first.get(kid);
    if (before === undefined) {
      first.set(kid, index);
      return [];
    }
    const path = ['account', 'kid'];
    const spot = file.documents[index]?.spotOf(path);
    const line = file.documents[before]?.spotOf(path).line;
    if (!spot) return [];
    return [{ path, says: `account ${kid} has a document in this file already, in line ${line}`, spot }];
  });
}

/**
 * Reads the documents of a file by the definition of its form.
 * @throws TwofaError `invalid-input` that names each problem by line and column.
 */
export async function readDocuments(file: SourceFile, say: Say): Promise<ProvisioningDocument[]> {
  const { safeParse } = await import('valibot');
  const { provisioningDocument } = await import('../actions/provisioning-file.ts');
  const problems: Problem[] = [];
  const read: ProvisioningDocument[] = [];
  for (const document of file.documents) {
    const parsed = safeParse(provisioningDocument, document.value, { abortPipeEarly: true });
    if (Array.isArray(document.value)) {
      const says = 'a document is keys and values: account, and practices and users where there are some';
      problems.push({ path: [], says, spot: document.spotOf([]) });
    } else if (parsed.success) read.push(parsed.output);
    else
      for (const issue of parsed.issues)
        problems.push(await problemOf(provisioningDocument, document, issue));
  }
  if (problems.length === 0) problems.push(...repeatedAccounts(read, file));
  if (problems.length > 0) throw await asError(file, problems, say, { code: 'invalid-input' });
  return read;
}

/** Says a refusal of a document at the lines that it is about; any other error stays as it is. */
export async function atItsLines(
  error: unknown,
  file: SourceFile,
  document: SourceDocument | undefined,
  say: Say,
): Promise<unknown> {
  if (!(error instanceof TwofaError) || !document) return error;
  const refusals = error.details?.refusals as PlanRefusal[] | undefined;
  const placed = refusals?.filter(({ path }) => path.length > 0) ?? [];
  if (!refusals || placed.length === 0 || placed.length < refusals.length) return error;
  const problems = placed.map(({ path, message }) => ({
    ...{ path, says: message.replace(/\.$/, ''), spot: document.spotOf(path) },
  }));
  const of = Number(error.details?.refused ?? problems.length);
  return asError(file, problems, say, { code: error.code, hint: error.hint, of });
}
