// What many processes at once can and cannot do: no guess beyond seven, no code twice, nothing made twice, nothing lost to a kill.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import type { UserView } from '../../src/actions/views.ts';
import type { EventRow } from '../../src/cli/columns.ts';
import { by, copyOf, office, send, type Verdict, verify } from '../scenarios/steps.ts';
import { type Installation, kid, northside, otherThan } from '../support/program.ts';
import { Watched } from './watched.ts';

/** Hundreds of processes take their time on a busy machine. */
const patienceMs = 900_000;

let prepared: Installation;
let enabled: Installation;
let installation: Watched;

beforeAll(async () => {
  prepared = await northside();
  enabled = copyOf(prepared);
  await enabled.json(['enable', '--confirm', kid, ...by('maria')]);
});

afterAll(async () => {
  await prepared.remove();
  await enabled.remove();
});

afterEach(async () => {
  try {
    await installation.expectWhole();
  } finally {
    await installation.remove();
  }
});

function start(from: Installation): Watched {
  installation = copyOf(from, new Watched());
  return installation;
}

function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

/** What became of the codes that a user entered, oldest first: compared ones have another outcome than `refused`. */
async function entered(user: string): Promise<EventRow[]> {
  const events = await installation.json<EventRow[]>(['audit', 'list', '--user', user, ...by('owner')]);
  return events.filter(({ action }) => ['code.verified', 'code.rejected', 'user.locked'].includes(action));
}

function counts(verdicts: readonly Verdict[]): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { result, why } of verdicts) {
    const key = why === null ? result : `${result} ${why}`;
    found[key] = (found[key] ?? 0) + 1;
  }
  return found;
}

function show(user: string): Promise<UserView> {
  return installation.json(['user', 'show', user, ...by('owner')]);
}

describe('codes entered at once', () => {
  it(
    'one right code in 50 processes verifies once',
    async () => {
      start(enabled);
      const { code } = await send(installation, 'jane');
      const verdicts = await Promise.all(
        times(50, (each) =>
          verify(installation, 'jane', code, {
            app: each % 2 ? 'platform' : 'pm',
            ip: `203.0.113.${each + 1}`,
          }),
        ),
      );
      // After the success the code is a used one: seven more guesses are compared, the seventh of them locks.
      expect(counts(verdicts)).toEqual({
        verified: 1,
        'rejected used': 6,
        'locked used': 1,
        locked: 42,
      });
      const events = await entered('jane');
      expect(events.map(({ action, outcome }) => `${action} ${outcome}`)).toEqual([
        'code.verified ok',
        ...times(6, () => 'code.rejected failed'),
        'user.locked failed',
        ...times(42, () => 'code.rejected refused'),
      ]);
      expect(await show('jane')).toMatchObject({ status: 'locked', attemptsLeft: 0 });
    },
    patienceMs,
  );

  it(
    'of 200 wrong codes from 8 processes at a time exactly 7 are compared, then the user is locked',
    async () => {
      start(enabled);
      const { code } = await send(installation, 'jane');
      const lanes = times(8, async (lane) => {
        const verdicts: Verdict[] = [];
        for (let each = 0; each < 25; each += 1) {
          const wrong = otherThan(code, 1 + lane * 25 + each);
          verdicts.push(await verify(installation, 'jane', wrong, { app: lane % 2 ? 'platform' : 'pm' }));
        }
        return verdicts;
      });
      const verdicts = (await Promise.all(lanes)).flat();
      expect(counts(verdicts)).toEqual({ 'rejected wrong': 6, 'locked wrong': 1, locked: 193 });
      expect(
        verdicts
          .filter(({ why }) => why === 'wrong')
          .map(({ attemptsLeft }) => attemptsLeft)
          .sort(),
      ).toEqual([0, 1, 2, 3, 4, 5, 6]);

      const events = await entered('jane');
      expect(events).toHaveLength(200);
      expect(events.slice(0, 7).map(({ details }) => details.attemptsLeft)).toEqual([6, 5, 4, 3, 2, 1, 0]);
      expect(events.slice(7).every(({ outcome }) => outcome === 'refused')).toBe(true);
      expect(await verify(installation, 'jane', code)).toMatchObject({ exit: 9, result: 'locked' });
    },
    patienceMs,
  );

  it(
    'a right code that races a wrong one is accepted',
    async () => {
      start(enabled);
      for (let round = 1; round <= 10; round += 1) {
        const { code, answer } = await send(installation, 'jane');
        const wrongFirst = round % 2 === 0;
        const enter = (typed: string, app: string) => () => verify(installation, 'jane', typed, { app });
        const right = enter(code, 'platform');
        const wrong = enter(otherThan(code), 'pm');
        const both = await Promise.all((wrongFirst ? [wrong, right] : [right, wrong]).map((each) => each()));
        const [accepted, rejected] = wrongFirst ? both.toReversed() : both;
        expect(accepted, `round ${round}`).toMatchObject({ exit: 0, result: 'verified', attemptsLeft: 7 });
        // Before the success the wrong code was compared with an outstanding one, after it with none.
        const left = rejected?.why === 'wrong' ? answer.attemptsLeft - 1 : 6;
        expect(rejected, `round ${round}`).toMatchObject({ exit: 8, result: 'rejected', attemptsLeft: left });
        expect(['wrong', 'none']).toContain(rejected?.why);
      }
      expect((await entered('jane')).filter(({ action }) => action === 'code.verified')).toHaveLength(10);
    },
    patienceMs,
  );
});

