// The contract's part on years of operation: what is pruned and what stays, what is counted, what the store says of itself.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { kindOf } from '../../src/rules/event-kind.ts';
import { nonePruned, type PrunedCounts, prunedKinds } from '../../src/rules/retention.ts';
import type { Engine, Opened } from './engine.ts';
import { actor, type Fixture, fill, issue, kid, theUser, verify } from './fixture.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

export function upkeep(engine: Engine): void {
  let opened: Opened;
  let fixture: Fixture;

  beforeEach(async () => {
    opened = await engine.open();
    fixture = await fill(opened);
  });
  afterEach(() => opened.remove());

  const count = async (table: string) =>
    Number((await opened.sql(`SELECT count(*) AS n FROM ${table}`))[0]?.n);

  /** Removes what can go, in batches of so many. */
  async function pruned(limit = 100): Promise<PrunedCounts> {
    const rows = await opened.store.read((tables) => tables.prunable(prunedKinds, limit));
    return opened.store.write(actor, (tables) => tables.prune(rows));
  }

  const countPrunable = () => opened.store.read((tables) => tables.countPrunable());

  describe('pruning', () => {
    test('takes nothing that is of use', async () => {
      await issue(opened, 'jane', '123456', { requestId: 'r1' });
      await verify(opened, 'jane', '123456', { requestId: 'r2' });
      await opened.move(15 * minute - 1);
      expect(await pruned()).toEqual(nonePruned());
      expect(await countPrunable()).toEqual(nonePruned());
    });

    test('takes recorded answers after 15 minutes, of all applications', async () => {
      await issue(opened, 'jane', '123456', { requestId: 'r1' });
      await issue(opened, 'jane', '123457', { requestId: 'r1', app: 'pm' });
      await opened.move(15 * minute);
      expect(await countPrunable()).toEqual(nonePruned());
      await opened.move(1);
      await issue(opened, 'jane', '123458', { requestId: 'r2' });
      expect(await countPrunable()).toEqual({ ...nonePruned(), requests: 2 });
      expect(await pruned()).toEqual({ ...nonePruned(), requests: 2 });
      expect(await opened.sql('SELECT request_id FROM requests')).toEqual([{ request_id: 'r2' }]);
    });

    test('takes codes a day after their 15 minutes, whether they were ended or not', async () => {
      await issue(opened, 'jane', '123456');
      await verify(opened, 'jane', '123456');
      await issue(opened, 'jane', '123457');
      await opened.move(day + 15 * minute);
      expect(await pruned()).toEqual(nonePruned());
      await issue(opened, 'jane', '123458');
      await opened.move(1);
      expect(await pruned()).toEqual({ ...nonePruned(), codes: 2 });
      expect(await verify(opened, 'jane', '123458')).toMatchObject({ answer: { result: 'verified' } });
    });

    test('takes a batch of the oldest at a time', async () => {
      for (const code of ['100001', '100002', '100003']) await issue(opened, 'jane', code);
      await opened.move(2 * day);
      expect(await pruned(2)).toEqual({ ...nonePruned(), codes: 2 });
      expect(await pruned(2)).toEqual({ ...nonePruned(), codes: 1 });
      expect(await pruned(2)).toEqual(nonePruned());
    });

    test('takes messages and trusted locations 90 days later, and the trail stays intact', async () => {
      await issue(opened, 'jane', '123456', { messageId: 'msg_1' });
      await opened.store.settleMessage(actor, 'msg_1', { status: 'accepted', reason: null });
      await verify(opened, 'jane', '123456');
      const events = await count('audit_events');
      await opened.move(90 * day);
      expect(await pruned()).toEqual({ ...nonePruned(), codes: 1 });
      await opened.move(1);
      expect(await pruned()).toEqual({ ...nonePruned(), messages: 1 });
      // Trust lasts 7 days, and is remembered for 90 more.
      await opened.move(7 * day - 1);
      expect(await pruned()).toEqual(nonePruned());
      await opened.move(1);
      expect(await pruned()).toEqual({ ...nonePruned(), locations: 1 });
      expect(await opened.store.read((tables) => tables.locations(fixture.jane.id))).toEqual([]);
      expect(await count('audit_events')).toBe(events);
      expect(await opened.store.verifyTrail(null)).toMatchObject({ intact: true, events });
    });

    test('leaves a location alone that is trusted again meanwhile', async () => {
      await issue(opened, 'jane', '123456');
      await verify(opened, 'jane', '123456');
      await opened.move(98 * day);
      const rows = await opened.store.read((tables) => tables.prunable(prunedKinds, 100));
      expect(rows.locations).toHaveLength(1);
      await issue(opened, 'jane', '123457');
      await verify(opened, 'jane', '123457');
      const removed = await opened.store.write(actor, (tables) => tables.prune(rows));
      expect(removed).toEqual({ ...nonePruned(), codes: 1, messages: 1 });
      expect(await count('trusted_locations')).toBe(1);
    });

    test('takes notices of every outcome after 90 days', async () => {
      await opened.store.write(actor, async (tables) => {
        const account = await tables.account(kid);
        if (!account) throw new Error('There is no account.');
        const to = { username: 'maria', email: 'maria@northside.example', language: 'en' as const };
        const notice = { kind: 'user-locked' as const, about: 'jane', details: {}, to };
        await tables.addNotices(account, [notice, notice]);
      });
      await opened.store.settleNotice(1, { status: 'accepted', reason: null });
      await opened.move(90 * day);
      expect(await pruned()).toEqual(nonePruned());
      await opened.move(1);
      expect(await pruned()).toEqual({ ...nonePruned(), notices: 2 });
    });

    test('takes a roll call a day after 2FA is on, and an announcement when its day and 90 days are over', async () => {
      const at = (await opened.store.read(async (tables) => tables.now)) + 120 * day;
      const date = new Date(at).toISOString().slice(0, 10);
      await opened.store.write(actor, async (tables) => {
        const account = await tables.account(kid);
        if (!account) throw new Error('There is no account.');
        const message = { userId: fixture.jane.id, via: 'email', recipient: 'j•••' } as const;
        const word = { ...message, id: 'msg_w', address: 'a', digest: 'd', keyId: 'k1' };
        const called = await tables.addCheckWords(account, [word], { action: 'rollcall.called' });
        expect(called).toBeUndefined();
      });
      await opened.store.write(actor, async (tables) => {
        const account = await tables.account(kid);
        if (!account) throw new Error('There is no account.');
        const message = { id: 'msg_a', userId: fixture.jane.id, via: 'email', recipient: 'j•••' } as const;
        await tables.addAnnouncements(account, date, [message], { action: 'announcement.sent' });
        await tables.endCheckWords(kid);
      });
      await opened.move(day);
      expect(await pruned()).toEqual(nonePruned());
      await opened.move(1);
      expect(await pruned()).toEqual({ ...nonePruned(), checkWords: 1 });
      await opened.move(90 * day);
      expect(await pruned(), 'the message of an announcement to come stays').toEqual({
        ...nonePruned(),
        messages: 1,
      });
      await opened.move(31 * day);
      expect(await pruned()).toEqual({ ...nonePruned(), announcements: 1 });
      expect(await pruned()).toEqual({ ...nonePruned(), messages: 1 });
    });
  });

  describe('counting', () => {
    /** Counts the next page, as far as nothing comes before it any more. */
    async function countOn(limit: number): Promise<number> {
      const settled = await opened.store.settled();
      const page = await opened.store.read((tables) => tables.uncounted(settled?.seq ?? 0, limit));
      if (page.events === 0) return 0;
      expect(await opened.store.write(actor, (tables) => tables.addCounts(page))).toBe(true);
      return page.events;
    }

    const keptCount = async () =>
      Number((await opened.sql('SELECT sum(count) AS n FROM event_counts'))[0]?.n);

    /** The counts of all events, in an order of their own. */
    const counts = async () => {
      const found = await opened.store.read((tables) => tables.eventCounts());
      return found
        .map(({ action, outcome, via, said, count }) => `${action} ${outcome} ${via} ${said} ${count}`)
        .sort();
    };

    test('is the same however much of it is kept', async () => {
      for (const code of ['100001', '100002']) await issue(opened, 'jane', code);
      for (const code of ['000000', '100001', '000000']) await verify(opened, 'jane', code);
      const events = await opened.store.read((tables) =>
        tables.exported({ after: 0, until: 1e9, limit: 1000 }),
      );
      const byHand = new Map<string, number>();
      for (const event of events) {
        const { action, outcome, via, said } = kindOf(event);
        const kind = `${action} ${outcome} ${via} ${said}`;
        byHand.set(kind, (byHand.get(kind) ?? 0) + 1);
      }
      const expected = [...byHand].map(([kind, count]) => `${kind} ${count}`).sort();
      expect(expected).toContain('code.rejected ok   2');
      expect(await counts(), 'nothing is kept').toEqual(expected);
      expect(await countOn(3)).toBe(3);
      expect(await counts(), 'some of it is kept').toEqual(expected);
      while ((await countOn(3)) > 0);
      expect(await counts(), 'all of it is kept').toEqual(expected);
      expect(await keptCount()).toBe(events.length);
      await issue(opened, 'jane', '100003');
      expect(await counts()).not.toEqual(expected);
      expect(await countOn(3)).toBe(1);
    });

    test('adds a page once, whoever counts at the same time', async () => {
      const page = await opened.store.read((tables) => tables.uncounted(1e9, 1000));
      const other = await opened.again();
      const added = [
        await opened.store.write(actor, (tables) => tables.addCounts(page)),
        await other.write(actor, (tables) => tables.addCounts(page)),
      ];
      expect(added).toEqual([true, false]);
      expect(await keptCount()).toBe(page.events);
    });
  });

  describe('what it says of itself', () => {
    test('when a task was done last', async () => {
      const done = () => opened.store.read((tables) => tables.task('checkpoint'));
      expect(await done()).toBeNull();
      for (const seq of [5, 7]) {
        await opened.store.write(actor, (tables) => tables.noteTask('checkpoint', seq));
        expect(await done()).toEqual({
          at: await opened.store.read(async (tables) => tables.now),
          seq,
        });
        await opened.move(minute);
      }
    });

    test('how much there is of what somebody watches', async () => {
      for (const code of ['1', '2', '3', '4', '5', '6', '7']) await verify(opened, 'jane', `00000${code}`);
      expect((await theUser(opened, 'jane')).lockedAt).not.toBeNull();
      await issue(opened, 'maria', '123456');
      const gauges = await opened.store.read((tables) => tables.gauges());
      expect(gauges).toEqual({
        accounts: { enabled: 1, overdue: 1 },
        lockedUsers: 1,
        openNotices: { pending: 2, undelivered: 0, unknown: 0 },
        pendingMessages: 1,
        storeBytes: expect.any(Number),
        standbyBehindMs: null,
      });
      expect(gauges.storeBytes).toBeGreaterThan(100_000);
    });

    test('what it holds and takes', async () => {
      await opened.sql('ANALYZE');
      const facts = await opened.store.facts();
      expect(facts).toMatchObject({
        schema: { unknown: [], oldestProgram: '0.1.0' },
        trail: { events: await count('audit_events') },
        keys: ['k1'],
      });
      expect(facts.schema.applied.at(-1)).toBe(await opened.store.check());
      const rows = Object.fromEntries(facts.tables.map(({ name, rows }) => [name, rows]));
      expect(rows).toMatchObject({ users: 2, accounts: 2, tokens: 2, installation: 1, codes: 0 });
      for (const { name, bytes } of facts.tables) expect(bytes, name).toBeGreaterThanOrEqual(0);
      const bytes = facts.tables.reduce((sum, table) => sum + table.bytes, 0);
      expect(bytes).toBeGreaterThan(0);
      expect(bytes).toBeLessThanOrEqual(facts.bytes + (facts.walBytes ?? 0));
      opened.keyring.rotate();
      await opened.store.write(actor, (tables) => tables.adoptKey({ action: 'key.rotated' }));
      expect((await opened.store.facts()).keys).toEqual(['k1', 'k2']);
    });
  });
}
