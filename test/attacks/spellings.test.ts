// What spellings taught others: an address is one location, and an email one user, however they are written (R11, R12).
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Checklist } from '../../src/rules/checklist.ts';
import { by, send, verify } from '../scenarios/steps.ts';
import { type Prepared, quickEnabledNorthside, quickNorthside } from '../support/in-process.ts';
import { kid } from '../support/program.ts';
import { atOnce, mint, type Outcome } from './library.ts';

describe('addresses in several spellings (GHSA-p6v2-xcpg-h6xw)', () => {
  let here: Prepared;
  let token: string;
  beforeAll(async () => {
    here = await quickEnabledNorthside();
    token = await mint(here, '--role', 'application', '--app', 'platform');
  });
  afterAll(() => here.remove());

  const loginsFrom = async (user: string, addresses: readonly string[]): Promise<Outcome[]> =>
    atOnce(
      here,
      token,
      addresses.map((ip) => ({ do: 'login', account: kid, user, ip })),
    );

  /** Signs a user in from an address. @returns until when it is trusted. */
  async function signInFrom(user: string, ip: string): Promise<string | null> {
    const { code } = await send(here, user);
    const verdict = await verify(here, user, code, { ip });
    expect(verdict, ip).toMatchObject({ result: 'verified' });
    return verdict.trustedUntil;
  }

  it.each([
    {
      what: 'an IPv4 address',
      user: 'jane',
      trusted: '203.0.113.7',
      same: [
        '203.0.113.7',
        '::ffff:203.0.113.7',
        '::FFFF:CB00:7107',
        '0:0:0:0:0:ffff:203.0.113.7',
        '0000:0000:0000:0000:0000:ffff:cb00:7107',
        '64:ff9b::203.0.113.7',
        '64:FF9B:0:0:0:0:CB00:7107',
        '0064:ff9b::cb00:7107',
        '::203.0.113.7',
      ],
      others: [
        '203.0.113.8',
        '::ffff:203.0.113.8',
        '64:ff9b::203.0.113.8',
        '::cb00:7108',
        '2001:db8::cb00:7107',
        '113.0.203.7',
      ],
    },
    {
      what: 'an address translated from IPv4',
      user: 'sam',
      trusted: '64:ff9b::c633:6417',
      same: ['198.51.100.23', '::ffff:198.51.100.23'],
      others: ['64:ff9b::c633:6418', '64:ff9b::'.concat('203.0.113.7')],
    },
    {
      what: 'a /64 of IPv6',
      user: 'david',
      trusted: '2001:db8:1:2::7',
      same: [
        '2001:0db8:0001:0002:0000:0000:0000:0007',
        '2001:DB8:1:2:ffff:ffff:ffff:ffff',
        '2001:db8:1:2::203.0.113.7',
      ],
      others: ['2001:db8:1:3::7', '2001:db8:1::2:0:0:7', '2001:db9:1:2::7', '203.0.113.7'],
    },
  ])('$what is trusted in each of them, and no other is', async ({ user, trusted, same, others }) => {
    expect(await signInFrom(user, trusted)).not.toBeNull();
    const outcomes = await loginsFrom(user, [...same, ...others]);
    const answers = outcomes.map(({ exit, result }) => `${exit} ${result?.reason}`);
    expect(answers).toEqual([...same.map(() => '0 trusted-location'), ...others.map(() => '7 new-location')]);
  });

  it('what only looks like an address is refused, and is no location', async () => {
    const odd = [
      ...['203.0.113.007', '0313.0.113.7', '203.0.28935', '3405803783', '0xcb007107', '203.0.113.7.'],
      ...['203.0.113.263', '203.0.113', '２０３.0.113.7', '203。0。113。7', ' 203.0.113.7', '203.0.113.7 '],
      ...['203.0.113.7:443', '203.0.113.7/32', '203.0.113.7, 198.51.100.23', '[2001:db8:1:2::7]'],
      ...['2001:db8:1:2::7%eth0', 'fe80::1%lo', '2001:db8:1:2:7', '::ffff:203.0.113.263', 'localhost', ''],
      ...['0.0.0.0', '::', '::ffff:0.0.0.0', '224.0.0.1', '255.255.255.255', 'ff02::1', '::ffff:224.0.0.1'],
    ];
    const outcomes = await loginsFrom('jane', odd);
    const taken = odd.filter((_, index) => outcomes[index]?.error !== 'invalid-input');
    expect(taken).toEqual([]);
  });

  it('the own machine and the link are trusted in no spelling', async () => {
    for (const ip of ['127.0.0.1', '::ffff:169.254.1.2']) expect(await signInFrom('nina', ip)).toBeNull();
    const addresses = [
      ...['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1', '64:ff9b::127.0.0.1', '0:0:0:0:0:0:0:1'],
      ...['169.254.1.2', '::ffff:a9fe:102', 'fe80::1'],
    ];
    const outcomes = await loginsFrom('nina', addresses);
    expect(outcomes.map(({ exit }) => exit)).toEqual(addresses.map(() => 7));
  });
});

