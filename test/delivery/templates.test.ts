// An installation's own words: put in place of the usual ones, and refused where they lack or hold what they must not.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { longTemplates, readTemplates } from '../../src/delivery/template-files.ts';
import { textsOf } from '../../src/delivery/texts.ts';
import { TwofaError } from '../../src/errors.ts';
import { announcementMessage, checkWordMessage, codeMessage, noticeMessage } from './messages.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'twofa-templates-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(files: Record<string, string | Buffer>): void {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { mode: 0o644 });
}

function refusal(files: Record<string, string | Buffer>): TwofaError {
  write(files);
  try {
    readTemplates(folder);
  } catch (error) {
    if (error instanceof TwofaError) return error;
    throw error;
  }
  throw new Error('The templates were taken.');
}

describe('templates', () => {
  it('stand in place of the parts that they are for, and of no other', () => {
    write({
      'code.email.en.subject.txt': '{code} opens {account}\n',
      'code.email.es.txt': '{code}\n\npara {user}, {minutes} min, cuenta {kid}\n',
    });
    const templates = readTemplates(folder);
    const usual = textsOf(codeMessage(), null);
    expect(textsOf(codeMessage(), null, templates)).toEqual({
      ...usual,
      subject: '482913 opens Northside Family Health',
    });
    const spanish = textsOf(codeMessage({ language: 'es' }), null, templates);
    expect(spanish.subject).toBe('482913 es su código de acceso para Northside Family Health');
    expect(spanish.text).toBe('482913\n\npara jane, 15 min, cuenta 10482\n');
    // Without an HTML file of its own, that part is made of the text.
    expect(spanish.html).toMatch(/<strong [^>]*>482913<\/strong><\/p>\n<p[^>]*>para jane, 15 min/);
    expect(textsOf(checkWordMessage(), null, templates)).toEqual(textsOf(checkWordMessage(), null));
  });

  it('show in HTML what users typed, escaped, also in the quotes of an attribute', () => {
    write({
      'code.email.en.txt': '{code} for {account}',
      'code.email.en.html': '<p title="{account}">{code} <b>{account}</b></p>',
    });
    const message = codeMessage({ accountName: '"><script>alert(1)</script>\r\nBcc: x' });
    const shown = '&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt; Bcc: x';
    expect(textsOf(message, null, readTemplates(folder)).html).toBe(
      `<p title="${shown}">482913 <b>${shown}</b></p>`,
    );
  });

  it('are of text messages too, whose last line stays ours', () => {
    write({ 'code.sms.en.txt': '{account}: {code}. Keep it.\n' });
    const sms = codeMessage({ via: 'sms', to: '+12015550125', accountName: 'x'.repeat(300) });
    const { text } = textsOf(sms, 'app.northside.example', readTemplates(folder));
    expect(text).toHaveLength(160);
    expect(text).toMatch(/^x+\.\.\.: 482913\. Keep it\.\n@app\.northside\.example #482913$/);
  });

  it('have the facts of each kind', () => {
    write({
      'check-word.email.en.txt': '{words} / {days}',
      'announcement.email.en.txt': '{name} {date}; {email}; {phone}; {ask}',
      'notice.email.es.txt': '{about}: {title}\n\n{notice}',
      'notice.email.es.subject.txt': '[{kid}] {title}',
    });
    const templates = readTemplates(folder);
    expect(textsOf(checkWordMessage(), null, templates).text).toBe('maple river / 14\n');
    expect(textsOf(announcementMessage(), null, templates).text).toBe(
      'Jane Miller on Tuesday, March 10, 2026; j•••@northside.example; •••0125; Maria Lopez or Nina Ito\n',
    );
    const notice = textsOf(noticeMessage({ language: 'es' }), null, templates);
    expect(notice.subject).toBe('[10482] El acceso de jane está bloqueado');
    expect(notice.text).toMatch(/^jane: El acceso de jane está bloqueado\n\njane agotó .*\n.*\n/);
  });

  it('take a value for what it is, though it looks like a placeholder', () => {
    write({ 'code.email.en.txt': '{account} {code}' });
    const message = codeMessage({ accountName: '{code} $& {user}' });
    expect(textsOf(message, null, readTemplates(folder)).text).toBe('{code} $& {user} 482913\n');
  });

  it('leave braces of CSS alone', () => {
    const html = '<style>p { color: red } b{margin:0}</style><p>{code}</p>';
    write({ 'code.email.en.txt': '{code}', 'code.email.en.html': html });
    expect(textsOf(codeMessage(), null, readTemplates(folder)).html).toBe(html.replace('{code}', '482913'));
  });

  it('of which there is none leave all as it is; explanations, hidden files and backups beside them do not count', () => {
    write({
      'README.md': 'These are ours: {anything}',
      '.code.email.en.txt.swp': '',
      'code.email.en.txt~': '',
    });
    expect(readTemplates(folder).size).toBe(0);
  });
});

describe('a template is refused', () => {
  it.each([
    ['code.email.en.txt', 'Hello {user}', 'it lacks {code}'],
    ['code.email.en.subject.txt', 'Your code', 'it lacks {code}'],
    ['code.sms.es.txt', 'Hola', 'it lacks {code}'],
    ['check-word.sms.en.txt', 'Hello', 'it lacks {words}'],
    ['notice.email.en.txt', '{title}', 'it lacks {notice}'],
    ['announcement.email.en.txt', ' \n ', 'it is empty'],
  ])('%s: %j', (name, text, problem) => {
    const error = refusal({ [name]: text });
    expect(error.code).toBe('invalid-configuration');
    expect(error.message).toBe(`${join(folder, name)}: ${problem}.`);
  });

  it.each([
    [
      'code.email.en.txt',
      'é {code}\n\n  {minuts}',
      '3:3: there is no placeholder {minuts}',
      /^Did you mean {minutes}\?/,
    ],
    [
      'code.email.en.txt',
      '😀 {words} {code}',
      '1:3: there is no placeholder {words}',
      /Known here are .*{code}/,
    ],
    ['code.email.en.txt', '{ code }', '1:1: there is no placeholder { code }', /^Did you mean {code}\?/],
    ['code.email.en.subject.txt', '{code}\ntwo', '2:1: a subject has one line', /^$/],
    ['code.email.en.txt', '{code}\nat https://x.example', '2:4: there is a link', /nobody learns/],
    ['code.sms.en.txt', '{code} WWW.x.example', '1:8: there is a link', /nobody learns/],
    ['check-word.email.en.txt', '{words} http://x', '1:9: there is a link', /nobody learns/],
    ['code.email.en.html', '{code} <A Href="mailto:x">', '1:8: there is a link', /nobody learns/],
    [
      'notice.email.en.html',
      '{notice}\n<img src="x">',
      '2:1: a mail program would load or run something',
      /bring all/,
    ],
    [
      'notice.email.en.html',
      '{notice} <p style="background: url (x)">',
      '1:32: a mail program would load or run something',
      /bring all/,
    ],
    [
      'notice.email.en.html',
      '{notice} <p onclick="x">',
      '1:13: a mail program would load or run something',
      /bring all/,
    ],
    ['code.email.en.txt', '{code}\u0007', '1:7: there is a control character', /^$/],
  ])('%s: %j, with its place', (name, text, problem, hint) => {
    const error = refusal({ [name]: text });
    expect(error.code).toBe('invalid-configuration');
    expect(error.message).toBe(`${join(folder, name)}:${problem}.`);
    expect(error.hint ?? '').toMatch(hint);
    const [, line, column] = /^([0-9]+):([0-9]+)/.exec(problem) ?? [];
    expect(error.details).toEqual({
      file: join(folder, name),
      line: Number(line),
      column: Number(column),
      key: 'templates',
    });
  });

  it.each([
    ['code.emial.en.txt', 'Did you mean code.email.en.txt?'],
    ['code.email.fr.txt', 'Did you mean code.email.'],
    ['announcement.sms.en.txt', 'Did you mean announcement.'],
    ['logo.png', 'Known are names such as code.email.en.subject.txt.'],
  ])('for its name %s', (name, hint) => {
    const error = refusal({ [name]: '{code}' });
    expect(error.message).toBe(`${join(folder, name)}: no template has this name.`);
    expect(error.hint).toContain(hint);
  });

  it('that is HTML without the text beside it', () => {
    const error = refusal({ 'code.email.en.html': '<p>{code}</p>' });
    expect(error.message).toContain('it stands without code.email.en.txt');
  });

  it('that is no UTF-8, too large, or no file', () => {
    expect(refusal({ 'code.sms.en.txt': Buffer.from('{code} \xe1', 'latin1') }).code).toBe('file-unreadable');
    expect(refusal({ 'code.sms.en.txt': `{code}${'x'.repeat(70_000)}` }).message).toContain(
      'larger than 64 KiB',
    );
    rmSync(join(folder, 'code.sms.en.txt'));
    mkdirSync(join(folder, 'code.sms.en.txt'));
    expect(refusal({}).message).toContain('no regular file');
  });

  it('that others can write, or whose folder they can', () => {
    write({ 'code.sms.en.txt': '{code}' });
    chmodSync(join(folder, 'code.sms.en.txt'), 0o666);
    expect(refusal({})).toMatchObject({
      code: 'unsafe-file',
      hint: `chmod go-w ${join(folder, 'code.sms.en.txt')}`,
    });
    chmodSync(join(folder, 'code.sms.en.txt'), 0o644);
    chmodSync(folder, 0o777);
    expect(refusal({})).toMatchObject({ code: 'unsafe-file', hint: `chmod go-w ${folder}` });
  });

  it('in a folder that is not there', () => {
    rmSync(folder, { recursive: true });
    expect(() => readTemplates(folder)).toThrow(`${folder} cannot be read`);
  });
});

describe('a template of text messages', () => {
  it('that takes more than one segment is named, with how many', () => {
    write({
      'code.sms.en.txt': `{code} ${'x'.repeat(160)}`,
      'code.sms.es.txt':
        '{code} es su código de acceso para {account}. No se lo diga nunca a nadie, por favor.',
      'check-word.sms.en.txt': '{words} of {account}',
    });
    expect(longTemplates(readTemplates(folder), null)).toEqual([
      { name: 'code.sms.en.txt', segments: 2 },
      { name: 'code.sms.es.txt', segments: 2 },
    ]);
  });
});
