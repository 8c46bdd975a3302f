// The way of an account and of a sign-in from the command line: checklist, enable, login, codes, trusted locations, status.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Prepared, quickEnabledNorthside, quickNorthside } from '../support/in-process.ts';
import { kid, otherThan } from '../support/program.ts';
import {
  accountFields,
  checklistFields,
  enableFields,
  exactly,
  fieldsOf,
  instant,
  itemFields,
  loginFields,
  sendFields,
  userFields,
  verifyFields,
} from './fields.ts';

const ip = '203.0.113.7';
const elsewhere = '198.51.100.23';
const platform = ['-a', kid, '-p', 'platform'];
const maria = ['-a', kid, '-p', 'maria'];

describe('before 2FA is on', () => {
  let here: Prepared;
  beforeAll(async () => {
    here = await quickNorthside();
  });
  afterAll(() => here.remove());

  interface ChecklistDocument {
    ready: boolean;
    blockers: number;
    items: { id: string; status: string; count: number; users: string[]; hint: string | null }[];
  }

  test('checklist: exit 0 when ready, 6 when not, with its document either way', async () => {
    const ready = await here.json<ChecklistDocument>(['checklist', '-a', kid]);
    expect(fieldsOf(ready)).toEqual(exactly(checklistFields));
    expect(ready).toMatchObject({ account: kid, ready: true, blockers: 0 });
    for (const item of ready.items) expect(fieldsOf(item)).toEqual(exactly(itemFields));
    expect(ready.items.map((item) => item.id)).toEqual(
      expect.arrayContaining(['practices', 'administrator', 'email-present', 'phone-valid', 'delivery']),
    );

    await here.json(['user', 'update', 'sam', '--phone', '+1 800 555 0199', '-a', kid]);
    const failed = await here.json<ChecklistDocument>(['checklist', '-a', kid], 6);
    expect(failed).toMatchObject({ ready: false, blockers: 1 });
    const item = failed.items.find((each) => each.id === 'phone-valid');
    expect(item).toMatchObject({
      severity: 'blocker',
      status: 'fail',
      count: 1,
      users: ['sam'],
      mendedBy: 'account',
    });

    const refused = await here.error(['enable', '--confirm', kid, ...maria], 6);
    expect(refused.code).toBe('not-ready');
    const text = await here.run(['checklist', '-a', kid]);
    expect(text.exit).toBe(6);
    expect(text.stdout).toContain(`Account ${kid} is not ready: 1 blocker`);
    await here.json(['user', 'update', 'sam', '--phone', '+12015550126', '-a', kid]);
    expect((await here.error(['checklist', '-a', '99999'], 5)).code).toBe('account-not-found');
  });

  test('checklist --fix needs a terminal', async () => {
    expect((await here.error(['checklist', '--fix', '-a', kid], 2)).code).toBe('usage');
  });

  test('login is granted, code send and code verify are refused (R14)', async () => {
    const login = await here.json(['login', 'jane', '--ip', ip, ...platform]);
    expect(login).toMatchObject({ result: 'granted', reason: 'not-enabled', trustedUntil: null });
    expect((await here.error(['code', 'send', 'jane', '--via', 'email', ...platform], 6)).code).toBe(
      'not-enabled',
    );
    const verify = ['code', 'verify', 'jane', '--ip', ip, ...platform];
    expect((await here.error(verify, 6, { input: '123456' })).code).toBe('not-enabled');
    expect(await here.json(['user', 'show', 'jane', '-a', kid])).toMatchObject({ attemptsLeft: 7 });
  });

  test('enable: previewed, confirmed by the KID, then on for ever', async () => {
    const preview = await here.json<{ plan: string }>(['enable', '--preview', ...maria]);
    expect(fieldsOf(preview)).toEqual(exactly(enableFields));
    expect(preview).toMatchObject({
      account: kid,
      enabledAt: null,
      enabledBy: null,
      practicesAffected: 2,
      usersAffected: 5,
      recoveryCodes: null,
      changed: false,
    });

    const missing = await here.error(['enable', ...maria], 2);
    expect(missing).toMatchObject({ code: 'missing-option', details: { field: 'confirm' } });
    expect((await here.error(['enable', ...maria], 2, { env: { CI: 'true' } })).code).toBe('missing-option');
    for (const wrong of ['10483', '', ` ${kid}`, 'yes']) {
      expect((await here.error(['enable', '--confirm', wrong, ...maria], 2)).code).toBe(
        'confirmation-mismatch',
      );
    }
    const owner = await here.error(['enable', '--confirm', kid, '-a', kid], 4);
    expect(owner).toMatchObject({
      code: 'not-permitted',
      hint: 'Only a System Administrator of the account turns 2FA on for it.',
    });
    const { twoFactor } = await here.json<{ twoFactor: object }>(['account', 'show', '-a', kid]);
    expect(twoFactor).toMatchObject({ enabled: false });

    const enabled = await here.json<{ enabledAt: string }>(['enable', '--confirm', kid, ...maria]);
    expect(fieldsOf(enabled)).toEqual(exactly(enableFields));
    expect(enabled).toMatchObject({
      enabledBy: 'maria',
      plan: preview.plan,
      usersAffected: 5,
      changed: true,
    });
    expect(enabled.enabledAt).toMatch(instant);
    await here.prove('nina');
    const again = await here.json(['enable', '--confirm', kid, '-a', kid, '-p', 'nina']);
    expect(again).toMatchObject({ enabledAt: enabled.enabledAt, enabledBy: 'maria', changed: false });
    const shown = await here.json(['account', 'show', '-a', kid]);
    expect(shown.twoFactor).toEqual({
      enabled: true,
      enabledAt: enabled.enabledAt,
      enabledBy: 'maria',
      overdue: null,
      wanted: false,
    });
    const off = await here.error(['disable', ...maria], 6);
    expect(off.code).toBe('never-disabled');
  });
});

