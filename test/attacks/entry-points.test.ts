// What forgotten doors taught others: a lock holds at every entry point, and nothing before the second factor counts as it (R9, R10, R15).
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { UserView } from '../../src/actions/views.ts';
import { argsOf, everyCommand, everySituation, profileOf, type Situation } from '../cli/every-command.ts';
import { by, copyOf, elsewhere, login, office, send, signIn, verify } from '../scenarios/steps.ts';
import { Prepared, quickEnabledNorthside, quickNorthside } from '../support/in-process.ts';
import { kid, otherThan } from '../support/program.ts';

const recovering = (user: string) => ['reactivate', user, '--recovery-code', '--reason', 'from the safe'];
const forged = '0000-0000-0000-0000-0000-0000-0000';

describe('one entry point that forgets the lock (CVE-2025-64102 in ZITADEL, CVE-2026-9798 in Keycloak)', () => {
  let here: Prepared;
  /** Codes that were sent to Nina before she was locked. */
  const codes: string[] = [];
  let recoveryCodes: string[];
  let messages: number;

  /** Nina is locked: she was trusted at the office, has codes that nobody entered, and a token that she proved. */
  beforeAll(async () => {
    here = await quickNorthside();
    const file = join(here.home, 'recovery.txt');
    await here.json(['enable', '--confirm', kid, '--recovery-codes-file', file, ...by('maria')]);
    recoveryCodes = readFileSync(file, 'utf8').match(/([0-9A-Z]{4}-){6}[0-9A-Z]{4}/g) ?? [];
    for (const user of ['maria', 'nina']) await here.prove(user);
    await signIn(here, 'nina');
    for (const via of ['email', 'sms'] as const) codes.push((await send(here, 'nina', via)).code);
    const repeatable = ['--request-id', 'before-the-lock', ...by('platform')];
    await here.json(['code', 'send', 'nina', '--via', 'sms', ...repeatable]);
    const input = ['111111', '222222', '333333', '444444'].find((each) => !codes.includes(each)) ?? '';
    const left: unknown[] = [];
    for (const [door, exit] of [
      [['auth', 'verify', '-p', 'nina'], 8],
      [['code', 'verify', 'nina', '--ip', office, ...by('pm')], 8],
      [['auth', 'verify', '-p', 'nina'], 8],
      [['code', 'verify', 'nina', '--ip', elsewhere, '--request-id', 'wrong', ...by('platform')], 8],
      [['auth', 'verify', '-p', 'nina'], 8],
      [['code', 'verify', 'nina', '--ip', office, ...by('platform')], 8],
      [['auth', 'verify', '-p', 'nina'], 9],
    ] as const) {
      left.push((await here.json([...door], exit, { input })).attemptsLeft);
    }
    expect(left).toEqual([6, 5, 4, 3, 2, 1, 0]);
    messages = here.codesOf('nina').length;
  });
  afterAll(() => here.remove());

  afterEach(async () => {
    const nina = await here.json<UserView>(['user', 'show', 'nina', ...by('maria')]);
    expect(nina).toMatchObject({ status: 'locked', attemptsLeft: 0 });
    expect(here.codesOf('nina')).toHaveLength(messages);
  });

  it.each(['platform', 'pm'])('login at the location that was trusted, by %s', async (app) => {
    expect(await login(here, 'nina', office, app)).toMatchObject({ exit: 9, result: 'locked', methods: [] });
  });

  it.each([
    ['email', []],
    ['sms', []],
    ['sms', ['--request-id', 'before-the-lock']],
  ])('code send via %s %j', async (via, more) => {
    const refused = await here.error(['code', 'send', 'nina', '--via', via, ...more, ...by('platform')], 9);
    expect(refused.code).toBe('user-locked');
  });

  it('code verify with the codes that were right, and with the request id of an earlier answer', async () => {
    for (const code of codes) {
      expect(await verify(here, 'nina', code)).toMatchObject({ exit: 9, result: 'locked', why: null });
    }
    const repeat = ['code', 'verify', 'nina', '--ip', office, '--request-id', 'wrong', ...by('platform')];
    expect(await here.json(repeat, 9, { input: codes[0] ?? '' })).toMatchObject({ result: 'locked' });
  });

  it.each([
    [['auth', 'challenge', '--via', 'email', '-p', 'nina']],
    [['auth', 'verify', '-p', 'nina']],
    [['reactivate', 'nina', '--reason', 'it is me', ...by('nina')]],
    [[...recovering('maria'), ...by('nina')]],
    [['recovery', 'renew', '--recovery-codes-file', 'new.txt', ...by('nina')]],
  ])('her own token, though it was proved: %j', async (args) => {
    const refused = await here.error(args, 4, { input: args[1] === 'maria' ? forged : (codes[0] ?? '') });
    expect(refused.code).toBe('operator-locked');
  });

  it('recovery with a code that is none, with one of the messages, and by whom it is not for', async () => {
    const wrong = await here.error([...recovering('nina'), ...by('nina')], 8, { input: forged });
    expect(wrong.code).toBe('recovery-code-rejected');
    const digits = await here.error([...recovering('nina'), ...by('nina')], 2, { input: codes[0] ?? '' });
    expect(digits.code).toBe('invalid-input');
    for (const profile of ['owner', 'ci', 'care', 'platform']) {
      const refused = await here.error([...recovering('nina'), ...by(profile)], 4, {
        input: recoveryCodes[0] ?? '',
      });
      expect(refused.code, profile).toBe('not-permitted');
    }
  });

  it('a new token, another name, another role and another roster', async () => {
    writeFileSync(
      join(here.home, 'roster.csv'),
      'username,name,status,attempts_left\nnina,Nina P.,active,7\n',
    );
    const again = ['user', 'add', 'nina', '--name', 'Nina', '--email', 'n@northside.example'];
    await here.error([...again, '--phone', '+12015550129', ...by('ci')], 6);
    await here.json(['user', 'import', 'roster.csv', ...by('ci')]);
    await here.json(['user', 'rename', 'nina', 'petrova', ...by('ci')]);
    expect(await login(here, 'petrova', office)).toMatchObject({ exit: 9, result: 'locked' });
    await here.json(['user', 'rename', 'petrova', 'nina', ...by('maria')]);
    const token = ['token', 'create', '--role', 'system-administrator', '--user', 'nina', '-a', kid];
    await here.json([...token, '--save', 'nina-again', '-p', 'owner']);
    const refused = await here.error(['auth', 'challenge', '--via', 'email', '-p', 'nina-again'], 4);
    expect(refused.code).toBe('operator-locked');
  });
});

