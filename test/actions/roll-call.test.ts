// The roll call: who is called and how often, what confirms a channel, what it shows, and that it touches no sign-in.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { CheckWordMessage } from '../../src/actions/delivery.ts';
import type { Receipt } from '../../src/actions/store.ts';
import { checkWordLists } from '../../src/rules/check-word-lists.ts';
import { checkWordLifetimeMs, reachableProofMs } from '../../src/rules/constants.ts';
import {
  contacts,
  copyOf,
  kid,
  type Northside,
  otherKid,
  preparedNorthside,
  signIn,
} from '../support/northside.ts';

const minute = 60_000;
let template: Northside;
let here: Northside;

beforeAll(async () => {
  template = await preparedNorthside();
});
afterAll(() => template.world.remove());
beforeEach(async () => {
  here = await copyOf(template);
});
afterEach(() => here.world.remove());

type Options = Record<string, unknown>;
const administrator = () => here.as['system-administrator'];
const start = (more: Options = {}) => here.world.done(administrator(), { do: 'rollcall.start', ...more });
const status = (more: Options = {}) => here.world.done(administrator(), { do: 'rollcall.status', ...more });
const confirm = (user: string, via: string, checkWord: string, token = administrator()) =>
  here.world.call(token, { do: 'rollcall.confirm', account: kid, user, via, checkWord });

/** The words that were sent, oldest first. */
function sent(): CheckWordMessage[] {
  return here.world.delivery.messages.filter(
    (message): message is CheckWordMessage => message.kind === 'check-word',
  );
}

/** The words that a user was sent last. */
function wordsOf(user: string, via: 'email' | 'sms'): string {
  const last = sent()
    .filter((message) => message.user === user && message.via === via)
    .at(-1);
  if (!last) throw new Error(`${user} was sent no words by ${via}.`);
  return last.words;
}

/** How Jane stands by a channel. */
async function jane(via: 'email' | 'sms') {
  const rows = await status();
  return rows.find((row: { username: string }) => row.username === 'jane')[via];
}

/** Has messages to an address come to something else than the others. */
function receiptsOf(receipts: Record<string, Receipt>): void {
  const { delivery } = here.world;
  const send = delivery.send.bind(delivery);
  delivery.send = async (message) => receipts[message.to] ?? send(message);
}

/** Has messages delivered as before it was told otherwise. */
function deliverAgain(): void {
  Reflect.deleteProperty(here.world.delivery, 'send');
}

/** As {@link start}, part by part until nobody is left. */
async function startAll(more: Options = {}) {
  const parts = [];
  for (let after: string | null = null, left = true; left; ) {
    const part: Awaited<ReturnType<typeof start>> = await start({
      ...more,
      ...(after === null ? {} : { after }),
    });
    parts.push(part);
    here.world.clock.move(part.retryAfterMs);
    after = part.after;
    left = part.more;
  }
  return parts;
}