describe('the same change at once', () => {
  it(
    'init makes one store, one key and one owner',
    async () => {
      for (let round = 1; round <= 5; round += 1) {
        installation = new Watched();
        const made = await Promise.all(times(2, () => installation.json(['init', '--sandbox'])));
        expect(made[0]).toMatchObject({ home: installation.home, sandbox: true });
        expect(made.some(({ changed }) => changed)).toBe(true);
        const own = ['key.json', 'profiles.json', ...(inject('server') === null ? ['twofa.sqlite'] : [])];
        expect(readdirSync(installation.home).sort()).toEqual(own);
        const key = JSON.parse(readFileSync(join(installation.home, 'key.json'), 'utf8'));
        expect(Object.keys(key.keys)).toEqual(['k1']);
        const tokens = await installation.json(['token', 'list', '-p', 'owner']);
        expect(tokens).toMatchObject([{ role: 'owner' }]);
        expect(tokens).toHaveLength(1);
        expect(await installation.json(['init'])).toMatchObject({ changed: false });
        await installation.expectWhole();
        if (round < 5) await installation.remove();
      }
    },
    patienceMs,
  );

  it('enable changes the account once', async () => {
    start(prepared);
    const both = await Promise.all(
      ['maria', 'nina'].map((profile) =>
        installation.run(['enable', '--confirm', kid, ...by(profile), '--json']),
      ),
    );
    // Whoever comes second finds it on already, or, when it was on before they were known, needs a second factor.
    const done = both.filter(({ exit }) => exit === 0).map(({ stdout }) => JSON.parse(stdout));
    expect(both.map(({ exit }) => exit).every((exit) => exit === 0 || exit === 7)).toBe(true);
    const first = done.filter(({ changed }) => changed);
    expect(first).toHaveLength(1);
    for (const each of done) expect(each).toMatchObject({ enabledBy: first[0].enabledBy });
    const events = ['audit', 'list', '--action', 'account.enabled', ...by('owner')];
    expect(await installation.json(events)).toMatchObject([{ actor: first[0].enabledBy }]);
  });

  it('import of one file adds each user once', async () => {
    start(prepared);
    const rows = times(
      1200,
      (each) => `user${each},User ${each},user${each}@northside.example,+12015550124,`,
    );
    const file = ['username,name,email,phone,practices', ...rows].join('\n');
    writeFileSync(join(installation.home, 'roster.csv'), `${file}\n`);
    const both = await Promise.all(
      ['maria', 'ci'].map((profile) =>
        installation.json<Record<string, number>>(['user', 'import', 'roster.csv', ...by(profile)]),
      ),
    );
    const sum = (name: string) => both.reduce((total, each) => total + (each[name] ?? 0), 0);
    expect({
      read: sum('read'),
      added: sum('added'),
      unchanged: sum('unchanged'),
      updated: sum('updated'),
      rejected: sum('rejected'),
    }).toEqual({ read: 2400, added: 1200, unchanged: 1200, updated: 0, rejected: 0 });
    const users = await installation.json<UserView[]>(['user', 'list', ...by('maria')]);
    expect(new Set(users.map(({ username }) => username)).size).toBe(1205);
    expect(users).toHaveLength(1205);
  });
});