describe("a locked administrator's token", () => {
  let situation: Situation;
  beforeAll(async () => {
    situation = await everySituation();
    const { here } = situation;
    await here.prepare(async (json) => {
      const platform = ['-a', kid, '-p', 'platform'];
      const input = otherThan(here.lastCode('maria'));
      for (const exit of [8, 8, 8, 8, 8, 8, 9])
        await json(['code', 'verify', 'maria', '--ip', office, ...platform], exit, { input });
    });
  });
  afterAll(() => situation.here.remove());

  const granted = Object.entries(everyCommand).filter(
    ([path, { grants }]) => grants?.split(' ')[1] === 'own' || path === 'auth status',
  );

  it.each(granted.map(([path]) => path))('serves %s as the rule says', async (path) => {
    const { here } = situation;
    const args = [...argsOf(path, situation), '-p', profileOf['system-administrator'], '--json'];
    const input = everyCommand[path]?.input?.(situation) ?? '';
    const { exit, stdout, stderr } = await here.run(args, { input });
    if (path === 'auth status') {
      expect(exit).toBe(0);
      return expect(JSON.parse(stdout)).toMatchObject({ user: 'maria' });
    }
    expect({ exit, stdout }).toEqual({ exit: 4, stdout: '' });
    expect(JSON.parse(stderr).error.code).toBe('operator-locked');
  });

  it('is not proved any more once its user is reactivated', async () => {
    const { here } = situation;
    await here.json(['reactivate', 'maria', '--reason', 'called back', ...by('nina')]);
    const refused = await here.error(['user', 'list', ...by('maria')], 7);
    expect(refused.code).toBe('second-factor-required');
  });
});

