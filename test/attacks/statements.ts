// Statements that would turn 2FA off, rewrite the trail, change attempts or bring a token back, in the many ways of SQLite.
import type Database from 'better-sqlite3';
import { kid } from '../support/program.ts';
import { otherKid } from './shell.ts';

const off = 'enabled_at = NULL, enabled_by = NULL';

/** What SQLite can be told to do where a constraint is in the way. */
const others = ['OR IGNORE', 'OR REPLACE', 'OR FAIL', 'OR ROLLBACK', 'OR ABORT'];

/** Statements by what they are after, for the tables of a database. Each changes the store once the triggers are dropped. */
export function statementsFor(database: Database.Database): Record<string, string[]> {
  /** The rows of a table with some columns as they are wanted, for an insert that meets them. */
  const again = (table: string, where: string, wanted: Record<string, string>, leave: string[] = []) => {
    const all = database.prepare(`PRAGMA table_info(${table})`).all() as { name: string }[];
    const columns = all.map(({ name }) => name).filter((name) => !leave.includes(name));
    const values = columns.map((name) => wanted[name] ?? `"${name}"`);
    return `INTO ${table} (${columns.map((name) => `"${name}"`)}) SELECT ${values} FROM ${table} WHERE ${where}`;
  };
  const account = `kid = '${kid}'`;
  const wanted = { enabled_at: 'NULL', enabled_by: 'NULL' };
  const newest = '(SELECT max(seq) FROM audit_events)';
  const attempts = { attempts_left: '100', locked_at: 'NULL' };
  const jane = "username = 'jane'";
  return {
    'turns 2FA off': [
      `UPDATE accounts SET ${off}`,
      ...others.map((or) => `UPDATE ${or} accounts SET ${off} WHERE ${account}`),
      `UPDATE accounts SET enabled_at = 99999999999999 WHERE ${account}`,
      `UPDATE accounts SET enabled_at = none.at, enabled_by = none.at FROM (SELECT NULL AS at) AS none`,
      `WITH it AS (SELECT kid FROM accounts) UPDATE accounts SET ${off} WHERE kid IN it`,
      `REPLACE ${again('accounts', account, wanted)}`,
      `INSERT OR REPLACE ${again('accounts', account, wanted)}`,
      `INSERT ${again('accounts', account, wanted)} ON CONFLICT (kid) DO UPDATE SET ${off}`,
      `INSERT ${again('accounts', account, wanted)} ON CONFLICT DO UPDATE SET ${off}`,
      `DELETE FROM accounts WHERE ${account}`,
      'DELETE FROM accounts',
      `UPDATE OR REPLACE accounts SET kid = '${kid}' WHERE kid = '${otherKid}'`,
      `UPDATE OR REPLACE accounts SET rowid = (SELECT rowid FROM accounts WHERE ${account}) WHERE kid = '${otherKid}'`,
      `UPDATE OR REPLACE accounts SET _rowid_ = (SELECT rowid FROM accounts WHERE ${account}) WHERE kid = '${otherKid}'`,
      `CREATE TEMP TRIGGER mine AFTER UPDATE ON practices BEGIN UPDATE accounts SET ${off}; END; UPDATE practices SET name = name`,
      `ATTACH ':memory:' AS mine; CREATE TABLE mine.accounts AS SELECT * FROM main.accounts;
       UPDATE mine.accounts SET ${off}; REPLACE INTO main.accounts SELECT * FROM mine.accounts`,
    ],
    'rewrites the trail': [
      "UPDATE audit_events SET outcome = 'ok', details = '{}'",
      ...others.map((or) => `UPDATE ${or} audit_events SET actor = 'nobody' WHERE seq = ${newest}`),
      'UPDATE audit_events SET seq = seq + 1000000',
      `UPDATE OR REPLACE audit_events SET seq = ${newest} WHERE seq = ${newest} - 1`,
      'UPDATE OR REPLACE audit_events SET place = place + 1000',
      'DELETE FROM audit_events',
      `DELETE FROM audit_events WHERE seq = ${newest}`,
      `REPLACE ${again('audit_events', `seq = ${newest}`, { actor: "'nobody'" })}`,
      `INSERT OR REPLACE ${again('audit_events', `seq = ${newest}`, { actor: "'nobody'" }, ['seq'])}`,
      `INSERT ${again('audit_events', `seq = ${newest}`, {})} ON CONFLICT (seq) DO UPDATE SET actor = 'nobody'`,
      `INSERT ${again('audit_events', `seq = ${newest}`, {}, ['seq'])} ON CONFLICT (subject, place) DO UPDATE SET actor = 'nobody'`,
      `CREATE TEMP TRIGGER mine AFTER UPDATE ON practices BEGIN DELETE FROM audit_events; END; UPDATE practices SET name = name`,
    ],
    'sets attempts outside 0 to 7, or lifts a lock without giving any': [
      ...['8', '100', '-1', '7.5', "'many'"].map((left) => `UPDATE users SET attempts_left = ${left}`),
      ...others.map((or) => `UPDATE ${or} users SET attempts_left = 100 WHERE ${jane}`),
      "UPDATE users SET locked_at = NULL WHERE username = 'sam'",
      `UPDATE users SET attempts_left = 0 WHERE ${jane}`,
      `REPLACE ${again('users', jane, attempts)}`,
      `INSERT OR REPLACE ${again('users', jane, attempts, ['id'])}`,
      `INSERT ${again('users', jane, {})} ON CONFLICT (id) DO UPDATE SET attempts_left = 100`,
      `INSERT ${again('users', jane, {}, ['id'])} ON CONFLICT (account_kid, username_key) DO UPDATE SET attempts_left = 100`,
      `INSERT ${again('users', jane, { ...attempts, username: "'ghost'", username_key: "'ghost'" }, ['id'])}`,
      `DELETE FROM users WHERE ${jane}`,
    ],
    'brings a token back': [
      'UPDATE tokens SET revoked_at = NULL',
      'UPDATE OR REPLACE tokens SET revoked_at = revoked_at + 1000 WHERE revoked_at IS NOT NULL',
      `REPLACE ${again('tokens', 'revoked_at IS NOT NULL', { revoked_at: 'NULL' })}`,
      `INSERT ${again('tokens', 'revoked_at IS NOT NULL', {}, ['id'])} ON CONFLICT (digest) DO UPDATE SET revoked_at = NULL`,
      'DELETE FROM tokens',
    ],
  };
}
