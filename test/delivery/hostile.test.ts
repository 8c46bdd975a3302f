// Whatever users typed, and in whatever kind of message: one message, to one recipient, with our headers and no others.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ParsedMail } from 'mailparser';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Message } from '../../src/actions/delivery.ts';
import { type Mailer, openMailer } from '../../src/delivery/smtp.ts';
import { readTemplates } from '../../src/delivery/template-files.ts';
import { textsOf } from '../../src/delivery/texts.ts';
import { type MailServer, mailServer, type Received } from './mail-server.ts';
import { announcementMessage, codeMessage, emailTo, everyEmail, noticeMessage } from './messages.ts';

const ourHeaders = [
  'auto-submitted',
  'content-language',
  'content-type',
  'date',
  'from',
  'message-id',
  'mime-version',
  'subject',
  'to',
  'x-auto-response-suppress',
];
const partHeaders = ['content-transfer-encoding', 'content-type'];

let server: MailServer;
let mailer: Mailer;
beforeAll(async () => {
  server = await mailServer({ size: 1024 * 1024 });
  mailer = openMailer(emailTo(server.port));
});
beforeEach(() => {
  server.received.length = 0;
});
afterAll(async () => {
  await mailer.close();
  await server.close();
});

const hostile: [string, string][] = [
  ['two lines', 'North\r\nBcc: eve@evil.example\r\n\r\nCall us'],
  ['a line feed alone', 'North\nX-Evil: yes'],
  ['a carriage return alone', 'North\rX-Evil: yes'],
  ['a list of addresses', 'a, b; "c" <eve@evil.example>, eve@evil.example'],
  ['quotes and backslashes', '"North\\" \\\\ \'side\''],
  ['markup', '</p><script>alert(1)</script><img src="https://evil.example/x.png">'],
  ['an entity', '&lt;script&gt; &amp; &#0;'],
  ['turned around', 'north\u202eedis\u202c \u2066side\u2069 \u200f\u061c'],
  ['an encoded word', '=?utf-8?B?DQpCY2M6IGV2ZUBldmlsLmV4YW1wbGU=?='],
  ['the end of a message', '.\r\n.\r\nMAIL FROM:<eve@evil.example>'],
  ['a boundary of parts', '--_NmP--\r\nContent-Type: text/html'],
  ['in other scripts', 'नॉर्थसाइड 健康 👨‍👩‍👧 José Ñandú'],
  ['of ten thousand characters', 'x'.repeat(10_000)],
  ['of ten thousand others', '健\u202e"<,'.repeat(2000)],
  ['half a character', 'North\ud83d side \udc00'],
  ['a NUL', 'North\0side'],
];

/** One message of each kind in which all that users typed is this. */
function messagesWith(typed: string): Message[] {
  return [
    ...everyEmail({ accountName: typed, user: typed, language: 'es' }),
    announcementMessage({ accountName: typed, name: typed, ask: [typed, typed] }),
    noticeMessage({
      accountName: typed,
      notice: 'contact-changed',
      about: typed,
      details: { by: typed, fields: 'email' },
    }),
    noticeMessage({ accountName: typed, about: typed, details: { app: typed, ip: '203.0.113.7' } }),
  ];
}

/** The headers of a part, by the source. */
function headersOf(part: string): string[] {
  const head = part.slice(0, part.indexOf('\r\n\r\n')).replace(/\r\n[ \t]+/g, ' ');
  return head.split('\r\n').map((line) => line.slice(0, line.indexOf(':')).toLowerCase());
}

/** The parts of a message, between its boundaries. */
function partsOf({ source }: Received): string[] {
  const boundary = /boundary="([^"]+)"/.exec(source)?.[1] ?? '';
  const parts = source.split(`\r\n--${boundary}`);
  expect(parts.at(-1)).toMatch(/^--\s*$/);
  return parts.slice(1, -1).map((part) => part.replace(/^\r\n/, ''));
}

function expectOurs(received: Received, sent: Message, texts: ReturnType<typeof textsOf>): void {
  const { mail, source, to } = received;
  expect(to).toEqual(['jane@northside.example']);
  expect(headersOf(source).sort()).toEqual(ourHeaders);
  expect([...new Set(mail.headerLines.map(({ key }) => key))].sort()).toEqual(ourHeaders);
  expect(partsOf(received).map((part) => headersOf(part).sort())).toEqual([partHeaders, partHeaders]);
  expect(mail.attachments).toEqual([]);
  expect(shown(mail)).toEqual({ subject: texts.subject, text: texts.text, html: texts.html });
  expect(mail.headers.get('content-language')).toBe(sent.language);
  expect(source).not.toMatch(/[^\r]\n|\r[^\n]/);
  expect(source.split('\r\n').every((line) => line.length <= 998)).toBe(true);
}

function shown({ subject, text, html }: ParsedMail) {
  return { subject, text, html };
}

describe('what users typed', () => {
  it.each(hostile)(
    'being %s makes one message each to one recipient, with our headers only',
    async (_, typed) => {
      const messages = messagesWith(typed);
      for (const message of messages) {
        const texts = textsOf(message, null);
        expect(await mailer.send(message, texts)).toEqual({ status: 'accepted', reason: null });
        const only = server.received.pop();
        if (!only) throw new Error('Nothing arrived.');
        expect(server.received).toEqual([]);
        expectOurs(only, message, texts);
        expect(texts.subject).toMatch(/^[^\p{Cc}\p{Zl}\p{Zp}]+$/u);
        expect(`${texts.subject}${texts.text}${texts.html}`).not.toMatch(
          /[\u202a-\u202e\u2066-\u2069\u200f\u061c]/,
        );
        expect(texts.html).not.toMatch(/<(?:script|img|a)\b/i);
      }
    },
  );

  it.each(hostile)('being %s does no more in a template', async (_, accountName) => {
    const folder = mkdtempSync(join(tmpdir(), 'twofa-hostile-'));
    try {
      writeFileSync(join(folder, 'code.email.en.subject.txt'), '{code} {account}: {user}', { mode: 0o600 });
      writeFileSync(join(folder, 'code.email.en.txt'), '{account}\n{code}\n.\n{user}', { mode: 0o600 });
      const html = '<p title="{user}">{code} {account}</p>\n';
      writeFileSync(join(folder, 'code.email.en.html'), html, { mode: 0o600 });
      const message = codeMessage({ accountName, user: accountName });
      const texts = textsOf(message, null, readTemplates(folder));
      expect(await mailer.send(message, texts)).toEqual({ status: 'accepted', reason: null });
      expect(server.received).toHaveLength(1);
      const [only] = server.received;
      if (only) expectOurs(only, message, texts);
      expect(texts.html?.match(/<[^>]*>/g)).toHaveLength(2);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
