// The audit trail from the command line: listed, filtered, verified, and found broken.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Prepared, quickNorthside } from '../support/in-process.ts';
import { kid } from '../support/program.ts';
import { eventFields, exactly, fieldsOf, instant } from './fields.ts';

let here: Prepared;

beforeAll(async () => {
  here = await quickNorthside();
});
afterAll(() => here.remove());

interface EventDocument {
  seq: number;
  at: string;
  action: string;
  user: string | null;
}

const list = (...args: string[]) => here.json<EventDocument[]>(['audit', 'list', ...args]);

describe('audit list', () => {
  test('is a bare array, oldest first', async () => {
    const all = await list();
    for (const event of all) {
      expect(fieldsOf(event)).toEqual(exactly(eventFields));
      expect(event.at).toMatch(instant);
    }
    const seqs = all.map((event) => event.seq);
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
    expect(all[0]).toMatchObject({ actor: 'init', role: 'owner', tokenId: null, action: 'token.created' });
    expect(all.filter((event) => event.action === 'user.added')).toHaveLength(5);
  });

  test('is filtered by action, user and time, and cut by --limit and --after', async () => {
    expect((await list('--action', 'practice.added')).map((event) => event.action)).toEqual([
      'practice.added',
      'practice.added',
    ]);
    const jane = await list('--user', 'jane', '-a', kid);
    expect(new Set(jane.map((event) => event.user))).toEqual(new Set(['jane']));
    const all = await list();
    expect(await list('--since', '1d')).toEqual(all);
    expect(await list('--since', '2099-01-01')).toEqual([]);
    expect(await list('--limit', '2', '--after', String(all[1]?.seq))).toEqual(all.slice(2, 4));
    expect(await list('--after', '999999')).toEqual([]);
  });

  test('as NDJSON and CSV', async () => {
    const lines = await here.run(['audit', 'list', '--limit', '3', '-o', 'ndjson']);
    expect(
      lines.stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(await list('--limit', '3'));
    const { stdout } = await here.run(['audit', 'list', '--limit', '1', '-o', 'csv']);
    expect(stdout).toMatch(
      /^seq,at,actor,role,action,account,user,outcome,details\n1,20[^,]*Z,init,owner,token\.created,/,
    );
  });

  test("is the account's own for its administrator", async () => {
    await here.json(['account', 'create', '20001', '--name', 'Lakeside']);
    const own = await here.json<{ account: string }[]>(['audit', 'list', '-p', 'maria']);
    expect(new Set(own.map((event) => event.account))).toEqual(new Set([kid]));
    expect((await here.error(['audit', 'list', '-p', 'maria', '-a', '20001'], 5)).code).toBe(
      'account-not-found',
    );
    expect((await here.error(['audit', 'list', '-p', 'care'], 4)).code).toBe('not-permitted');
  });

  test.each([
    ['an action that there is not', ['--action', 'user.lockd'], 'action'],
    ['a time that is none', ['--since', 'yesterday'], 'since'],
    ['a day that there is not', ['--since', '2026-13-45'], 'since'],
    ['a user without an account', ['--user', 'jane'], 'account'],
    ['--after that is no number', ['--after', 'x'], 'after'],
  ])('refuses %s', async (_, args, field) => {
    expect((await here.error(['audit', 'list', ...args], 2)).details).toEqual({ field });
  });

  test('names the nearest action', async () => {
    const error = await here.error(['audit', 'list', '--action', 'user.lockd'], 2);
    expect(error.hint).toBe('Did you mean "user.locked"?');
  });

  test("a refused call, and Customer Care's look-ups, are events", async () => {
    await here.error(['user', 'list', '-a', kid, '-p', 'platform'], 4);
    const [refused] = (await list('--action', 'call.refused')).slice(-1);
    expect(refused).toMatchObject({
      actor: 'platform',
      role: 'application',
      outcome: 'refused',
      details: { do: 'user.list', code: 'not-permitted' },
    });
    await here.json(['user', 'show', 'jane', '-a', kid, '-p', 'care']);
    expect((await list('--action', 'user.viewed')).at(-1)).toMatchObject({ actor: 'Care', user: 'jane' });
  });
});

describe('audit verify', () => {
  test('exit 0 with its document when the trail is intact', async () => {
    const verdict = await here.json<{ events: number }>(['audit', 'verify']);
    expect(fieldsOf(verdict)).toEqual(['breaks', 'events', 'firstBroken', 'intact', 'unproved']);
    expect(verdict).toMatchObject({ intact: true, firstBroken: null });
    expect(verdict.events).toBeGreaterThanOrEqual((await list()).length);
    const own = await here.json<{ events: number }>(['audit', 'verify', '-p', 'maria']);
    expect(own).toMatchObject({ intact: true });
    expect(own.events).toBeLessThan(verdict.events);
    const text = await here.run(['audit', 'verify']);
    expect(text.stdout).toMatch(/^✓ The audit trail is intact: \d+ events\.\n$/);
  });

  test('refuses Customer Care, and an account that does not exist', async () => {
    expect((await here.error(['audit', 'verify', '-p', 'care'], 4)).code).toBe('not-permitted');
    expect((await here.error(['audit', 'verify', '-a', '99999'], 5)).code).toBe('account-not-found');
  });

  test('exit 6 with its document when a row was changed behind its back', async () => {
    const database = here.database();
    database.prepare("UPDATE users SET attempts_left = 3 WHERE username = 'jane'").run();
    database.close();
    const verdict = await here.json<{ firstBroken: { subject: string; reason: string } }>(
      ['audit', 'verify'],
      6,
    );
    expect(fieldsOf(verdict)).toEqual(['breaks', 'events', 'firstBroken', 'intact', 'unproved']);
    expect(verdict).toMatchObject({ intact: false });
    expect(verdict.firstBroken.subject).toMatch(/^user:/);
    const text = await here.run(['audit', 'verify']);
    expect(text.exit).toBe(6);
    expect(text.stdout).toContain('✗ The audit trail is broken.');
  });
});