describe('a start', () => {
  test('sends each active user two words by each channel, each pair its own', async () => {
    expect(await start()).toEqual({
      ...{ called: 8, failed: [], skipped: [], alreadyReachable: 0, alreadyCalled: 0 },
      ...{ perMinute: { email: 120, sms: 60 }, after: 'omar', more: false, retryAfterMs: 0, changed: true },
    });
    const to = sent().map(({ to }) => to);
    expect(to.sort()).toEqual(
      Object.values(contacts)
        .flatMap(({ email, phone }) => [email, phone])
        .sort(),
    );
    expect(new Set(sent().map(({ words }) => words)).size).toBe(8);
    for (const { words, language, expiresAt, sentAt } of sent()) {
      const pair = words.split(' ');
      expect(pair).toHaveLength(2);
      for (const word of pair) expect(checkWordLists[language]).toContain(word);
      expect(expiresAt - sentAt).toBe(checkWordLifetimeMs);
    }
    expect(await here.world.lastEvent()).toMatchObject({
      action: 'rollcall.called',
      account: kid,
      user: null,
      details: { email: 4, sms: 4 },
    });
  });

  test("words are in the user's language", async () => {
    const { world } = here;
    await world.store.write({ actor: 'test', role: 'owner', tokenId: null }, async (tables) => {
      const user = await tables.user(kid, 'jane');
      if (user) await tables.saveUser(user, { language: 'es' }, { action: 'user.updated' });
    });
    await start({ via: 'email' });
    for (const word of wordsOf('jane', 'email').split(' ')) expect(checkWordLists.es).toContain(word);
  });

  test('started again it calls nobody twice; the preview says so too', async () => {
    const preview = await start({ preview: true });
    expect(preview).toMatchObject({ called: 8, changed: false });
    expect(sent()).toEqual([]);
    await start({ via: 'sms' });
    expect(await start({ preview: true })).toMatchObject({ called: 4, alreadyCalled: 4 });
    expect(await start()).toMatchObject({ called: 4, alreadyCalled: 4 });
    expect(await start()).toMatchObject({ called: 0, alreadyCalled: 8, changed: false });
    expect(sent()).toHaveLength(8);
  });

  test('several at once call each user once between them', async () => {
    const parts = await Promise.all([start(), start(), start()]);
    expect(parts.map(({ called }) => called).sort()).toEqual([0, 0, 8]);
    expect(sent()).toHaveLength(8);
  });

  test('who has no valid address is skipped with the reason, inactive users are left out', async () => {
    const { world, as } = here;
    await world.done(as.provisioner, {
      do: 'user.update',
      account: kid,
      user: 'li',
      email: '',
      phone: '123',
    });
    await world.done(as.provisioner, { do: 'user.deactivate', account: kid, user: 'omar' });
    expect(await start()).toMatchObject({
      called: 4,
      skipped: [
        { username: 'li', via: 'email', reason: 'email is missing' },
        { username: 'li', via: 'sms', reason: 'phone is no valid phone number' },
      ],
    });
    expect(new Set(sent().map(({ user }) => user))).toEqual(new Set(['maria', 'jane']));
    expect((await status()).map((row: { username: string }) => row.username)).toEqual([
      'jane',
      'li',
      'maria',
    ]);
  });

  test('only users of a practice, where one is named; one that does not exist is refused', async () => {
    const { world, as } = here;
    await world.done(as.provisioner, {
      do: 'user.update',
      account: kid,
      user: 'li',
      practices: ['Cardiology'],
    });
    expect(await start({ practice: 'cardiology' })).toMatchObject({ called: 2 });
    expect(
      (await status({ practice: 'Cardiology' })).map((row: { username: string }) => row.username),
    ).toEqual(['li']);
    expect((await world.events()).findLast(({ action }) => action === 'rollcall.called')?.details).toEqual({
      ...{ email: 1, sms: 1, practice: 'cardiology' },
    });
    for (const name of ['rollcall.start', 'rollcall.status']) {
      await world.refused(administrator(), { do: name, practice: 'Cardiologie' }, 'practice-not-found');
    }
  });

  test('a message that failed is told with its reason, shown as bounced, and tried again with other words', async () => {
    receiptsOf({ [contacts.jane.email]: { status: 'undelivered', reason: 'no such mailbox' } });
    expect(await start({ via: 'email' })).toMatchObject({
      called: 3,
      failed: [{ username: 'jane', via: 'email', to: 'j•••@northside.example', reason: 'no such mailbox' }],
    });
    expect(await jane('email')).toMatchObject({ state: 'bounced', reason: 'no such mailbox' });
    deliverAgain();
    expect(await start({ via: 'email' })).toMatchObject({ called: 1, alreadyCalled: 3, failed: [] });
    expect(await jane('email')).toMatchObject({ state: 'called' });
    expect((await confirm('jane', 'email', wordsOf('jane', 'email'))).exit).toBe(0);
  });

  test('a gateway that says later that it failed has bounced it too', async () => {
    const { world, as } = here;
    world.delivery.receipt = { status: 'accepted', reason: null, gatewayId: 'SM1' };
    await start({ via: 'sms', limit: 1 });
    world.delivery.statuses.set('SM1', { status: 'undelivered', reason: 'replied STOP' });
    await world.done(as.owner, { do: 'maintain' });
    expect(await jane('sms')).toMatchObject({ state: 'bounced', reason: 'replied STOP' });
    expect((await confirm('jane', 'sms', wordsOf('jane', 'sms'))).result).toMatchObject({
      result: 'rejected',
      why: 'undelivered',
    });
  });

  test('one that was killed before the message was sent is made good a minute later', async () => {
    const { world } = here;
    world.delivery.send = () => new Promise(() => {});
    void world.call(administrator(), { do: 'rollcall.start', via: 'email', limit: 1 });
    const pending = () => world.kept.sql("SELECT id FROM messages WHERE status = 'pending'").length;
    await expect.poll(pending).toBe(1);
    deliverAgain();
    expect(await start({ via: 'email', limit: 1 }), 'it may be on its way').toMatchObject({
      ...{ called: 0, alreadyCalled: 1 },
    });
    world.clock.move(minute);
    expect(await jane('email')).toMatchObject({
      state: 'not-called',
      reason: 'the program ended before it was known what became of the message',
    });
    expect(await start({ via: 'email', limit: 1 })).toMatchObject({ called: 1 });
    expect(await start({ via: 'email', limit: 1 })).toMatchObject({ called: 0 });
    expect(sent()).toHaveLength(1);
  });

  test('a delivery that breaks its promise and throws leaves an outcome that is unknown', async () => {
    here.world.delivery.send = async () => {
      throw new Error('the pipe broke');
    };
    expect(await start({ via: 'sms', limit: 1 })).toMatchObject({
      called: 0,
      failed: [{ username: 'jane', via: 'sms', to: '•••0125', reason: 'the pipe broke' }],
    });
    expect(await jane('sms')).toMatchObject({ state: 'not-called', reason: 'the pipe broke' });
  });
});

