// Imports a roster file: checked whole, then sent a part at a time; rejected rows go to a file of their own.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Effects } from '../actions/import-effects.ts';
import type { RowOutcome } from '../actions/import-row.ts';
import { TwofaError } from '../errors.ts';
import { safe } from './escape.ts';
import { progressText } from './progress-text.ts';
import { Foreseen } from './roster-dry-run.ts';
import { checkRosterFile, type RosterLine, readRoster } from './roster-file.ts';
import { RejectedFile } from './roster-rejected.ts';
import type { Context } from './run.ts';
import { withSpinner } from './spinner.ts';

export interface ImportResult {
  read: number;
  added: number;
  updated: number;
  unchanged: number;
  rejected: number;
  rejectedFile: string | null;
  changed: boolean;
}

/** Such as `3 added, 0 updated, 1 unchanged, 0 rejected`. */
export function countsOf({ added, updated, unchanged, rejected }: ImportResult): string {
  return `${added} added, ${updated} updated, ${unchanged} unchanged, ${rejected} rejected`;
}

/** Rows of a request. */
const partRows = 2000;
/** Characters of the cells of a request's rows: rows can be long, and a service takes no request of more than 4 MiB. */
const partCharacters = 250_000;
/** Rejections shown to people; the rejected file has all. */
const shownRejections = 20;

/** Counts what became of the rows, and keeps the rejected ones. */
class Tally {
  readonly result: ImportResult = {
    read: 0,
    added: 0,
    updated: 0,
    unchanged: 0,
    rejected: 0,
    rejectedFile: null,
    changed: false,
  };
  readonly rejections: string[] = [];
  readonly #rejected: RejectedFile | null;

  /** @param rejected where rejected rows are kept; null keeps none. */
  constructor(rejected: RejectedFile | null) {
    this.#rejected = rejected;
  }

  count(outcome: RowOutcome): void {
    this.result.read += 1;
    this.result[outcome.outcome] += 1;
  }

  /** Keeps a row that was rejected. */
  async keep(row: RosterLine, outcome: { reason: string }): Promise<void> {
    await this.#rejected?.add(row.line, outcome.reason, row.cells);
    if (this.rejections.length < shownRejections) {
      const who = row.username ? ` ${safe(row.username)}` : '';
      this.rejections.push(`  line ${row.line}${who}: ${safe(outcome.reason)}`);
    }
  }
}

/** Rows a part at a time: as many as make a request of moderate size. */
async function* parts(rows: AsyncIterable<RosterLine>): AsyncGenerator<RosterLine[]> {
  let part: RosterLine[] = [];
  let characters = 0;
  for await (const row of rows) {
    part.push(row);
    for (const cell of row.cells) characters += cell.length;
    if (part.length < partRows && characters < partCharacters) continue;
    yield part;
    part = [];
    characters = 0;
  }
  if (part.length > 0) yield part;
}

function brokenOff(result: ImportResult, total: number, dryRun: boolean): TwofaError {
  const rows = `Interrupted after ${result.read} of ${total} rows`;
  if (dryRun) return new TwofaError('interrupted', `${rows}; nothing was changed.`);
  return new TwofaError(
    'interrupted',
    `${rows}: ${countsOf(result)}. What was added and updated is stored.`,
    {
      hint: 'The same command completes the import.',
    },
  );
}

/** What fails after a part was stored says so: whoever runs the command again completes the import. */
function cutShort(error: unknown, result: ImportResult, total: number): unknown {
  if (!(error instanceof TwofaError) || error.code === 'interrupted' || result.read === 0) return error;
  const stored = `This was after ${result.read} of ${total} rows: ${countsOf(result)}. What was added and updated is stored; the same command completes the import.`;
  return new TwofaError(error.code, error.message, {
    hint: error.hint === null ? stored : `${error.hint} ${stored}`,
    ...(error.details === null ? {} : { details: error.details }),
    cause: error,
  });
}

interface Imported {
  outcomes: RowOutcome[];
  /** What a dry run would have changed. */
  effects?: Effects;
}

/**
 * Sends the rows of a part whose form is right, and counts what became of each.
 * @param foreseen what a dry run would have changed so far; null stores the rows.
 */
async function importPart(
  context: Context,
  part: RosterLine[],
  foreseen: Foreseen | null,
  tally: Tally,
): Promise<void> {
  const rows = part.flatMap((each) => (each.rejected ? [] : [each.row]));
  const tried = foreseen ? { dryRun: true, earlier: foreseen.of(rows) } : {};
  const { outcomes, effects } = await context.request<Imported>('user.import', { rows, ...tried });
  if (effects) foreseen?.add(effects);
  let next = 0;
  for (const each of part) {
    const outcome = each.rejected ? { outcome: 'rejected' as const, ...each.rejected } : outcomes[next++];
    if (!outcome) continue;
    tally.count(outcome);
    if (outcome.outcome === 'rejected') await tally.keep(each, outcome);
  }
}

/**
 * Imports a roster. Good rows are stored, part by part; it can be run again safely.
 * @throws TwofaError before anything is stored, for a file that is no roster.
 */
export async function importFile(
  context: Context,
  file: string,
  dryRun: boolean,
): Promise<{ result: ImportResult; rejections: string[] }> {
  const { rows: total, header } = await checkRosterFile(file);
  const rejected = dryRun ? null : new RejectedFile(file, header);
  const tally = new Tally(rejected);
  const foreseen = dryRun ? new Foreseen() : null;
  let interrupted = false;
  context.onInterrupt(() => {
    interrupted = true;
  });
  try {
    await rejected?.begin();
    const doing = dryRun ? 'Trying' : 'Importing';
    await withSpinner(context, `${doing} ${total} rows`, async (progress) => {
      const begun = performance.now();
      for await (const part of parts(readRoster(file))) {
        await importPart(context, part, foreseen, tally);
        const { read } = tally.result;
        progress(`${doing}: ${progressText(read, total, 'rows', performance.now() - begun)}`);
        // On SQLite all of this may be one turn of the event loop, in which Ctrl-C is not heard and nothing is drawn.
        await nextTurn();
        if (interrupted && read < total) throw brokenOff(tally.result, total, dryRun);
      }
    });
  } catch (error) {
    await rejected?.discard();
    throw dryRun ? error : cutShort(error, tally.result, total);
  }
  const { result, rejections } = tally;
  result.rejectedFile = (await rejected?.close()) ?? null;
  result.changed = !dryRun && result.added + result.updated > 0;
  return { result, rejections };
}
