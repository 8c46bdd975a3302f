// The contract's part on rows that are put back alone, and on what somebody changed of the database itself.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Engine, Opened, Value } from './engine.ts';
import { actor, type Fixture, fill, issue, kid, otherKid, theUser, verify } from './fixture.ts';

type Row = Record<string, Value>;

export function putBack(engine: Engine): void {
  let opened: Opened;
  let fixture: Fixture;
  const broken = expect.objectContaining({ code: 'audit-broken', exit: 6 });

  beforeEach(async () => {
    opened = await engine.open();
    fixture = await fill(opened);
  });
  afterEach(() => opened.remove());

  async function rowOf(table: string, column: string, value: Value): Promise<Row> {
    const [row] = await opened.sql(`SELECT * FROM ${table} WHERE ${column} = ?`, value);
    return row as Row;
  }

  /** Writes a row again as it once was; no event is touched. */
  async function restore(table: string, column: string, row: Row): Promise<void> {
    // The test's connection gives booleans as numbers, which PostgreSQL does not take back.
    const columns = Object.keys(row).filter(
      (name) => !/^(active|system_administrator|looks_shared|wanted|may_contacts)$/.test(name),
    );
    await opened.tamper(
      `UPDATE ${table} SET ${columns.map((name) => `${name} = ?`).join(', ')} WHERE ${column} = ?`,
      ...columns.map((name) => row[name] ?? null),
      row[column] ?? null,
    );
  }

  const login = (account: string) =>
    opened.store.signIn(
      actor,
      { kid: account, user: 'jane', location: null, app: 'platform', requestId: null, codes: false },
      ({ state }) => ({ answer: state.enabledAt, event: { action: 'login.granted' } }),
    );

  test('an account from before 2FA was on lets nobody in', async () => {
    const before = await rowOf('accounts', 'kid', otherKid);
    await opened.store.write(actor, async (tables) => {
      const account = await tables.account(otherKid);
      if (!account) throw new Error('There is no such account.');
      await tables.saveAccount(
        account,
        { enabledAt: tables.now, enabledBy: 'maria' },
        { action: 'account.enabled' },
      );
    });
    await restore('accounts', 'kid', before);
    await expect(opened.store.read((tables) => tables.account(otherKid))).rejects.toThrow(broken);
    await expect(opened.store.verifyTrail(null)).resolves.toMatchObject({
      intact: false,
      firstBroken: { subject: `account:${otherKid}` },
    });
    expect(await login(kid)).toMatchObject({ answer: expect.any(Number) });
  });

  test('a token from before it was revoked authenticates nobody', async () => {
    const { token } = fixture;
    const before = await rowOf('tokens', 'id', token.id);
    await opened.store.write(actor, (tables) =>
      tables.saveToken(token, { revokedAt: tables.now }, { action: 'token.revoked' }),
    );
    expect((await opened.store.authenticate(token.digest))?.token.revokedAt).not.toBeNull();
    await restore('tokens', 'id', before);
    await expect(opened.store.authenticate(token.digest)).rejects.toThrow(broken);
  });

  test('a user from before the failures gets no guess', async () => {
    await issue(opened, 'jane', '123456');
    const before = await rowOf('users', 'id', fixture.jane.id);
    for (let each = 0; each < 3; each += 1) await verify(opened, 'jane', '000000');
    await restore('users', 'id', before);
    await expect(verify(opened, 'jane', '000000')).rejects.toThrow(broken);
    await expect(theUser(opened, 'jane')).rejects.toThrow(broken);
  });

  describe('the database itself', () => {
    const fault = () => opened.store.schemaFault();
    const isFile = engine.gapless;

    test('is as it was made', async () => {
      expect(await fault()).toBeNull();
    });

    test('without a trigger is not', async () => {
      await opened.sql(`DROP TRIGGER two_factor_stays_on ${isFile ? '' : 'ON accounts'}`);
      expect(await fault()).toBe('the trigger two_factor_stays_on is missing');
    });

    test('with a trigger that somebody else made is not', async () => {
      if (isFile) {
        await opened.sql(
          `CREATE TRIGGER generous AFTER UPDATE OF attempts_left ON users BEGIN
             UPDATE users SET attempts_left = OLD.attempts_left WHERE id = OLD.id; END`,
        );
      } else {
        await opened.sql(
          `CREATE FUNCTION generous() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$`,
        );
        await opened.sql(
          'CREATE TRIGGER generous BEFORE INSERT ON audit_events FOR EACH ROW EXECUTE FUNCTION generous()',
        );
      }
      expect(await fault()).toBe('the trigger generous is not one that twofa made');
    });

    test('with a trigger of twofa that does something else is not', async () => {
      if (isFile) {
        await opened.sql('DROP TRIGGER audit_events_not_deleted');
        await opened.sql(
          'CREATE TRIGGER audit_events_not_deleted BEFORE DELETE ON audit_events BEGIN SELECT 1; END',
        );
      } else {
        await opened.sql(
          `CREATE OR REPLACE FUNCTION audit_events_not_deleted() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN RETURN OLD; END $$`,
        );
      }
      expect(await fault()).toBe('the trigger audit_events_not_deleted is not as twofa made it');
    });

    test('with a view in the place of nothing is not', async () => {
      await opened.sql('CREATE VIEW clear_text AS SELECT username FROM users');
      expect(await fault()).toBe('the view clear_text is not one that twofa made');
    });
  });
}
