// The configuration: the file, the variables that beat it, and every way in which it is wrong.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databaseOf, effective, readConfig } from '../../src/cli/config.ts';
import { keys, variableOf } from '../../src/cli/config-values.ts';
import { TwofaError } from '../../src/errors.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'twofa-config-'));
  file = join(folder, 'config.yaml');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const read = (env: NodeJS.ProcessEnv = {}) => readConfig({ file, env });
const given = (text: string, env: NodeJS.ProcessEnv = {}) => {
  writeFileSync(file, text, { mode: 0o600 });
  return read(env);
};

async function errorOf(reading: Promise<unknown>): Promise<TwofaError> {
  const error = await reading.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(TwofaError);
  return error as TwofaError;
}

const whole = `# as the manual has it
database: sqlite:/var/lib/twofa/twofa.sqlite
keyFile: /etc/twofa/key.json
domain: app.northside.example
email:
  url: smtp://mailer@mail.northside.example:2525
  passwordFile: /etc/twofa/smtp-password
  tls: optional
  from: "Northside <no-reply@northside.example>"
`;

describe('a configuration', () => {
  it('is read from the file', async () => {
    expect(await given(whole)).toMatchObject({
      database: 'sqlite:/var/lib/twofa/twofa.sqlite',
      keyFile: '/etc/twofa/key.json',
      domain: 'app.northside.example',
      email: {
        server: { host: 'mail.northside.example', port: 2525, secure: false, user: 'mailer' },
        password: { file: '/etc/twofa/smtp-password' },
        tls: 'optional',
        from: { name: 'Northside', address: 'no-reply@northside.example' },
      },
    });
  });

  it.each([
    ['no file', null],
    ['an empty file', ''],
    ['comments only', '# nothing\n'],
    ['a section without keys', 'email:\n  # url: smtp://x\n'],
  ])('of %s is all defaults', async (_what, text) => {
    const config = await (text === null ? read() : given(text));
    expect(config).toMatchObject({ database: null, keyFile: null, domain: null, email: null });
  });

  it('is taken from variables where there is no file', async () => {
    const config = await read({
      TWOFA_DATABASE_URL: 'sqlite:data/twofa.sqlite',
      TWOFA_KEY_FILE: 'key.json',
      TWOFA_DOMAIN: 'App.Jõgeva.example',
      TWOFA_EMAIL_URL: 'smtps://mailer%40northside@mail.northside.example',
      TWOFA_EMAIL_PASSWORD_COMMAND: '["pass", "show", "smtp"]',
      TWOFA_EMAIL_FROM: 'no-reply@northside.example',
      TWOFA_TOKEN: 'twofa_x',
    });
    expect(config).toMatchObject({
      database: `sqlite:${resolve('data/twofa.sqlite')}`,
      keyFile: resolve('key.json'),
      domain: 'app.xn--jgeva-dua.example',
      email: {
        server: { host: 'mail.northside.example', port: 465, secure: true, user: 'mailer@northside' },
        password: { command: ['pass', 'show', 'smtp'] },
        tls: 'required',
        from: { name: '', address: 'no-reply@northside.example' },
      },
    });
  });

  it('takes each variable before its key in the file', async () => {
    const config = await given(whole, {
      TWOFA_DATABASE_URL: 'sqlite:/tmp/other.sqlite',
      TWOFA_EMAIL_URL: 'smtp://other@127.0.0.1',
      TWOFA_EMAIL_PASSWORD_COMMAND: '["pass"]',
      TWOFA_EMAIL_TLS: 'required',
    });
    expect(config).toMatchObject({
      database: 'sqlite:/tmp/other.sqlite',
      domain: 'app.northside.example',
      email: {
        server: { host: '127.0.0.1', port: 587, user: 'other' },
        password: { command: ['pass'] },
        tls: 'required',
        from: { address: 'no-reply@northside.example' },
      },
    });
  });

  it('reads the folder of templates as an absolute path', async () => {
    expect((await given('templates: /etc/twofa/templates\n')).templates).toBe('/etc/twofa/templates');
    expect((await read({ TWOFA_TEMPLATES: 'templates' })).templates).toBe(resolve('templates'));
  });

  it('reads a command from the file, and a server by its IPv6 address', async () => {
    const { email } = await given(
      'email:\n  url: smtp://m@[::1]:25\n  passwordCommand: [pass, show, "smtp password"]\n  from: n@northside.example\n',
    );
    expect(email).toMatchObject({
      server: { host: '::1', port: 25 },
      password: { command: ['pass', 'show', 'smtp password'] },
    });
  });
});

