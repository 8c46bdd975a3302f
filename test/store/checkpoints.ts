// The contract's part on what a checkpoint finds that the chains themselves cannot: what was put back together.
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { TrailRoot } from '../../src/rules/checkpoint.ts';
import type { Engine, Opened, Value } from './engine.ts';
import { actor, type Fixture, fill, issue, kid, otherKid, verify } from './fixture.ts';
import { mixedWorkload } from './trail.ts';

type Row = Record<string, Value>;

/** The columns of a row, for putting it back as it was. */
export async function rowOf(opened: Opened, table: string, id: number): Promise<Row> {
  const [row] = await opened.sql(`SELECT * FROM ${table} WHERE id = ?`, id);
  return row as Row;
}

/** Puts a row back to what it was, and removes the events that came since: nobody's chain tells of it. */
export async function rewind(opened: Opened, userId: number, before: Row): Promise<number[]> {
  const subject = `user:${userId}`;
  const newer = await opened.sql(
    'SELECT seq FROM audit_events WHERE subject = ? AND place > ? ORDER BY seq',
    subject,
    before.chain_count ?? 0,
  );
  await opened.tamper(
    'DELETE FROM audit_events WHERE subject = ? AND place > ?',
    subject,
    before.chain_count ?? 0,
  );
  const columns = Object.keys(before);
  await opened.tamper(
    `UPDATE users SET ${columns.map((column) => `${column} = ?`).join(', ')} WHERE id = ?`,
    ...Object.values(before),
    userId,
  );
  return newer.map((event) => Number(event.seq));
}

