// What names, usernames, KIDs and ids may look like, and when two spellings are the same (R12).
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  applicationProblem,
  foldKey,
  hasInvisible,
  kidProblem,
  nameProblem,
  practiceNameProblem,
  reasonProblem,
  requestIdProblem,
  storableContactProblem,
  usernameProblem,
} from '../../src/rules/text.ts';

describe('the key of a spelling', () => {
  test.each([
    ['Maria', 'MARIA'],
    ['straße', 'STRASSE'],
    ['straße', 'STRAẞE'],
    ['ſamuel', 'Samuel'],
    ['ΟΔΟΣ', 'οδος'],
    ['οδος', 'οδοσ'],
    ['ＭＡＲＩＡ', 'maria'],
    ['１２', '12'],
    ['ﬁona', 'FIONA'],
    ['\u212aelvin', 'kelvin'],
    ['İpek', 'i\u0307pek'],
    ['Zoe\u0308', 'ZOË'],
    ['ⅷ', 'VIII'],
    ['ŉ', 'ʼN'],
  ])('R12: %j and %j are the same', (one, other) => {
    expect(foldKey(one)).toBe(foldKey(other));
  });

  test.each([
    ['zoe', 'zoë'],
    ['İpek', 'ipek'],
    ['maria', 'mаria'],
    ['١', '1'],
    ['maria', 'maria '],
    ['o', '0'],
  ])('R12: %j and %j are not', (one, other) => {
    expect(foldKey(one)).not.toBe(foldKey(other));
  });

  test('R12: a text in upper case has its key, and a key is its own', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'aBßẞſİıΣςσÉe\u0301ﬁＡǅΐŉ 1１') }), (text) => {
        const key = foldKey(text);
        expect(foldKey(text.toUpperCase())).toBe(key);
        expect(foldKey(key)).toBe(key);
      }),
      { numRuns: 500 },
    );
  });

  test('R12: every character of the first planes has the key of its cases', () => {
    const odd: string[] = [];
    for (let point = 0; point < 0x20000; point += 1) {
      if (point >= 0xd800 && point < 0xe000) continue;
      const character = String.fromCodePoint(point);
      const key = foldKey(character);
      const cases = [character.toLowerCase(), character.toUpperCase(), key];
      if (cases.some((each) => each !== character && foldKey(each) !== key)) odd.push(character);
    }
    expect(odd).toEqual([]);
  });
});

describe('a KID', () => {
  test.each(['1', '10482', 'Northside-1', 'a.b_c-d', 'x'.repeat(64)])('may be %s', (kid) => {
    expect(kidProblem(kid)).toBeNull();
  });

  test.each([
    ['', 'is empty'],
    ['x'.repeat(65), 'longer than 64'],
    ['-1', 'other than'],
    ['.1', 'other than'],
    ['a b', 'other than'],
    ['a/b', 'other than'],
    ['10482\n', 'other than'],
    ['１０４８２', 'other than'],
    ['é', 'other than'],
  ])('may not be %j', (kid, problem) => {
    expect(kidProblem(kid)).toContain(problem);
  });
});

describe('a username', () => {
  test.each([
    'jane',
    'Jane Doe',
    "o'brien",
    'jane@northside.example',
    '用户',
    'Zoë',
    'usr_',
    'usr_x',
    'user_1',
    'x'.repeat(128),
  ])('may be %s', (username) => {
    expect(usernameProblem(username)).toBeNull();
  });

  test.each([
    ['nothing', '', 'is empty'],
    ['129 characters', 'x'.repeat(129), 'longer than 128'],
    ['a line break', 'jane\n', 'control'],
    ['an escape sequence', '\u001b[2Jjane', 'control'],
    ['a C1 control', 'jane\u009b', 'control'],
    ['a line separator', 'jane\u2028doe', 'control'],
    ['a zero width joiner', 'ja\u200dne', 'invisible'],
    ['a zero width space', 'jane\u200b', 'invisible'],
    ['a right-to-left override', '\u202eenaj', 'invisible'],
    ['an isolate', 'jane\u2066', 'invisible'],
    ['a soft hyphen', 'ja\u00adne', 'invisible'],
    ['a byte order mark', '\ufeffjane', 'invisible'],
    ['a variation selector', 'jane\ufe0f', 'invisible'],
    ['a combining grapheme joiner', 'ja\u034fne', 'invisible'],
    ['a Hangul filler', '\u3164', 'invisible'],
    ['a blank Braille pattern', '\u2800', 'invisible'],
    ['a tag character', 'jane\u{e0061}', 'invisible'],
    ['a lone surrogate', 'jane\ud800', 'invisible'],
    ['a private character', 'jane\ue000', 'invisible'],
    ['a space before', ' jane', 'white space'],
    ['a space after', 'jane ', 'white space'],
    ['two spaces', 'jane  doe', 'white space'],
    ['a no-break space', 'jane\u00a0doe', 'white space'],
    ['an ideographic space', 'jane\u3000doe', 'white space'],
    ['the form of an id', 'usr_12', 'looks like an id'],
    ['the form of an id in capitals', 'USR_12', 'looks like an id'],
    ['the form of an id in fullwidth', 'ｕｓｒ_１２', 'looks like an id'],
    ['the form of an id with a long s', 'uſr_12', 'looks like an id'],
    ['a hyphen first', '-jane', 'option'],
  ])('may not have %s', (_, username, problem) => {
    expect(usernameProblem(username)).toContain(problem);
  });
});

