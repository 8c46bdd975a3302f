// Check words: what is drawn and typed, what proves a channel, and how users stand.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addressDigest,
  type CheckWord,
  checkWordDigest,
  decideConfirm,
  drawCheckWords,
  expiresAt,
  isCheckWord,
  isForAddress,
  isToBeCalled,
  type MessageState,
  parseCheckWords,
  standingOf,
} from '../../src/rules/check-word.ts';
import { checkWordLists } from '../../src/rules/check-word-lists.ts';
import { parseCode } from '../../src/rules/code.ts';
import { checkWordLifetimeMs, checkWordTries, reachableProofMs } from '../../src/rules/constants.ts';
import { deriveKeys, keyringOf } from '../../src/rules/keyring.ts';
import { languages } from '../../src/rules/language.ts';

const now = Date.parse('2026-03-02T09:00:00Z');
const minute = 60_000;
const key = deriveKeys('k1', Buffer.alloc(32, 1));
const keyring = keyringOf([key], 'k1');
const owner = { userId: 17, via: 'email', addressKey: 'jane@northside.example' } as const;

function message(more: Partial<MessageState> = {}): MessageState {
  return { status: 'accepted', reason: null, createdAt: now, settledAt: now, ...more };
}

function word(more: Partial<CheckWord> = {}): CheckWord {
  return {
    userId: owner.userId,
    via: owner.via,
    address: addressDigest(key, owner),
    digest: checkWordDigest(key, owner, 'mapleotter'),
    keyId: 'k1',
    createdAt: now,
    triesLeft: checkWordTries,
    provedAt: null,
    endedAt: null,
    message: message(),
    ...more,
  };
}

describe('the lists of words', () => {
  test.each(languages)('%s has 512 plain words', (language) => {
    const list = checkWordLists[language];
    expect(new Set(list).size).toBe(512);
    expect(list.filter((each) => !/^[a-z]{4,8}$/.test(each))).toEqual([]);
  });

  /** Whether one of the words becomes the other by one letter more, less or other. */
  function near(one: string, other: string): boolean {
    const start = [...one].findIndex((letter, index) => letter !== other[index]);
    const [a, b] = start === -1 ? ['', other.slice(one.length)] : [one.slice(start), other.slice(start)];
    return a.slice(1) === b.slice(1) || a === b.slice(1) || a.slice(1) === b;
  }

  test.each(languages)('%s has none a letter away from another', (language) => {
    const list = checkWordLists[language];
    expect(near('maple', 'mable') && near('maple', 'maples') && near('maple', 'aple')).toBe(true);
    const pairs = list.flatMap((one, index) => list.slice(index + 1).map((other) => [one, other] as const));
    expect(pairs.filter(([one, other]) => near(one, other))).toEqual([]);
  });

  test.each(languages)('%s reads as one pair alone, also without the space', (language) => {
    const list = checkWordLists[language];
    const joined = new Set(list.flatMap((one) => list.map((other) => one + other)));
    expect(joined.size).toBe(512 * 512);
  });
});

describe('drawing', () => {
  test('takes each word by bits of its own', () => {
    const list = checkWordLists.en;
    const drawn = (bytes: number[]) => drawCheckWords(list, Buffer.from(bytes));
    expect(drawn([0, 0, 0, 1])).toBe(`${list[0]} ${list[1]}`);
    expect(drawn([1, 255, 2, 0])).toBe(`${list[511]} ${list[0]}`);
  });

  test('every pair can be drawn, none more easily than another', () => {
    const list = checkWordLists.es;
    const counts = new Map<string, number>();
    for (let bits = 0; bits < 65_536; bits += 1) {
      const [first = ''] = drawCheckWords(list, Buffer.from([bits >> 8, bits & 255, 0, 0])).split(' ');
      counts.set(first, (counts.get(first) ?? 0) + 1);
    }
    expect([...new Set(counts.values())]).toEqual([128]);
    expect(counts.size).toBe(512);
  });
});

const anyPair = fc
  .tuple(fc.constantFrom(...languages), fc.nat(511), fc.nat(511))
  .map(([language, one, other]) => [
    checkWordLists[language][one] ?? '',
    checkWordLists[language][other] ?? '',
  ]);

