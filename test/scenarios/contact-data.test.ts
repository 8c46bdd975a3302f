// Scenario of a changed address: it is updated in the user's account, and what went to the old one is worth nothing (R5, R12).
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { UserView } from '../../src/actions/views.ts';
import { enabledNorthside, type Installation } from '../support/program.ts';
import { by, copyOf, elsewhere, fail, login, office, send, signIn, verify } from './steps.ts';

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

function update(user: string, values: string[], profile = 'maria'): Promise<UserView & { changed: boolean }> {
  return installation.json(['user', 'update', user, ...values, ...by(profile)]);
}

describe("How is a user's email or mobile number updated?", () => {
  for (const { via, value, to } of [
    { via: 'email', value: ['--email', 'jane.doe@clinic.example'], to: 'jane.doe@clinic.example' },
    { via: 'sms', value: ['--phone', '201-555-0177'], to: '+12015550177' },
  ] as const) {
    it(`in the user's account, which ends outstanding codes and trusted locations: ${via}`, async () => {
      start();
      await signIn(installation, 'jane', office);
      await signIn(installation, 'jane', elsewhere);
      const old = await send(installation, 'jane', via);
      await fail(installation, 'jane', 2, { right: old.code });

      const updated = await update('jane', [...value]);
      expect(updated).toMatchObject({
        [via === 'email' ? 'email' : 'phone']: to,
        attemptsLeft: 5,
        changed: true,
      });
      expect(updated.contactChangedAt).not.toBeNull();
      for (const ip of [office, elsewhere]) {
        expect(await login(installation, 'jane', ip)).toMatchObject({ exit: 7, reason: 'trust-ended' });
      }
      expect(await installation.json(['status', 'jane', ...by('maria')])).toMatchObject({
        outstandingCodes: 0,
        trustedLocations: 0,
      });
      expect(await verify(installation, 'jane', old.code)).toMatchObject({
        exit: 8,
        result: 'rejected',
        attemptsLeft: 4,
      });

      const fresh = await send(installation, 'jane', via);
      expect(installation.outbox().at(-1)).toMatchObject({ user: 'jane', via, to });
      expect(await verify(installation, 'jane', fresh.code)).toMatchObject({
        result: 'verified',
        attemptsLeft: 7,
      });
    });
  }

  it('the same value in another spelling is no change', async () => {
    start();
    await signIn(installation, 'jane', office);
    const { code } = await send(installation, 'jane');
    for (const values of [
      ['--email', 'JANE@Northside.EXAMPLE'],
      ['--phone', '(201) 555-0124'],
      ['--phone', '+1 201 555 0124', '--email', 'jane@northside.example'],
    ]) {
      expect(await update('jane', values), values.join(' ')).toMatchObject({
        email: 'jane@northside.example',
        phone: '+12015550124',
        contactChangedAt: null,
        changed: false,
      });
    }
    expect(await login(installation, 'jane', office)).toMatchObject({ exit: 0, reason: 'trusted-location' });
    expect(await verify(installation, 'jane', code, { ip: elsewhere })).toMatchObject({ result: 'verified' });
  });

  it('by those who may, with an address that messages reach', async () => {
    start();
    const email = ['user', 'update', 'jane', '--email', 'other@northside.example'];
    for (const profile of ['care', 'platform', 'ci', 'owner']) {
      expect((await installation.error([...email, ...by(profile)], 4)).code, profile).toBe('not-permitted');
    }
    for (const values of [
      ['--email', ''],
      ['--email', 'jane@northside'],
      ['--phone', ''],
      ['--phone', '+1 800 555 0199'],
    ]) {
      const refused = await installation.error(['user', 'update', 'jane', ...values, ...by('maria')], 6);
      expect(refused.code, values.join(' ')).toBe('contact-data-required');
    }
    const before = await installation.json<UserView>(['user', 'show', 'jane', ...by('maria')]);
    expect(before).toMatchObject({ email: 'jane@northside.example', phone: '+12015550124' });

    const token = ['token', 'create', '--role', 'provisioner', '--may', 'contacts', '--save', 'contacts'];
    await installation.json(token);
    expect(await update('jane', ['--email', 'other@northside.example'], 'contacts')).toMatchObject({
      email: 'other@northside.example',
      changed: true,
    });
    const administrator = ['user', 'update', 'nina', '--email', 'attacker@northside.example'];
    expect((await installation.error([...administrator, ...by('contacts')], 4)).code).toBe('not-permitted');
  });
});
