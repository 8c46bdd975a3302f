// What administrators and users are told of by email, and who of them.
import type { Language } from './language.ts';

export type NoticeKind =
  | 'user-locked'
  | 'user-reactivated'
  | 'user-deactivated'
  | 'contact-changed'
  | 'role-changed'
  | 'token-made'
  | 'recovery-codes-renewed'
  | 'recovery-code-used'
  | 'recovery-code-rejected'
  | 'lockout-reminder'
  | 'enable-wanted';

/** Somebody who can be told: a user with a well-formed email. */
export interface Reader {
  username: string;
  email: string;
  language: Language;
}

/** What is told to whom. */
export interface Notice {
  kind: NoticeKind;
  /** The user whom it is about; empty where it is about the account. */
  about: string;
  to: Reader;
  /** Facts of the notice: who did it, where from. Contact data only masked. */
  details: Record<string, string>;
}

/** The same notice for several readers, each address once, without the one who did it. */
export function noticesTo(
  readers: readonly Reader[],
  except: string | null,
  notice: Omit<Notice, 'to'>,
): Notice[] {
  const told = new Map<string, Reader>();
  for (const reader of readers) {
    if (reader.username !== except && !told.has(reader.email)) told.set(reader.email, reader);
  }
  return [...told.values()].map((to) => ({ ...notice, to }));
}