export function checkpoints(engine: Engine): void {
  let opened: Opened;
  let fixture: Fixture;
  const at = '2026-03-02T09:00:00.000Z';

  beforeEach(async () => {
    opened = await engine.open();
    fixture = await fill(opened);
    await issue(opened, 'jane', '123456');
  });
  afterEach(() => opened.remove());

  const against = async (root: TrailRoot, account: string | null = null) =>
    opened.store.verifyTrail(account, { checkpoint: { account, at, ...root } });

  test('the root that rows give is the one that events give, then and later, for all and for an account', async () => {
    const all = await opened.store.trailRoot(null);
    const own = await opened.store.trailRoot(kid);
    const [counted] = await opened.sql(
      'SELECT count(*) AS events, count(DISTINCT subject) AS subjects, max(seq) AS seq FROM audit_events',
    );
    expect(all).toMatchObject({
      seq: Number(counted?.seq),
      events: Number(counted?.events),
      subjects: Number(counted?.subjects),
    });
    expect(own.events).toBeLessThan(all.events);
    expect((await opened.store.trailRoot(otherKid)).subjects).toBe(0);
    await mixedWorkload(opened, fixture);
    expect(await opened.store.trailRoot(null)).not.toMatchObject({ root: all.root });
    expect(await against(all)).toMatchObject({ intact: true, firstBroken: null });
    expect(await against(own, kid)).toMatchObject({ intact: true, firstBroken: null });
  });

  test("a user's row put back, the events since removed: found by the checkpoint", async () => {
    const before = await rowOf(opened, 'users', fixture.jane.id);
    for (let each = 0; each < 7; each += 1) await verify(opened, 'jane', '000000');
    const checkpoint = await opened.store.trailRoot(null);
    const [first = 0] = await rewind(opened, fixture.jane.id, before);
    const own = await opened.store.verifyTrail(kid);
    expect(own, 'by themselves the chains are whole').toMatchObject({ intact: true });
    const verdict = await against(checkpoint);
    expect(verdict).toMatchObject({ intact: false, firstBroken: { subject: 'checkpoint' } });
    if (engine.gapless) expect(verdict.firstBroken?.seq).toBe(first);
  });

  test('the same where others wrote since is found by the checkpoint', async () => {
    const before = await rowOf(opened, 'users', fixture.jane.id);
    await verify(opened, 'jane', '000000');
    await opened.store.write(actor, (tables) =>
      tables.record({ user: fixture.maria }, { action: 'user.viewed' }),
    );
    const checkpoint = await opened.store.trailRoot(null);
    await rewind(opened, fixture.jane.id, before);
    expect(await against(checkpoint)).toMatchObject({
      intact: false,
      firstBroken: { subject: 'checkpoint' },
    });
  });

  const numbered = test.runIf(engine.gapless);

  numbered('and by its number, with the checkpoint and without, where numbers have no gaps', async () => {
    const before = await rowOf(opened, 'users', fixture.jane.id);
    await verify(opened, 'jane', '000000');
    await opened.store.write(actor, (tables) =>
      tables.record({ user: fixture.maria }, { action: 'user.viewed' }),
    );
    const checkpoint = await opened.store.trailRoot(null);
    const [gone = 0] = await rewind(opened, fixture.jane.id, before);
    expect((await opened.store.verifyTrail(null)).firstBroken).toEqual({
      subject: 'store',
      seq: gone,
      reason: 'the event of this number was removed',
    });
    expect((await against(checkpoint)).firstBroken).toEqual({
      subject: 'checkpoint',
      seq: gone,
      reason: `this event was there at the checkpoint of ${at}, and is gone`,
    });
  });

  numbered('the same with the numbers closed up afterwards: found by the checkpoint alone', async () => {
    const before = await rowOf(opened, 'users', fixture.jane.id);
    await verify(opened, 'jane', '000000');
    await opened.store.write(actor, (tables) =>
      tables.record({ user: fixture.maria }, { action: 'user.viewed' }),
    );
    const checkpoint = await opened.store.trailRoot(null);
    const [gone = 0] = await rewind(opened, fixture.jane.id, before);
    await opened.tamper('UPDATE audit_events SET seq = seq - 1 WHERE seq > ?', gone);
    expect((await opened.store.verifyTrail(null)).firstBroken?.subject, 'a number was given').toBe('store');
    await opened.tamper("UPDATE sqlite_sequence SET seq = seq - 1 WHERE name = 'audit_events'");
    await opened.store.write(actor, (tables) =>
      tables.record({ token: fixture.token }, { action: 'call.refused' }),
    );
    expect((await opened.store.verifyTrail(null)).intact).toBe(true);
    expect((await against(checkpoint)).firstBroken).toEqual({
      subject: 'checkpoint',
      seq: checkpoint.seq,
      reason: `up to this event the trail is not the one of the checkpoint of ${at}`,
    });
  });

  test('a checkpoint of more events than there are: an older copy', async () => {
    const checkpoint = await opened.store.trailRoot(null);
    const newer = {
      ...checkpoint,
      seq: checkpoint.seq + 3,
      events: checkpoint.events + 3,
      root: 'f'.repeat(64),
    };
    const { firstBroken } = await against(newer);
    expect(firstBroken).toMatchObject({ subject: 'checkpoint', seq: checkpoint.seq + 1 });
    expect(firstBroken?.reason).toContain(`the trail ends before event ${newer.seq}`);
  });

  test('no root is given over a trail that is plainly broken', async () => {
    await opened.tamper('DELETE FROM audit_events WHERE subject = ?', `user:${fixture.jane.id}`);
    await expect(opened.store.trailRoot(null)).rejects.toMatchObject({ code: 'audit-broken', exit: 6 });
  });

  test('events are exported with everything that is linked, all of them or those of an account', async () => {
    await mixedWorkload(opened, fixture);
    const read = (filter: { kid?: string; after?: number; until?: number; limit?: number }) =>
      opened.store.read((tables) => tables.exported({ after: 0, until: 1e9, limit: 1000, ...filter }));
    const all = await read({});
    const stored = await opened.sql('SELECT * FROM audit_events ORDER BY seq');
    expect(all).toEqual(
      stored.map((row) => ({
        seq: Number(row.seq),
        subject: row.subject,
        place: Number(row.place),
        at: Number(row.at),
        actor: row.actor,
        role: row.role,
        tokenId: row.token_id,
        action: row.action,
        account: row.account,
        user: row.user,
        outcome: row.outcome,
        details: row.details,
        keyId: row.key_id,
        link: row.link,
      })),
    );
    expect(await read({ after: 3, limit: 2 })).toEqual(all.slice(3, 5));
    expect(await read({ after: 3, until: 5 })).toEqual(all.slice(3, 5));
    const own = [`account:${kid}`, `user:${fixture.maria.id}`, `user:${fixture.jane.id}`];
    expect(await read({ kid })).toEqual(all.filter((event) => own.includes(event.subject)));
  });

  test('how far the store is: its newest event, and the one of a number', async () => {
    const last = await opened.store.read((tables) => tables.exported({ after: 0, until: 1e9, limit: 1000 }));
    const newest = last.at(-1);
    expect(await opened.store.settled()).toMatchObject({ seq: newest?.seq, link: newest?.link });
    const standing = await opened.store.standing(2);
    expect(standing.newest).toMatchObject({ seq: newest?.seq, subject: newest?.subject, link: newest?.link });
    expect(standing.known).toMatchObject({ seq: 2, link: last[1]?.link });
    expect((await opened.store.standing(999)).known).toBeNull();
    await opened.tamper('UPDATE installation SET created_at = created_at + 1');
    await expect(opened.store.standing(2)).rejects.toMatchObject({ code: 'audit-broken' });
  });
}
