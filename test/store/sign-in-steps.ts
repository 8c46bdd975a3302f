// The contract's part on sign-ins: load, decide, save; repeats; and why codes ended.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { codeLifetimeMs, repeatWindowMs } from '../../src/rules/constants.ts';
import type { VerifyDecision } from '../../src/rules/sign-in.ts';
import type { Engine, Opened } from './engine.ts';
import { actor, eventCount, type Fixture, fill, ip, issue, kid, verification, verify } from './fixture.ts';

const query = { kid, user: 'jane', location: ip, app: 'platform', requestId: null, codes: true };

function resultOf(decision: VerifyDecision): string {
  return 'answer' in decision && decision.outcome !== 'repeated' ? decision.answer.result : decision.outcome;
}

export function signInSteps(engine: Engine): void {
  let opened: Opened;
  let fixture: Fixture;

  beforeEach(async () => {
    opened = await engine.open();
    fixture = await fill(opened);
  });
  afterEach(() => opened.remove());

  const row = async (user = 'jane') => {
    const [found] = await opened.sql(
      'SELECT attempts_left, locked_at, last_verified_at FROM users WHERE username = ?',
      user,
    );
    return found;
  };
  const ends = async () =>
    (await opened.sql('SELECT ended_reason FROM codes ORDER BY id')).map((code) => code.ended_reason);
  const janeNow = async () => {
    const found = await opened.store.read((tables) => tables.user(kid, 'jane'));
    if (!found) throw new Error('Jane is gone.');
    return found;
  };

  test('a change is saved with its event', async () => {
    const before = await eventCount(opened);
    const decision = await verify(opened, 'jane', '000000');
    expect(decision).toMatchObject({ outcome: 'judged', answer: { result: 'rejected', attemptsLeft: 6 } });
    expect(await row()).toMatchObject({ attempts_left: 6, locked_at: null });
    const events = await opened.sql(
      `SELECT action, "user", account, actor FROM audit_events WHERE subject = ? ORDER BY place`,
      `user:${fixture.jane.id}`,
    );
    expect(events).toEqual([{ action: 'code.rejected', user: 'jane', account: kid, actor: 'test' }]);
    expect(await eventCount(opened)).toBe(before + 1);
  });

  test('a decision that throws saves nothing, and its error comes out', async () => {
    const before = await eventCount(opened);
    const broken = opened.store.signIn(actor, query, () => {
      throw new RangeError('no decision');
    });
    await expect(broken).rejects.toThrow(new RangeError('no decision'));
    expect(await eventCount(opened)).toBe(before);
    expect(await row()).toMatchObject({ attempts_left: 7 });
  });

  test('what the database refuses is saved in no part', async () => {
    const before = await eventCount(opened);
    const broken = opened.store.signIn(actor, query, () => ({
      answer: null,
      change: { attemptsLeft: 9 },
      event: { action: 'code.rejected' },
    }));
    await expect(broken).rejects.toThrow(/check constraint/i);
    expect(await eventCount(opened)).toBe(before);
  });

  test('one in flight that throws does not spoil the others', async () => {
    const good = verification(opened, '000000');
    const steps = [0, 1, 2, 3, 4].map((each) =>
      opened.store.signIn(actor, query, (subject, now) => {
        if (each === 2) throw new RangeError('no decision');
        return good(subject, now);
      }),
    );
    const settled = await Promise.allSettled(steps);
    expect(settled.map((each) => each.status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
    ]);
    expect(await row()).toMatchObject({ attempts_left: 3 });
    expect((await opened.store.verifyTrail(null)).intact).toBe(true);
  });

  test('what does not exist is told apart, and nothing is decided for it', async () => {
    const never = () => {
      throw new Error('decided');
    };
    expect(await opened.store.signIn(actor, { ...query, user: 'nobody' }, never)).toBe('user-not-found');
    expect(await opened.store.signIn(actor, { ...query, kid: '1' }, never)).toBe('account-not-found');
    expect(await opened.store.signIn(actor, { ...query, kid: '20967' }, never)).toBe('user-not-found');
    expect(await opened.store.signIn(actor, { ...query, user: 'JANE' }, never)).toBe('user-not-found');
    const byId = await opened.store.signIn(
      actor,
      { ...query, user: `usr_${fixture.jane.id}` },
      (subject) => ({
        answer: subject.username,
        event: null,
      }),
    );
    expect(byId).toEqual({ answer: 'jane', notices: [] });
  });

  test('of any number of guesses at once, over several stores on the same data, seven are compared', async () => {
    const other = await opened.again();
    await issue(opened, 'jane', '123456');
    const guesses = Array.from({ length: 24 }, (_, each) =>
      verify(opened, 'jane', `${200_000 + each}`, {}, each % 2 === 0 ? opened.store : other),
    );
    const decisions = await Promise.all(guesses);
    const count = (outcome: string) => decisions.filter((each) => each.outcome === outcome).length;
    expect({ judged: count('judged'), barred: count('barred') }).toEqual({ judged: 7, barred: 17 });
    expect(await row()).toMatchObject({ attempts_left: 0 });
    expect(resultOf(await verify(opened, 'jane', '123456'))).toBe('locked');
    expect((await opened.store.verifyTrail(null)).intact).toBe(true);
  });

  test('a code verifies once, however many try it at once', async () => {
    const other = await opened.again();
    await issue(opened, 'jane', '123456');
    const tries = [opened.store, other, opened.store, other].map((store) =>
      verify(opened, 'jane', '123456', {}, store),
    );
    const results = (await Promise.all(tries)).map(resultOf);
    expect(results.sort()).toEqual(['rejected', 'rejected', 'rejected', 'verified']);
  });

  test('an id names its request for its application, for 15 minutes', async () => {
    const first = await issue(opened, 'jane', '111111', { requestId: 'r1', messageId: 'msg_1' });
    expect(first.outcome).toBe('sent');
    const again = await issue(opened, 'jane', '222222', { requestId: 'r1' });
    expect(again).toEqual({ outcome: 'repeated', answer: { messageId: 'msg_1' } });
    expect((await issue(opened, 'maria', '222222', { requestId: 'r1' })).outcome).toBe('request-id-reused');
    expect((await verify(opened, 'jane', '111111', { requestId: 'r1' })).outcome).toBe('request-id-reused');
    expect((await issue(opened, 'jane', '333333', { requestId: 'r1', app: 'desktop' })).outcome).toBe('sent');
    expect(await row()).toMatchObject({ attempts_left: 7 });
    await opened.move(repeatWindowMs - 1);
    expect((await issue(opened, 'jane', '444444', { requestId: 'r1' })).outcome).toBe('repeated');
    await opened.move(1);
    expect((await issue(opened, 'jane', '444444', { requestId: 'r1' })).outcome).toBe('sent');
  });

  test('a repeated guess is compared once', async () => {
    await issue(opened, 'jane', '123456');
    const guess = () => verify(opened, 'jane', '000000', { requestId: 'g1' });
    const [first, ...rest] = await Promise.all([guess(), guess(), guess()]);
    expect(first).toMatchObject({ outcome: 'judged', answer: { attemptsLeft: 6 } });
    const recorded = { result: 'rejected', why: 'wrong', attemptsLeft: 6, trustedUntil: null };
    expect(rest).toEqual([
      { outcome: 'repeated', answer: recorded },
      { outcome: 'repeated', answer: recorded },
    ]);
    expect(await row()).toMatchObject({ attempts_left: 6 });
  });

  test('a success ends all codes as verified, after which each was used', async () => {
    await issue(opened, 'jane', '111111');
    await issue(opened, 'jane', '222222');
    expect(resultOf(await verify(opened, 'jane', '111111'))).toBe('verified');
    expect(await ends()).toEqual(['verified', 'verified']);
    expect(await verify(opened, 'jane', '222222')).toMatchObject({ answer: { why: 'used' } });
  });

  test('a code that had its 15 minutes ends as expired, also when something else ends the rest', async () => {
    await issue(opened, 'jane', '111111');
    await opened.move(codeLifetimeMs - 1);
    await issue(opened, 'jane', '222222');
    await opened.move(1);
    expect(await verify(opened, 'jane', '111111')).toMatchObject({ answer: { why: 'expired' } });
    await verify(opened, 'jane', '222222');
    expect(await ends()).toEqual(['expired', 'verified']);
  });

  test('the lock ends codes and trust as locked', async () => {
    await issue(opened, 'jane', '111111');
    await verify(opened, 'jane', '111111');
    await issue(opened, 'jane', '222222');
    for (let each = 0; each < 7; each += 1) await verify(opened, 'jane', '000000');
    expect(await ends()).toEqual(['verified', 'locked']);
    const trust = await opened.sql('SELECT ended_reason FROM trusted_locations');
    expect(trust).toEqual([{ ended_reason: 'locked' }]);
  });

  test('changed contact data and a deactivation end codes and trust with their reasons', async () => {
    await issue(opened, 'jane', '111111');
    await verify(opened, 'jane', '111111');
    await issue(opened, 'jane', '222222');
    for (const reason of ['contact-changed', 'deactivated'] as const) {
      const jane = await janeNow();
      await opened.store.write(actor, (tables) =>
        tables.saveUser(jane, { endCodes: reason, endTrust: reason }, { action: 'user.updated' }),
      );
      await issue(opened, 'jane', '333333');
    }
    expect(await ends()).toEqual(['verified', 'contact-changed', 'deactivated', null]);
    const trust = await opened.sql('SELECT ended_reason FROM trusted_locations');
    expect(trust).toEqual([{ ended_reason: 'contact-changed' }]);
  });

  test('a message that failed for good ends its own code alone', async () => {
    await issue(opened, 'jane', '111111', { messageId: 'msg_a' });
    await issue(opened, 'jane', '222222', { messageId: 'msg_b', requestId: 'r1' });
    await opened.store.settleMessage(actor, 'msg_a', { status: 'accepted', reason: null });
    const answer = { failed: true };
    await opened.store.settleMessage(
      actor,
      'msg_b',
      { status: 'undelivered', reason: 'no such mailbox' },
      { remember: { app: 'platform', id: 'r1', answer } },
    );
    expect(await ends()).toEqual([null, 'undelivered']);
    const messages = await opened.sql('SELECT id, status, reason FROM messages ORDER BY id');
    expect(messages).toEqual([
      { id: 'msg_a', status: 'accepted', reason: null },
      { id: 'msg_b', status: 'undelivered', reason: 'no such mailbox' },
    ]);
    expect(await issue(opened, 'jane', '333333', { requestId: 'r1' })).toEqual({
      outcome: 'repeated',
      answer,
    });
    const actions = await opened.sql('SELECT action, outcome FROM audit_events ORDER BY seq DESC LIMIT 2');
    expect(actions).toEqual([
      { action: 'code.undelivered', outcome: 'failed' },
      { action: 'code.sent', outcome: 'ok' },
    ]);
  });

  test('no table holds the digits of a code', async () => {
    await issue(opened, 'jane', '918273', { requestId: 'r1' });
    await verify(opened, 'jane', '918273', { requestId: 'r2' });
    for (const table of ['codes', 'messages', 'requests', 'audit_events', 'users', 'trusted_locations']) {
      expect(JSON.stringify(await opened.sql(`SELECT * FROM ${table}`))).not.toContain('918273');
    }
  });
}
