// Who has which email, and how many administrators there are, as the rows of an import go on: those of one request are saved
// together, and a dry run stores nothing of the parts before.
import * as v from 'valibot';
import { storedEmail } from '../rules/contact.ts';
import type { ImportRow } from './import-row.ts';
import type { Account, NewUser, Reading, User, UserChange } from './store.ts';

/** Of each email in question who has it now, or that nobody has it any more; and how many administrators more there are. */
export const effects = v.strictObject({
  emails: v.array(
    v.tuple([v.string('must be an email'), v.nullable(v.string('must be a username'))], 'must be pairs'),
    'must be a list',
  ),
  administrators: v.pipe(v.number('must be a whole number'), v.integer('must be a whole number')),
});

export type Effects = v.InferOutput<typeof effects>;

export const noEffects: Effects = { emails: [], administrators: 0 };

/** The effects of one part, on top of those before it. */
export class PartEffects {
  /** What the rows of this part have changed so far. */
  readonly own: Effects = { emails: [], administrators: 0 };
  /** Who has each email in question; null for nobody. */
  readonly #holders: Map<string, string | null>;
  /** The part's users as they were loaded. */
  readonly #users: ReadonlyMap<number, User>;
  /** Active, unlocked administrators, those of this part's own effects left out. */
  readonly #administrators: number;
  /** Whether emails are unique (R12); before 2FA is on nobody asks who has one. */
  readonly #unique: boolean;

  private constructor(
    users: readonly User[],
    known: { holders: Map<string, string | null>; administrators: number; unique: boolean },
  ) {
    this.#users = new Map(users.map((user) => [user.id, user]));
    this.#holders = known.holders;
    this.#administrators = known.administrators;
    this.#unique = known.unique;
  }

  /** Loads at once what the rows may ask for. @param users those of the rows who exist. */
  static async load(
    tables: Reading,
    account: Account,
    rows: readonly ImportRow[],
    users: readonly User[],
    earlier: Effects,
  ): Promise<PartEffects> {
    const { kid } = account;
    const unique = account.enabledAt !== null;
    const holders = new Map<string, string | null>();
    if (unique) {
      for (const { email } of rows) {
        const { emailKey } = storedEmail(email ?? null);
        if (emailKey !== null) holders.set(emailKey, null);
      }
      for (const { emailKey } of users) if (emailKey !== null) holders.set(emailKey, null);
      for (const held of await tables.emailHolders(kid, [...holders.keys()])) {
        holders.set(held.emailKey, held.username);
      }
      for (const [email, holder] of earlier.emails) holders.set(email, holder);
    }
    // No user has the id 0: all of them are counted.
    const administrators = (await tables.otherAdministrators(kid, 0)) + earlier.administrators;
    return new PartEffects(users, { holders, administrators, unique });
  }

  /** The tables as they are by now for the rows of this part, of which nothing is saved yet. */
  over<T extends Reading>(tables: T): T {
    return {
      ...tables,
      emailHolder: async (kid: string, key: string, exceptUserId: number | null) => {
        const holder = this.#holders.get(key);
        if (holder === undefined) return tables.emailHolder(kid, key, exceptUserId);
        const except = exceptUserId === null ? undefined : this.#users.get(exceptUserId)?.username;
        return holder === except ? null : holder;
      },
      otherAdministrators: async (_kid: string, exceptUserId: number) => {
        const except = this.#users.get(exceptUserId);
        const counted = except?.systemAdministrator && except.active && except.lockedAt === null;
        return this.#administrators + this.own.administrators - (counted ? 1 : 0);
      },
    };
  }

  added({ username, emailKey, systemAdministrator }: NewUser): void {
    if (this.#unique && emailKey !== null) this.own.emails.push([emailKey, username]);
    if (systemAdministrator) this.own.administrators += 1;
  }

  updated(before: User, change: UserChange): void {
    if (!before.active) return;
    if (this.#unique && change.emailKey !== undefined) {
      if (before.emailKey !== null) this.#passes(before.emailKey, null);
      if (change.emailKey !== null) this.#passes(change.emailKey, before.username);
    }
    if (change.systemAdministrator === undefined || before.lockedAt !== null) return;
    this.own.administrators += change.systemAdministrator ? 1 : -1;
  }

  #passes(email: string, holder: string | null): void {
    this.own.emails.push([email, holder]);
    this.#holders.set(email, holder);
  }
}
