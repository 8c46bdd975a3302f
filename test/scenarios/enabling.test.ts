// Scenarios of turning 2FA on: how, whether it must be, whether it can be undone, and whom it affects (R1…R4, R12).
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { AccountView, UserView } from '../../src/actions/views.ts';
import type { Checklist, ChecklistItem } from '../../src/rules/checklist.ts';
import { type Installation, kid, northside } from '../support/program.ts';
import { by, copyOf, day, login, office, send } from './steps.ts';

const enable = ['enable', '--confirm', kid];

let prepared: Installation;
let installation: Installation;

beforeAll(async () => {
  prepared = await northside();
});

afterAll(() => prepared.remove());

afterEach(() => installation.remove());

function start(): Installation {
  installation = copyOf(prepared);
  return installation;
}

function update(user: string, ...values: string[]) {
  return installation.json(['user', 'update', user, ...values, ...by('maria')]);
}

async function findings(exit: number): Promise<Pick<ChecklistItem, 'id' | 'status' | 'users'>[]> {
  const { items } = await installation.json<Checklist>(['checklist', ...by('maria')], exit);
  return items
    .filter(({ id, status }) => status !== 'pass' && id !== 'reachable')
    .map(({ id, status, users }) => ({ id, status, users }));
}

function account(env: Record<string, string> = {}): Promise<AccountView> {
  return installation.json(['status', ...by('maria')], 0, { env });
}

describe('How do I enable 2FA?', () => {
  it('a System Administrator prepares the account by the checklist, then enables it', async () => {
    start();
    await update('sam', '--email', '');
    await update('david', '--phone', '+1 800 555 0199');
    await update('nina', '--email', 'jane@northside.example');

    expect(await findings(6)).toEqual([
      { id: 'email-present', status: 'fail', users: ['sam'] },
      { id: 'email-unique', status: 'fail', users: ['jane', 'nina'] },
      { id: 'phone-valid', status: 'fail', users: ['david'] },
    ]);
    const refused = await installation.error([...enable, ...by('maria')], 6);
    expect(refused.code).toBe('not-ready');
    expect(refused.message).toContain('email-present, email-unique, phone-valid');
    expect((await account()).twoFactor.enabled).toBe(false);

    await update('sam', '--email', 'sam@northside.example');
    await update('david', '--phone', '(201) 555-0125');
    await update('nina', '--email', 'nina@northside.example');
    expect(await findings(0)).toEqual([]);

    const done = await installation.json([...enable, ...by('maria')]);
    expect(done).toMatchObject({
      account: kid,
      enabledBy: 'maria',
      practicesAffected: 2,
      usersAffected: 5,
      changed: true,
    });
    await installation.prove('maria');
    expect(await account()).toMatchObject({
      twoFactor: { enabled: true, enabledAt: done.enabledAt, enabledBy: 'maria' },
    });
  });

  it('nobody else enables it, and nobody by mistake', async () => {
    start();
    for (const profile of ['owner', 'ci', 'care', 'platform']) {
      expect((await installation.error([...enable, ...by(profile)], 4)).code).toBe('not-permitted');
    }
    expect((await installation.error(['enable', ...by('maria')], 2)).code).toBe('missing-option');
    const mistyped = ['enable', '--confirm', '10428', ...by('maria')];
    expect((await installation.error(mistyped, 2)).code).toBe('confirmation-mismatch');
    const preview = await installation.json(['enable', '--preview', ...by('maria')]);
    expect(preview).toMatchObject({ usersAffected: 5, enabledAt: null, changed: false });
    expect((await account()).twoFactor).toMatchObject({ enabled: false, enabledAt: null });
  });
});

describe('Is enabling mandatory?', () => {
  it('yes: without it the account is shown as overdue, with the days', async () => {
    start();
    const overdue = ['account', 'list', '--overdue', '-p', 'ci'];
    expect((await account()).twoFactor).toMatchObject({ enabled: false, overdue: 0 });
    expect((await account(await installation.store.ahead(12 * day))).twoFactor.overdue).toBe(12);
    const table = await installation.run(['status', ...by('maria')], {
      env: await installation.store.ahead(12 * day),
    });
    expect(table.stdout).toContain('OVERDUE for 12 days');
    expect(await installation.json(overdue)).toMatchObject([{ kid, twoFactor: { overdue: 0 } }]);

    await installation.json([...enable, ...by('maria')]);
    const { twoFactor } = await installation.json<AccountView>(['status', '-a', kid, '-p', 'owner'], 0, {
      env: await installation.store.ahead(12 * day),
    });
    expect(twoFactor).toMatchObject({ enabled: true, overdue: null });
    expect(await installation.json(overdue)).toEqual([]);
  });
});

describe('Can it be disabled?', () => {
  it('no: the command only says so, whoever asks', async () => {
    start();
    await installation.json([...enable, ...by('maria')]);
    await installation.prove('maria');
    for (const operator of [[], by('maria'), by('owner'), ['-p', 'nobody']]) {
      const refused = await installation.error(['disable', ...operator], 6);
      expect(refused).toMatchObject({
        code: 'never-disabled',
        message: '2FA is mandatory and is never turned off.',
      });
    }
    expect((await account()).twoFactor.enabled).toBe(true);
    expect(await login(installation, 'jane', office)).toMatchObject({ exit: 7, result: 'challenge' });
  });

  it('no: the database refuses it as well', async () => {
    start();
    const { enabledAt } = await installation.json([...enable, ...by('maria')]);
    await installation.prove('maria');
    for (const [change, answer] of [
      ['UPDATE accounts SET enabled_at = NULL, enabled_by = NULL', '2FA is never turned off.'],
      ['UPDATE accounts SET enabled_at = enabled_at + 1', '2FA is never turned off.'],
      ["UPDATE accounts SET enabled_by = 'nina'", '2FA is never turned off.'],
      ['DELETE FROM accounts', 'An account is never deleted.'],
    ] as const) {
      await expect(installation.store.sql(change), change).rejects.toThrow(answer);
    }
    expect((await account()).twoFactor).toMatchObject({ enabled: true, enabledAt, enabledBy: 'maria' });
    expect(await installation.json(['audit', 'verify', '-p', 'owner'])).toMatchObject({ intact: true });
  });
});

