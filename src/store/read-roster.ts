// Reads many users of an account at a time, by sets of names and addresses.
import type { UserWithPractices } from '../actions/store.ts';
import { foldKey } from '../rules/text.ts';
import { withPractices } from './read-users.ts';
import { int, type Row, text } from './rows.ts';
import { behind, sealedUser } from './sealed.ts';
import { on, type Query, rows, type Session } from './session.ts';

/** Values of one query: far below what both databases take. */
const setSize = 500;

/** The rows of a query for each part of a set. */
async function rowsOf(values: readonly string[], query: (part: readonly string[]) => Query): Promise<Row[]> {
  const unique = [...new Set(values)];
  const found: Row[] = [];
  for (let from = 0; from < unique.length; from += setSize) {
    found.push(...(await rows(query(unique.slice(from, from + setSize)))));
  }
  return found;
}

export async function usersByKeys(
  session: Session,
  kid: string,
  usernames: readonly string[],
): Promise<Map<string, UserWithPractices>> {
  const found = await rowsOf(usernames.map(foldKey), (keys) =>
    on(session, 'users')
      .where({ account_kid: kid })
      .whereIn('username_key', keys)
      .select('users.*', session.knex.raw(behind('users'))),
  );
  const sealed = found.map((row) => sealedUser(session.keyring, row));
  const users = await withPractices(session, sealed);
  return new Map(users.map((user) => [foldKey(user.username), user]));
}

export async function formerUsernames(
  session: Session,
  kid: string,
  usernames: readonly string[],
): Promise<Set<string>> {
  const found = await rowsOf(usernames.map(foldKey), (keys) =>
    on(session, 'former_usernames')
      .where({ account_kid: kid })
      .whereIn('username_key', keys)
      .select('username_key'),
  );
  return new Set(found.map((row) => text(row, 'username_key')));
}

export async function emailHolders(
  session: Session,
  kid: string,
  emailKeys: readonly string[],
): Promise<{ emailKey: string; username: string }[]> {
  const found = await rowsOf(emailKeys, (keys) =>
    on(session, 'users')
      .where({ account_kid: kid, active: true })
      .whereIn('email_key', keys)
      .select('email_key', 'username')
      .orderBy('id'),
  );
  return found.map((row) => ({
    emailKey: text(row, 'email_key'),
    username: text(row, 'username'),
  }));
}

export async function administratorIds(session: Session, kid: string): Promise<number[]> {
  const query = on(session, 'users')
    .where({ account_kid: kid, system_administrator: true, active: true })
    .whereNull('locked_at')
    .select('id');
  return (await rows(query)).map((row) => int(row, 'id'));
}

export async function activeUsernames(session: Session, kid: string): Promise<string[]> {
  const query = on(session, 'users')
    .where({ account_kid: kid, active: true })
    .select('username')
    .orderBy('username_key');
  return (await rows(query)).map((row) => text(row, 'username'));
}

export async function inactiveUsers(session: Session, kid: string): Promise<number> {
  const [row = {}] = await rows(
    on(session, 'users').where({ account_kid: kid, active: false }).count({ count: '*' }),
  );
  return int(row, 'count');
}
