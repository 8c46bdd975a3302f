// What guessing taught others: by no way are more than seven codes compared, a code works once, nothing gives an attempt back (R7…R9).
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { UserView } from '../../src/actions/views.ts';
import type { EventRow } from '../../src/cli/columns.ts';
import { by, copyOf, elsewhere, login, office, send, signIn, verify } from '../scenarios/steps.ts';
import { Prepared, quickEnabledNorthside } from '../support/in-process.ts';
import { environment, kid, otherThan, type Ran } from '../support/program.ts';
import { atOnce } from './library.ts';

const program = resolve(import.meta.dirname, '../../bin/twofa.js');

let enabled: Prepared;
let here: Prepared;

beforeAll(async () => {
  enabled = await quickEnabledNorthside();
});
afterAll(() => enabled.remove());

afterEach(async () => {
  expect(await here.json(['audit', 'verify', '-p', 'owner'])).toMatchObject({ intact: true });
  here.remove();
});

function start(): Prepared {
  here = copyOf(enabled, new Prepared());
  return here;
}

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

const documents = (ran: readonly Ran[]) =>
  ran.filter(({ stdout }) => stdout !== '').map(({ stdout }) => JSON.parse(stdout));

async function attemptsLeft(user: string): Promise<number> {
  return (await here.json<UserView>(['user', 'show', user, ...by('owner')])).attemptsLeft;
}

/** The attempts that each compared code of a user left, oldest first, as the trail has them. */
async function compared(user: string): Promise<unknown[]> {
  const events = await here.json<EventRow[]>(['audit', 'list', '--user', user, ...by('owner')]);
  return events
    .filter(({ action, outcome }) => /^(code\.rejected|user\.locked)$/.test(action) && outcome === 'failed')
    .map(({ details }) => details.attemptsLeft);
}

