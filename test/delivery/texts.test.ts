// What messages say, and that nothing in an account's name makes them say anything else.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gsmLength, textsOf } from '../../src/delivery/texts.ts';
import { codeMessage } from './messages.ts';

describe('an email', () => {
  it('says the code first, whose it is, how long it works, and that nobody asks for it', () => {
    expect(textsOf(codeMessage(), 'app.northside.example')).toEqual({
      subject: '482913 is your sign-in code for Northside Family Health',
      text: [
        '482913 is your sign-in code for Northside Family Health.',
        '',
        'It works for 15 minutes, once.',
        '',
        'Nobody will ever ask you for this code, neither by phone nor in a message. Enter it only where you sign in.',
        'If you are not signing in, tell your System Administrator: somebody may know your password.',
        '',
      ].join('\n'),
    });
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

  it('leaves out a name of which nothing can be shown', () => {
    expect(textsOf(codeMessage({ accountName: '\u200b\u202e' }), null).subject).toBe(
      '482913 is your sign-in code',
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