describe('reading what was typed', () => {
  test.each([
    ['maple otter', 'mapleotter'],
    ['  MAPLE-Otter\n', 'mapleotter'],
    ['Maple, otter.', 'mapleotter'],
    ['maple – otter', 'mapleotter'],
    ['lámpara niño', 'lamparanino'],
    ['ｍａｐｌｅ otter', 'mapleotter'],
  ])('%j is %s', (typed, letters) => {
    expect(parseCheckWords(typed)).toBe(letters);
  });

  test.each(['', '  ', '123456', '123 456', 'maple 1', 'maple/otter', 'кот дом', 'a'.repeat(201)])(
    '%j is no words',
    (typed) => {
      expect(parseCheckWords(typed)).toBeNull();
    },
  );

  test('every pair is read as it was drawn, whatever case, accents, spaces and hyphens are typed', () => {
    const sloppy = fc.array(fc.constantFrom(' ', '-', '\t', '\u0301', '.', ','), { maxLength: 6 });
    fc.assert(
      fc.property(anyPair, fc.array(fc.boolean(), { minLength: 1 }), sloppy, (pair, capitals, between) => {
        const cased = pair
          .join(' ')
          .split('')
          .map((letter, index) => (capitals[index % capitals.length] ? letter.toUpperCase() : letter));
        const typed = cased.join(between[0] ?? '') + between.join('');
        expect(parseCheckWords(typed)).toBe(pair.join(''));
      }),
    );
  });

  test('nothing is both words and a code', () => {
    fc.assert(
      fc.property(fc.string(), (typed) => {
        expect(parseCheckWords(typed) !== null && parseCode(typed) !== null).toBe(false);
      }),
    );
    expect(anyPair).toBeDefined();
  });
});

describe('what is kept', () => {
  test('tells these words from others, and the address that they went to from others', () => {
    expect(isCheckWord(word(), keyring, owner.addressKey, 'mapleotter')).toBe(true);
    expect(isCheckWord(word(), keyring, owner.addressKey, 'ottermaple')).toBe(false);
    expect(isCheckWord(word(), keyring, 'new@northside.example', 'mapleotter')).toBe(false);
    expect(isForAddress(word(), keyring, owner.addressKey)).toBe(true);
    expect(isForAddress(word(), keyring, 'new@northside.example')).toBe(false);
  });

  test('is of the user and the channel, and says neither words nor address', () => {
    for (const other of [
      { ...owner, userId: 18 },
      { ...owner, via: 'sms' as const },
      { ...owner, addressKey: '' },
    ]) {
      expect(checkWordDigest(key, other, 'mapleotter')).not.toBe(word().digest);
      expect(addressDigest(key, other)).not.toBe(word().address);
    }
    expect(word().address).not.toBe(checkWordDigest(key, owner, ''));
    expect(JSON.stringify([word().digest, word().address])).not.toMatch(/maple|otter|jane/);
  });

  test('is worth nothing without its key', () => {
    const another = keyringOf([deriveKeys('k2', Buffer.alloc(32, 2))], 'k2');
    expect(isForAddress(word(), another, owner.addressKey)).toBe(false);
    expect(isCheckWord(word(), another, owner.addressKey, 'mapleotter')).toBe(false);
  });
});

