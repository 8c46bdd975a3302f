// When an email address is well-formed, when two of them are one, and when one looks shared (R12).
import { describe, expect, test } from 'vitest';
import { emailKey, emailProblem, looksShared } from '../../src/rules/email.ts';

describe('well-formed', () => {
  test.each([
    'jane@northside.example',
    'a@b.c',
    "o'brien+codes@northside.example",
    '!#$%&*/=?^_`{|}~-@northside.example',
    'jane.van.doe@a.b.c.northside.example',
    'JANE@NORTHSIDE.EXAMPLE',
    'jane@münchen.example',
    'jane@MÜNCHEN.example',
    'jane@straße.example',
    'jane@xn--mnchen-3ya.example',
    'jane@пример.рф',
    'zoë@northside.example',
    '用户@例え.jp',
    '1@2x.example',
    'jane@1-2.example',
  ])('%s', (email) => {
    expect(emailProblem(email)).toBeNull();
  });
});

describe('not well-formed', () => {
  const domain = 'no valid domain';
  const local = 'characters before the "@"';
  const invisible = 'invisible';
  test.each([
    ['nothing', '', 'no "@"'],
    ['no "@"', 'jane.northside.example', 'no "@"'],
    ['a fullwidth "@"', 'jane＠northside.example', 'no "@"'],
    ['nothing before the "@"', '@northside.example', domain],
    ['nothing after the "@"', 'jane@', domain],
    ['a domain of one label', 'a@b', 'without a "."'],
    ['a dot at the end', 'jane@northside.example.', domain],
    ['a dot at the start of the domain', 'jane@.example', domain],
    ['two dots in the domain', 'jane@northside..example', domain],
    ['two dots before the "@"', 'jane..doe@northside.example', local],
    ['a dot first', '.jane@northside.example', local],
    ['a dot before the "@"', 'jane.@northside.example', local],
    ['two "@"', 'jane@home@northside.example', local],
    ['a quoted local part', '"jane"@northside.example', local],
    ['a quoted space', '"jane doe"@northside.example', 'white space'],
    ['a display name', 'Jane <jane@northside.example>', 'white space'],
    ['angle brackets', '<jane@northside.example>', domain],
    ['a comment', 'jane(doe)@northside.example', local],
    ['two addresses', 'jane@x.example,omar@northside.example', local],
    ['a second recipient in the domain', 'jane@northside.example,eve.example', domain],
    ['a route', 'jane%eve.example@northside.example:25', domain],
    ['a space after', 'jane@northside.example ', 'white space'],
    ['a line break', 'jane@northside.example\nBcc:eve@x.example', 'white space'],
    ['a NUL', 'jane@northside.example\u0000', domain],
    ['a percent-encoded domain', 'jane@norths%69de.example', domain],
    ['an IP address', 'jane@192.0.2.1', domain],
    ['an IP literal', 'jane@[192.0.2.1]', domain],
    ['an IPv6 literal', 'jane@[IPv6:2001:db8::1]', domain],
    ['an IP address in hexadecimal', 'jane@0x7f.1', domain],
    ['an IP address as one number', 'jane@2130706433', domain],
    ['a numeric top label', 'jane@northside.123', domain],
    ['an underscore in the domain', 'jane@north_side.example', domain],
    ['a hyphen at the start of a label', 'jane@-northside.example', domain],
    ['a hyphen at the end of a label', 'jane@northside-.example', domain],
    ['broken punycode', 'jane@xn--a.example', domain],
    ['a zero width joiner before the "@"', 'ja\u200dne@northside.example', invisible],
    ['a right-to-left override', 'jane\u202e@northside.example', invisible],
    ['a variation selector', 'jane\ufe0f@northside.example', invisible],
    [
      'a soft hyphen in the domain, which another program would not drop',
      'jane@north\u00adside.example',
      invisible,
    ],
    ['a zero width space in the domain', 'jane@north\u200bside.example', invisible],
    ['a lone surrogate', 'jane\ud800@northside.example', invisible],
  ])('%s', (_, email, problem) => {
    expect(emailProblem(email)).toContain(problem);
  });

  test.each([
    ['fullwidth letters', 'jane@ｎorthside.example', 'northside.example'],
    ['an ideographic full stop', 'jane@northside。example', 'northside.example'],
    ['a ligature', 'jane@ofﬁce.example', 'office.example'],
    ['a long s', 'jane@northſide.example', 'northside.example'],
    ['decomposed letters', 'jane@mu\u0308nchen.example', 'münchen.example'],
  ])('a domain with %s, since mail programs would look up another one', (_, email, domainMeant) => {
    expect(emailProblem(email)).toBe(`has a domain in unusual characters, to be written as ${domainMeant}`);
  });
});

