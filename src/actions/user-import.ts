// Imports rows of a roster, a part of the file at a time: good rows are stored, each other one is answered with its reason.
import * as v from 'valibot';
import { TwofaError } from '../errors.ts';
import { flag } from './fields.ts';
import { type Effects, effects, noEffects } from './import-effects.ts';
import { ImportPart } from './import-part.ts';
import { type ImportRow, type RowOutcome, readRow, rejected } from './import-row.ts';
import { type Call, done, operation } from './operation.ts';
import { theAccount } from './refusals.ts';
import { newUser, updateOf, userExists } from './roster.ts';
import type { Writing } from './store.ts';

/** Rows of one request at the most; a longer file is imported in several. */
export const importRowsMax = 5000;

function hasName(row: ImportRow): row is ImportRow & { name: string } {
  return row.name !== undefined;
}

/** Decides one row whose form is right, or rejects it. What it changes is saved with the others of its part. */
async function decideRow(part: ImportPart, row: ImportRow): Promise<RowOutcome> {
  const named = row.username;
  const { roster, added } = part;
  const { account } = roster;
  const existing = await part.user(named);
  if (existing) {
    if (existing.username !== named) {
      throw new TwofaError('user-exists', `The user is spelled ${JSON.stringify(existing.username)}.`);
    }
    const update = await updateOf(roster, existing, row);
    if (update.fields.length === 0) return { outcome: 'unchanged' };
    if (existing.active) added.requireFreeEmail(update.change.emailKey);
    part.update(existing, update);
    return { outcome: 'updated' };
  }
  if (part.isFormer(named)) throw userExists(account.kid, named);
  if (!hasName(row)) {
    throw new TwofaError('invalid-input', 'name is empty; a new user needs one.', {
      details: { field: 'name' },
    });
  }
  const user = await newUser(roster, named, row);
  added.requireFreeUsername(named);
  added.requireFreeEmail(user.emailKey);
  part.add(user);
  return { outcome: 'added' };
}

async function outcomeOf(part: ImportPart, row: ImportRow | RowOutcome): Promise<RowOutcome> {
  if ('outcome' in row) return row;
  try {
    return await decideRow(part, row);
  } catch (error) {
    if (error instanceof TwofaError && error.code === 'not-permitted') part.refused.add(row.username);
    return rejected(error);
  }
}

interface Imported {
  part: ImportPart;
  /** What became of each row, in their order. */
  outcomes: RowOutcome[];
}

/** Decides rows in their order; those that are good are to be saved. */
async function decideRows(
  call: Call,
  tables: Writing,
  given: readonly unknown[],
  earlier: Effects,
): Promise<Imported> {
  const account = await theAccount(tables, call.kid);
  const rows = given.map(readRow);
  const wellFormed = rows.filter((row): row is ImportRow => !('outcome' in row));
  const part = await ImportPart.load(call, tables, account, wellFormed, earlier);
  const outcomes: RowOutcome[] = [];
  for (const row of rows) outcomes.push(await outcomeOf(part, row));
  return { part, outcomes };
}

/** Undoes what a dry run did. */
class DryRun extends Error {
  readonly found: Imported;

  constructor(found: Imported) {
    super('The rows were tried.');
    this.found = found;
  }
}

export const userImport = operation({
  permission: 'roster',
  account: 'required',
  input: v.pipe(
    v.strictObject({
      rows: v.pipe(v.array(v.unknown()), v.maxLength(importRowsMax, `must be at most ${importRowsMax} rows`)),
      dryRun: v.optional(flag, false),
      earlier: v.optional(effects),
    }),
    v.forward(
      v.partialCheck(
        [['dryRun'], ['earlier']],
        ({ dryRun, earlier }) => dryRun || earlier === undefined,
        'is for a dry run alone',
      ),
      ['earlier'],
    ),
  ),
  async perform(call, { rows, dryRun, earlier }) {
    const work = async (tables: Writing) => {
      const found = await decideRows(call, tables, rows, earlier ?? noEffects);
      if (dryRun) throw new DryRun(found);
      await found.part.save();
      if (found.part.refused.rows > 0) await found.part.refused.record(call, tables);
      return found;
    };
    const { outcomes, part } = await call.write(work).catch((error) => {
      if (error instanceof DryRun) return error.found;
      throw error;
    });
    if (!dryRun) return done({ outcomes });
    if (part.refused.rows > 0) await call.write((tables) => part.refused.record(call, tables));
    return done({ outcomes, effects: part.effects.own });
  },
});