test.each([
  ['jane', false],
  ['用户 Zoë', false],
  ['ja\u200dne', true],
  ['\u202ejane', true],
  ['jane\ufe0f', true],
])('%j has invisible characters: %j', (text, invisible) => {
  expect(hasInvisible(text)).toBe(invisible);
});

describe('displayed names and reasons', () => {
  test.each(['Jane Doe', 'Dr. med. Zoë', 'نورة', 'x'])('%j may be both', (text) => {
    expect(nameProblem(text)).toBeNull();
    expect(reasonProblem(text)).toBeNull();
  });

  test.each([
    ['', 'is empty'],
    ['   ', 'is empty'],
    ['\u3000', 'is empty'],
    ['a\nb', 'control'],
    ['a\u0000b', 'control'],
    ['a\u2029b', 'control'],
    ['a\ud800', 'Unicode'],
  ])('%j may be neither', (text, problem) => {
    expect(nameProblem(text)).toContain(problem);
    expect(reasonProblem(text)).toContain(problem);
  });

  test.each([' Jane', 'Jane ', 'Jane\u00a0', '\u3000Jane'])(
    'white space around %j is no part of a name',
    (text) => {
      expect(nameProblem(text)).toContain('white space');
    },
  );

  test('a name has at most 200 characters, a reason 500', () => {
    expect(nameProblem('x'.repeat(200))).toBeNull();
    expect(nameProblem('x'.repeat(201))).toContain('longer than 200');
    expect(reasonProblem('x'.repeat(500))).toBeNull();
    expect(reasonProblem('x'.repeat(501))).toContain('longer than 500');
  });

  test("a practice's name has no semicolon, which separates practices in a roster", () => {
    expect(practiceNameProblem('Northside Pediatrics')).toBeNull();
    expect(practiceNameProblem('North; South')).toContain('";"');
    expect(practiceNameProblem(' ')).toContain('empty');
  });
});

test('R12: contact data of any form may be stored, but not what is unprintable or huge', () => {
  for (const text of ['', 'none', 'jane@', 'x'.repeat(320)]) expect(storableContactProblem(text)).toBeNull();
  expect(storableContactProblem('x'.repeat(321))).toContain('longer than 320');
  expect(storableContactProblem('jane@x.example\r\nBcc: eve@x.example')).toContain('control');
  expect(storableContactProblem('jane\udc00')).toContain('Unicode');
});

test.each([
  ['platform', null],
  ['desktop-2.x_y', null],
  ['x'.repeat(64), null],
  ['x'.repeat(65), 'longer than 64'],
  ['', 'is empty'],
  ['Platform', 'lower-case'],
  ['-platform', 'lower-case'],
  ['plat form', 'lower-case'],
  ['plätform', 'lower-case'],
])('the application %j has the problem %j', (name, problem) => {
  if (problem === null) expect(applicationProblem(name)).toBeNull();
  else expect(applicationProblem(name)).toContain(problem);
});

test.each([
  ['5f0c:a/b+c=', null],
  ['x'.repeat(128), null],
  ['x'.repeat(129), 'longer than 128'],
  ['', 'is empty'],
  ['a b', 'printable'],
  ['a\n', 'printable'],
  ['ä', 'printable'],
])('the request id %j has the problem %j', (id, problem) => {
  if (problem === null) expect(requestIdProblem(id)).toBeNull();
  else expect(requestIdProblem(id)).toContain(problem);
});