describe('Can it be enabled for selected practices only?', () => {
  it('no: it is on for all practices and users of the account', async () => {
    start();
    await installation.json(['user', 'add', 'zoe', '--name', 'Zoe Of No Practice', ...by('maria')]);
    await update('zoe', '--email', 'zoe@northside.example', '--phone', '+12015550130');
    const selected = [...enable, '--practice', 'Northside Pediatrics', ...by('maria')];
    expect((await installation.error(selected, 2)).code).toBe('usage');
    expect((await account()).twoFactor.enabled).toBe(false);

    const done = await installation.json<{ impact: { practices: unknown } }>([...enable, ...by('maria')]);
    expect(done).toMatchObject({ practicesAffected: 2, usersAffected: 6 });
    expect(done.impact.practices).toEqual([
      { name: 'Northside Cardiology', users: 3 },
      { name: 'Northside Pediatrics', users: 3 },
    ]);
    for (const user of ['maria', 'nina']) await installation.prove(user);

    await installation.json(['practice', 'add', 'Northside Dental', ...by('nina')]);
    const later = ['--email', 'lee@northside.example', '--phone', '+12015550131'];
    const practice = ['--practice', 'Northside Dental'];
    await installation.json([
      'user',
      'add',
      'lee',
      '--name',
      'Lee Park',
      ...later,
      ...practice,
      ...by('nina'),
    ]);
    const users = await installation.json<UserView[]>(['user', 'list', ...by('maria')]);
    expect(users.map(({ username }) => username)).toEqual([
      'david',
      'jane',
      'lee',
      'maria',
      'nina',
      'sam',
      'zoe',
    ]);
    for (const { username } of users) {
      expect(await login(installation, username, office), username).toMatchObject({
        exit: 7,
        result: 'challenge',
        reason: ['maria', 'nina'].includes(username) ? 'new-location' : 'first',
      });
    }
  });
});

describe("Another practice's administrator enabled it, why does it affect mine?", () => {
  it('because it is managed for the account: status shows who did it and when', async () => {
    start();
    const { enabledAt } = await installation.json([...enable, ...by('maria')]);
    await installation.prove('nina');
    const nina = await installation.json<UserView>(['user', 'show', 'nina', ...by('nina')]);
    expect(nina.practices).toEqual(['Northside Cardiology']);

    expect(await installation.json(['status', ...by('nina')])).toMatchObject({
      kid,
      twoFactor: { enabled: true, enabledAt, enabledBy: 'maria', overdue: null },
    });
    expect(await installation.json([...enable, ...by('nina')])).toMatchObject({
      enabledAt,
      enabledBy: 'maria',
      changed: false,
    });
    const events = ['audit', 'list', '--action', 'account.enabled', ...by('nina')];
    expect(await installation.json(events)).toMatchObject([{ actor: 'maria', account: kid, at: enabledAt }]);
    expect(await login(installation, 'nina', office)).toMatchObject({ exit: 7, result: 'challenge' });
  });
});

describe('Can users share a phone number?', () => {
  it('yes, though the checklist advises against it; emails must be unique before and after', async () => {
    start();
    await update('david', '--phone', '+12015550124');
    expect(await findings(0)).toEqual([{ id: 'phone-shared', status: 'warn', users: ['david', 'jane'] }]);

    await update('david', '--email', 'JANE@Northside.Example');
    expect(await findings(6)).toEqual([
      { id: 'email-unique', status: 'fail', users: ['david', 'jane'] },
      { id: 'phone-shared', status: 'warn', users: ['david', 'jane'] },
    ]);
    expect((await installation.error([...enable, ...by('maria')], 6)).code).toBe('not-ready');

    await update('david', '--email', 'david@northside.example');
    await installation.json([...enable, ...by('maria')]);
    await installation.prove('maria');
    expect(await update('sam', '--phone', '+12015550124')).toMatchObject({ changed: true });
    for (const user of ['jane', 'david', 'sam']) await send(installation, user, 'sms');
    const texts = installation.outbox().filter(({ via }) => via === 'sms');
    expect(texts.map(({ user, to }) => ({ user, to }))).toEqual([
      { user: 'jane', to: '+12015550124' },
      { user: 'david', to: '+12015550124' },
      { user: 'sam', to: '+12015550124' },
    ]);

    const taken = ['--email', 'Jane@northside.EXAMPLE'];
    const added = ['user', 'add', 'ann', '--name', 'Ann Day', ...taken, '--phone', '+12015550140'];
    for (const args of [['user', 'update', 'sam', ...taken], added]) {
      const refused = await installation.error([...args, ...by('maria')], 6);
      expect(refused.code).toBe('contact-data-required');
      expect(refused.message).toContain("The email is jane's already.");
    }
    const sam = await installation.json<UserView>(['user', 'show', 'sam', ...by('maria')]);
    expect(sam.email).toBe('sam@northside.example');
  });
});
