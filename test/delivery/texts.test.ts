// What messages say, and that nothing in an account's name makes them say anything else.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gsmLength } from '../../src/delivery/gsm.ts';
import { textsOf } from '../../src/delivery/texts.ts';
import { checkWordLists } from '../../src/rules/check-word-lists.ts';
import { languages } from '../../src/rules/language.ts';
import type { NoticeKind } from '../../src/rules/notice.ts';
import { announcementMessage, checkWordMessage, codeMessage, everyEmail, noticeMessage } from './messages.ts';

/** The text that HTML shows, with a line for each of its own. */
function shownBy(html: string): string {
  const body = html.slice(html.indexOf('<body'));
  const text = body
    .replaceAll('<br>\n', '\n')
    .replaceAll('</p>\n<p', '\n\n<p')
    .replace(/<[^>]*>/g, '');
  const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
  return text.replace(/&([^;]+);/g, (whole, name: string) => entities[name] ?? whole).trim();
}

describe('an email', () => {
  it('says the code first, whose it is, how long it works, and that nobody asks for it', () => {
    const { subject, text } = textsOf(codeMessage(), 'app.northside.example');
    expect(subject).toBe('482913 is your sign-in code for Northside Family Health');
    expect(text).toBe(
      [
        '482913 is your sign-in code for Northside Family Health.',
        '',
        'It works for 15 minutes, once.',
        '',
        'Nobody will ever ask you for this code, neither by phone nor in a message. Enter it only where you sign in.',
        'If you are not signing in, tell your System Administrator: somebody may know your password.',
        '',
      ].join('\n'),
    );
  });

  it('says the same in Spanish', () => {
    const { subject, text } = textsOf(codeMessage({ language: 'es' }), null);
    expect(subject).toBe('482913 es su código de acceso para Northside Family Health');
    expect(text).toBe(
      [
        '482913 es su código de acceso para Northside Family Health.',
        '',
        'Es válido durante 15 minutos y sirve una sola vez.',
        '',
        'Nadie le pedirá nunca este código, ni por teléfono ni en un mensaje. Escríbalo solamente donde inicia sesión.',
        'Si no está iniciando sesión, avise a su administrador del sistema: es posible que alguien conozca su contraseña.',
        '',
      ].join('\n'),
    );
  });

  it.each([
    ['https://evil.example/login', 'https evil. example/login'],
    ['www.evil.example', 'www. evil. example'],
    ['one\r\nBcc: two@evil.example', 'one Bcc: two@evil. example'],
    ['left\u202eright\u200b.', 'left right .'],
    ['Praxis\u2028Süd', 'Praxis Süd'],
    ['St. Mary’s', 'St. Mary’s'],
  ])('shows the name %j as %j', (accountName, shown) => {
    expect(textsOf(codeMessage({ accountName }), null).subject).toBe(
      `482913 is your sign-in code for ${shown}`,
    );
  });

  it('has the KID in place of a name of which nothing can be shown', () => {
    expect(textsOf(codeMessage({ accountName: '\u200b\u202e' }), null).subject).toBe(
      '482913 is your sign-in code for 10482',
    );
  });

  it('has one line for a subject and no link, whatever the name', () => {
    const name = fc.oneof(fc.string({ unit: 'binary' }), fc.webUrl(), fc.emailAddress(), fc.domain());
    fc.assert(
      fc.property(name, (accountName) => {
        const { subject, text } = textsOf(codeMessage({ accountName }), null);
        expect(subject).toMatch(/^482913 is your sign-in code[^\p{Cc}\p{Zl}\p{Zp}]*$/u);
        expect(text.split('\n')).toHaveLength(7);
        expect(text).not.toMatch(/:\/\/|[^\s.]\.[^\s.]/);
      }),
    );
  });
});