describe('the rate', () => {
  test('bounds what goes out, over all processes, and says when there is more', async () => {
    here.world.delivery.perMinute = { email: 60, sms: 2 };
    const first = await start();
    expect(first).toMatchObject({ called: 2, after: 'jane', more: true, retryAfterMs: 0 });
    const second = await start({ after: 'jane' });
    expect(second).toMatchObject({ called: 0, after: 'jane', more: true, retryAfterMs: 30_000 });
    expect(second.changed).toBe(false);
    const elsewhere = await start({ via: 'sms' });
    expect(elsewhere).toMatchObject({ called: 0, alreadyCalled: 1, after: 'jane', retryAfterMs: 30_000 });
    here.world.clock.move(30_000);
    expect(await start({ after: 'jane' })).toMatchObject({ called: 2, after: 'li' });
  });

  test('lets everybody be called in the end, each once', async () => {
    const parts = await startAll({ perMinute: 4 });
    expect(parts[0].perMinute).toEqual({ email: 4, sms: 4 });
    expect(parts.reduce((sum, { called }) => sum + called, 0)).toBe(8);
    expect(new Set(sent().map(({ to }) => to)).size).toBe(8);
    expect(sent().map(({ sentAt }) => sentAt - (sent()[0]?.sentAt ?? 0))).toEqual([
      0, 0, 15_000, 15_000, 30_000, 30_000, 45_000, 45_000,
    ]);
  });

  test('parts of a request are bounded, so that nobody waits for long', async () => {
    const { world, as } = here;
    const rows = Array.from({ length: 60 }, (_, each) => ({
      username: `user${String(each).padStart(2, '0')}`,
      name: 'Somebody',
      email: `user${each}@northside.example`,
    }));
    await world.done(as.provisioner, { do: 'user.import', account: kid, rows });
    world.delivery.perMinute = { email: 100_000, sms: null };
    const parts = await startAll({ via: 'email' });
    expect(parts.map(({ called }) => called)).toEqual([20, 20, 20, 4]);
    expect(new Set(sent().map(({ to }) => to)).size).toBe(64);
  });

  test('text messages of a day have their ceiling: refused with the time when there are more', async () => {
    here.world.delivery.dailyTexts = 1;
    await here.world.done(here.as.provisioner, { do: 'user.deactivate', account: kid, user: 'omar' });
    expect(await start({ via: 'sms' })).toMatchObject({ called: 3 });
    here.world.clock.move(checkWordLifetimeMs);
    expect(await start({ via: 'sms' })).toMatchObject({ called: 3 });
    here.world.clock.move(minute);
    await here.world.done(here.as.provisioner, {
      ...{ do: 'user.update', account: kid, user: 'li', phone: '+12015550199' },
    });
    const error = await here.world.refused(
      administrator(),
      { do: 'rollcall.start', via: 'sms' },
      'too-many-texts',
    );
    expect(error.details).toEqual({ retryAt: '2026-03-17T00:00:00.000Z' });
    expect(await start({ via: 'email' })).toMatchObject({ called: 3 });
  });
});