describe('rates', () => {
  it('are numbers in the file and digits in a variable, beside a channel or without it', async () => {
    const rates = 'email: { perMinute: 300 }\nsms:\n  perMinute: 60\n';
    expect(await given(rates)).toMatchObject({ email: null, rates: { email: 300, sms: 60 } });
    expect(await given(rates, { TWOFA_SMS_PER_MINUTE: '90' })).toMatchObject({
      rates: { email: 300, sms: 90 },
    });
    expect(await given('')).toMatchObject({ rates: { email: null, sms: null } });
    const shown = effective(await given(rates)).find((each) => each.key === 'sms.perMinute');
    expect(shown).toEqual({
      key: 'sms.perMinute',
      value: '60',
      source: 'file',
      variable: 'TWOFA_SMS_PER_MINUTE',
    });
  });

  it.each(['0', '-1', '1.5', '"x"', '[60]', '1000001', 'true'])('%s is none', async (value) => {
    const error = await errorOf(given(`sms:\n  perMinute: ${value}\n`));
    expect(error.message).toMatch(
      /2:14: sms\.perMinute must be a whole number of messages a minute, .*1000000\.$/,
    );
  });
});

describe('config show', () => {
  it('lists every key with its value, where it comes from, and its variable', async () => {
    expect(effective(await given(whole, { TWOFA_EMAIL_TLS: 'required' }))).toEqual([
      {
        key: 'database',
        value: 'sqlite:/var/lib/twofa/twofa.sqlite',
        source: 'file',
        variable: 'TWOFA_DATABASE_URL',
      },
      { key: 'databaseRead', value: null, source: 'default', variable: 'TWOFA_DATABASE_READ_URL' },
      { key: 'keyFile', value: '/etc/twofa/key.json', source: 'file', variable: 'TWOFA_KEY_FILE' },
      { key: 'keyCommand', value: null, source: 'default', variable: 'TWOFA_KEY_COMMAND' },
      { key: 'domain', value: 'app.northside.example', source: 'file', variable: 'TWOFA_DOMAIN' },
      { key: 'templates', value: null, source: 'default', variable: 'TWOFA_TEMPLATES' },
      {
        key: 'email.url',
        value: 'smtp://mailer@mail.northside.example:2525',
        source: 'file',
        variable: 'TWOFA_EMAIL_URL',
      },
      {
        key: 'email.passwordFile',
        value: '/etc/twofa/smtp-password',
        source: 'file',
        variable: 'TWOFA_EMAIL_PASSWORD_FILE',
      },
      {
        key: 'email.passwordCommand',
        value: null,
        source: 'default',
        variable: 'TWOFA_EMAIL_PASSWORD_COMMAND',
      },
      { key: 'email.tls', value: 'required', source: 'variable', variable: 'TWOFA_EMAIL_TLS' },
      {
        key: 'email.from',
        value: 'Northside <no-reply@northside.example>',
        source: 'file',
        variable: 'TWOFA_EMAIL_FROM',
      },
      { key: 'email.perMinute', value: null, source: 'default', variable: 'TWOFA_EMAIL_PER_MINUTE' },
      ...keys
        .filter((key) => key.startsWith('sms.'))
        .map((key) => ({ key, value: null, source: 'default', variable: variableOf(key) })),
    ]);
  });

  it('shows of a command its program only', async () => {
    const config = await given(
      'email: { url: "smtp://m@mail.example.org", from: n@northside.example, passwordCommand: [echo, hunter2] }',
    );
    const shown = effective(config);
    expect(shown.find((each) => each.key === 'email.passwordCommand')?.value).toBe('echo …');
    expect(JSON.stringify(shown)).not.toContain('hunter2');
  });
});