describe('deciding words that a user told', () => {
  const right = () => true;
  const wrong = () => false;
  const decide = (told: CheckWord | null, matches = right, at = now, provedAt: number | null = null) =>
    decideConfirm({ word: told, provedAt }, matches, at);

  test('the right ones prove the channel, from then on', () => {
    expect(decide(word())).toEqual({
      result: 'confirmed',
      why: null,
      triesLeft: 5,
      change: { provedAt: now },
    });
  });

  test('told once more they are right and change nothing; where the proof was lost, they prove it again', () => {
    const proved = word({ provedAt: now });
    expect(decide(proved, right, now + minute, now)).toMatchObject({ result: 'confirmed', change: null });
    expect(decide(proved, right, now + minute, null)).toMatchObject({ change: { provedAt: now + minute } });
  });

  test('each wrong pair uses a try; after the fifth nothing is compared, right ones included', () => {
    let told = word();
    for (const triesLeft of [4, 3, 2, 1, 0]) {
      expect(decide(told, wrong)).toEqual({
        result: 'rejected',
        why: 'wrong',
        triesLeft,
        change: { triesLeft },
      });
      told = { ...told, triesLeft };
    }
    const compared = () => {
      throw new Error('compared');
    };
    expect(decide(told, compared)).toEqual({
      result: 'rejected',
      why: 'used-up',
      triesLeft: 0,
      change: null,
    });
  });

  test('words work for 14 days, from their start on', () => {
    const last = expiresAt(word()) - 1;
    expect(last - now).toBe(checkWordLifetimeMs - 1);
    expect(decide(word(), right, last).result).toBe('confirmed');
    expect(decide(word(), right, last + 1)).toMatchObject({ why: 'expired', triesLeft: 5, change: null });
    expect(decide(word(), right, now - 1)).toMatchObject({ why: 'expired', change: null });
  });

  test('there is nothing to tell where nothing was sent, it was not delivered, or 2FA came on', () => {
    const none = { result: 'rejected', why: 'none', triesLeft: null, change: null };
    expect(decide(null)).toEqual(none);
    expect(decide(word({ endedAt: now }))).toEqual(none);
    const undelivered = word({ message: message({ status: 'undelivered' }) });
    expect(decide(undelivered)).toMatchObject({ result: 'rejected', why: 'undelivered', change: null });
  });

  test('words whose message may have arrived count: they did arrive', () => {
    expect(decide(word({ message: message({ status: 'unknown' }) })).result).toBe('confirmed');
  });

  test('no sequence compares a sixth wrong pair, and tries never grow', () => {
    const step = fc.record({
      matches: fc.boolean(),
      at: fc.integer({ min: -1, max: checkWordLifetimeMs + 1 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        let told = word();
        let failures = 0;
        for (const { matches, at } of steps) {
          const compare = () => {
            if (!matches) failures += 1;
            return matches;
          };
          const { triesLeft, change } = decideConfirm({ word: told, provedAt: null }, compare, now + at);
          expect(triesLeft).toBeLessThanOrEqual(told.triesLeft);
          told = { ...told, ...change };
        }
        expect(failures).toBeLessThanOrEqual(5);
        expect(told.triesLeft).toBe(5 - failures);
      }),
    );
  });
});

describe('how a user stands', () => {
  const standing = (more: Partial<Parameters<typeof standingOf>[0]>, at = now) =>
    standingOf({ addressProblem: null, provedAt: null, word: null, ...more }, at);

  test('without a valid address nobody is called, whatever was proved', () => {
    const found = standing({ addressProblem: 'phone is missing', provedAt: now, word: word() });
    expect(found).toEqual({ state: 'no-address', at: null, reason: 'phone is missing' });
    expect(isToBeCalled(found)).toBe(false);
  });

  test('a proof counts for 90 days; after them the user is to be called', () => {
    const at = now + reachableProofMs;
    expect(standing({ provedAt: now }, at)).toEqual({ state: 'reachable', at: now, reason: null });
    const later = standing({ provedAt: now, word: word({ provedAt: now }) }, at + 1);
    expect(later).toMatchObject({ state: 'not-called', reason: 'the last proof is older than 90 days' });
    expect(isToBeCalled(later)).toBe(true);
  });

  test('nothing was sent, or 2FA came on meanwhile: not called', () => {
    expect(standing({})).toEqual({ state: 'not-called', at: null, reason: null });
    expect(standing({ word: word({ endedAt: now }) }).state).toBe('not-called');
  });

  test('words that wait to be confirmed are not sent again', () => {
    for (const status of ['accepted', 'delivered'] as const) {
      const found = standing({ word: word({ message: message({ status }) }) });
      expect(found).toEqual({ state: 'called', at: now, reason: null });
      expect(isToBeCalled(found)).toBe(false);
    }
  });

  test('a message that failed has bounced, and is tried again', () => {
    const failed = message({ status: 'undelivered', reason: 'no such mailbox', settledAt: now + 5 });
    const found = standing({ word: word({ message: failed }) });
    expect(found).toEqual({ state: 'bounced', at: now + 5, reason: 'no such mailbox' });
    expect(isToBeCalled(found)).toBe(true);
  });

  test('a message without an outcome is on its way for a minute, then as good as not sent', () => {
    const sending = word({ message: message({ status: 'pending', settledAt: null }) });
    expect(standing({ word: sending }, now + minute - 1).state).toBe('called');
    const abandoned = standing({ word: sending }, now + minute);
    expect(abandoned).toMatchObject({ state: 'not-called', reason: expect.stringContaining('ended before') });
    expect(isToBeCalled(abandoned)).toBe(true);
    const settled = message({ status: 'unknown', reason: 'the connection was lost' });
    expect(standing({ word: word({ message: settled }) })).toMatchObject({
      state: 'not-called',
      reason: 'the connection was lost',
    });
  });

  test('words that can prove nothing any more are sent anew', () => {
    expect(standing({ word: word({ triesLeft: 0 }) })).toMatchObject({ state: 'not-called' });
    expect(standing({ word: word() }, now + checkWordLifetimeMs)).toMatchObject({
      state: 'not-called',
      reason: 'the check words of 2026-03-02 were not confirmed in time',
    });
  });
});