describe('with 2FA on', () => {
  let here: Prepared;
  beforeAll(async () => {
    here = await quickEnabledNorthside();
  });
  afterAll(() => here.remove());

  const login = (user: string, from: string, exit: number) =>
    here.json(['login', user, '--ip', from, ...platform], exit);
  const send = (user: string, via: string, ...more: string[]) =>
    here.json<{ messageId: string; expiresAt: string }>([
      'code',
      'send',
      user,
      '--via',
      via,
      ...platform,
      ...more,
    ]);
  const verify = (user: string, code: string, exit: number, ...more: string[]) =>
    here.json<{ trustedUntil: string | null }>(
      ['code', 'verify', user, '--ip', ip, ...platform, ...more],
      exit,
      { input: `${code}\n` },
    );

  test('a code that is sent is entered once, and the location is trusted', async () => {
    const challenge = await login('jane', ip, 7);
    expect(fieldsOf(challenge)).toEqual(exactly(loginFields));
    expect(challenge).toEqual({
      result: 'challenge',
      reason: 'first',
      trustedUntil: null,
      methods: [
        { via: 'email', to: 'j•••@northside.example' },
        { via: 'sms', to: '•••0124' },
      ],
      attemptsLeft: 7,
    });

    const sent = await here.run(['code', 'send', 'jane', '--via', 'sms', '--ip', ip, ...platform, '--json']);
    expect(sent.exit).toBe(0);
    const document = JSON.parse(sent.stdout);
    expect(fieldsOf(document)).toEqual(exactly(sendFields));
    expect(document).toMatchObject({
      result: 'sent',
      via: 'sms',
      to: '•••0124',
      outstanding: 1,
      attemptsLeft: 7,
    });
    expect(sent.stderr).toContain('outbox.ndjson');
    const code = here.lastCode('jane');
    expect(sent.stdout + sent.stderr).not.toContain(code);

    const rejected = await verify('jane', otherThan(code), 8);
    expect(fieldsOf(rejected)).toEqual(exactly(verifyFields));
    expect(rejected).toEqual({ result: 'rejected', why: 'wrong', attemptsLeft: 6, trustedUntil: null });
    const verified = await verify('jane', ` ${code.slice(0, 3)}-${code.slice(3)} `, 0);
    expect(verified).toMatchObject({ result: 'verified', why: null, attemptsLeft: 7 });
    expect(verified.trustedUntil).toMatch(instant);
    expect(await verify('jane', code, 8)).toMatchObject({ result: 'rejected', why: 'used', attemptsLeft: 6 });

    expect(await login('jane', ip, 0)).toMatchObject({
      result: 'granted',
      reason: 'trusted-location',
      trustedUntil: verified.trustedUntil,
    });
    expect(await here.json(['login', 'jane', '--ip', ip, '-a', kid, '-p', 'pm'])).toMatchObject({
      result: 'granted',
    });
    expect(await login('jane', elsewhere, 7)).toMatchObject({ reason: 'new-location' });
  });

  test('a malformed code is invalid input, uses no attempt, and is not repeated in the error', async () => {
    for (const code of ['12345', '1234567', '12345a', '١٢٣٤٥٦', '']) {
      const args = ['code', 'verify', 'david', '--ip', ip, ...platform];
      const error = await here.error(args, 2, { input: code });
      expect(error.code).toBe(code === '' ? 'missing-option' : 'invalid-input');
      if (code !== '') expect(JSON.stringify(error)).not.toContain(code);
    }
    expect(await here.json(['user', 'show', 'david', '-a', kid])).toMatchObject({ attemptsLeft: 7 });
    const none = await verify('david', '123456', 8);
    expect(none).toMatchObject({ result: 'rejected', why: 'none', attemptsLeft: 6 });
  });

  test('a code is never an argument', async () => {
    const ran = await here.run(['code', 'verify', 'david', '654321', '--ip', ip, ...platform], { input: '' });
    expect(ran).toMatchObject({ exit: 2, stdout: '' });
    expect(ran.stderr).not.toContain('654321');
  });

  test('a request id makes a repeat harmless', async () => {
    const mails = () => here.outbox().filter((sent) => sent.user === 'nina').length;
    const before = mails();
    const first = await send('nina', 'email', '--request-id', 'a-1');
    expect(await send('nina', 'email', '--request-id', 'a-1')).toEqual(first);
    expect(mails()).toBe(before + 1);
    const wrong = otherThan(here.lastCode('nina'));
    const rejected = await verify('nina', wrong, 8, '--request-id', 'b-1');
    expect(await verify('nina', wrong, 8, '--request-id', 'b-1')).toEqual(rejected);
    expect(rejected).toMatchObject({ attemptsLeft: 6 });
    const reused = ['code', 'send', 'sam', '--via', 'email', '--request-id', 'a-1', ...platform];
    expect((await here.error(reused, 2)).code).toBe('request-id-reused');
  });

  test('at most five codes are outstanding (R7)', async () => {
    for (let count = 1; count <= 5; count += 1) {
      expect(await send('sam', 'email')).toMatchObject({ outstanding: count });
    }
    const error = await here.error(['code', 'send', 'sam', '--via', 'email', ...platform], 6);
    expect(error).toMatchObject({
      code: 'too-many-codes',
      details: { retryAt: expect.stringMatching(instant) },
    });
    const lines = readFileSync(join(here.home, 'outbox.ndjson'), 'utf8').trim().split('\n');
    expect(lines.filter((line) => JSON.parse(line).user === 'sam')).toHaveLength(5);
  });

  test.each([
    ['login without --ip', ['login', 'jane', ...platform], 'missing-option'],
    ['login from no address', ['login', 'jane', '--ip', '300.1.1.1', ...platform], 'invalid-input'],
    ['login from everywhere', ['login', 'jane', '--ip', '0.0.0.0', ...platform], 'invalid-input'],
    ['code send by pigeon', ['code', 'send', 'jane', '--via', 'pigeon', ...platform], 'invalid-input'],
    ['code send without --via', ['code', 'send', 'jane', ...platform], 'missing-option'],
    [
      'a request id with a space',
      ['code', 'send', 'jane', '--via', 'sms', '--request-id', 'a b', ...platform],
      'invalid-input',
    ],
  ])('refuses %s', async (_, args, code) => {
    expect((await here.error(args, 2)).code).toBe(code);
  });

  test('refuses a user who does not exist, and another application than the token is for', async () => {
    for (const args of [
      ['login', 'nobody', '--ip', ip],
      ['code', 'send', 'nobody', '--via', 'email'],
      ['code', 'verify', 'nobody', '--ip', ip],
    ]) {
      const error = await here.error([...args, ...platform], 5, { input: '123456' });
      expect(error.code).toBe('user-not-found');
    }
    const other = ['login', 'jane', '--ip', ip, '--app', 'pm', ...platform];
    expect((await here.error(other, 4)).code).toBe('not-permitted');
  });

  test('location list and location forget', async () => {
    await send('maria', 'email');
    await verify('maria', here.lastCode('maria'), 0);
    const list = await here.json<object[]>(['location', 'list', 'maria', ...maria]);
    expect(list).toEqual([
      {
        location: ip,
        trusted: true,
        trustedAt: expect.stringMatching(instant),
        expiresAt: expect.stringMatching(instant),
        endedAt: null,
        endedReason: null,
      },
    ]);
    const forget = ['location', 'forget', 'maria', '-a', kid, '-p', 'nina'];
    const forgotten = { account: kid, username: 'maria', forgotten: 1, changed: true };
    expect(await here.json(forget)).toEqual(forgotten);
    expect(await here.json(forget)).toEqual({ ...forgotten, forgotten: 0, changed: false });
    expect(await login('maria', ip, 7)).toMatchObject({ reason: 'trust-ended' });
    await here.prove('maria');
    expect(await here.json(['location', 'list', 'david', ...maria])).toEqual([]);
    expect((await here.error(['location', 'list', 'nobody', ...maria], 5)).code).toBe('user-not-found');
    expect((await here.error(['location', 'list', 'jane', ...platform], 4)).code).toBe('not-permitted');
  });

  test('status of an account and of a user', async () => {
    const account = await here.json(['status', '-a', kid]);
    expect(fieldsOf(account)).toEqual(exactly(accountFields, 'checklist', 'lockouts', 'sandbox', 'texts'));
    expect(account).toMatchObject({ kid, sandbox: true, lockouts: [], checklist: { ready: true } });
    const user = await here.json(['status', 'david', '-a', kid]);
    expect(fieldsOf(user)).toEqual(
      exactly(userFields, 'twoFactor', 'methods', 'outstandingCodes', 'trustedLocations', 'messages'),
    );
    expect(user).toMatchObject({ username: 'david', email: 'david@northside.example', outstandingCodes: 0 });
    const masked = await here.run(['status', 'david', '-a', kid, '-p', 'care', '--json']);
    expect(JSON.parse(masked.stdout)).toMatchObject({ email: 'd•••@northside.example', phone: '•••0125' });
    expect((await here.error(['status', 'nobody', '-a', kid], 5)).code).toBe('user-not-found');
    expect((await here.error(['status', '-a', '99999'], 5)).code).toBe('account-not-found');
    const text = await here.run(['status', '-a', kid]);
    expect(text.stdout).toMatch(/^2FA +on/m);
  });
});
