// The contract's part on a lost key: chains go on behind a break, everything ends, and later changes are found.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ClosedChains, Store } from '../../src/actions/store.ts';
import { deriveKeys, type Keyring, keyringOf } from '../../src/rules/keyring.ts';
import type { Engine, Opened } from './engine.ts';
import {
  actor,
  eventCount,
  type Fixture,
  fill,
  issue,
  kid,
  otherKid,
  someone,
  verification,
  verify,
} from './fixture.ts';
import { mixedWorkload } from './trail.ts';

const rekey = { actor: 'rekey', role: 'owner', tokenId: null };

/** A ring of one key that no other has. */
function ringOf(number: number): Keyring {
  return keyringOf([deriveKeys(`k${number}`, Buffer.alloc(32, 40 + number))], `k${number}`);
}

/** Users enough for several pages. */
async function crowd({ store }: Opened, count: number): Promise<void> {
  await store.write(actor, async (tables) => {
    const account = await tables.account(otherKid);
    if (!account) throw new Error('The fixture is gone.');
    const people = Array.from({ length: count }, (_, each) => someone(`user${each}`, '+12015550199'));
    await tables.addUsers(account, people, { action: 'users.imported' });
  });
}

export function lostKey(engine: Engine): void {
  let opened: Opened;
  let fixture: Fixture;
  /** The store under the key that takes the place of the lost one. */
  let store: Store;

  beforeEach(async () => {
    opened = await engine.open();
    fixture = await fill(opened);
    store = await opened.again(ringOf(2));
  });
  afterEach(() => opened.remove());

  const close = (on = store, lost = opened.keyring.current.fingerprint, reason = 'the disk died') =>
    on.write(rekey, (tables) => tables.closeChains(lost, reason));
  const one = async (query: string, ...bindings: (string | number)[]) =>
    (await opened.sql(query, ...bindings))[0];

  test('each chain is closed by a break, and the trail is intact from there on', async () => {
    await mixedWorkload(opened, fixture);
    const before = await eventCount(opened);
    const closed = await close();
    expect(closed).toMatchObject({ accounts: 2, users: 3, events: before, unfitting: 0 });
    const verdict = await store.verifyTrail(null);
    expect(verdict).toMatchObject({ intact: true, firstBroken: null, unproved: before });
    expect(verdict.breaks).toMatchObject([{ reason: 'the disk died' }]);
    const subjects = await opened.sql(
      "SELECT subject, count(*) AS n FROM audit_events WHERE action = 'chain.rekeyed' GROUP BY subject",
    );
    expect(subjects).toHaveLength(1 + 2 + 3 + 2);
    for (const each of subjects) expect(Number(each.n)).toBe(1);
    expect((await one('SELECT count(*) AS n FROM audit_events WHERE actor = ?', 'rekey'))?.n).toBe(8);
    expect((await store.verifyTrail(kid)).breaks).toMatchObject([{ reason: 'the disk died' }]);
    expect(await store.authenticate('any'), 'its key serves').toBeNull();
    const lost = await opened.again();
    await expect(lost.authenticate('any')).rejects.toMatchObject({ code: 'key-unavailable' });
  });

  test('codes, trusted locations and tokens end; locks, attempts and 2FA stay', async () => {
    await issue(opened, 'jane', '111111');
    await verify(opened, 'jane', '111111');
    await issue(opened, 'jane', '222222');
    await verify(opened, 'jane', '000000');
    for (let each = 0; each < 7; each += 1) await verify(opened, 'maria', '000000');
    expect(await close()).toMatchObject({ codes: 1, locations: 1, tokens: 2 });
    const query = { kid, user: 'jane', location: '203.0.113.7', app: 'pm', requestId: null, codes: true };
    await store.signIn(actor, query, ({ state }) => {
      expect(state.codes.filter((code) => code.endedAt === null)).toEqual([]);
      expect(state.trust?.endedReason).toBe('restored');
      expect(state.enabledAt).not.toBeNull();
      expect(state.attemptsLeft).toBe(6);
      return { answer: null, event: null };
    });
    const found = await store.signIn(actor, query, verification(opened, '222222'));
    expect(found).toMatchObject({ answer: { answer: { result: 'rejected', attemptsLeft: 5 } } });
    const maria = await store.read((tables) => tables.user(kid, 'maria'));
    expect(maria).toMatchObject({ attemptsLeft: 0, lockedAt: expect.any(Number) });
    const tokens = await store.read((tables) => tables.tokens({ limit: 10 }));
    expect(tokens.map((token) => token.revokedAt)).toEqual([expect.any(Number), expect.any(Number)]);
    expect((await one("SELECT count(*) AS n FROM codes WHERE ended_reason = 'restored'"))?.n).toBe(1);
    expect(await store.verifyTrail(null)).toMatchObject({ intact: true });
  });

  test('recovery codes are void', async () => {
    await opened.store.write(actor, async (tables) => {
      const account = await tables.account(kid);
      if (account) await tables.replaceRecoveryCodes(account, ['one', 'two'], { action: 'recovery.renewed' });
    });
    expect(await close()).toMatchObject({ recoveryCodes: 2 });
    const left = await store.read(async (tables) => {
      const account = await tables.account(kid);
      return account && tables.recoveryCodes(account);
    });
    expect(left).toEqual([]);
    expect(await store.verifyTrail(null)).toMatchObject({ intact: true });
  });

  test('users are taken in pages, each with its break', async () => {
    await crowd(opened, 450);
    expect(await close()).toMatchObject({ users: 452 });
    expect(await store.verifyTrail(null)).toMatchObject({ intact: true });
    const rows = await one("SELECT count(*) AS n FROM users WHERE key_id = 'k2' AND chain_count > 0");
    expect(rows?.n).toBe(452);
  });

  test('undone, it leaves the store as it was', async () => {
    const undone = store.write(rekey, async (tables) => {
      await tables.closeChains(opened.keyring.current.fingerprint, 'the disk died');
      throw new Error('power cut');
    });
    await expect(undone).rejects.toThrow('power cut');
    expect(await opened.store.verifyTrail(null)).toMatchObject({ intact: true, breaks: [] });
    expect((await one('SELECT count(*) AS n FROM tokens WHERE revoked_at IS NOT NULL'))?.n).toBe(0);
  });

  test('of two at once the second changes nothing', async () => {
    await close();
    const second = await opened.again(ringOf(3));
    await expect(close(second)).rejects.toMatchObject({ code: 'key-not-lost', exit: 6 });
    expect(await store.verifyTrail(null)).toMatchObject({ intact: true });
  });

  test('a key can be lost again', async () => {
    await verify(opened, 'jane', '000000');
    await close();
    await verify(opened, 'jane', '000000', {}, store);
    const before = await eventCount(opened);
    const again = await opened.again(ringOf(3));
    await close(again, ringOf(2).current.fingerprint, 'the other disk died');
    expect(await again.verifyTrail(null)).toMatchObject({
      intact: true,
      unproved: before,
      breaks: [{ reason: 'the other disk died' }],
    });
  });

  test('a lost key that is found again proves the events before the break', async () => {
    await mixedWorkload(opened, fixture);
    await close();
    const both = keyringOf([opened.keyring.current, ringOf(2).current], 'k2');
    const found = await opened.again(both);
    expect(await found.verifyTrail(null)).toMatchObject({ intact: true, unproved: 0 });
  });

  test('a chain whose newest event was removed before is counted', async () => {
    await verify(opened, 'jane', '000000');
    await opened.tamper('DELETE FROM audit_events WHERE subject = ?', `user:${fixture.jane.id}`);
    const closed: ClosedChains = await close();
    expect(closed.unfitting).toBe(1);
    const [row] = await opened.sql(
      "SELECT details FROM audit_events WHERE subject = ? AND action = 'chain.rekeyed'",
      `user:${fixture.jane.id}`,
    );
    expect(JSON.parse(String(row?.details))).toMatchObject({ from: { count: 0 }, claimed: { count: 1 } });
  });

  describe('what is changed afterwards is found:', () => {
    const ofJane = () => `user:${fixture.jane.id}`;
    const seqAt = async (place: number) =>
      Number(
        (await one('SELECT seq FROM audit_events WHERE subject = ? AND place = ?', ofJane(), place))?.seq,
      );

    beforeEach(async () => {
      for (const code of ['111111', '222222', '333333']) await verify(opened, 'jane', code);
      await close();
      await verify(opened, 'jane', '444444', {}, store);
    });

    const verdict = async () => (await store.verifyTrail(null)).firstBroken;

    test('nothing is broken so far', async () => {
      expect(await verdict()).toBeNull();
    });

    test.each([
      ['an older event', "UPDATE audit_events SET outcome = 'x' WHERE seq = ?", 2, 4],
      ['an older event’s key', "UPDATE audit_events SET key_id = 'k2' WHERE seq = ?", 2, 2],
      ['the event before the break', "UPDATE audit_events SET actor = 'x' WHERE seq = ?", 3, 4],
      ['an older event, deleted', 'DELETE FROM audit_events WHERE seq = ?', 2, 3],
      ['the break', "UPDATE audit_events SET actor = 'x' WHERE seq = ?", 4, 4],
      ['the break’s key', "UPDATE audit_events SET key_id = 'k1' WHERE seq = ?", 4, 1],
      ['an event after the break', "UPDATE audit_events SET actor = 'x' WHERE seq = ?", 5, 5],
    ])('%s', async (_what, statement, at, named) => {
      const seqs = [0];
      for (const place of [1, 2, 3, 4, 5]) seqs.push(await seqAt(place));
      await opened.tamper(statement, seqs[at] ?? 0);
      expect(await verdict()).toMatchObject({ subject: ofJane(), seq: seqs[named] });
    });

    test.each(['no JSON', 'null', '{}', '{"ids": 5}', '{"ids": ["2"]}', '{"ids": [-1]}'])(
      'the details of an older event that added users: %s',
      async (details) => {
        const added = await one("SELECT seq FROM audit_events WHERE action = 'users.imported'");
        await opened.tamper('UPDATE audit_events SET details = ? WHERE seq = ?', details, Number(added?.seq));
        expect(await verdict()).toEqual({
          subject: `account:${kid}`,
          seq: Number(added?.seq),
          reason: 'the event was changed',
        });
      },
    );

    test('the users whom an older event added', async () => {
      await opened.tamper(
        "UPDATE audit_events SET details = ? WHERE action = 'users.imported'",
        `{"ids":[${fixture.maria.id},${fixture.jane.id},987]}`,
      );
      expect(await verdict()).toMatchObject({
        subject: `account:${kid}`,
        reason: 'an event before this break was changed since',
      });
    });

    test('the row', async () => {
      await opened.tamper('UPDATE users SET attempts_left = 7 WHERE id = ?', fixture.jane.id);
      expect(await verdict()).toMatchObject({ subject: ofJane(), seq: null });
    });

    test('an event that whoever found the lost key appends', async () => {
      await expect(
        verify(opened, 'jane', '555555'),
        'a process that still has the lost key',
      ).rejects.toMatchObject({ code: 'audit-broken', exit: 6 });
      await opened.tamper(
        `INSERT INTO audit_events (subject, place, at, actor, role, action, outcome, details, key_id, link)
         SELECT subject, 6, at, actor, role, 'code.verified', outcome, details, 'k1', link
         FROM audit_events WHERE subject = ? AND place = 5`,
        ofJane(),
      );
      expect(await verdict()).toMatchObject({ subject: ofJane(), reason: 'the key ring has no key "k1"' });
    });
  });
}
