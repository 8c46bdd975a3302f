// What an operator with a shell on the database does after dropping triggers, without the key: it is found, and refused on use.
import type Database from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { TrailVerdict } from '../../src/actions/store.ts';
import { by, copyOf, fail, login, office, send, verify } from '../scenarios/steps.ts';
import { Prepared } from '../support/in-process.ts';
import { kid, otherThan } from '../support/program.ts';
import { dropTriggers, type Row, usedInstallation } from './shell.ts';

let enabled: Prepared;
let revoked: string;

beforeAll(async () => {
  ({ installation: enabled, revoked } = await usedInstallation());
});
afterAll(() => enabled.remove());

describe('what is done after dropping one', () => {
  let here: Prepared;
  afterEach(() => here.remove());

  function start(): Prepared {
    here = copyOf(enabled, new Prepared());
    return here;
  }

  /** Works on the database as somebody with a shell on it does, after all triggers and checks are out of the way. */
  function tamper<T>(work: (database: Database.Database) => T): T {
    const database = here.database();
    dropTriggers(database);
    for (const pragma of ['foreign_keys = OFF', 'ignore_check_constraints = ON']) database.pragma(pragma);
    const result = work(database);
    database.close();
    return result;
  }

  const rowOf = (database: Database.Database, table: string, where: string) =>
    database.prepare(`SELECT * FROM ${table} WHERE ${where}`).get() as Row;

  /** Puts a row back to what it was. */
  function putBack(database: Database.Database, table: string, key: string, row: Row): void {
    const columns = Object.keys(row);
    const set = columns.map((column) => `"${column}" = ?`).join(', ');
    database.prepare(`UPDATE ${table} SET ${set} WHERE ${key} = ?`).run(...Object.values(row), row[key]);
  }

  async function expectFound(subject: string, seq: number | null): Promise<void> {
    const verdict = await here.json<TrailVerdict>(['audit', 'verify', '-p', 'owner'], 6);
    expect(verdict).toMatchObject({ intact: false, firstBroken: { subject, seq } });
  }

  const signingIn = (user: string) => ['login', user, '--ip', office, ...by('platform')];

  const idOf = (user: string) => {
    const database = here.database();
    const id = database.prepare('SELECT id FROM users WHERE username = ?').pluck().get(user);
    database.close();
    return id;
  };

  it.each([
    {
      what: '2FA turned off',
      sql: 'UPDATE accounts SET enabled_at = NULL, enabled_by = NULL',
      user: 'jane',
      subject: () => `account:${kid}`,
    },
    {
      what: 'a hundred attempts',
      sql: "UPDATE users SET attempts_left = 100 WHERE username = 'jane'",
      user: 'jane',
      subject: () => `user:${idOf('jane')}`,
    },
    {
      what: 'a lifted lock',
      sql: "UPDATE users SET attempts_left = 7, locked_at = NULL WHERE username = 'sam'",
      user: 'sam',
      subject: () => `user:${idOf('sam')}`,
    },
    {
      what: 'another phone for the codes',
      sql: "UPDATE users SET phone = '+12015550199' WHERE username = 'jane'",
      user: 'jane',
      subject: () => `user:${idOf('jane')}`,
    },
  ])('$what is found, and refused on use', async ({ sql, user, subject }) => {
    start();
    tamper((database) => database.exec(sql));
    expect((await here.error(signingIn(user), 6)).code).toBe('audit-broken');
    const sending = ['code', 'send', user, '--via', 'sms', ...by('platform')];
    expect((await here.error(sending, 6)).code).toBe('audit-broken');
    await expectFound(subject(), null);
  });

  it.each<[string, (database: Database.Database) => void]>([
    [
      'written out of the schema',
      (database) => {
        database.unsafeMode();
        database.pragma('writable_schema = ON');
        database.exec("DELETE FROM sqlite_master WHERE type = 'trigger'");
      },
    ],
    [
      'left behind with their table',
      (database) => {
        for (const pragma of ['foreign_keys = OFF', 'legacy_alter_table = ON']) database.pragma(pragma);
        const renamed = 'ALTER TABLE accounts RENAME TO former';
        database.exec(`${renamed}; CREATE TABLE accounts AS SELECT * FROM former`);
      },
    ],
  ])('triggers %s are as good as dropped: what they kept from being is found', async (_, away) => {
    start();
    const first = here.database();
    away(first);
    first.close();
    const database = here.database();
    database.exec('UPDATE accounts SET enabled_at = NULL, enabled_by = NULL');
    database.close();
    expect((await here.error(signingIn('jane'), 6)).code).toBe('audit-broken');
    await expectFound(`account:${kid}`, null);
  });

  it('a token brought back, or raised to an owner, is found, and refused on use', async () => {
    start();
    const env = { TWOFA_TOKEN: revoked };
    expect((await here.error(['token', 'list'], 4, { env })).code).toBe('token-revoked');
    const care = tamper((database) => {
      database.exec('UPDATE tokens SET revoked_at = NULL');
      database.exec("UPDATE tokens SET role = 'owner' WHERE role = 'customer-care'");
      return rowOf(database, 'tokens', "name = 'Care'").id;
    });
    expect((await here.error(['token', 'list'], 6, { env })).code).toBe('audit-broken');
    expect((await here.error(['token', 'list', '-p', 'care'], 6)).code).toBe('audit-broken');
    await expectFound(`token:${care}`, null);
  });

  it('an event rewritten or removed is named', async () => {
    start();
    const seq = tamper((database) => {
      const locked = rowOf(database, 'audit_events', "action = 'user.locked'");
      database.prepare("UPDATE audit_events SET actor = 'nobody' WHERE seq = ?").run(locked.seq);
      return Number(locked.seq);
    });
    await expectFound(`user:${idOf('sam')}`, seq);
    tamper((database) => database.prepare('DELETE FROM audit_events WHERE seq = ?').run(seq));
    await expectFound(`user:${idOf('sam')}`, null);
  });

  it("rewinding a user's row to an earlier head gives no attempt: the row is refused on use, and found", async () => {
    start();
    const { code } = await send(here, 'david');
    const earlier = tamper((database) => rowOf(database, 'users', "username = 'david'"));
    await fail(here, 'david', 3, { right: code });
    const later = tamper((database) => {
      const now = rowOf(database, 'users', "username = 'david'");
      putBack(database, 'users', 'id', earlier);
      return now;
    });
    const guess = ['code', 'verify', 'david', '--ip', office, ...by('platform')];
    expect((await here.error(guess, 6, { input: code })).code).toBe('audit-broken');
    expect((await here.error(signingIn('david'), 6)).code).toBe('audit-broken');
    await expectFound(`user:${idOf('david')}`, null);
    tamper((database) => putBack(database, 'users', 'id', later));
    expect(await verify(here, 'david', code)).toMatchObject({ result: 'verified' });
    // The chains are whole again; what is gone of the database is named.
    expect(await here.json(['audit', 'verify', '-a', kid, '-p', 'owner'])).toMatchObject({ intact: true });
    expect(await here.json(['audit', 'verify', '-p', 'owner'], 6)).toMatchObject({
      firstBroken: { subject: 'store', reason: expect.stringMatching(/^the trigger .* is missing$/) },
    });
  });

  it.each([
    [
      'leaves out',
      `CREATE TRIGGER no_event BEFORE INSERT ON audit_events WHEN NEW.action = 'code.rejected'
         BEGIN SELECT RAISE(IGNORE); END;
       CREATE TRIGGER no_attempt BEFORE UPDATE ON users WHEN NEW.attempts_left < OLD.attempts_left
         BEGIN SELECT RAISE(IGNORE); END`,
    ],
    [
      'takes back',
      `DROP TRIGGER audit_events_not_deleted;
       CREATE TRIGGER no_event AFTER INSERT ON audit_events WHEN NEW.action = 'code.rejected'
         BEGIN DELETE FROM audit_events WHERE seq = NEW.seq; END;
       CREATE TRIGGER no_attempt AFTER UPDATE ON users WHEN NEW.attempts_left < OLD.attempts_left
         BEGIN UPDATE users SET attempts_left = OLD.attempts_left, chain_count = OLD.chain_count,
           chain_link = OLD.chain_link, head = OLD.head WHERE id = OLD.id; END`,
    ],
  ])('a trigger of their own that %s what a guess leaves gives no guess away', async (_, sql) => {
    start();
    const { code } = await send(here, 'david');
    const database = here.database();
    database.exec(sql);
    const guess = ['code', 'verify', 'david', '--ip', office, ...by('platform')];
    for (const input of [otherThan(code), otherThan(code, 2)]) {
      const refused = await here.error(guess, 6, { input });
      expect(refused).toMatchObject({ code: 'audit-broken', details: { subject: `user:${idOf('david')}` } });
    }
    expect(await here.json(['audit', 'verify', '-p', 'owner'], 6)).toMatchObject({
      firstBroken: { subject: 'store', reason: expect.stringMatching(/^the trigger \w+ is /) },
    });
    for (const name of ['no_event', 'no_attempt']) database.exec(`DROP TRIGGER ${name}`);
    database.close();
    expect(await verify(here, 'david', code)).toMatchObject({ result: 'verified' });
    expect(await here.json(['audit', 'verify', '-a', kid, '-p', 'owner'])).toMatchObject({ intact: true });
  });

  it("putting the newest event's predecessor in its place is found, and a row that ends there is refused", async () => {
    start();
    await fail(here, 'david', 2);
    // Of the whole trail it is not the newest, which this machine knows.
    await login(here, 'jane', office);
    const subject = `user:${idOf('david')}`;
    const [newest, before] = tamper(
      (database) =>
        database
          .prepare('SELECT * FROM audit_events WHERE subject = ? ORDER BY place DESC LIMIT 2')
          .all(subject) as [Row, Row],
    );
    // The newest event says what the one before it said.
    const { seq = 0, place = 0 } = newest;
    tamper((database) => putBack(database, 'audit_events', 'seq', { ...before, seq, place }));
    await expectFound(subject, Number(seq));
    // It is gone, and the one before it stands where it stood.
    tamper((database) => {
      database.prepare('DELETE FROM audit_events WHERE seq = ?').run(seq);
      database.prepare('UPDATE audit_events SET place = ? WHERE seq = ?').run(place, before.seq);
    });
    await expectFound(subject, Number(before.seq));
    // It is gone, and the row says that the chain ends before it.
    tamper((database) => {
      putBack(database, 'audit_events', 'seq', before);
      database
        .prepare("UPDATE users SET chain_count = ?, chain_link = ? WHERE username = 'david'")
        .run(before.place, before.link);
    });
    expect((await here.error(signingIn('david'), 6)).code).toBe('audit-broken');
    await expectFound(subject, null);
  });

  it('a trusted location or a code of another user, copied, is worth nothing', async () => {
    start();
    const { code } = await send(here, 'jane');
    tamper((database) => {
      const { id: jane } = rowOf(database, 'users', "username = 'jane'");
      const { id: david, chain_count: place } = rowOf(database, 'users', "username = 'david'");
      for (const [table, own] of [
        ['trusted_locations', []],
        ['codes', ['id']],
      ] as const) {
        const [row] = database
          .prepare(`SELECT * FROM ${table} WHERE user_id = ? ORDER BY place DESC`)
          .all(jane);
        const copied = Object.entries({ ...(row as Row), user_id: david ?? 0, place: Number(place) + 1 });
        const kept = copied.filter(([column]) => !(own as readonly string[]).includes(column));
        database
          .prepare(`INSERT INTO ${table} (${kept.map(([name]) => name)}) VALUES (${kept.map(() => '?')})`)
          .run(...kept.map(([, value]) => value));
      }
    });
    expect(await login(here, 'jane', office)).toMatchObject({ exit: 0, reason: 'trusted-location' });
    expect(await login(here, 'david', office)).toMatchObject({ exit: 7, result: 'challenge' });
    expect(await verify(here, 'david', code)).toMatchObject({ exit: 8, result: 'rejected' });
  });
});