describe('a provisioning file applied in several processes at once', () => {
  const users = times(300, (each) => ({
    username: `user${each}`,
    name: `User ${each}`,
    email: `user${each}@lakeside.example`,
    phone: '+12015550124',
    practices: [each % 2 ? 'Oncology' : 'Dental'],
    ...(each === 0 ? { systemAdministrator: true } : {}),
  }));
  const lakeside = {
    account: { kid: '30303', name: 'Lakeside', twoFactor: { wanted: true } },
    practices: ['Oncology', 'Dental'],
    users,
  };
  const changed = lakeside.users.map((user) => ({ ...user, name: `${user.name} Jr.` }));

  function applyAtOnce(document: object, profiles: readonly string[]) {
    writeFileSync(join(installation.home, 'lakeside.json'), JSON.stringify(document));
    return Promise.all(
      profiles.map((profile) =>
        installation.json<{ changes: object[]; changed: boolean }>([
          ...['apply', '-f', 'lakeside.json', '-p', profile],
        ]),
      ),
    );
  }

  it(
    'comes to the same end as once: one does it, the other finds nothing left to do',
    async () => {
      start(prepared);
      for (const [document, expected] of [
        [lakeside, 303],
        [{ ...lakeside, users: changed }, 300],
      ] as const) {
        const both = await applyAtOnce(document, ['ci', 'owner', 'ci']);
        const did = both.filter((each) => each.changed);
        expect(did).toHaveLength(1);
        expect(did[0]?.changes).toHaveLength(expected);
        for (const each of both) if (!each.changed) expect(each.changes).toEqual([]);
        await installation.expectWhole();
      }
      const named = ['-a', '30303', '-p', 'owner'];
      const found = await installation.json<UserView[]>(['user', 'list', ...named]);
      const byName = (one: { username: string }, other: { username: string }) =>
        one.username < other.username ? -1 : 1;
      expect(found.sort(byName).map(({ username, name }) => ({ username, name }))).toEqual(
        [...changed].sort(byName).map(({ username, name }) => ({ username, name })),
      );
      const actions = (await installation.json<EventRow[]>(['audit', 'list', ...named])).map(
        ({ action }) => action,
      );
      const count = (wanted: string) => actions.filter((action) => action === wanted).length;
      expect({
        created: count('account.created'),
        practices: count('practice.added'),
        updated: count('user.updated'),
      }).toEqual({ created: 1, practices: 2, updated: 300 });
      const mailed = installation.outbox().filter(({ text }) => text.includes('twofa enable -a 30303'));
      expect(mailed.map(({ user }) => user)).toEqual(['user0']);
    },
    patienceMs,
  );
});

describe('a process that is killed while it verifies', () => {
  const program = resolve(import.meta.dirname, '../../bin/twofa.js');

  /** Enters a code and kills the process after a while. @returns the verdict, if it was answered before. */
  async function enterAndKill(user: string, code: string, afterMs: number): Promise<Verdict | null> {
    const env = await installation.environment();
    return new Promise((done, failed) => {
      const args = [program, 'code', 'verify', user, '--ip', office, ...by('platform'), '--json'];
      const child = spawn(process.execPath, args, { env, stdio: 'pipe' });
      let answer = '';
      child.stdout.setEncoding('utf8').on('data', (text) => {
        answer += text;
      });
      child.stderr.setEncoding('utf8').on('data', (text) => installation.heard.push(text));
      child.stdin.on('error', () => {});
      child.stdin.end(`${code}\n`);
      const timer = setTimeout(() => child.kill('SIGKILL'), afterMs);
      child.on('error', failed);
      child.on('close', () => {
        clearTimeout(timer);
        done(answer === '' ? null : JSON.parse(answer));
      });
    });
  }

  it(
    'gives no guess away and takes none',
    async () => {
      start(enabled);
      const users = ['jane', 'david', 'sam', 'nina'];
      const begun = performance.now();
      await Promise.all(users.map((user) => verify(installation, user, '000000')));
      const usualMs = performance.now() - begun;
      for (let round = 1; round <= 3; round += 1) {
        const lanes = users.map(async (user) => {
          const { code } = await send(installation, user);
          const from = (await entered(user)).length;
          const before = (await show(user)).attemptsLeft;
          let answered = 0;
          for (let each = 0; each < 5; each += 1) {
            const verdict = await enterAndKill(user, otherThan(code), Math.random() * usualMs * 1.2);
            if (verdict) answered += 1;
          }
          const failures = (await entered(user)).slice(from);
          expect(failures.map(({ details }) => details.attemptsLeft)).toEqual(
            failures.map((_, index) => before - 1 - index),
          );
          expect((await show(user)).attemptsLeft).toBe(before - failures.length);
          expect(failures.length).toBeGreaterThanOrEqual(answered);
          expect(failures.length).toBeLessThanOrEqual(5);
          expect(await verify(installation, user, code)).toMatchObject({ exit: 0, attemptsLeft: 7 });
        });
        await Promise.all(lanes);
      }
    },
    patienceMs,
  );
});
