// Scenario of a roll call: an administrator finds out, before the step that cannot be taken back, whom messages reach.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkWordsIn, lastCheckWords } from '../support/check-words.ts';
import { type Installation, kid, northside } from '../support/program.ts';
import { by, day, login, office } from './steps.ts';

interface Row {
  username: string;
  email: { state: string };
  sms: { state: string };
}

let installation: Installation;

beforeEach(async () => {
  installation = await northside();
});
afterEach(() => installation.remove());

const everybody = ['david', 'jane', 'maria', 'nina', 'sam'];

/** A user tells the words that arrived: in the application, or to the administrator. */
async function tell(user: string, via: 'email' | 'sms', profile: string, env = {}): Promise<unknown> {
  const input = lastCheckWords(installation, user, via);
  return installation.json(['rollcall', 'confirm', user, '--via', via, ...by(profile)], 0, { input, env });
}

async function standings(env: Record<string, string> = {}): Promise<Record<string, string>> {
  const rows = await installation.json<Row[]>(['rollcall', 'status', ...by('maria')], 0, { env });
  return Object.fromEntries(rows.map((row) => [row.username, `${row.email.state}, ${row.sms.state}`]));
}

/** The users whom the checklist's item `reachable` names. */
async function unproved(env: Record<string, string> = {}): Promise<string[]> {
  const { stdout } = await installation.run(['checklist', '--json', ...by('maria')], { env });
  const { items } = JSON.parse(stdout) as { items: { id: string; users: string[] }[] };
  return items.find((item) => item.id === 'reachable')?.users ?? [];
}

describe('How do I know that everyone will get their codes?', () => {
  it('by a roll call: who tells the words that arrived has proved the channel', async () => {
    expect(await unproved()).toEqual(everybody);
    await installation.json(['announce', '--on', '2999-01-31', ...by('maria')]);
    await installation.json(['rollcall', 'start', ...by('maria')]);
    for (const user of everybody) {
      await tell(user, 'email', 'platform');
      if (user !== 'sam') await tell(user, 'sms', 'maria');
    }
    expect(await standings()).toEqual({
      ...{ david: 'reachable, reachable', jane: 'reachable, reachable', maria: 'reachable, reachable' },
      ...{ nina: 'reachable, reachable', sam: 'reachable, called' },
    });
    expect(await unproved()).toEqual(['sam']);
    await installation.json(['user', 'update', 'sam', '--phone', '+12015550198', ...by('maria')]);
    await installation.json(['rollcall', 'start', ...by('maria')]);
    await tell('sam', 'sms', 'platform');
    expect(await unproved()).toEqual([]);
    await installation.json(['enable', '--confirm', kid, ...by('maria')]);
    expect(await login(installation, 'sam', office)).toMatchObject({ exit: 7, attemptsLeft: 7 });
  });

  it('words are sent to each user once, and are not what a code is', async () => {
    await installation.json(['rollcall', 'start', ...by('maria')]);
    await installation.json(['rollcall', 'start', ...by('nina')]);
    const sent = installation.outbox().filter((message) => checkWordsIn(message) !== null);
    expect(sent.map(({ user, via }) => `${user} ${via}`).sort()).toEqual(
      everybody.flatMap((user) => [`${user} email`, `${user} sms`]),
    );
    expect(new Set(sent.map(checkWordsIn)).size).toBe(10);
    await installation.json(['enable', '--confirm', kid, ...by('maria')]);
    const words = lastCheckWords(installation, 'jane', 'email');
    const verify = ['code', 'verify', 'jane', '--ip', office, ...by('platform')];
    expect(await installation.error(verify, 2, { input: words })).toMatchObject({ code: 'invalid-input' });
    expect(await login(installation, 'jane', office)).toMatchObject({ exit: 7, attemptsLeft: 7 });
  });

  it('a changed address loses its proof, and 90 days do', async () => {
    await installation.json(['rollcall', 'start', ...by('maria')]);
    for (const via of ['email', 'sms'] as const) await tell('jane', via, 'platform');
    expect((await standings()).jane).toBe('reachable, reachable');
    await installation.json(['user', 'update', 'jane', '--email', 'j.doe@northside.example', ...by('maria')]);
    expect((await standings()).jane).toBe('not-called, reachable');
    expect(await unproved()).toContain('jane');
    // The administrator's token is over by then as well; the owner makes another.
    const later = await installation.store.ahead(91 * day);
    const token = ['token', 'create', '--role', 'system-administrator', '-a', kid, '--user', 'maria'];
    const { token: fresh } = await installation.json<{ token: string }>([...token, '--expires', '365d']);
    const env = { ...later, TWOFA_TOKEN: fresh };
    const rows = await installation.json<Row[]>(['rollcall', 'status'], 0, { env });
    expect(rows.find(({ username }) => username === 'jane')).toMatchObject({
      ...{ email: { state: 'not-called' }, sms: { state: 'not-called' } },
    });
  });
});
