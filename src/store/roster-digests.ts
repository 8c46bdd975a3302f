// What enabling depends on in a roster: a digest of each aspect, and who would be kept out, in SQL over one account.
import { createHash, type Hash } from 'node:crypto';
import type { RecoveryReading, RosterDigests } from '../actions/recovery-store.ts';
import { bool, int, intOrNull, text, textOrNull } from './rows.ts';
import { type Session, sql } from './session.ts';

const digestPage = 5000;

/** Users shown at the most; the count is exact. */
const shownUsers = 100;

class Aspect {
  readonly #hash: Hash = createHash('sha256');

  add(...values: unknown[]): void {
    this.#hash.update(`${JSON.stringify(values)}\n`);
  }

  get digest(): string {
    return this.#hash.digest('hex');
  }
}

/** SHA-256 over each aspect of the account's practices and active users. */
export async function rosterDigests(session: Session, kid: string): Promise<RosterDigests> {
  const [practices, users, roles, contacts, locks] = Array.from({ length: 5 }, () => new Aspect()) as [
    Aspect,
    Aspect,
    Aspect,
    Aspect,
    Aspect,
  ];
  const named = 'SELECT id, name FROM practices WHERE account_kid = :kid ORDER BY id';
  for (const row of await sql(session, named, { kid })) practices.add(int(row, 'id'), text(row, 'name'));
  for (let after = 0; ; ) {
    const page = await sql(
      session,
      `SELECT id, username, system_administrator, locked_at, email, phone FROM users
       WHERE account_kid = :kid AND active AND id > :after ORDER BY id LIMIT ${digestPage}`,
      { kid, after },
    );
    const last = page.at(-1);
    if (!last) break;
    for (const row of page) {
      const id = int(row, 'id');
      users.add(id, text(row, 'username'));
      contacts.add(id, textOrNull(row, 'email'), textOrNull(row, 'phone'));
      if (bool(row, 'system_administrator')) roles.add(id);
      const lockedAt = intOrNull(row, 'locked_at');
      if (lockedAt !== null) locks.add(id, lockedAt);
    }
    const until = int(last, 'id');
    const members = await sql(
      session,
      `SELECT user_id, practice_id FROM user_practices JOIN users ON users.id = user_id
       WHERE user_id > :after AND user_id <= :until AND account_kid = :kid AND active ORDER BY user_id, practice_id`,
      { kid, after, until },
    );
    for (const row of members) users.add('of', int(row, 'user_id'), int(row, 'practice_id'));
    after = until;
  }
  return {
    practices: practices.digest,
    users: users.digest,
    roles: roles.digest,
    contacts: contacts.digest,
    locks: locks.digest,
  };
}

const barred = `account_kid = :kid AND active AND (locked_at IS NOT NULL
  OR ((email IS NULL OR email_problem IS NOT NULL) AND (phone IS NULL OR phone_problem IS NOT NULL)))`;

/** Active users who are locked or whom no channel reaches: how many, and the first of them. */
export async function keptOut(session: Session, kid: string): ReturnType<RecoveryReading['keptOut']> {
  const [counted = {}] = await sql(session, `SELECT count(*) AS users FROM users WHERE ${barred}`, { kid });
  const found = await sql(
    session,
    `SELECT username, locked_at, email, email_problem, phone, phone_problem FROM users
     WHERE ${barred} ORDER BY username_key LIMIT ${shownUsers}`,
    { kid },
  );
  return {
    count: int(counted, 'users'),
    users: found.map((row) => ({
      username: text(row, 'username'),
      lockedAt: intOrNull(row, 'locked_at'),
      email: textOrNull(row, 'email'),
      emailProblem: textOrNull(row, 'email_problem'),
      phone: textOrNull(row, 'phone'),
      phoneProblem: textOrNull(row, 'phone_problem'),
    })),
  };
}