describe('a state counted as signed in before the second factor (GHSA-xg6x-h9c9-2m83 in better-auth)', () => {
  let enabled: Prepared;
  let here: Prepared;
  beforeAll(async () => {
    enabled = await quickEnabledNorthside();
  });
  afterAll(() => enabled.remove());
  afterEach(() => here.remove());

  const challenge = { exit: 7, result: 'challenge', trustedUntil: null };

  it('a challenge, a code on its way and a wrong code leave the user where they were', async () => {
    here = copyOf(enabled, new Prepared());
    expect(await login(here, 'jane', office)).toMatchObject({ ...challenge, reason: 'first' });
    const { code } = await send(here, 'jane');
    expect(await login(here, 'jane', office)).toMatchObject({ ...challenge, reason: 'first' });
    await verify(here, 'jane', otherThan(code));
    expect(await login(here, 'jane', office, 'pm')).toMatchObject({ ...challenge, reason: 'first' });
    expect(await here.json(['location', 'list', 'jane', ...by('maria')])).toEqual([]);
    // Another user's success at the same address is nobody else's.
    await signIn(here, 'david');
    expect(await login(here, 'jane', office)).toMatchObject({ ...challenge, reason: 'first' });
  });

  it('a token that is stored, challenged, or proved for something else is not proved', async () => {
    here = copyOf(enabled, new Prepared());
    const minted = ['token', 'create', '--role', 'system-administrator', '--user', 'maria', '-a', kid];
    const { token } = await here.json<{ token: string }>(minted);
    await here.json(['auth', 'login', '-p', 'fresh'], 0, { input: token });
    const expectUnproved = async (when: string) => {
      for (const args of [['user', 'list'], ['token', 'list'], ['audit', 'list'], ['checklist']]) {
        const refused = await here.error([...args, ...by('fresh')], 7);
        expect(refused.code, `${args.join(' ')} ${when}`).toBe('second-factor-required');
      }
    };
    await expectUnproved('after it was stored');
    await here.json(['auth', 'challenge', '--via', 'email', '-p', 'fresh']);
    await here.json(['auth', 'verify', '-p', 'fresh'], 8, { input: otherThan(here.lastCode('maria')) });
    await expectUnproved('after a wrong code');
    // The sign-in of the same person with the same code is a sign-in, and no more.
    expect(await verify(here, 'maria', here.lastCode('maria'))).toMatchObject({ result: 'verified' });
    await expectUnproved('after a sign-in');
    expect(await here.json(['auth', 'status', '-p', 'fresh'])).toMatchObject({ verifiedUntil: null });
    // Maria's other token is proved all along, and one that is made in its place is not.
    const [mine] = (
      await here.json<{ id: string; user: string | null; name: string }[]>(['token', 'list', ...by('maria')])
    ).filter(({ user }) => user === 'maria');
    const rotated = await here.json<{ token: string }>(['token', 'rotate', mine?.id ?? '', '-p', 'owner']);
    const env = { TWOFA_TOKEN: rotated.token };
    expect((await here.error(['user', 'list', '-a', kid], 7, { env })).code).toBe('second-factor-required');
  });

  it('a code that was proved for a token trusts no location', async () => {
    here = copyOf(enabled, new Prepared());
    await here.prove('nina');
    expect(await login(here, 'nina', office)).toMatchObject({ ...challenge, reason: 'new-location' });
    expect(await here.json(['location', 'list', 'nina', ...by('maria')])).toEqual([]);
  });
});
