// The contract's part on the roll call: who is claimed, what a proof is, and what is counted of the messages.
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { NewCheckWord, RollCallEntry } from '../../src/actions/roll-call-store.ts';
import type { Account, Store } from '../../src/actions/store.ts';
import { storedEmail } from '../../src/rules/contact.ts';
import type { Engine, Opened } from './engine.ts';
import { actor, fill, issue, kid, otherKid, someone, theUser } from './fixture.ts';

const minute = 60_000;
const event = { action: 'rollcall.called', details: { email: 1, sms: 0 } } as const;
let messages = 0;

function newWord(userId: number, more: Partial<NewCheckWord> = {}): NewCheckWord {
  messages += 1;
  const id = `msg_word_${messages}`;
  return {
    ...{
      id,
      userId,
      via: 'email',
      recipient: 'j•••',
      digest: `digest ${id}`,
      address: 'address',
      keyId: 'k1',
    },
    ...more,
  };
}

export function rollCalls(engine: Engine): void {
  let opened: Opened;

  beforeEach(async () => {
    opened = await engine.open();
    await fill(opened);
  });
  afterEach(() => opened.remove());

  async function account(store: Store, of = kid): Promise<Account> {
    const found = await store.read((tables) => tables.account(of));
    if (!found) throw new Error(`There is no account ${of}.`);
    return found;
  }

  async function call(words: readonly NewCheckWord[]): Promise<void> {
    const { store } = opened;
    await store.write(actor, async (tables) => {
      const found = await tables.account(kid);
      if (found) await tables.addCheckWords(found, words, event);
    });
  }

  async function entryOf(username: string): Promise<RollCallEntry> {
    const entries = await opened.store.read((tables) => tables.rollCall({ kid, limit: 10 }));
    const found = entries.find(({ user }) => user.username === username);
    if (!found) throw new Error(`${username} is not in the roll call.`);
    return found;
  }

  test('each active user is in it once, in the order of usernames, a page at a time', async () => {
    const names = async (filter: { after?: string; limit: number; practice?: string }) =>
      (await opened.store.read((tables) => tables.rollCall({ kid, ...filter }))).map(
        (entry) => entry.user.username,
      );
    expect(await names({ limit: 10 })).toEqual(['jane', 'maria']);
    expect(await names({ limit: 1 })).toEqual(['jane']);
    expect(await names({ limit: 10, after: 'jane' })).toEqual(['maria']);
    expect(await names({ limit: 10, practice: 'pediatrics' })).toEqual(['jane', 'maria']);
    const jane = await theUser(opened, 'jane');
    await opened.store.write(actor, (tables) =>
      tables.saveUser(jane, { active: false }, { action: 'user.deactivated' }),
    );
    expect(await names({ limit: 10 })).toEqual(['maria']);
  });

  test('words are kept with a message that is pending, and go by what becomes of it', async () => {
    const { id } = await theUser(opened, 'jane');
    expect((await entryOf('jane')).channels).toEqual({
      email: { provedAt: null, word: null },
      sms: { provedAt: null, word: null },
    });
    const word = newWord(id);
    await call([word, newWord(id, { via: 'sms' })]);
    const { email, sms } = (await entryOf('jane')).channels;
    expect(email.word).toMatchObject({
      ...{ userId: id, via: 'email', digest: word.digest, address: 'address', keyId: 'k1' },
      ...{ triesLeft: 5, provedAt: null, endedAt: null },
      message: { status: 'pending', reason: null, settledAt: null },
    });
    expect(sms.word).toMatchObject({ via: 'sms', message: { status: 'pending' } });
    expect((await entryOf('maria')).channels.email.word).toBeNull();

    await opened.store.settleMessage(actor, word.id, { status: 'undelivered', reason: 'no such mailbox' });
    const settled = (await entryOf('jane')).channels;
    expect(settled.email.word?.message).toMatchObject({ status: 'undelivered', reason: 'no such mailbox' });
    expect(settled.sms.word?.message.status).toBe('pending');
  });

  test('newer words take the place of the ones before, with all their tries', async () => {
    const jane = await theUser(opened, 'jane');
    await call([newWord(jane.id)]);
    await opened.store.write(actor, async (tables) =>
      tables.saveCheckWord(jane, 'email', { triesLeft: 1 }, { action: 'rollcall.rejected' }),
    );
    expect((await entryOf('jane')).channels.email.word?.triesLeft).toBe(1);
    const next = newWord(jane.id);
    await call([next]);
    expect((await entryOf('jane')).channels.email.word).toMatchObject({ digest: next.digest, triesLeft: 5 });
    expect(await opened.sql('SELECT user_id FROM check_words')).toHaveLength(1);
  });

  test('a proof counts for the channel, is in the trail, and is lost with the address', async () => {
    const { store } = opened;
    const jane = await theUser(opened, 'jane');
    await call([newWord(jane.id), newWord(jane.id, { via: 'sms' })]);
    const at = await store.read(async (tables) => tables.now);
    for (const via of ['email', 'sms'] as const) {
      const user = await theUser(opened, 'jane');
      await store.write(actor, (tables) =>
        tables.saveCheckWord(user, via, { provedAt: at }, { action: 'rollcall.confirmed', details: { via } }),
      );
    }
    expect((await entryOf('jane')).channels).toMatchObject({
      email: { provedAt: at, word: { provedAt: at } },
      sms: { provedAt: at, word: { provedAt: at } },
    });
    const unproven = async () => (await store.read((tables) => tables.checklistFacts(kid))).unproven.users;
    expect(await unproven()).toEqual(['maria']);
    const before = await theUser(opened, 'jane');
    await store.write(actor, (tables) =>
      tables.saveUser(before, storedEmail('jane.doe@northside.example'), { action: 'user.updated' }),
    );
    expect((await entryOf('jane')).channels).toMatchObject({
      email: { provedAt: null },
      sms: { provedAt: at },
    });
    expect(await unproven()).toEqual(['jane', 'maria']);
    expect(await store.verifyTrail(null)).toMatchObject({ intact: true });
  });

  test('the words of an account end together, those of others stay', async () => {
    const { store } = opened;
    const jane = await theUser(opened, 'jane');
    await call([newWord(jane.id), newWord(jane.id, { via: 'sms' })]);
    const stranger = await store.write(actor, async (tables) => {
      const other = await tables.account(otherKid);
      if (!other) throw new Error('There is no other account.');
      const users = [someone('jane', '+12015550125')];
      const added = await tables.addUsers(other, users, { action: 'users.imported' });
      const [id = 0] = added.ids;
      await tables.addCheckWords(added.account, [newWord(id)], event);
      return id;
    });
    await store.write(actor, (tables) => tables.endCheckWords(kid));
    const { email, sms } = (await entryOf('jane')).channels;
    expect([email.word?.endedAt, sms.word?.endedAt]).not.toContain(null);
    const other = await store.read((tables) => tables.channelRecord(stranger, 'email'));
    expect(other.word?.endedAt).toBeNull();
  });

  test('an announcement is known by its day', async () => {
    const { store } = opened;
    const jane = await theUser(opened, 'jane');
    const message = { id: 'msg_announced', userId: jane.id, via: 'email', recipient: 'j•••' } as const;
    const found = await account(store);
    await store.write(actor, (tables) =>
      tables.addAnnouncements(found, '2026-04-01', [message], { action: 'announcement.sent' }),
    );
    const told = async (day: string) => {
      const entries = await store.read((tables) => tables.announced({ kid, limit: 10 }, day));
      return entries.map((entry) => [entry.user.username, entry.told?.status ?? null]);
    };
    expect(await told('2026-04-01')).toEqual([
      ['jane', 'pending'],
      ['maria', null],
    ]);
    expect(await told('')).toEqual([
      ['jane', null],
      ['maria', null],
    ]);
    await store.settleMessage(actor, message.id, { status: 'accepted', reason: null });
    expect((await told('2026-04-01'))[0]).toEqual(['jane', 'accepted']);
  });

  test('messages to many are counted by channel and time; codes are none', async () => {
    const { store } = opened;
    const { id } = await theUser(opened, 'jane');
    const lately = (via: 'email' | 'sms') =>
      store.read((tables) => tables.sentLately(via, tables.now - minute));
    await issue(opened, 'jane', '111111');
    expect(await lately('email')).toEqual({ count: 0, since: null });
    await call([newWord(id), newWord(id, { via: 'sms' })]);
    const since = (await lately('email')).since;
    await opened.move(minute / 2);
    await call([newWord(id)]);
    expect(await lately('email')).toEqual({ count: 2, since: expect.any(Number) });
    expect(since).not.toBeNull();
    expect(await lately('sms')).toMatchObject({ count: 1 });
    await opened.move(minute / 2 + 5_000);
    expect(await lately('email')).toMatchObject({ count: 1 });
    expect(await lately('sms')).toEqual({ count: 0, since: null });
  });

  test('names the System Administrators of the account alone', async () => {
    const names = (of: string) => opened.store.read((tables) => tables.administratorNames(of, 5));
    expect(await names(kid)).toEqual(['maria of Northside']);
    expect(await names(otherKid)).toEqual([]);
  });

  test('of several who claim a user at once, one does', async () => {
    const { store } = opened;
    const claimed = await Promise.all(
      [1, 2, 3, 4].map(() =>
        store.write(actor, async (tables) => {
          const entries = await tables.rollCall({ kid, limit: 10 });
          const words = entries.flatMap(({ user, channels }) =>
            channels.email.word === null ? [newWord(user.id)] : [],
          );
          const found = await tables.account(kid);
          if (words.length > 0 && found) await tables.addCheckWords(found, words, event);
          return words.length;
        }),
      ),
    );
    expect(claimed.sort()).toEqual([0, 0, 0, 2]);
    expect(await opened.sql("SELECT id FROM messages WHERE kind = 'check-word'")).toHaveLength(2);
    expect(await store.verifyTrail(null)).toMatchObject({ intact: true });
  });
}