describe('what is wrong in the file', () => {
  const email = 'email:\n  url: smtp://mail.example.org\n  from: n@northside.example\n';

  it.each<[string, string, number, number, string, string | null]>([
    [
      'an unknown key',
      '# x\n\ndomian: a.example\n',
      3,
      1,
      'there is no key "domian"',
      'Did you mean domain?',
    ],
    [
      'an unknown key of a section',
      'email:\n  passwordFiel: /x\n',
      2,
      3,
      'there is no key "email.passwordFiel"',
      'Did you mean email.passwordFile?',
    ],
    [
      'a secret where none may be',
      'email:\n  password: hunter2\n',
      2,
      3,
      'there is no key "email.password"',
      'Did you mean email.passwordFile?',
    ],
    [
      'a key like no other',
      'wunderbar: 1\n',
      1,
      1,
      'there is no key "wunderbar"',
      'Known are database, databaseRead, keyFile, keyCommand, domain, templates, email, sms.',
    ],
    [
      'a section that is a value',
      'email: smtp://x\n',
      1,
      8,
      'email must be a section with keys of its own',
      null,
    ],
    ['a value that is a section', 'domain:\n  a: b\n', 2, 3, 'domain must be text', null],
    ['a number', 'domain: 12\n', 1, 9, 'domain must be text', null],
    ['no value', 'domain:\n', 1, 1, 'domain has no value', null],
    ['a list', '- a\n', 1, 1, 'must be a mapping of keys to values', null],
    ['a dotted key', 'email.url: smtp://x\n', 1, 1, 'a key must be one word', null],
    [
      'a domain that is a URL',
      'domain: "https://a.example"\n',
      1,
      9,
      'domain must be a domain such as app.northside.example',
      null,
    ],
    [
      'a path of the shell',
      'keyFile: ~/key\n',
      1,
      10,
      'keyFile starts with "~", which only a shell expands',
      null,
    ],
    [
      'an unknown mode',
      `${email}  tls: yes\n`,
      4,
      8,
      'email.tls must be one of required, optional, none',
      null,
    ],
    [
      'a command that is a line',
      `${email}  passwordCommand: pass show\n`,
      4,
      20,
      'email.passwordCommand must be a list of the program and its arguments, each of them text',
      null,
    ],
    [
      'a command of numbers',
      `${email}  passwordCommand: [pass, 1]\n`,
      4,
      20,
      'email.passwordCommand must be a list of the program and its arguments, each of them text',
      null,
    ],
    [
      'a sender that is none',
      'email:\n  url: smtp://mail.example.org\n  from: Northside\n',
      3,
      9,
      'email.from has an address that has no "@"',
      null,
    ],
    [
      'a sender of two',
      'email:\n  url: smtp://mail.example.org\n  from: "a@x.example, b@x.example"\n',
      3,
      9,
      'email.from has an address that contains white space',
      null,
    ],
    [
      'no sender',
      'email:\n  url: smtp://mail.example.org\n',
      2,
      8,
      'email is configured without email.from',
      'Set email.from, or the variable TWOFA_EMAIL_FROM.',
    ],
    [
      'no URL',
      'email:\n  from: n@northside.example\n',
      2,
      9,
      'email is configured without email.url',
      'Set email.url, or the variable TWOFA_EMAIL_URL.',
    ],
    [
      'a user without a password',
      'email:\n  url: smtp://m@mail.example.org\n  from: n@northside.example\n',
      2,
      8,
      'email.url names a user, but there is no password',
      'Set email.passwordFile or email.passwordCommand.',
    ],
    [
      'a password without a user',
      `${email}  passwordFile: /x\n`,
      2,
      8,
      'there is a password, but email.url names no user',
      'Write it as smtp://user@host:587.',
    ],
    [
      'two passwords',
      'email:\n  url: smtp://m@mail.example.org\n  from: n@northside.example\n  passwordFile: /x\n  passwordCommand: [y]\n',
      5,
      20,
      'email.passwordCommand stands beside email.passwordFile; one is enough',
      null,
    ],
    [
      'a key file and a key command',
      'keyFile: /x\nkeyCommand: [y]\n',
      2,
      13,
      'keyCommand stands beside keyFile; a key ring is kept in one place',
      null,
    ],
    [
      'a key command that is no list',
      'keyCommand: pass show key\n',
      1,
      13,
      'keyCommand must be a list of the program and its arguments, each of them text',
      null,
    ],
    [
      'TLS that is required and turned off',
      'email:\n  url: smtps://mail.example.org\n  from: n@northside.example\n  tls: none\n',
      4,
      8,
      'email.tls is none, but email.url is smtps',
      null,
    ],
    [
      'a key twice',
      'domain: a.example\ndomain: b.example\n',
      2,
      1,
      'not valid YAML: Map keys must be unique',
      null,
    ],
    ['an open quote', 'domain: "a\n', 2, 1, 'not valid YAML: Missing closing "quote', null],
  ])('%s is said with line and column', async (_what, text, line, column, problem, hint) => {
    const error = await errorOf(given(text));
    expect(error).toMatchObject({ code: 'invalid-configuration', exit: 2, hint });
    expect(error.message).toBe(`${file}:${line}:${column}: ${problem}.`);
    expect(error.details).toMatchObject({ file, line, column });
  });

  it.each([
    ['another scheme', 'http://mail.example.org', 'must start with smtp:// or smtps://'],
    ['a path', 'smtp://mail.example.org/in', 'has more in it than a user, a host and a port'],
    ['options', 'smtp://mail.example.org?pool=true', 'has more in it than a user, a host and a port'],
    ['no host', 'smtp://', 'has no valid host'],
    ['the port 0', 'smtp://mail.example.org:0', 'has the port 0'],
    ['the port 99999', 'smtp://mail.example.org:99999', 'is no valid URL'],
    ['a line break in the user', 'smtp://a%0d%0ab@mail.example.org', 'has a user that cannot be read'],
    [
      'a password',
      'smtp://mailer:hunter2@mail.example.org',
      'has a password in it, which belongs in email.passwordFile or email.passwordCommand',
    ],
  ])('a mail server with %s', async (_what, url, problem) => {
    const error = await errorOf(given(`email:\n  url: ${url}\n  from: n@northside.example\n`));
    expect(error.message).toBe(`${file}:2:8: email.url ${problem}.`);
    expect(JSON.stringify(error.report())).not.toContain('hunter2');
  });
});

