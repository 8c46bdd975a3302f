// Reads who of an account's users is active, inactive, or one of its administrators.
import { int, text } from './rows.ts';
import { on, rows, type Session } from './session.ts';

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
