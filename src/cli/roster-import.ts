// Imports a roster file: checked whole, then sent a part at a time; rejected rows go to a file of their own.
import type { Effects } from '../actions/import-effects.ts';
import type { RowOutcome } from '../actions/import-row.ts';
import { TwofaError } from '../errors.ts';
import { safe } from './escape.ts';
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

/** Rows of a request. */
const partSize = 2000;
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

  async count(row: RosterLine, outcome: RowOutcome): Promise<void> {
    this.result.read += 1;
    this.result[outcome.outcome] += 1;
    if (outcome.outcome !== 'rejected') return;
    await this.#rejected?.add(row.line, outcome.reason, row.cells);
    if (this.rejections.length < shownRejections) {
      const who = row.username ? ` ${safe(row.username)}` : '';
      this.rejections.push(`  line ${row.line}${who}: ${safe(outcome.reason)}`);
    }
  }
}

async function* parts(rows: AsyncIterable<RosterLine>): AsyncGenerator<RosterLine[]> {
  let part: RosterLine[] = [];
  for await (const row of rows) {
    part.push(row);
    if (part.length < partSize) continue;
    yield part;
    part = [];
  }
  if (part.length > 0) yield part;
}

function brokenOff(read: number, total: number): TwofaError {
  return new TwofaError('interrupted', `Interrupted after ${read} of ${total} rows, which are stored.`, {
    hint: 'Run the import again to complete it.',
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
    if (outcome) await tally.count(each, outcome);
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
    await withSpinner(context, `Importing ${total} rows`, async (progress) => {
      for await (const part of parts(readRoster(file))) {
        await importPart(context, part, foreseen, tally);
        progress(`Imported ${tally.result.read} of ${total} rows`);
        if (interrupted) throw brokenOff(tally.result.read, total);
      }
    });
  } catch (error) {
    await rejected?.discard();
    throw error;
  }
  const { result, rejections } = tally;
  result.rejectedFile = (await rejected?.close()) ?? null;
  result.changed = !dryRun && result.added + result.updated > 0;
  return { result, rejections };
}
