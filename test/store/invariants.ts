// The contract's part on constraints and triggers: what no statement may do to the rows.
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Engine, Opened, Value } from './engine.ts';
import { fill, issue, kid, verify } from './fixture.ts';

const check = /check constraint/i;

interface Refused {
  what: string;
  sql: string;
  bindings?: Value[];
  says: RegExp;
}

const jane = "username = 'jane'";
const enabled = `kid = '${kid}'`;

const refusals: Refused[] = [
  {
    what: '2FA is turned off',
    sql: `UPDATE accounts SET enabled_at = NULL, enabled_by = NULL WHERE ${enabled}`,
    says: /never turned off/,
  },
  {
    what: '2FA is re-dated forward',
    sql: `UPDATE accounts SET enabled_at = enabled_at + 1 WHERE ${enabled}`,
    says: /never turned off/,
  },
  {
    what: '2FA is re-dated back',
    sql: `UPDATE accounts SET enabled_at = enabled_at - 1 WHERE ${enabled}`,
    says: /never turned off/,
  },
  {
    what: 'another is said to have turned 2FA on',
    sql: `UPDATE accounts SET enabled_by = 'jane' WHERE ${enabled}`,
    says: /never turned off/,
  },
  {
    what: 'an account is deleted',
    sql: `DELETE FROM accounts WHERE ${enabled}`,
    says: /account is never deleted/,
  },
  {
    what: 'a KID changes',
    sql: `UPDATE accounts SET kid = '1' WHERE ${enabled}`,
    says: /KID of an account never changes/,
  },
  {
    what: '2FA is on since a time but by nobody',
    sql: "UPDATE accounts SET enabled_at = 1 WHERE kid = '20967'",
    says: check,
  },
  { what: 'attempts below 0', sql: `UPDATE users SET attempts_left = -1 WHERE ${jane}`, says: check },
  { what: 'attempts above 7', sql: `UPDATE users SET attempts_left = 8 WHERE ${jane}`, says: check },
  { what: 'no attempt left without a lock', sql: `UPDATE users SET attempts_left = 0`, says: check },
  { what: 'a lock with attempts left', sql: `UPDATE users SET locked_at = 1 WHERE ${jane}`, says: check },
  { what: 'a user is deleted', sql: `DELETE FROM users WHERE ${jane}`, says: /user is never deleted/ },
  {
    what: 'a user moves to another account',
    sql: `UPDATE users SET account_kid = '20967' WHERE ${jane}`,
    says: /same user of the same account/,
  },
  {
    what: "a user's id changes",
    sql: `UPDATE users SET id = id + 100 WHERE ${jane}`,
    says: /same user of the same account|never replaced/,
  },
  {
    what: 'two users have one username',
    sql: `UPDATE users SET username_key = 'maria' WHERE ${jane}`,
    says: /unique|never replaced/i,
  },
  {
    what: 'an event is changed',
    sql: "UPDATE audit_events SET actor = 'nobody'",
    says: /events are never changed/,
  },
  {
    what: 'an event is deleted',
    sql: 'DELETE FROM audit_events WHERE seq = 1',
    says: /events are never deleted/,
  },
  {
    what: 'all events are deleted',
    sql: 'DELETE FROM audit_events',
    says: /events are never deleted/,
  },
  { what: 'a token is deleted', sql: 'DELETE FROM tokens', says: /revoked, never deleted/ },
  {
    what: 'a token is un-revoked',
    sql: 'UPDATE tokens SET revoked_at = NULL WHERE id = 1',
    says: /stays revoked/,
  },
  {
    what: 'a token is revoked later than it was',
    sql: 'UPDATE tokens SET revoked_at = revoked_at + 1 WHERE id = 1',
    says: /stays revoked/,
  },
  { what: 'a token has no known role', sql: "UPDATE tokens SET role = 'root'", says: check },
  {
    what: 'a sandbox is made of the installation',
    sql: 'UPDATE installation SET sandbox = true',
    says: /sandbox never changes/,
  },
  {
    what: 'the installation is deleted',
    sql: 'DELETE FROM installation',
    says: /installation is never deleted/,
  },
  {
    what: 'a code works longer than 15 minutes',
    sql: 'UPDATE codes SET expires_at = expires_at + 1',
    says: check,
  },
  { what: 'a code ends without a reason', sql: 'UPDATE codes SET ended_reason = NULL', says: check },
  {
    what: 'trust lasts longer than 7 days',
    sql: 'UPDATE trusted_locations SET expires_at = expires_at + 1',
    says: check,
  },
  {
    what: 'trust ends without a reason',
    sql: 'UPDATE trusted_locations SET ended_at = 1',
    says: check,
  },
  { what: 'a message has no known status', sql: "UPDATE messages SET status = 'lost'", says: check },
];

/** What the same columns may become, so that the refusals above are not refusals of the statements' form. */
const allowed: [what: string, sql: string][] = [
  ['2FA is turned on', "UPDATE accounts SET enabled_at = 1, enabled_by = 'maria' WHERE kid = '20967'"],
  ['an account is renamed', `UPDATE accounts SET name = 'North' WHERE ${enabled}`],
  ['attempts between 1 and 7', `UPDATE users SET attempts_left = 1 WHERE ${jane}`],
  ['a lock without attempts', `UPDATE users SET attempts_left = 0, locked_at = 1 WHERE ${jane}`],
  ['trust that is cut short', 'UPDATE trusted_locations SET expires_at = expires_at - 1'],
  ['a code that is cut short', 'UPDATE codes SET expires_at = expires_at - 1'],
  ['a token is revoked', 'UPDATE tokens SET revoked_at = 1 WHERE id = 2'],
  ['an ended code is pruned', 'DELETE FROM codes'],
];

export function invariants(engine: Engine): void {
  let opened: Opened;

  beforeEach(async () => {
    opened = await engine.open();
    await fill(opened);
    await issue(opened, 'jane', '123456');
    await verify(opened, 'jane', '123456');
    await opened.sql('UPDATE tokens SET revoked_at = 1772442000000 WHERE id = 1');
  });
  afterEach(() => opened.remove());

  test.each(refusals)('refuses that $what', async ({ sql, bindings = [], says }) => {
    const rows = (table: string) => opened.sql(`SELECT * FROM ${table} ORDER BY 1, 2`);
    const table = /(?:UPDATE|FROM) (\w+)/.exec(sql)?.[1] ?? '';
    const before = await rows(table);
    expect(before.length).toBeGreaterThan(0);
    await expect(opened.sql(sql, ...bindings)).rejects.toThrow(says);
    expect(await rows(table)).toEqual(before);
  });

  test.each(allowed)('allows %s', async (_, sql) => {
    await expect(opened.sql(sql)).resolves.toEqual([]);
  });
}