describe('parallel guesses beyond the limit (CVE-2024-4629 in Keycloak, GHSA-7h8m-vrxx-vr4m in ZITADEL)', () => {
  it('24 at once, by two applications and by her own token: seven are compared, then she is locked', async () => {
    start();
    const { code } = await send(here, 'maria');
    const doors = [
      ['code', 'verify', 'maria', '--ip', office, ...by('platform')],
      ['code', 'verify', 'maria', '--ip', elsewhere, ...by('pm')],
      ['auth', 'verify', '-p', 'maria'],
    ];
    const ran = await Promise.all(
      times(24, (each) =>
        here.run([...(doors[each % 3] ?? []), '--json'], { input: otherThan(code, each + 1) }),
      ),
    );
    const left = documents(ran).filter(({ why }) => why !== null);
    expect(left.map((answer) => answer.attemptsLeft).sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(ran.filter(({ exit }) => exit === 8)).toHaveLength(6);
    // All others are answered as locked: by the application's token, and by her own, which is locked with her.
    expect(ran.filter(({ exit }) => exit !== 8).every(({ exit }) => exit === 9 || exit === 4)).toBe(true);
    expect(await compared('maria')).toEqual([6, 5, 4, 3, 2, 1, 0]);
    expect(await verify(here, 'maria', code)).toMatchObject({ exit: 9, result: 'locked' });
  });
});

describe('two live codes, or one, used at the same instant (better-auth #8067, #9993)', () => {
  it('two live codes in six processes sign in once; what comes later is a used one, and uses an attempt', async () => {
    start();
    const codes = [await send(here, 'jane', 'email'), await send(here, 'jane', 'sms')];
    expect(codes[1]?.answer.outstanding).toBe(2);
    const verdicts = await Promise.all(
      times(6, (each) =>
        verify(here, 'jane', codes[each % 2]?.code ?? '', { app: each < 3 ? 'platform' : 'pm' }),
      ),
    );
    expect(verdicts.filter(({ result }) => result === 'verified')).toHaveLength(1);
    expect(verdicts.filter(({ why }) => why === 'used')).toHaveLength(5);
    expect(await attemptsLeft('jane')).toBe(2);
  });

  it('one code as a sign-in and for her own token works as one of the two', async () => {
    start();
    const challenge = await here.json<{ outstanding: number }>([
      ...['auth', 'challenge', '--via', 'sms', '-p', 'nina'],
    ]);
    expect(challenge.outstanding).toBe(1);
    const input = here.lastCode('nina');
    const ran = await Promise.all(
      times(4, (each) =>
        here.run(
          each % 2
            ? ['auth', 'verify', '-p', 'nina', '--json']
            : ['code', 'verify', 'nina', '--ip', office, ...by('platform'), '--json'],
          { input },
        ),
      ),
    );
    expect(ran.map(({ exit }) => exit).sort()).toEqual([0, 8, 8, 8]);
    expect(await compared('nina')).toEqual([6, 5, 4]);
  });
});

describe('the lock lost in a rolled-back transaction (CVE-2026-35597 in Vikunja)', () => {
  /** Enters a code by a process that something befalls. */
  function enter(code: string, befalls: (child: ChildProcess) => void, env = {}): Promise<void> {
    const args = [program, 'code', 'verify', 'jane', '--ip', office, ...by('platform'), '--json'];
    return new Promise((done, fail) => {
      const child = spawn(process.execPath, args, { env: environment(here.home, env), stdio: 'pipe' });
      befalls(child);
      child.stdin.on('error', () => {});
      child.stdin.end(code);
      child.on('error', fail);
      child.on('close', () => done());
    });
  }

  it('what goes wrong after the comparison gives no attempt back, and does not undo the lock', async () => {
    start();
    const { code } = await send(here, 'jane');
    const wrong = otherThan(code);
    const killed = (child: ChildProcess) => child.stdout?.once('data', () => child.kill('SIGKILL'));
    const unread = (child: ChildProcess) => child.stdout?.destroy();
    const unheard = (child: ChildProcess) => child.stderr?.destroy();
    for (const befalls of [killed, unread, unheard, killed, unread, unheard]) await enter(wrong, befalls);
    expect(await compared('jane')).toEqual([6, 5, 4, 3, 2, 1]);
    // What the lock is told by goes nowhere: there is no mail server, and no place to note the newest event.
    const unnoted = (child: ChildProcess) => mkdirSync(join(here.home, `high-water.json.${child.pid}.new`));
    await enter(wrong, unnoted, { TWOFA_EMAIL_URL: 'smtp://127.0.0.1:1', TWOFA_EMAIL_FROM: 'a@b.example' });
    expect(await attemptsLeft('jane')).toBe(0);
    expect(await verify(here, 'jane', code)).toMatchObject({ exit: 9, result: 'locked' });
  });

  it('a request that fails takes nothing back from those that share its commit', async () => {
    start();
    const { code } = await send(here, 'jane');
    const token = ['token', 'create', '--role', 'application', '--app', 'batch'];
    const { token: secret } = await here.json<{ token: string }>(token);
    const shell = here.database();
    const sam = shell.prepare("SELECT email FROM users WHERE username = 'sam'").pluck().get();
    shell.prepare("UPDATE users SET email = 'thief@northside.example' WHERE username = 'sam'").run();
    const guess = { do: 'code.verify', account: kid, ip: office, code: otherThan(code) };
    const fails = [
      { ...guess, user: 'sam' },
      { ...guess, user: 'nobody' },
      { ...guess, user: 'jane', account: '99999' },
      { do: 'code.send', account: kid, user: 'sam', via: 'email' },
    ];
    const requests = times(8, (each) => [{ ...guess, user: 'jane' }, fails[each % fails.length] ?? {}]);
    const outcomes = await atOnce(here, secret, requests.flat());
    const ofJane = outcomes.filter((_, index) => index % 2 === 0);
    expect(ofJane.map(({ result }) => result.attemptsLeft)).toEqual([6, 5, 4, 3, 2, 1, 0, 0]);
    expect(ofJane.map(({ exit }) => exit)).toEqual([8, 8, 8, 8, 8, 8, 9, 9]);
    const failed = outcomes.filter((_, index) => index % 2 === 1).map(({ error }) => error);
    expect(failed.slice(0, 4)).toEqual([
      'audit-broken',
      'user-not-found',
      'account-not-found',
      'audit-broken',
    ]);
    expect(await compared('jane')).toEqual([6, 5, 4, 3, 2, 1, 0]);
    shell.prepare("UPDATE users SET email = ? WHERE username = 'sam'").run(sam);
    shell.close();
  });
});

it('attempts reset by a new sign-in or code (GHSA-9j6w-2q6c-q3q8 in Grav): nothing between two guesses does it', async () => {
  start();
  await signIn(here, 'jane', elsewhere);
  const { code } = await send(here, 'jane');
  const wrong = otherThan(code);
  writeFileSync(join(here.home, 'roster.csv'), 'username,name,status,attempts_left\njane,Jane D.,active,7\n');
  const between: (() => Promise<unknown>)[] = [
    () => login(here, 'jane', office, 'pm'),
    () => send(here, 'jane', 'sms', 'pm'),
    () => login(here, 'jane', elsewhere),
    () => here.json(['user', 'update', 'jane', '--email', 'jane.doe@northside.example', ...by('maria')]),
    () => here.json(['location', 'forget', 'jane', ...by('platform')]),
    async () => {
      await here.json(['user', 'import', 'roster.csv', ...by('maria')]);
      await here.json(['db', 'rotate-key', '-p', 'owner']);
      await send(here, 'jane');
    },
  ];
  const left = [(await verify(here, 'jane', wrong)).attemptsLeft];
  for (const happens of between) {
    await happens();
    left.push((await verify(here, 'jane', wrong, { app: left.length % 2 ? 'pm' : 'platform' })).attemptsLeft);
  }
  expect(left).toEqual([6, 5, 4, 3, 2, 1, 0]);
  expect(await login(here, 'jane', elsewhere)).toMatchObject({ exit: 9, result: 'locked' });
});