describe('a text message', () => {
  const sms = (accountName: string, domain: string | null = 'app.northside.example') =>
    textsOf(codeMessage({ via: 'sms', to: '+12015550125', accountName }), domain);

  it('binds the code to the domain on its last line', () => {
    expect(sms('Northside Family Health')).toEqual({
      subject: null,
      html: null,
      text: '482913 is your Northside Family Health code for 15 minutes. Never tell it to anyone.\n@app.northside.example #482913',
    });
  });

  it('has one line where no domain is configured', () => {
    expect(sms('Northside', null).text).toBe(
      '482913 is your Northside code for 15 minutes. Never tell it to anyone.',
    );
  });

  it('spells a name in GSM-7 where that is possible', () => {
    expect(sms('Clínica “Čapek” – Süd', null).text).toBe(
      '482913 is your Clinica "Capek" - Süd code for 15 minutes. Never tell it to anyone.',
    );
  });

  it('cuts a long name so that one segment holds the message exactly', () => {
    const { text } = sms('x'.repeat(200));
    expect(gsmLength(text)).toBe(160);
    expect(text).toMatch(/^482913 is your x+\.\.\. code for /);
    expect(text.endsWith('\n@app.northside.example #482913')).toBe(true);
  });

  it('counts two septets for a character of the extension', () => {
    expect(gsmLength(sms('{'.repeat(200)).text)).toBeLessThanOrEqual(160);
  });

  it('leaves out the name where a long domain leaves no room for it', () => {
    const domain = `${'a'.repeat(60)}.${'b'.repeat(60)}.example`;
    expect(sms('Northside', domain).text).toBe(
      `482913 is your code for 15 minutes. Never tell it to anyone.\n@${domain} #482913`,
    );
  });

  it('never cuts a character in two', () => {
    const family = '👨‍👩‍👧';
    expect(sms(family.repeat(20), null).text).toBe(
      `482913 is your ${family.repeat(3)}... code for 15 minutes. Never tell it to anyone.`,
    );
  });

  it('keeps its shape whatever the name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (accountName) => {
        const lines = sms(accountName).text.split(/[\n\r\u2028\u2029]/);
        expect(lines).toHaveLength(2);
        expect(lines[0]).toMatch(/^482913 is your (.* )?code for 15 minutes\. Never tell it to anyone\.$/u);
        expect(lines[1]).toBe('@app.northside.example #482913');
      }),
    );
  });
});