describe('what is wrong in a variable', () => {
  it.each([
    ['TWOFA_EMAIL_TLS', 'maybe', 'email.tls must be one of required, optional, none'],
    ['TWOFA_EMAIL_URL', '', 'email.url has no value'],
    [
      'TWOFA_EMAIL_PASSWORD_COMMAND',
      'pass show hunter2',
      'email.passwordCommand must be a list of the program and its arguments, each of them text',
    ],
    ['TWOFA_EMAIL_URL', 'smtp://mail.example.org', 'email is configured without email.from'],
    ['TWOFA_EMAIL_PASWORD_FILE', '/x', 'there is no variable "TWOFA_EMAIL_PASWORD_FILE"'],
  ])('%s=%j is said by its name', async (variable, value, problem) => {
    const error = await errorOf(read({ [variable]: value }));
    expect(error).toMatchObject({ code: 'invalid-configuration', exit: 2 });
    expect(error.message).toBe(`${variable}: ${problem}.`);
    expect(error.details).toMatchObject({ variable });
    expect(JSON.stringify(error.report())).not.toContain('hunter2');
  });

  it('names the nearest variable to one that is unknown', async () => {
    const error = await errorOf(read({ TWOFA_EMAIL_PASWORD_FILE: '/x' }));
    expect(error.hint).toBe('Did you mean TWOFA_EMAIL_PASSWORD_FILE?');
  });

  it('does not keep a wrong file from being told', async () => {
    const error = await errorOf(given('email:\n  tls: maybe\n', { TWOFA_EMAIL_TLS: 'none' }));
    expect(error.message).toContain(`${file}:2:8: email.tls must be`);
  });
});

describe('a database', () => {
  it.each([
    ['sqlite:/var/lib/t.sqlite', 'sqlite:/var/lib/t.sqlite'],
    ['sqlite:///var/lib/../t.sqlite', 'sqlite:/var/t.sqlite'],
    ['sqlite:t.sqlite', `sqlite:${resolve('t.sqlite')}`],
  ])('%s is %s', (url, absolute) => {
    expect(databaseOf(url, '--database')).toBe(absolute);
  });

  it.each([
    ['postgres://app:hunter2@db.example/twofa', 'postgres://app:•••@db.example/twofa'],
    ['postgresql://db.example/twofa?password=hunter2', 'postgresql://db.example/twofa?password=•••'],
  ])('%s is shown without its password', async (url, shown) => {
    const config = await read({ TWOFA_DATABASE_URL: url });
    expect(config.database).toBe(url);
    expect(config.settings.find(({ key }) => key === 'database')?.value).toBe(shown);
  });

  it.each([
    'postgres://app:hunter2@db.example',
    'mysql://app:hunter2@db.example/twofa',
    '/var/lib/hunter2.sqlite',
    'sqlite:',
    'sqlite::memory:',
    'sqlite://hunter2/t.sqlite',
    'sqlite:~/hunter2',
    '',
  ])('%j is refused, and not repeated', async (url) => {
    const byVariable = await errorOf(read({ TWOFA_DATABASE_URL: url }));
    expect(byVariable).toMatchObject({ code: 'invalid-configuration', exit: 2 });
    expect(byVariable.message).toMatch(
      /^TWOFA_DATABASE_URL: database (must be (sqlite:|a URL such as)|names |has no value|starts with)/,
    );
    expect(() => databaseOf(url, '--database')).toThrow(
      /^--database (must be (sqlite:|a URL such as)|names |has no value|starts with)/,
    );
    expect(JSON.stringify(byVariable.report())).not.toContain('hunter2');
  });
});

describe('a file', () => {
  it('that others can write is refused, with the command that mends it', async () => {
    writeFileSync(file, whole);
    chmodSync(file, 0o646);
    expect(await errorOf(read())).toMatchObject({ code: 'unsafe-file', exit: 4, hint: `chmod go-w ${file}` });
  });

  it('that others can read is fine: it has no secret in it', async () => {
    writeFileSync(file, whole);
    chmodSync(file, 0o644);
    expect((await read()).domain).toBe('app.northside.example');
  });

  it('that cannot be read as one is said by name', async () => {
    mkdirSync(file);
    const error = await errorOf(read());
    expect(error).toMatchObject({ code: 'file-unreadable', exit: 2 });
    expect(error.message).toContain(file);
  });
});