describe('words that a user tells', () => {
  beforeEach(() => start());

  test('prove the channel, told to the administrator or in the application, in any spelling', async () => {
    const { world, as } = here;
    const confirmed = { result: 'confirmed', why: null, triesLeft: 5, changed: true };
    const typed = wordsOf('jane', 'email').toUpperCase().replace(' ', '-');
    expect(await confirm('jane', 'email', typed)).toEqual({
      exit: 0,
      result: { ...confirmed, via: 'email' },
    });
    expect(await world.lastEvent()).toMatchObject({
      ...{ action: 'rollcall.confirmed', user: 'jane', actor: 'maria', details: { via: 'email' } },
    });
    expect(await confirm('jane', 'sms', wordsOf('jane', 'sms'), as.application)).toEqual({
      exit: 0,
      result: { ...confirmed, via: 'sms' },
    });
    expect(await world.lastEvent()).toMatchObject({ role: 'application', action: 'rollcall.confirmed' });
    const since = new Date(world.clock.now()).toISOString();
    expect(await jane('email')).toEqual({ state: 'reachable', at: since, reason: null });
    expect(await jane('sms')).toEqual({ state: 'reachable', at: since, reason: null });
    const { items } = (await world.call(administrator(), { do: 'checklist' })).result;
    const reachable = items.find((item: { id: string }) => item.id === 'reachable');
    expect(reachable).toMatchObject({ status: 'warn', count: 3, users: ['li', 'maria', 'omar'] });
    expect(await confirm('jane', 'sms', wordsOf('jane', 'sms'))).toMatchObject({
      result: { result: 'confirmed', changed: false },
    });
    expect(await start()).toMatchObject({ called: 0, alreadyReachable: 2, alreadyCalled: 6 });
  });

  test('each channel has its own: those of one prove nothing for the other', async () => {
    expect(await confirm('jane', 'sms', wordsOf('jane', 'email'))).toMatchObject({
      exit: 8,
      result: { result: 'rejected', why: 'wrong', triesLeft: 4, changed: true },
    });
    expect(await confirm('li', 'email', wordsOf('jane', 'email'))).toMatchObject({
      result: { why: 'wrong' },
    });
  });

  test('five wrong pairs end them, without an attempt to sign in; a start sends others', async () => {
    const { world } = here;
    const right = wordsOf('jane', 'sms');
    for (const triesLeft of [4, 3, 2, 1, 0]) {
      const { exit, result } = await confirm('jane', 'sms', 'wrong words');
      expect({ exit, ...result }).toEqual({
        ...{ exit: 8, result: 'rejected', why: 'wrong', via: 'sms', triesLeft, changed: true },
      });
    }
    expect((await confirm('jane', 'sms', right)).result).toEqual({
      ...{ result: 'rejected', why: 'used-up', via: 'sms', triesLeft: 0, changed: false },
    });
    expect(await world.lastEvent()).toMatchObject({
      ...{ action: 'rollcall.rejected', outcome: 'failed', user: 'jane' },
      details: { via: 'sms', why: 'used-up', triesLeft: 0 },
    });
    expect(await world.done(administrator(), { do: 'user.show', user: 'jane' })).toMatchObject({
      ...{ attemptsLeft: 7, status: 'active', lastVerifiedAt: null },
    });
    expect(await jane('sms')).toMatchObject({
      state: 'not-called',
      reason: 'all tries were used by wrong words',
    });
    expect(await start()).toMatchObject({ called: 1 });
    expect((await confirm('jane', 'sms', right)).result).toMatchObject({ why: 'wrong', triesLeft: 4 });
    expect((await confirm('jane', 'sms', wordsOf('jane', 'sms'))).exit).toBe(0);
  });

  test('what is no two words is invalid input, uses no try, and is not repeated in the error', async () => {
    for (const typed of ['123456', '', 'maple/river', 'x'.repeat(500)]) {
      const { exit, error } = await confirm('jane', 'sms', typed);
      expect({ exit, code: error?.code }).toEqual({ exit: 2, code: 'invalid-input' });
      if (typed !== '') expect(JSON.stringify(error)).not.toContain(typed);
    }
    expect((await confirm('jane', 'sms', wordsOf('jane', 'sms'))).result).toMatchObject({ triesLeft: 5 });
  });

  test('of an address that was changed count no more; changed back, neither does the proof', async () => {
    const { world, as } = here;
    const old = wordsOf('jane', 'email');
    const change = (email: string) =>
      world.done(as.provisioner, { do: 'user.update', account: kid, user: 'jane', email });
    await change('jane.doe@northside.example');
    expect(await jane('email')).toEqual({ state: 'not-called', at: null, reason: null });
    expect(await confirm('jane', 'email', old)).toMatchObject({
      exit: 8,
      result: { result: 'rejected', why: 'none', triesLeft: null, changed: false },
    });
    expect(await start()).toMatchObject({ called: 1 });
    expect((await confirm('jane', 'email', old)).result).toMatchObject({ why: 'wrong' });
    expect((await confirm('jane', 'email', wordsOf('jane', 'email'))).exit).toBe(0);
    await change(contacts.jane.email);
    expect(await jane('email')).toMatchObject({ state: 'not-called' });
    expect(await start()).toMatchObject({ called: 1 });
  });

  test('work for 14 days; the proof counts for 90', async () => {
    const { world } = here;
    const late = wordsOf('jane', 'sms');
    expect((await confirm('jane', 'email', wordsOf('jane', 'email'))).exit).toBe(0);
    world.clock.move(checkWordLifetimeMs);
    expect(await confirm('jane', 'sms', late)).toMatchObject({
      exit: 8,
      result: { why: 'expired', triesLeft: 5 },
    });
    world.clock.move(reachableProofMs - checkWordLifetimeMs);
    expect(await jane('email')).toMatchObject({ state: 'reachable' });
    world.clock.move(1);
    expect(await jane('email')).toMatchObject({
      state: 'not-called',
      reason: 'the last proof is older than 90 days',
    });
    expect(await start({ via: 'email', limit: 1 })).toMatchObject({ called: 1 });
  });

  test('are for active users of the account: others are told apart by the usual exit codes', async () => {
    const { world, as } = here;
    expect(await confirm('nobody', 'email', 'wrong words')).toMatchObject({ exit: 5 });
    await world.done(as.provisioner, { do: 'user.deactivate', account: kid, user: 'jane' });
    expect(await confirm('jane', 'email', wordsOf('jane', 'email'))).toMatchObject({
      ...{ exit: 9, error: { code: 'user-inactive' } },
    });
    expect(
      await world.call(administrator(), {
        do: 'rollcall.confirm',
        account: otherKid,
        user: 'jane',
        via: 'sms',
        checkWord: 'wrong words',
      }),
    ).toMatchObject({ exit: 5, error: { code: 'account-not-found' } });
  });

  test('a key that is lost takes the words with it: they are sent anew', async () => {
    const { world } = here;
    world.kept.tamper("UPDATE check_words SET key_id = 'lost'");
    expect(await jane('email')).toEqual({ state: 'not-called', at: null, reason: null });
    expect((await confirm('jane', 'email', wordsOf('jane', 'email'))).result).toMatchObject({ why: 'none' });
    expect(await start()).toMatchObject({ called: 8 });
    world.kept.keyring.rotate();
    expect((await confirm('jane', 'email', wordsOf('jane', 'email'))).exit, 'a rotated one does not').toBe(0);
  });

  test('are in no row, no event and no answer', async () => {
    const { world } = here;
    await confirm('jane', 'email', wordsOf('jane', 'email'));
    await confirm('jane', 'sms', 'wrong words');
    const tables = ['check_words', 'messages', 'audit_events', 'users'];
    const kept = JSON.stringify([
      ...tables.map((table) => world.kept.sql(`SELECT * FROM ${table}`)),
      await status(),
      world.notices,
    ]);
    for (const { words } of sent()) {
      expect(kept).not.toContain(words);
      expect(kept).not.toContain(words.replace(' ', ''));
    }
    expect(kept).not.toContain('wrongwords');
    expect((await world.store.verifyTrail(null)).intact).toBe(true);
  });
});

