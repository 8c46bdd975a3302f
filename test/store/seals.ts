// The contract's part on codes, trusted locations and recorded answers: what was not written by an event does not count, and is found.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SignInState } from '../../src/rules/sign-in.ts';
import { rewind, rowOf } from './checkpoints.ts';
import type { Engine, Opened, Value } from './engine.ts';
import { actor, type Fixture, fill, ip, issue, kid, theUser, verify } from './fixture.ts';

type Row = Record<string, Value>;

const tables = ['codes', 'trusted_locations', 'requests'] as const;
type Table = (typeof tables)[number];

/** What a step of a sign-in from the usual address, as the repeat of a request, is decided on. */
async function stateOf({ store }: Opened, user: string, requestId: string): Promise<SignInState> {
  const query = { kid, user, location: ip, app: 'platform', requestId, codes: true };
  const found = await store.signIn(actor, query, ({ state }) => ({ answer: state, event: null }));
  if (typeof found === 'string') throw new Error(found);
  return found.answer;
}

async function rowsOf(opened: Opened, table: Table, userId: number): Promise<Row[]> {
  return (await opened.sql(`SELECT * FROM ${table} WHERE user_id = ?`, userId)) as Row[];
}

async function put(opened: Opened, table: string, row: Row): Promise<void> {
  const columns = Object.keys(row);
  const marks = columns.map(() => '?').join(', ');
  await opened.tamper(
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${marks})`,
    ...Object.values(row),
  );
}

export function seals(engine: Engine): void {
  let opened: Opened;
  let fixture: Fixture;
  /** Jane's row before she signed in. */
  let before: Row;

  beforeEach(async () => {
    opened = await engine.open();
    fixture = await fill(opened);
    before = await rowOf(opened, 'users', fixture.jane.id);
    await issue(opened, 'jane', '111111');
    await verify(opened, 'jane', '111111', { requestId: 'verified' });
    await issue(opened, 'jane', '222222', { requestId: 'issued' });
  });
  afterEach(() => opened.remove());

  const firstBroken = async (account: string | null = null) =>
    (await opened.store.verifyTrail(account)).firstBroken;
  const found = (reason: string) => ({ subject: `user:${fixture.jane.id}`, seq: null, reason });

  test('what twofa wrote counts, and is intact', async () => {
    const { codes, trust, repeat } = await stateOf(opened, 'jane', 'verified');
    expect(codes.filter((code) => code.endedAt === null)).toHaveLength(1);
    expect(trust).toMatchObject({ location: ip, endedAt: null });
    expect(repeat).toMatchObject({ action: 'code.verify' });
    expect(await firstBroken()).toBeNull();
  });

  const changes: [table: Table, column: string, value: string][] = [
    ['codes', 'digest', "'another'"],
    ['codes', 'created_at', 'created_at + 1000'],
    ['codes', 'via', "'sms'"],
    ['codes', 'seal', "'another'"],
    ['codes', 'key_id', "'k9'"],
    ['trusted_locations', 'location', "'198.51.100.9'"],
    ['trusted_locations', 'trusted_at', 'trusted_at + 1000'],
    ['trusted_locations', 'expires_at', 'expires_at - 1000'],
    ['requests', 'answer', `'{"result":"verified"}'`],
    ['requests', 'created_at', 'created_at + 1000'],
    ['requests', 'action', "'code.send'"],
  ];

  const what: Record<Table, string> = {
    codes: 'a code',
    trusted_locations: 'a trusted location',
    requests: 'a recorded answer',
  };

  test.each(changes)('%s: another %s', async (table, column, value) => {
    const only = table === 'requests' ? "AND request_id = 'verified'" : '';
    await opened.tamper(
      `UPDATE ${table} SET ${column} = ${value} WHERE user_id = ? ${table === 'codes' ? 'AND ended_at IS NULL' : only}`,
      fixture.jane.id,
    );
    const { codes, trust, repeat } = await stateOf(opened, 'jane', 'verified');
    if (table === 'codes') expect(codes.filter((code) => code.endedAt === null)).toEqual([]);
    else expect(table === 'requests' ? repeat : trust).toBeNull();
    const broken = found(`${what[table]} was put in or changed behind the trail's back`);
    expect(await firstBroken()).toEqual(broken);
    expect(await firstBroken(kid)).toEqual(broken);
    expect(await firstBroken('20967'), 'of another account').toBeNull();
  });

  test.each(tables)('%s: moved to a place that the chain has not reached', async (table) => {
    const live = table === 'requests' ? "request_id = 'verified'" : 'ended_at IS NULL';
    await opened.tamper(`UPDATE ${table} SET place = 900 WHERE user_id = ? AND ${live}`, fixture.jane.id);
    expect(await firstBroken()).toEqual(found(`${what[table]} is of no event of this chain`));
  });

  test.each(tables)('%s: given to another user', async (table) => {
    const live = table === 'requests' ? "request_id = 'verified'" : 'ended_at IS NULL';
    const { maria, jane } = fixture;
    await opened.tamper(`UPDATE ${table} SET user_id = ? WHERE user_id = ? AND ${live}`, maria.id, jane.id);
    const { codes, trust } = await stateOf(opened, 'maria', 'other');
    expect({ codes, trust }).toEqual({ codes: [], trust: null });
    expect((await firstBroken())?.subject).toBe(`user:${maria.id}`);
  });

  test('of a user who is not there', async () => {
    await opened.tamper('UPDATE codes SET user_id = 987 WHERE ended_at IS NULL');
    expect(await firstBroken()).toMatchObject({ subject: 'user:987' });
  });

  test('a code, brought back after its end', async () => {
    await verify(opened, 'jane', '222222');
    await opened.tamper(
      'UPDATE codes SET ended_at = NULL, ended_reason = NULL WHERE user_id = ?',
      fixture.jane.id,
    );
    const { codes } = await stateOf(opened, 'jane', 'other');
    expect(codes).toEqual([]);
    expect(await firstBroken()).toEqual(found('a code was brought back after its end'));
  });

  test('trust, brought back after its end', async () => {
    const jane = await theUser(opened, 'jane');
    await opened.store.write(actor, (writing) =>
      writing.saveUser(jane, { endTrust: 'forgotten' }, { action: 'location.forgotten' }),
    );
    await opened.tamper('UPDATE trusted_locations SET ended_at = NULL, ended_reason = NULL');
    expect((await stateOf(opened, 'jane', 'other')).trust).toBeNull();
    expect(await firstBroken()).toEqual(found('a trusted location was brought back after its end'));
  });

  describe('of a time that was lost, when the chain goes on another way', () => {
    let lost: [Table, Row][];

    /** Jane's row as it was, without a trace of what came since; then other events in the places of those. */
    beforeEach(async () => {
      const { jane } = fixture;
      lost = [];
      for (const table of tables) {
        for (const row of await rowsOf(opened, table, jane.id)) lost.push([table, row]);
        await opened.tamper(`DELETE FROM ${table} WHERE user_id = ?`, jane.id);
      }
      await rewind(opened, jane.id, before);
      for (let each = 0; each < 6; each += 1) {
        const now = await theUser(opened, 'jane');
        await opened.store.write(actor, (writing) =>
          writing.record({ user: now }, { action: 'user.viewed' }),
        );
      }
    });

    test.each(tables)('%s: put back, it does not count, and is found', async (table) => {
      for (const [of, row] of lost) {
        if (of === table && row.ended_at == null) await put(opened, table, row);
      }
      const { codes, trust, repeat } = await stateOf(opened, 'jane', 'verified');
      expect({ codes, trust, repeat }).toEqual({ codes: [], trust: null, repeat: null });
      expect(await firstBroken(kid)).toEqual(
        found(`${what[table]} was put in or changed behind the trail's back`),
      );
    });
  });
}
