// The rows of one request of an import: their users are loaded together, decided one by one, and saved together.
import { TwofaError } from '../errors.ts';
import { foldKey } from '../rules/text.ts';
import { type Effects, PartEffects } from './import-effects.ts';
import type { ImportRow } from './import-row.ts';
import type { Call } from './operation.ts';
import { recordRefusedCall } from './refused-call.ts';
import { type Roster, rosterOf, type Update } from './roster.ts';
import { type DecidedUpdate, saveUpdates } from './save-updates.ts';
import type { Account, NewUser, UserWithPractices, Writing } from './store.ts';

/** Users whom the event of refused rows names. */
const refusedNamedMax = 20;

function heldInFile(field: 'username' | 'email', holder: string): TwofaError {
  return new TwofaError('invalid-input', `The ${field} is ${holder}'s already, in the same file.`, {
    details: { field },
  });
}

/** The new users of one request, found again by username and by email. */
export class Additions {
  readonly users: NewUser[] = [];
  readonly #usernames = new Map<string, string>();
  readonly #emails = new Map<string, string>();
  readonly #unique: boolean;

  /** @param unique whether emails are unique (R12). */
  constructor(unique: boolean) {
    this.#unique = unique;
  }

  /** @throws TwofaError when one of them has the username. */
  requireFreeUsername(username: string): void {
    const holder = this.#usernames.get(foldKey(username));
    if (holder !== undefined) throw heldInFile('username', holder);
  }

  /** @throws TwofaError when one of them has the email, where emails are unique. */
  requireFreeEmail(emailKey: string | null | undefined): void {
    const holder = emailKey == null ? undefined : this.#emails.get(emailKey);
    if (holder !== undefined) throw heldInFile('email', holder);
  }

  push(user: NewUser): void {
    this.users.push(user);
    this.#usernames.set(foldKey(user.username), user.username);
    if (this.#unique && user.emailKey !== null) this.#emails.set(user.emailKey, user.username);
  }
}

/** What was refused by the matrix's footnote: how many rows, and the first users of them. */
export class Refusals {
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

export class ImportPart {
  readonly roster: Roster;
  readonly effects: PartEffects;
  readonly added: Additions;
  readonly refused = new Refusals();
  readonly #call: Call;
  readonly #tables: Writing;
  /** Those of the rows who exist, by username. */
  readonly #users: Map<string, UserWithPractices>;
  readonly #former: ReadonlySet<string>;
  /** Updates that are decided and not saved yet, by the user's id. */
  readonly #updates = new Map<number, DecidedUpdate>();

  private constructor(
    call: Call,
    tables: Writing,
    known: {
      roster: Roster;
      effects: PartEffects;
      users: Map<string, UserWithPractices>;
      former: ReadonlySet<string>;
    },
  ) {
    this.#call = call;
    this.#tables = tables;
    this.roster = known.roster;
    this.added = new Additions(known.roster.account.enabledAt !== null);
    this.effects = known.effects;
    this.#users = known.users;
    this.#former = known.former;
  }

  /** Loads what the rows are decided by. @param earlier what a dry run would have changed before them. */
  static async load(
    call: Call,
    tables: Writing,
    account: Account,
    rows: readonly ImportRow[],
    earlier: Effects,
  ): Promise<ImportPart> {
    const usernames = rows.map(({ username }) => username);
    const users = await tables.usersByKeys(account.kid, usernames);
    const former = await tables.formerUsernames(account.kid, usernames);
    const effects = await PartEffects.load(tables, account, rows, [...users.values()], earlier);
    const roster = await rosterOf(effects.over(tables), call.operator, account);
    return new ImportPart(call, tables, { roster, effects, users, former });
  }

  /** The user of a username in any spelling, with what earlier rows of this part made of them. */
  async user(username: string): Promise<UserWithPractices | null> {
    const key = foldKey(username);
    const user = this.#users.get(key);
    if (user === undefined || !this.#updates.has(user.id)) return user ?? null;
    await this.#saveUpdates();
    const [again] = (await this.#tables.usersByKeys(this.roster.account.kid, [username])).values();
    if (again) this.#users.set(key, again);
    return again ?? null;
  }

  /** Whether a user once had the username. */
  isFormer(username: string): boolean {
    return this.#former.has(foldKey(username));
  }

  /** Takes an update, to be saved with the others. */
  update(user: UserWithPractices, update: Update): void {
    this.#updates.set(user.id, { user, ...update });
    this.effects.updated(user, update.change);
  }

  /** Takes a new user, to be added with the others. */
  add(user: NewUser): void {
    this.added.push(user);
    this.effects.added(user);
  }

  /** Saves what the rows decided. */
  async save(): Promise<void> {
    await this.#saveUpdates();
    const { users } = this.added;
    if (users.length === 0) return;
    const administrators = users.filter((user) => user.systemAdministrator).map((user) => user.username);
    const details = { added: users.length, administrators };
    await this.#tables.addUsers(this.roster.account, users, { action: 'users.imported', details });
  }

  async #saveUpdates(): Promise<void> {
    const updates = [...this.#updates.values()];
    this.#updates.clear();
    await saveUpdates(this.#call, this.#tables, this.roster.account, updates, 'import');
  }
}