describe('emails equal after Unicode normalisation (GHSA-7rqj-j65f-68wh in Auth.js)', () => {
  let here: Prepared;
  beforeAll(async () => {
    here = await quickEnabledNorthside();
  });
  afterAll(() => here.remove());

  /** Jane's address in other spellings. */
  const spellings = ['JANE@northside.example', 'jane@NORTHSIDE.Example', 'ｊａｎｅ@northside.example'];
  /** The same to a mail program that normalises, and to another one an address of its own. */
  const unusual = [
    'jane＠northside.example',
    'jane@northside．example',
    'jane@ｎorthside.example',
    'jane@northside.example\u200b',
    'jane\u00ad@northside.example',
  ];

  it('belong to one user, by whatever command the second would get it', async () => {
    const token = await mint(here, '--role', 'provisioner', '--may', 'contacts');
    const contact = (email: string) => ({ account: kid, email, phone: '+12015550140' });
    const emails = [...spellings, ...unusual];
    const requests = emails.flatMap((email, each) => [
      { do: 'user.add', ...contact(email), user: `second${each}`, name: 'Second' },
      { do: 'user.update', ...contact(email), user: 'david' },
      {
        do: 'user.import',
        account: kid,
        rows: [{ username: `third${each}`, name: 'Third', email, phone: '+12015550141' }],
      },
    ]);
    const outcomes = await atOnce(here, token, requests);
    const taken = outcomes.filter(
      ({ error, result }) =>
        error !== 'contact-data-required' &&
        error !== 'invalid-input' &&
        result?.outcomes[0].outcome !== 'rejected',
    );
    expect(taken).toEqual([]);
    const users = await here.json<{ username: string; email: string }[]>(['user', 'list', ...by('maria')]);
    expect(users.map(({ username }) => username)).toEqual(['david', 'jane', 'maria', 'nina', 'sam']);
    expect(users.find(({ username }) => username === 'david')?.email).toBe('david@northside.example');
  });

  it('are no change of the address that a code goes to, which stays as it was written', async () => {
    for (const email of spellings) {
      const updated = await here.json(['user', 'update', 'jane', '--email', email, ...by('maria')]);
      expect(updated, email).toMatchObject({ email: 'jane@northside.example', changed: false });
    }
    await send(here, 'jane');
    expect(here.codesOf('jane').at(-1)).toMatchObject({ to: 'jane@northside.example' });
  });

  it('are found by the checklist where they were stored before 2FA is on', async () => {
    const before = await quickNorthside();
    try {
      await before.json(['user', 'update', 'sam', '--email', 'ＪＡＮＥ@northside.example', ...by('ci')]);
      await before.json(['user', 'update', 'david', '--email', 'jane＠northside.example', ...by('ci')]);
      const { items } = await before.json<Checklist>(['checklist', ...by('maria')], 6);
      const failed = items.filter(({ status }) => status === 'fail');
      expect(failed.map(({ id, users }) => [id, users])).toEqual([
        ['email-valid', ['david']],
        ['email-unique', ['david', 'jane', 'sam']],
      ]);
      const refused = await before.error(['enable', '--confirm', kid, ...by('maria')], 6);
      expect(refused.code).toBe('not-ready');
    } finally {
      before.remove();
    }
  });
});

describe('a user marking their own contact as verified (CVE-2026-27946 in ZITADEL)', () => {
  let here: Prepared;
  beforeAll(async () => {
    here = await quickEnabledNorthside();
  });
  afterAll(() => here.remove());

  /** Which channels of a user are proved to reach them, as the checklist has it. */
  async function unproved(): Promise<readonly string[]> {
    const { items } = await here.json<Checklist>(['checklist', ...by('maria')]);
    return items.find(({ id }) => id === 'reachable')?.users ?? [];
  }

  it('no field of a request and no column of a roster says so', async () => {
    const token = await mint(here, '--role', 'provisioner', '--may', 'contacts');
    const fields = ['emailVerified', 'verified', 'emailProvedAt', 'email_proved_at', 'lastVerifiedAt'];
    const update = { account: kid, user: 'jane', name: 'Jane Roe' };
    const row = { username: 'jane', name: 'Jane Roe' };
    const outcomes = await atOnce(here, token, [
      ...fields.map((field) => ({ do: 'user.update', ...update, [field]: true })),
      ...fields.map((field) => ({ do: 'user.import', account: kid, rows: [{ ...row, [field]: 'true' }] })),
    ]);
    expect(
      outcomes.map(({ error, result }) => error ?? result.outcomes[0].outcome),
      'requests',
    ).toEqual([...fields.map(() => 'invalid-input'), ...fields.map(() => 'rejected')]);
    const file = join(here.home, 'roster.csv');
    for (const column of ['email_verified', 'verified', 'reachable']) {
      writeFileSync(file, `username,${column}\njane,yes\n`);
      expect((await here.error(['user', 'import', file, ...by('maria')], 2)).code).toBe('file-malformed');
    }
    writeFileSync(file, 'username,last_verified_at\njane,2026-01-01T00:00:00Z\n');
    expect(await here.json(['user', 'import', file, ...by('maria')])).toMatchObject({ unchanged: 1 });
    expect(await here.json(['user', 'show', 'jane', ...by('maria')])).toMatchObject({
      name: 'Jane Doe',
      lastVerifiedAt: null,
    });
  });

  it('a code proves the channel that it came by; a changed address has to be proved anew', async () => {
    await verify(here, 'jane', (await send(here, 'jane', 'email')).code);
    expect(await unproved()).toContain('jane');
    await verify(here, 'jane', (await send(here, 'jane', 'sms')).code);
    expect(await unproved()).not.toContain('jane');
    // Maria changes her own address: she is who may, and it is not proved by that.
    for (const via of ['email', 'sms'] as const)
      await verify(here, 'maria', (await send(here, 'maria', via)).code);
    expect(await unproved()).not.toContain('maria');
    const old = await send(here, 'maria', 'email');
    await here.json(['user', 'update', 'maria', '--email', 'maria.lopez@northside.example', ...by('maria')]);
    expect(await verify(here, 'maria', old.code)).toMatchObject({ result: 'rejected' });
    await here.prove('maria');
    await here.json(['user', 'update', 'maria', '--phone', '+12015550188', ...by('maria')]);
    await here.prove('maria');
    expect(await unproved()).toContain('maria');
  });
});
