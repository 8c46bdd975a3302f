// Scenario of the last System Administrator: the account keeps one, though no rule keeps them from being locked (R13).
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { enabledNorthside, type Installation } from '../support/program.ts';
import { by, copyOf, fail, login, office } from './steps.ts';

let enabled: Installation;
let installation: Installation;

beforeAll(async () => {
  enabled = await enabledNorthside();
});

afterAll(() => enabled.remove());

afterEach(() => installation.remove());

function start(): Installation {
  installation = copyOf(enabled);
  return installation;
}

describe('the last System Administrator', () => {
  it('cannot be deactivated and cannot lose the role, by no command', async () => {
    start();
    await installation.json(['user', 'deactivate', 'nina', ...by('maria')]);
    for (const args of [
      ['user', 'deactivate', 'maria'],
      ['user', 'update', 'maria', '--no-system-administrator'],
    ]) {
      const refused = await installation.error([...args, ...by('maria')], 6);
      expect(refused.code, args.join(' ')).toBe('last-administrator');
    }
    writeFileSync(join(installation.home, 'roster.csv'), 'username,system_administrator\nmaria,no\n');
    const imported = await installation.json(['user', 'import', 'roster.csv', ...by('maria')], 2);
    expect(imported).toMatchObject({ read: 1, updated: 0, rejected: 1 });
    expect(await installation.json(['user', 'show', 'maria', ...by('maria')])).toMatchObject({
      systemAdministrator: true,
      status: 'active',
    });

    await installation.json(['user', 'update', 'jane', '--system-administrator', ...by('maria')]);
    await installation.json(['user', 'update', 'maria', '--no-system-administrator', ...by('maria')]);
    const refused = await installation.error(['user', 'list', ...by('maria')], 4);
    expect(refused.code).toBe('operator-inactive');
  });

  it('is the last one also when the others are locked', async () => {
    start();
    await fail(installation, 'nina', 7);
    const self = ['user', 'deactivate', 'maria', ...by('maria')];
    expect((await installation.error(self, 6)).code).toBe('last-administrator');
    await installation.json(['reactivate', 'nina', '--reason', 'called back', ...by('maria')]);
    expect(await installation.json(self)).toMatchObject({ status: 'inactive', changed: true });
  });

  it('is locked like everyone, and their token with them', async () => {
    start();
    await installation.json(['user', 'deactivate', 'nina', ...by('maria')]);
    const verdicts = await fail(installation, 'maria', 7);
    expect(verdicts.at(-1)).toMatchObject({ exit: 9, result: 'locked', attemptsLeft: 0 });
    expect(await login(installation, 'maria', office)).toMatchObject({ exit: 9, result: 'locked' });
    const myself = ['reactivate', 'maria', '--reason', 'it is me', ...by('maria')];
    expect((await installation.error(myself, 4)).code).toBe('operator-locked');
    expect(await installation.json(['lockouts', ...by('care')])).toMatchObject([{ username: 'maria' }]);
  });
});
