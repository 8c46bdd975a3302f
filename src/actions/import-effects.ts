// What the parts of a file before this one would have changed: a dry run stores nothing of them, and goes by it all the same.
import * as v from 'valibot';
import type { NewUser, Reading, User, UserChange } from './store.ts';

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
  readonly #emails: Map<string, string | null>;
  readonly #administrators: number;

  constructor(earlier: Effects) {
    this.#emails = new Map(earlier.emails);
    this.#administrators = earlier.administrators;
  }

  /** The tables as they would be by now; what this part changes is in them already. */
  over<T extends Reading>(tables: T): T {
    return {
      ...tables,
      emailHolder: async (kid: string, key: string, exceptUserId: number | null) => {
        const holder = this.#emails.get(key);
        return holder === undefined ? tables.emailHolder(kid, key, exceptUserId) : holder;
      },
      otherAdministrators: async (kid: string, exceptUserId: number) =>
        (await tables.otherAdministrators(kid, exceptUserId)) + this.#administrators,
    };
  }

  added({ username, emailKey, systemAdministrator }: NewUser): void {
    if (emailKey !== null) this.own.emails.push([emailKey, username]);
    if (systemAdministrator) this.own.administrators += 1;
  }

  updated(before: User, change: UserChange): void {
    if (!before.active) return;
    if (change.emailKey !== undefined) {
      if (before.emailKey !== null) this.#passes(before.emailKey, null);
      if (change.emailKey !== null) this.#passes(change.emailKey, before.username);
    }
    if (change.systemAdministrator === undefined || before.lockedAt !== null) return;
    this.own.administrators += change.systemAdministrator ? 1 : -1;
  }

  #passes(email: string, holder: string | null): void {
    this.own.emails.push([email, holder]);
    if (this.#emails.has(email)) this.#emails.set(email, holder);
  }
}
