// Imports rows of a roster, a part of the file at a time: good rows are stored, each other one is answered with its reason.
import * as v from 'valibot';
import { TwofaError } from '../errors.ts';
import { foldKey } from '../rules/text.ts';
import { contact, flag, name, practiceName, username } from './fields.ts';
import { tellOfUpdate } from './notices.ts';
import { type Call, done, operation } from './operation.ts';
import { theAccount } from './refusals.ts';
import { newUser, type Roster, rosterOf, updateOf, userExists } from './roster.ts';
import type { Account, NewUser, Writing } from './store.ts';

/** Rows of one request at the most; a longer file is imported in several. */
export const importRowsMax = 1000;

const rowShape = v.strictObject({
  username,
  name: v.optional(name),
  email: v.optional(contact),
  phone: v.optional(contact),
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

/** Stores one row whose form is right, or rejects it. New users are collected, to be added together. */
async function storeRow(
  call: Call,
  roster: Roster,
  tables: Writing,
  row: Row,
  added: Additions,
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
  return { outcome: 'added' };
}

export const userImport = operation({
  permission: 'roster',
  account: 'required',
  input: v.strictObject({
    rows: v.pipe(v.array(v.unknown()), v.maxLength(importRowsMax, `must be at most ${importRowsMax} rows`)),
    dryRun: v.optional(flag, false),
  }),
  async perform(call, input) {
    const store = await call.store();
    const outcomes: RowOutcome[] = [];
    const work = async (tables: Writing) => {
      const account = await theAccount(tables, call.kid);
      const roster = await rosterOf(tables, call.operator, account);
      const added = new Additions();
      for (const raw of input.rows) {
        const row = readRow(raw);
        outcomes.push(
          'outcome' in row ? row : await storeRow(call, roster, tables, row, added).catch(rejected),
        );
      }
      if (added.users.length > 0) {
        await tables.addUsers(account, added.users, {
          action: 'users.imported',
          details: {
            added: added.users.length,
            administrators: added.users
              .filter((user) => user.systemAdministrator)
              .map((user) => user.username),
          },
        });
      }
      if (input.dryRun) throw new DryRun();
    };
    await store.write(call.operator, work).catch((error) => {
      if (!(error instanceof DryRun)) throw error;
      call.told.length = 0;
    });
    return done({ outcomes });
  },
});

/** Undoes everything that a dry run did. */
class DryRun extends Error {}