describe('turning 2FA on', () => {
  const enable = () => here.world.done(administrator(), { do: 'enable', confirm: kid });

  test('ends the roll call: no start, no confirmation, no word counts; who is reachable stays to be seen', async () => {
    const { world, as } = here;
    await start();
    await confirm('jane', 'email', wordsOf('jane', 'email'));
    const before = Number(
      world.kept.sql('SELECT count(*) AS n FROM check_words WHERE ended_at IS NULL')[0]?.n,
    );
    expect(before).toBe(8);
    await enable();
    expect(world.kept.sql('SELECT * FROM check_words WHERE ended_at IS NULL')).toEqual([]);
    const words = {
      do: 'rollcall.confirm',
      account: kid,
      user: 'jane',
      via: 'sms',
      checkWord: wordsOf('jane', 'sms'),
    };
    expect(await world.refused(as.application, words, 'already-enabled')).toBeDefined();
    await world.done(administrator(), { do: 'auth.challenge', via: 'email' });
    await world.done(administrator(), { do: 'auth.verify', code: world.delivery.lastCode });
    for (const name of ['rollcall.start', 'announce'])
      await world.refused(administrator(), { do: name }, 'already-enabled');
    expect(await jane('email')).toMatchObject({ state: 'reachable' });
    expect(await jane('sms')).toEqual({ state: 'not-called', at: null, reason: null });
    await signIn(here, 'li');
    const rows = await status();
    expect(rows.find((row: { username: string }) => row.username === 'li')).toMatchObject({
      ...{ email: { state: 'reachable' }, sms: { state: 'not-called' } },
    });
  });

  test('words sign nobody in, and no login or code takes notice of them', async () => {
    const { world, as } = here;
    await start();
    await confirm('jane', 'email', wordsOf('jane', 'email'));
    await enable();
    const login = { do: 'login', account: kid, user: 'jane', ip: '203.0.113.7' };
    expect(await world.call(as.application, login)).toMatchObject({
      ...{ exit: 7, result: { reason: 'first', attemptsLeft: 7 } },
    });
  });
});

test('a channel that is not configured is refused before anybody is called, and the other one named', async () => {
  const { world } = here;
  world.delivery.configured = { email: true, sms: false };
  const error = await world.refused(administrator(), { do: 'rollcall.start' }, 'delivery-not-configured');
  expect(error.hint).toContain('--via email');
  await world.refused(administrator(), { do: 'rollcall.start', via: 'sms' }, 'delivery-not-configured');
  expect(await start({ via: 'email' })).toMatchObject({ called: 4 });
});
