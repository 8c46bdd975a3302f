// The contract's part on the audit trail: how chains grow, and that they verify.
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Engine, Opened } from './engine.ts';
import { actor, eventCount, type Fixture, fill, issue, kid, otherKid, someone, verify } from './fixture.ts';

/** Everything that writes: users, contact data, sign-ins, locks, tokens, refused calls. */
export async function mixedWorkload(opened: Opened, { maria, token }: Fixture): Promise<void> {
  await issue(opened, 'jane', '111111', { messageId: 'msg_w', requestId: 'w1' });
  await opened.store.settleMessage(actor, 'msg_w', { status: 'accepted', reason: null });
  await verify(opened, 'jane', '000000');
  await verify(opened, 'jane', '111111');
  await Promise.all(Array.from({ length: 9 }, () => verify(opened, 'jane', '000000')));
  await opened.store.write(actor, async (tables) => {
    const account = await tables.account(otherKid);
    const jane = await tables.user(kid, 'jane');
    if (!account || !jane) throw new Error('The fixture is gone.');
    await tables.addUsers(account, [someone('sam', '+12015550130')], { action: 'user.added', user: 'sam' });
    const back = { attemptsLeft: 7, lockedAt: null, endTrust: 'reactivated' as const };
    await tables.saveUser(jane, back, { action: 'user.reactivated', details: { reason: '“quoted” ✓' } });
    await tables.record({ user: maria }, { action: 'user.viewed' });
    await tables.record({ token }, { action: 'call.refused', outcome: 'refused', account: kid });
  });
  await opened.store.write(actor, async (tables) => {
    const fresh = await tables.token(token.id);
    if (!fresh) throw new Error('The token is gone.');
    await tables.saveToken(fresh, { revokedAt: tables.now }, { action: 'token.revoked' });
  });
}

export function trail(engine: Engine): void {
  let opened: Opened;
  let fixture: Fixture;

  beforeEach(async () => {
    opened = await engine.open();
    fixture = await fill(opened);
  });
  afterEach(() => opened.remove());

  test('a new store is intact', async () => {
    expect(await opened.store.verifyTrail(null)).toEqual({
      events: await eventCount(opened),
      intact: true,
      firstBroken: null,
      breaks: [],
      unproved: 0,
    });
  });

  test('the trail is intact after a mixed workload, and every event was walked', async () => {
    await mixedWorkload(opened, fixture);
    expect(await opened.store.verifyTrail(null)).toEqual({
      events: await eventCount(opened),
      intact: true,
      firstBroken: null,
      breaks: [],
      unproved: 0,
    });
  });

  test('each subject has a chain of its own, numbered from 1 without a gap', async () => {
    await mixedWorkload(opened, fixture);
    const chains = await opened.sql(
      'SELECT subject, count(*) AS n, min(place) AS first, max(place) AS last FROM audit_events GROUP BY subject ORDER BY subject',
    );
    expect(chains.map((chain) => chain.subject)).toEqual([
      `account:${kid}`,
      `account:${otherKid}`,
      'installation',
      `token:${fixture.token.id}`,
      `user:${fixture.maria.id}`,
      `user:${fixture.jane.id}`,
    ]);
    for (const chain of chains) {
      expect([Number(chain.first), Number(chain.last)]).toEqual([1, Number(chain.n)]);
    }
  });

  test('an account is verified with its users and tokens alone', async () => {
    await mixedWorkload(opened, fixture);
    const [own] = await opened.sql(
      'SELECT count(*) AS n FROM audit_events WHERE subject IN (?, ?, ?)',
      `account:${kid}`,
      `user:${fixture.maria.id}`,
      `user:${fixture.jane.id}`,
    );
    const verdict = await opened.store.verifyTrail(kid);
    expect(verdict).toMatchObject({ events: Number(own?.n), intact: true, firstBroken: null });
    await opened.tamper("UPDATE users SET email = 'x@y.example' WHERE username = 'sam'");
    expect((await opened.store.verifyTrail(kid)).intact, 'not its user').toBe(true);
    expect((await opened.store.verifyTrail(otherKid)).intact, 'its user').toBe(false);
  });

  test("an account's events are those that name it, and its own tokens' whatever they name", async () => {
    const tokens = await opened.store.read((tables) => tables.tokens({ limit: 10 }));
    const own = tokens.find((token) => token.accountKid === kid);
    await opened.store.write(actor, async (tables) => {
      for (const token of [own, fixture.token]) {
        if (!token) throw new Error('The fixture is gone.');
        for (const account of [null, kid, otherKid]) {
          const fresh = await tables.token(token.id);
          if (fresh) await tables.record({ token: fresh }, { action: 'call.refused', account });
        }
      }
    });
    const read = async (account: string) => {
      const found = await opened.store.read((tables) => tables.events({ kid: account, limit: 100 }));
      return found.filter((event) => event.action === 'call.refused').map((event) => event.account);
    };
    expect(await read(kid)).toEqual([null, kid, otherKid, kid]);
    expect(await read(otherKid)).toEqual([otherKid, otherKid]);
  });

  test('events are read oldest first, by account, user, action and time', async () => {
    await mixedWorkload(opened, fixture);
    const read = (filter: object) => opened.store.read((tables) => tables.events({ limit: 1000, ...filter }));
    const all = await read({});
    expect(all.map((event) => event.seq)).toEqual(all.map((event) => event.seq).sort((a, b) => a - b));
    expect(await read({ after: all.at(-2)?.seq })).toEqual(all.slice(-1));
    const ofJane = await read({ kid, userId: fixture.jane.id, user: 'jane' });
    expect(ofJane.map((event) => event.action).slice(0, 3)).toEqual([
      'code.issued',
      'code.sent',
      'code.rejected',
    ]);
    expect(new Set(ofJane.map((event) => event.user))).toEqual(new Set(['jane']));
    const actions = (await read({ kid: otherKid })).map((event) => event.action);
    expect(actions).toEqual(['account.created', 'user.added']);
    expect(await read({ action: 'user.reactivated' })).toMatchObject([{ details: { reason: '“quoted” ✓' } }]);
    expect(await read({ after: all[2]?.seq, until: all[5]?.seq })).toEqual(all.slice(3, 6));
    expect(await read({ since: (all.at(-1)?.at ?? 0) + 1 })).toEqual([]);
  });
}
