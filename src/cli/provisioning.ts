// Plans and applies the documents of a provisioning file, one request each, so that each is done whole or not at all.
import type { Applied, Planned } from '../actions/provisioning.ts';
import { TwofaError } from '../errors.ts';
import { changesAnything, type PlannedChange } from '../rules/planned-change.ts';
import type { ProvisioningDocument } from '../rules/provisioning.ts';
import { changeLines, summaryOf } from './change-lines.ts';
import { type PlanFile, readPlan, type SealedDocument } from './plan-file.ts';
import { atItsLines, readDocuments } from './provisioning-problems.ts';
import { readSource, type SourceFile } from './provisioning-source.ts';
import { type Context, wholeNumber } from './run.ts';
import { withSpinner } from './spinner.ts';

export interface PruneOptions {
  prune?: boolean;
  pruneLimit?: string;
}

/** What is to be planned or applied, and where it was read. */
interface Given {
  source: SourceFile | null;
  documents: { document: ProvisioningDocument; plan?: string | undefined }[];
  prune: boolean;
  pruneLimit: number | undefined;
}

/** Excerpts are for people; a program has them in the details of the error. */
function sayOf({ out, common }: Context): (text: string) => void {
  const forPeople = out.format === 'table' && !common.json;
  return (text) => (forPeople ? out.say(text) : undefined);
}

/** @throws TwofaError for a document of another account than the one that was named. */
function requireAccount({ common }: Context, file: SourceFile, read: readonly ProvisioningDocument[]): void {
  const other = read.findIndex(
    ({ account }) => common.account !== undefined && account.kid !== common.account,
  );
  if (other === -1) return;
  const { line, column } = file.documents[other]?.spotOf(['account', 'kid']) ?? { line: 1, column: 1 };
  throw new TwofaError(
    'invalid-input',
    `${file.name}:${line}:${column}: the document is of account ${read[other]?.account.kid}, and --account names ${common.account}.`,
    { hint: 'Leave --account out: a file names its accounts.', details: { field: 'account' } },
  );
}

/** Reads what is to be done; nothing is done before all of it is read and well-formed. */
export async function readGiven(context: Context, file: string, options: PruneOptions): Promise<Given> {
  const { prune = false, pruneLimit: text } = options;
  if (text !== undefined && !prune) {
    throw new TwofaError('usage', '--prune-limit stands only beside --prune.');
  }
  const pruneLimit = text === undefined ? undefined : wholeNumber('prune-limit', text);
  const say = sayOf(context);
  const { stdin } = context.around;
  const source = await withSpinner(context, 'Reading', () => readSource(file, { stdin, say }));
  const documents = await readDocuments(source, say);
  requireAccount(context, source, documents);
  return { source, documents: documents.map((document) => ({ document })), prune, pruneLimit };
}

/** Reads a plan, which says all that is to be done. */
export function readPlanned(file: string): Given {
  const { documents, prune, pruneLimit } = readPlan(file);
  return { source: null, documents, prune, pruneLimit: pruneLimit ?? undefined };
}

function request<R>(context: Context, what: 'plan' | 'apply', given: Given, index: number): Promise<R> {
  const { document, plan } = given.documents[index] ?? {};
  const { prune, pruneLimit } = given;
  const account = document?.account.kid;
  return context.request<R>(what, { account, document, prune, pruneLimit, plan });
}

async function told(context: Context, given: Given, index: number, error: unknown): Promise<unknown> {
  const { source } = given;
  return source ? atItsLines(error, source, source.documents[index], sayOf(context)) : error;
}

/** Plans all documents. @throws TwofaError for what keeps one of them from being applied. */
export async function planAll(
  context: Context,
  given: Given,
): Promise<{ changes: PlannedChange[]; file: PlanFile }> {
  const changes: PlannedChange[] = [];
  const documents: SealedDocument[] = [];
  await withSpinner(context, 'Planning', async () => {
    for (const [index, { document }] of given.documents.entries()) {
      const planned = await request<Planned>(context, 'plan', given, index).catch(async (error) => {
        throw await told(context, given, index, error);
      });
      for (const change of planned.changes) changes.push(change);
      documents.push({ document, plan: planned.plan });
    }
  });
  const { prune, pruneLimit = null } = given;
  return { changes, file: { prune, pruneLimit, documents } };
}

/** What was done before a document could not be: it stays done, and is said. */
function brokenOff(error: unknown, done: Applied, kids: readonly string[], out: Context['out']): unknown {
  if (kids.length === 0 || !(error instanceof TwofaError)) return error;
  out.say(`Before that, these documents were applied and stay so: ${kids.join(', ')}.`);
  const details = { ...error.details, applied: { accounts: kids, ...done } };
  return new TwofaError(error.code, error.message, { hint: error.hint, details, cause: error });
}

/** Applies all documents, one after the other. @throws TwofaError for the first that cannot be; those before it stay done. */
export async function applyAll(context: Context, given: Given): Promise<Applied> {
  const done: Applied = { changes: [], changed: false };
  const kids: string[] = [];
  await withSpinner(context, 'Applying', async (progress) => {
    for (const [index, { document }] of given.documents.entries()) {
      progress(`Applying account ${document.account.kid}`);
      const applied = await request<Applied>(context, 'apply', given, index).catch(async (error) => {
        throw brokenOff(await told(context, given, index, error), done, kids, context.out);
      });
      for (const change of applied.changes) done.changes.push(change);
      done.changed ||= applied.changed;
      kids.push(document.account.kid);
    }
  });
  return done;
}

/** Shows on a terminal whom pruning deactivates, and asks. @returns what was seen, to be done exactly so. */
export async function confirmPruning(context: Context, given: Given): Promise<Given> {
  if (!given.prune || !context.mayAsk || given.documents.some(({ plan }) => plan !== undefined)) return given;
  const { changes, file } = await planAll(context, given);
  if (!changes.some((change) => change.action === 'deactivate')) return given;
  for (const line of changeLines(context.out, changes)) context.out.say(line);
  const { askYes } = await import('./prompt.ts');
  if (await askYes(context, `Apply this: ${summaryOf(changes)}?`))
    return { ...given, documents: file.documents };
  throw new TwofaError('interrupted', 'Nothing was changed.');
}

/** The lines of a plan, or of what was applied. */
export function resultLines({ out }: Context, changes: readonly PlannedChange[], done: boolean): string[] {
  const lines = changeLines(out, changes);
  const summary = summaryOf(changes, done);
  if (!changesAnything(changes))
    return [...lines, `${out.paint.dim('·')} Nothing to change: all is as the file says.`];
  return [...lines, done ? `${out.paint.green('✓')} Applied: ${summary}.` : `Plan: ${summary}.`];
}
