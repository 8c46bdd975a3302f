// Contact data: what a change ends and what it leaves (R5), and what is unique when (R12).
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { wrongCode } from '../support/actions.ts';
import {
  contacts,
  copyOf,
  enabledNorthside,
  failCodes,
  ip,
  kid,
  type Northside,
  preparedNorthside,
  prove,
  sendCode,
  signIn,
} from '../support/northside.ts';

let templates: { before: Northside; after: Northside };
let here: Northside;

beforeAll(async () => {
  templates = { before: await preparedNorthside(), after: await enabledNorthside() };
});
afterAll(async () => {
  await templates.before.world.remove();
  await templates.after.world.remove();
});
afterEach(() => here.world.remove());

const maria = () => here.as['system-administrator'];
const update = (user: string, fields: object) =>
  here.world.call(maria(), { do: 'user.update', user, ...fields });
const show = (user: string) => here.world.done(maria(), { do: 'user.show', user });
const login = (user: string) =>
  here.world.call(here.as.application, { do: 'login', account: kid, user, ip }).then(({ result }) => result);

describe('a change, once 2FA is on', () => {
  beforeEach(async () => {
    here = await copyOf(templates.after);
  });

  test.each([
    ['email', { email: 'jane.roe@northside.example' }],
    ['phone', { phone: '+1 201 555 0199' }],
  ])('of the %s ends outstanding codes and trust', async (field, fields) => {
    await signIn(here, 'jane');
    const code = await sendCode(here, 'jane');
    here.world.clock.move(1000);
    expect(await update('jane', fields)).toMatchObject({
      exit: 0,
      result: { changed: true, contactChangedAt: '2026-03-02T09:00:01.000Z' },
    });
    expect(await here.world.lastEvent()).toMatchObject({
      action: 'user.updated',
      user: 'jane',
      details: { fields: [field] },
    });
    expect(await login('jane')).toMatchObject({ result: 'challenge', reason: 'trust-ended' });
    const verdict = await here.world.call(here.as.application, {
      do: 'code.verify',
      account: kid,
      user: 'jane',
      code,
      ip,
    });
    expect(verdict).toMatchObject({ exit: 8, result: { why: 'expired', attemptsLeft: 6 } });
    const ended = here.world.kept.sql("SELECT ended_reason FROM codes WHERE ended_reason <> 'verified'");
    expect(ended).toEqual([{ ended_reason: 'contact-changed' }]);
  });

  test('the trail has the addresses only masked', async () => {
    await update('jane', { email: 'jane.roe@northside.example', phone: '+12015550199' });
    const details = JSON.stringify((await here.world.lastEvent()).details);
    expect(details).toContain('j•••@northside.example');
    expect(details).toContain('•••0199');
    expect(details).not.toMatch(/jane\.roe|5550199/);
  });

  test.each([
    { email: ' JANE@NORTHSIDE.example ' },
    { email: 'ｊａｎｅ@northside.example' },
    { phone: '(201) 555-0125' },
    { phone: '+1-201-555-0125', email: 'jane@northside.example' },
    { name: 'jane of 10482' },
    { practices: ['PEDIATRICS'] },
    { systemAdministrator: false },
  ])('to what is equal after normalisation is none: %o', async (fields) => {
    await signIn(here, 'jane');
    await sendCode(here, 'jane');
    const before = await here.world.events();
    expect(await update('jane', fields)).toMatchObject({ exit: 0, result: { changed: false } });
    expect(await here.world.events()).toEqual(before);
    expect(await login('jane')).toMatchObject({ result: 'granted' });
    expect(await show('jane')).toMatchObject({ ...contacts.jane, contactChangedAt: null });
  });

  test('gives no attempt back', async () => {
    await failCodes(here, 'jane', 3);
    await update('jane', { email: 'j2@northside.example' });
    expect(await show('jane')).toMatchObject({ attemptsLeft: 4, status: 'active' });
  });

  test('lifts no lock, by no door', async () => {
    await failCodes(here, 'jane');
    const { world, as } = here;
    const row = { username: 'jane', email: 'j3@northside.example', phone: '+12015550198', name: 'Jane' };
    await update('jane', { email: 'j2@northside.example', phone: '+12015550199' });
    await world.done(maria(), { do: 'user.import', rows: [row] });
    await world.done(maria(), { do: 'user.rename', user: 'jane', newUsername: 'janet' });
    await world.done(maria(), { do: 'user.update', user: 'janet', systemAdministrator: true });
    const { username: _, ...same } = row;
    const again = { do: 'user.add', user: 'janet', ...same, systemAdministrator: true };
    await world.call(maria(), { ...again, practices: ['Pediatrics'] });
    await world.call(maria(), { ...again, name: 'Another' });
    world.clock.move(400 * 86_400_000);
    await prove(here, maria());
    expect(await show('janet')).toMatchObject({ status: 'locked', attemptsLeft: 0, email: row.email });
    for (const role of ['owner', 'provisioner', 'customer-care', 'application'] as const) {
      const request = { do: 'reactivate', account: kid, users: ['janet'], reason: 'please' };
      await world.refused(as[role], request, 'not-permitted');
    }
    expect(await login('janet')).toMatchObject({ result: 'locked', attemptsLeft: 0 });
  });

  test.each([
    ['a missing email', { email: '' }, 'The email is missing.'],
    ['a missing phone', { phone: '' }, 'The phone is missing.'],
    ['a malformed email', { email: 'jane@' }, 'The email has no valid domain after the "@".'],
    ['a toll-free phone', { phone: '+18005550199' }, 'is a toll-free number, which takes no text messages'],
    [
      "another's email",
      { email: 'LI@northside.example' },
      /contact-data-required|The email is li's already\./,
    ],
  ])('to %s is refused', async (_, fields, says) => {
    const { exit, error } = await update('jane', fields);
    expect({ exit, code: error?.code }).toEqual({ exit: 6, code: 'contact-data-required' });
    if (typeof says === 'string') expect(error?.message).toContain(says);
    else expect(error?.message).toMatch(says);
    expect(await show('jane')).toMatchObject(contacts.jane);
  });

  test('to an email that only an inactive user has is allowed, and then keeps them out', async () => {
    const { world } = here;
    await world.done(maria(), { do: 'user.deactivate', user: 'li' });
    expect((await update('jane', { email: contacts.li.email })).exit).toBe(0);
    await prove(here, maria());
    const back = { do: 'reactivate', users: ['li'], reason: 'back from leave', deactivated: true };
    const error = await world.refused(maria(), back, 'contact-data-required');
    expect(error.details).toEqual({ problems: ["The email is jane's already."] });
    expect((await update('li', { email: 'li2@northside.example' })).exit).toBe(0);
    const reactivated = await world.done(maria(), back);
    expect(reactivated).toMatchObject([{ username: 'li', status: 'active', changed: true }]);
  });

  test('a phone may be shared', async () => {
    expect(await update('jane', { phone: contacts.li.phone })).toMatchObject({ exit: 0 });
    const checklist = await here.world.done(maria(), { do: 'checklist' });
    expect(checklist.items).toContainEqual(
      expect.objectContaining({ id: 'phone-shared', status: 'warn', count: 2, users: ['jane', 'li'] }),
    );
  });

  test('a user without valid contact data is not added', async () => {
    const { world } = here;
    const sam = { do: 'user.add', user: 'sam', name: 'Sam', phone: '+12015550130' };
    await world.refused(maria(), sam, 'contact-data-required');
    await world.refused(maria(), { ...sam, email: 'JANE@northside.example' }, 'contact-data-required');
    expect(await world.done(maria(), { ...sam, email: 'sam@northside.example' })).toMatchObject({
      changed: true,
    });
  });
});

