// Remembers what the parts of a dry run so far would have changed, and tells each part what of it concerns its rows.
import type { Effects } from '../actions/import-effects.ts';
import { storedEmail } from '../rules/contact.ts';
import type { RosterRow } from './roster-file.ts';

export class Foreseen {
  /** Who would have each email by now. About 100 bytes an email: bounded by the roster, as the file's size is not. */
  readonly #emails = new Map<string, string | null>();
  #administrators = 0;

  add({ emails, administrators }: Effects): void {
    for (const [email, holder] of emails) this.#emails.set(email, holder);
    this.#administrators += administrators;
  }

  /** What concerns these rows. */
  of(rows: readonly RosterRow[]): Effects {
    const named = new Set(rows.map(({ email }) => storedEmail(email ?? null).emailKey));
    const emails = [...named].flatMap((email): Effects['emails'] => {
      const holder = email === null ? undefined : this.#emails.get(email);
      return email === null || holder === undefined ? [] : [[email, holder]];
    });
    return { emails, administrators: this.#administrators };
  }
}
