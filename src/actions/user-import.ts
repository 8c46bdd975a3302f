// Imports rows of a roster, a part of the file at a time: good rows are stored, each other one is answered with its reason.
import * as v from 'valibot';
import { TwofaError } from '../errors.ts';
import { foldKey } from '../rules/text.ts';
import { contact, flag, language, name, practiceName, username } from './fields.ts';
import { type Effects, effects, noEffects, PartEffects } from './import-effects.ts';
import { tellOfUpdate } from './notices.ts';
import { type Call, done, operation } from './operation.ts';
import { theAccount } from './refusals.ts';
import { recordRefusedCall } from './refused-call.ts';
import { newUser, type Roster, rosterOf, updateOf, userExists } from './roster.ts';
import type { Account, NewUser, Writing } from './store.ts';

/** Rows of one request at the most; a longer file is imported in several. */
export const importRowsMax = 1000;
/** Users whom the event of refused rows names. */
const refusedNamedMax = 20;

const rowShape = v.strictObject({
  username,
  name: v.optional(name),
  email: v.optional(contact),
  phone: v.optional(contact),
  language: v.optional(language),
  practices: v.optional(v.array(practiceName)),
  systemAdministrator: v.optional(flag),
});

type Row = v.InferOutput<typeof rowShape>;

/** What became of a row. */
export type RowOutcome =
  | { outcome: 'added' | 'updated' | 'unchanged' }
  | { outcome: 'rejected'; field: string | null; reason: string };

function rejected(error: unknown): RowOutcome {
  if (!(error instanceof TwofaError)) throw error;
  const hint = error.code === 'practice-not-found' && error.hint ? ` ${error.hint}` : '';
  const field = error.details?.field;
  return {
    outcome: 'rejected',
    field: typeof field === 'string' ? field : null,
    reason: error.message + hint,
  };
}

function readRow(raw: unknown): Row | RowOutcome {
  const parsed = v.safeParse(rowShape, raw, { abortEarly: true });
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const field = String(issue.path?.[0]?.key ?? 'row');
  return { outcome: 'rejected', field, reason: `${field} ${issue.message}.` };
}

function heldInFile(field: 'username' | 'email', holder: string): TwofaError {
  return new TwofaError('invalid-input', `The ${field} is ${holder}'s already, in the same file.`, {
    details: { field },
  });
}

/** The new users of one request, found again by username and by email. */
class Additions {
  readonly users: NewUser[] = [];
  readonly #usernames = new Map<string, string>();
  readonly #emails = new Map<string, string>();

  /** @throws TwofaError when one of them has the username. */
  requireFreeUsername(username: string): void {
    const holder = this.#usernames.get(foldKey(username));
    if (holder !== undefined) throw heldInFile('username', holder);
  }

  /** @throws TwofaError when one of them has the email, where emails are unique (R12). */
  requireFreeEmail(account: Account, emailKey: string | null | undefined): void {
    const holder = account.enabledAt === null || emailKey == null ? undefined : this.#emails.get(emailKey);
    if (holder !== undefined) throw heldInFile('email', holder);
  }

  push(user: NewUser): void {
    this.users.push(user);
    this.#usernames.set(foldKey(user.username), user.username);
    if (user.emailKey !== null) this.#emails.set(user.emailKey, user.username);
  }
}

/** What was refused by the matrix's footnote: how many rows, and the first users of them. */
class Refusals {
  rows = 0;
  readonly #users: string[] = [];

  add(username: string): void {
    this.rows += 1;
    if (this.#users.length < refusedNamedMax) this.#users.push(username);
  }

  /** One event for all of them: a roster of refused rows makes no flood of events. */
  record(call: Call, tables: Writing): Promise<void> {
    const details = { do: 'user.import', code: 'not-permitted', rows: this.rows, users: this.#users };
    return recordRefusedCall(tables, call.operator, { account: call.kid, details });
  }
}

/** What the rows of one request do, as it goes on. */
interface Part {
  roster: Roster;
  added: Additions;
  refused: Refusals;
  effects: PartEffects;
}

/** Stores one row whose form is right, or rejects it. New users are collected, to be added together. */
async function storeRow(
  call: Call,
  tables: Writing,
  row: Row,
  { roster, added, effects }: Part,
): Promise<RowOutcome> {
  const { username: named, ...wanted } = row;
  const existing = await tables.userByKey(roster.account.kid, named);
  if (existing) {
    if (existing.username !== named) {
      throw new TwofaError('user-exists', `The user is spelled ${JSON.stringify(existing.username)}.`);
    }
    const { change, fields, details } = await updateOf(roster, existing, wanted);
    if (fields.length === 0) return { outcome: 'unchanged' };
    if (existing.active) added.requireFreeEmail(roster.account, change.emailKey);
    const event = { action: 'user.updated' as const, details: { ...details, by: 'import' } };
    const after = await tables.saveUser(existing, change, event);
    effects.updated(existing, change);
    await tellOfUpdate(call, tables, roster.account, { before: existing, after, fields });
    return { outcome: 'updated' };
  }
  if ((await tables.usernameHolder(roster.account.kid, named)) !== null)
    throw userExists(roster.account.kid, named);
  if (wanted.name === undefined) {
    throw new TwofaError('invalid-input', 'name is empty; a new user needs one.', {
      details: { field: 'name' },
    });
  }
  const values = await newUser(roster, named, { ...wanted, name: wanted.name });
  added.requireFreeUsername(named);
  added.requireFreeEmail(roster.account, values.emailKey);
  added.push(values);
  effects.added(values);
  return { outcome: 'added' };
}

async function outcomeOf(call: Call, tables: Writing, raw: unknown, part: Part): Promise<RowOutcome> {
  const row = readRow(raw);
  if ('outcome' in row) return row;
  return storeRow(call, tables, row, part).catch((error) => {
    if (error instanceof TwofaError && error.code === 'not-permitted') part.refused.add(row.username);
    return rejected(error);
  });
}

/** Stores the rows that are good. @returns what became of each, in their order, and what all of them changed. */
async function importRows(
  call: Call,
  tables: Writing,
  rows: readonly unknown[],
  earlier: Effects,
): Promise<Part & { outcomes: RowOutcome[] }> {
  const account = await theAccount(tables, call.kid);
  const effects = new PartEffects(earlier);
  const roster = await rosterOf(effects.over(tables), call.operator, account);
  const part = { roster, added: new Additions(), refused: new Refusals(), effects };
  const outcomes: RowOutcome[] = [];
  for (const raw of rows) outcomes.push(await outcomeOf(call, tables, raw, part));
  const { users } = part.added;
  if (users.length > 0) {
    const administrators = users.filter((user) => user.systemAdministrator).map((user) => user.username);
    const details = { added: users.length, administrators };
    await tables.addUsers(account, users, { action: 'users.imported', details });
  }
  return { ...part, outcomes };
}

/** Undoes everything that a dry run did. */
class DryRun extends Error {
  readonly found: Awaited<ReturnType<typeof importRows>>;

  constructor(found: Awaited<ReturnType<typeof importRows>>) {
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
      const found = await importRows(call, tables, rows, earlier ?? noEffects);
      if (dryRun) throw new DryRun(found);
      if (found.refused.rows > 0) await found.refused.record(call, tables);
      return found;
    };
    const { outcomes, refused, effects } = await call.write(work).catch((error) => {
      if (error instanceof DryRun) return error.found;
      throw error;
    });
    if (!dryRun) return done({ outcomes });
    if (refused.rows > 0) await call.write((tables) => refused.record(call, tables));
    return done({ outcomes, effects: effects.own });
  },
});