describe('an HTML part', () => {
  const hostile = '<script>alert(1)</script> & "a" \'b\' <img src=x onerror=y>';

  it('shows the code large and first', () => {
    const { html } = textsOf(codeMessage(), null);
    expect(html).toMatch(/<body[^>]*>\n<p[^>]*><strong style="[^"]*font-size[^"]*">482913<\/strong> is your/);
  });

  it.each(languages)('says what the text says, in %s', (language) => {
    for (const message of everyEmail({ language, accountName: hostile })) {
      const { text, html } = textsOf(message, null);
      expect(html).toContain(`<html lang="${language}">`);
      expect(shownBy(html ?? '')).toBe(text.trim());
    }
  });

  it('has no markup of a user, loads nothing, and has no link', () => {
    const typed = fc.oneof(fc.string({ unit: 'binary' }), fc.webUrl(), fc.constant(hostile));
    fc.assert(
      fc.property(typed, typed, (accountName, user) => {
        const messages = [
          ...everyEmail({ accountName, user }),
          announcementMessage({ name: accountName, ask: [user, accountName] }),
          noticeMessage({ about: user, details: { app: accountName, ip: '::1', by: user } }),
        ];
        for (const message of messages) {
          const { html } = textsOf(message, null);
          const tags = (html ?? '').match(/<[^>]*>/g) ?? [];
          const names = new Set(tags.map((tag) => /^<[!/]?([a-z]+)/i.exec(tag)?.[1]?.toLowerCase()));
          for (const name of names)
            expect(['doctype', 'html', 'head', 'meta', 'body', 'p', 'strong', 'br']).toContain(name);
          expect(html).not.toMatch(/:\/\//);
          expect(tags.join('')).not.toMatch(/href=|src=|url\(/);
        }
      }),
    );
  });
});

describe('check words', () => {
  it.each([
    ['en', 'A sign-in code is never to be told to anyone'],
    ['es', 'Un código de acceso no debe decirse a nadie'],
  ] as const)('come first, with what is never to be told, in %s', (language, warning) => {
    const { subject, text } = textsOf(checkWordMessage({ language }), null);
    expect(subject).toMatch(/^maple river: /);
    expect(text).toMatch(/^maple river /);
    expect(text).toContain(warning);
  });

  it.each([
    ['en', 'Never tell anyone a sign-in code.'],
    ['es', 'No diga a nadie una clave de acceso.'],
  ] as const)('fit into one segment in %s, whatever the words and the name', (language, warning) => {
    const longest = [...checkWordLists[language]].sort((one, other) => other.length - one.length);
    const words = `${longest[0]} ${longest[1]}`;
    for (const accountName of ['', 'Northside', 'Clínica Ñandú '.repeat(20), '{}'.repeat(100)]) {
      const { text } = textsOf(
        checkWordMessage({ via: 'sms', to: '+12015550125', language, words, accountName }),
        'app.northside.example',
      );
      expect(gsmLength(text)).toBeLessThanOrEqual(160);
      expect(text.startsWith(`${words}: `)).toBe(true);
      expect(text.endsWith(warning)).toBe(true);
      expect(text).not.toMatch(/[0-9@#]/);
    }
  });
});

describe('an announcement', () => {
  it('says what will happen, when, where codes go, and whom to ask', () => {
    const { subject, text } = textsOf(announcementMessage(), null);
    expect(subject).toBe(
      'Northside Family Health turns on two-factor authentication on Tuesday, March 10, 2026',
    );
    expect(text).toContain('Hello Jane Miller,');
    expect(text).toContain('- by email: j•••@northside.example\n- by text message: •••0125\n');
    expect(text).toContain('ask Maria Lopez or Nina Ito before then');
    expect(text).toContain('Nobody will ever ask you for a code');
  });

  it('says it in Spanish', () => {
    const { subject, text } = textsOf(announcementMessage({ language: 'es' }), null);
    expect(subject).toBe(
      'Northside Family Health activará la autenticación de dos factores el martes, 10 de marzo de 2026',
    );
    expect(text).toContain('diríjase antes a Maria Lopez o Nina Ito');
  });

  it.each([
    ['en', 'authentication soon', 'no number is known', 'ask your System Administrator'],
    ['es', 'factores próximamente', 'no hay ningún número registrado', 'a su administrador del sistema'],
  ] as const)('says so in %s where no day, no number and nobody is known', (language, when, none, ask) => {
    const message = announcementMessage({
      language,
      on: null,
      codesTo: { email: 'j•••@northside.example', sms: null },
      ask: [],
    });
    const { subject, text } = textsOf(message, null);
    expect(subject?.endsWith(when)).toBe(true);
    expect(text).toContain(none);
    expect(text).toContain(ask);
  });
});

describe('a notice', () => {
  const details: Record<NoticeKind, Record<string, string>> = {
    'user-locked': { app: 'platform', ip: '203.0.113.7' },
    'user-reactivated': { by: 'maria' },
    'user-deactivated': { by: 'maria' },
    'contact-changed': { by: 'maria', fields: 'email phone' },
    'role-changed': { by: 'maria', role: 'granted' },
    'token-made': { by: 'maria', token: 'tok_7' },
    'recovery-codes-renewed': { by: 'maria' },
    'recovery-code-used': { by: 'maria' },
    'recovery-code-rejected': { by: 'maria' },
    'enable-wanted': { by: 'ci', kid: '10482' },
    'lockout-reminder': { by: 'care', since: '2026-03-01T09:30:00.000Z' },
  };
  const kinds = Object.keys(details) as NoticeKind[];

  it.each(kinds)('%s names the account and what it knows, in both languages', (notice) => {
    const said = languages.map((language) => {
      const message = noticeMessage({ notice, details: details[notice], language });
      const { subject, text } = textsOf(message, null);
      expect(subject).toMatch(/^Northside Family Health: \p{Lu}|^Northside Family Health: jane /u);
      expect(text).toMatch(/(Account|Cuenta) Northside Family Health\n$/);
      expect(text).not.toMatch(/undefined|null|T09:30/);
      for (const [name, value] of Object.entries(details[notice])) {
        const isWorded = name === 'fields' || name === 'role' || name === 'since';
        if (!isWorded && !(notice === 'lockout-reminder' && name === 'by')) expect(text).toContain(value);
      }
      return text;
    });
    expect(new Set(said).size).toBe(2);
  });

  it.each([
    ['email', 'The email address of jane was changed', 'Se cambió el correo electrónico de jane'],
    ['phone', 'The phone number of jane was changed', 'Se cambió el teléfono de jane'],
    [
      'email phone',
      'The email address and phone number of jane were changed',
      'Se cambiaron el correo electrónico y el teléfono de jane',
    ],
  ])('says what of the contact data was changed: %s', (fields, english, spanish) => {
    const subject = (language: 'en' | 'es') =>
      textsOf(noticeMessage({ notice: 'contact-changed', details: { by: 'maria', fields }, language }), null)
        .subject;
    expect(subject('en')).toBe(`Northside Family Health: ${english}`);
    expect(subject('es')).toBe(`Northside Family Health: ${spanish}`);
  });

  it.each([
    ['granted', 'jane is a System Administrator now', 'jane ahora tiene el rol'],
    ['removed', 'jane is no System Administrator any more', 'jane ya no tiene el rol'],
  ])('says what became of the role: %s', (role, english, spanish) => {
    const text = (language: 'en' | 'es') =>
      textsOf(noticeMessage({ notice: 'role-changed', details: { by: 'maria', role }, language }), null).text;
    expect(text('en')).toContain(english);
    expect(text('es')).toContain(spanish);
  });

  it('says when a lock began in words, and leaves an address as it is', () => {
    const reminder = noticeMessage({ notice: 'lockout-reminder', details: details['lockout-reminder'] });
    expect(textsOf(reminder, null).text).toContain('since 2026-03-01 09:30 UTC');
    expect(textsOf(noticeMessage(), null).text).toContain('from 203.0.113.7, in platform');
  });
});

describe('a text message in Spanish', () => {
  it('says the code within GSM-7, in one segment', () => {
    const message = codeMessage({
      via: 'sms',
      to: '+12015550125',
      language: 'es',
      accountName: 'Clínica Ñandú',
    });
    expect(textsOf(message, 'app.northside.example').text).toBe(
      '482913 es su clave de acceso para Clinica Ñandu por 15 minutos. No se la diga a nadie.\n@app.northside.example #482913',
    );
  });
});