describe('lengths, in bytes', () => {
  const label = (length: number) => 'x'.repeat(length);

  test('64 before the "@" are allowed, 65 are not', () => {
    expect(emailProblem(`${label(64)}@northside.example`)).toBeNull();
    expect(emailProblem(`${label(65)}@northside.example`)).toContain('more than 64 bytes');
    expect(emailProblem(`${'é'.repeat(32)}@northside.example`)).toBeNull();
    expect(emailProblem(`${'é'.repeat(33)}@northside.example`)).toContain('more than 64 bytes');
  });

  test('254 in all are allowed, 255 are not', () => {
    const rest = `${label(63)}.${label(63)}.${label(53)}.example`;
    expect(`${label(64)}@${rest}`).toHaveLength(254);
    expect(emailProblem(`${label(64)}@${rest}`)).toBeNull();
    expect(emailProblem(`${label(64)}@x${rest.replace('.example', 'x.example').slice(1)}`)).toContain('254');
  });

  test('a label has at most 63, counted in the ASCII form of the domain', () => {
    expect(emailProblem(`jane@${label(63)}.example`)).toBeNull();
    expect(emailProblem(`jane@${label(64)}.example`)).toContain('no valid domain');
    expect(emailProblem(`jane@${'ü'.repeat(60)}.example`)).toContain('no valid domain');
  });
});

describe('the key of an address', () => {
  test.each([
    ['Jane@Northside.Example', 'jane@northside.example'],
    ['ＪＡＮＥ@northside.example', 'jane@northside.example'],
    ['jane＠northside.example', 'jane@northside.example'],
    ['jane@ｎorthside.example', 'jane@northside.example'],
    ['jane@north\u00adside.example', 'jane@northside.example'],
    ['jane@münchen.example', 'jane@xn--mnchen-3ya.example'],
    ['jane@MÜNCHEN.example', 'jane@xn--mnchen-3ya.example'],
    ['zoe\u0308@northside.example', 'ZOË@northside.example'],
    ['straße@northside.example', 'STRASSE@northside.example'],
    ['STRAẞE@northside.example', 'straße@northside.example'],
    ['Not An Address', 'not an address'],
  ])('R12: %j and %j are the same', (one, other) => {
    expect(emailKey(one)).toBe(emailKey(other));
  });

  test.each([
    ['jane+codes@northside.example', 'jane@northside.example'],
    ['ja.ne@northside.example', 'jane@northside.example'],
    ['jane@straße.example', 'jane@strasse.example'],
    ['jane@northside.example', 'jane@southside.example'],
    ['jane@ex%61mple.example', 'jane@example.example'],
  ])('R12: %j and %j are not', (one, other) => {
    expect(emailKey(one)).not.toBe(emailKey(other));
  });

  test('R12: the domain of the key is in ASCII form', () => {
    expect(emailKey('Zoë@München.example')).toBe('zoë@xn--mnchen-3ya.example');
  });
});

describe('looking shared', () => {
  test.each([
    ['jane', 'info@northside.example'],
    ['jane', 'INFO@northside.example'],
    ['jane', 'front-desk@northside.example'],
    ['jane', 'frontdesk2@northside.example'],
    ['jane', 'billing+jane@northside.example'],
    ['jane', 'billing+2@northside.example'],
    ['jane', 'billing2+jane@northside.example'],
    ['jane', 'ｉｎｆｏ@northside.example'],
    ['kiosk', null],
    ['Kiosk-2', null],
    ['lab_interface', null],
    ['svc-backup', null],
    ['front.desk', 'jane@northside.example'],
  ])('the username %s with the email %s does', (username, email) => {
    expect(looksShared(username, email)).toBe(true);
  });

  test.each([
    ['jane', 'jane@northside.example'],
    ['jane', 'informatics@northside.example'],
    ['jane', 'jane@info.example'],
    ['jane', 'jane+info@northside.example'],
    ['jane', null],
    ['jane', ''],
    ['testa', null],
    ['kioskowski', null],
  ])('the username %s with the email %s does not', (username, email) => {
    expect(looksShared(username, email)).toBe(false);
  });
});