describe('before 2FA is on', () => {
  beforeEach(async () => {
    here = await copyOf(templates.before);
  });

  test('missing, malformed and repeated contact data is stored, and keeps 2FA off', async () => {
    const { world } = here;
    expect((await update('jane', { email: 'Maria@Northside.example' })).exit).toBe(0);
    expect((await update('li', { email: 'no address', phone: '' })).exit).toBe(0);
    expect(await show('li')).toMatchObject({ email: 'no address', phone: null });
    expect(await show('jane')).toMatchObject({ email: 'Maria@Northside.example' });
    const { items } = (await world.call(maria(), { do: 'checklist' })).result;
    const failed = items.filter((item: { status: string }) => item.status === 'fail');
    expect(failed).toMatchObject([
      { id: 'email-valid', count: 1, users: ['li'] },
      { id: 'email-unique', count: 2, users: ['jane', 'maria'] },
      { id: 'phone-present', count: 1, users: ['li'] },
    ]);
    const error = await world.refused(maria(), { do: 'enable', confirm: kid }, 'not-ready');
    expect(error.message).toBe('Account 10482 is not ready: email-valid, email-unique, phone-present.');
    expect((await world.done(maria(), { do: 'account.show' })).twoFactor.enabled).toBe(false);

    await update('jane', { email: contacts.jane.email });
    await world.done(maria(), { do: 'user.deactivate', user: 'li' });
    expect(await world.done(maria(), { do: 'enable', confirm: kid })).toMatchObject({ changed: true });
    await prove(here, maria());
    const back = { do: 'reactivate', users: ['li'], reason: 'back', deactivated: true };
    const refused = await world.refused(maria(), back, 'contact-data-required');
    expect(refused.details?.problems).toEqual(['The email contains white space.', 'The phone is missing.']);
  });
});

test('a code is wrong for another user, and each failure is theirs who was asked', async () => {
  here = await copyOf(templates.after);
  const code = await sendCode(here, 'jane');
  const { world, as } = here;
  const verify = (user: string, entered: string) =>
    world
      .call(as.application, { do: 'code.verify', account: kid, user, code: entered, ip })
      .then(({ result }) => result);
  expect(await verify('li', code)).toMatchObject({ result: 'rejected', why: 'none', attemptsLeft: 6 });
  expect(await verify('jane', wrongCode)).toMatchObject({ why: 'wrong', attemptsLeft: 6 });
  expect(await verify('jane', code)).toMatchObject({ result: 'verified', attemptsLeft: 7 });
  expect(await verify('jane', code)).toMatchObject({ why: 'used', attemptsLeft: 6 });
});
