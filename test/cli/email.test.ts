// Email by the built program: over TLS to a server whose certificate counts, in the reader's language, in the installation's words.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type MailServer, mailServer } from '../delivery/mail-server.ts';
import { certificateFor, type Pair } from '../support/certificate.ts';
import { type Prepared, quickEnabledNorthside } from '../support/in-process.ts';
import { kid } from '../support/program.ts';

let here: Prepared;
let server: MailServer | undefined;

beforeAll(async () => {
  here = await quickEnabledNorthside();
  writeFileSync(join(here.home, 'smtp-password'), 'hunter2\n', { mode: 0o600 });
});
afterAll(() => here.remove());
beforeEach(() => configure(''));
afterEach(async () => {
  await server?.close();
  server = undefined;
});

function configure(text: string): void {
  writeFileSync(join(here.home, 'config.yaml'), text, { mode: 0o600 });
}

/** A server that wants a login, and the configuration that has mail go there by it. */
async function mailBy(certificate: Pair, more = ''): Promise<MailServer> {
  server = await mailServer({
    ...certificate,
    authOptional: false,
    onAuth: ({ username, password }, _session, done) =>
      username === 'mailer' && password === 'hunter2'
        ? done(null, { user: username })
        : done(Object.assign(new Error('no'), { responseCode: 535 })),
  });
  configure(`${more}email:
  url: smtp://mailer@localhost:${server.port}
  passwordFile: ${join(here.home, 'smtp-password')}
  from: "Northside <no-reply@northside.example>"
`);
  writeFileSync(join(here.home, 'authority.pem'), certificate.cert);
  return server;
}

const trusting = () => ({ NODE_EXTRA_CA_CERTS: join(here.home, 'authority.pem') });
const send = (user: string) => ['code', 'send', user, '--via', 'email', '-a', kid, '-p', 'platform'];

async function check(id: string, env: Record<string, string> = {}) {
  const { stdout } = await here.run(['doctor', '--json'], { env });
  const { checks } = JSON.parse(stdout) as {
    checks: { id: string; ok: boolean; message: string; hint: string | null }[];
  };
  return checks.find((each) => each.id === id);
}

describe('doctor', () => {
  const hour = 3_600_000;
  test.each([
    ['good', certificateFor(['localhost']), true, 'answers over TLS and accepts the login of mailer'],
    [
      'expired',
      certificateFor(['localhost'], { to: new Date(Date.now() - hour) }),
      false,
      'its certificate has expired',
    ],
    [
      'not yet valid',
      certificateFor(['localhost'], { from: new Date(Date.now() + hour) }),
      false,
      'its certificate is not valid yet',
    ],
    ["another host's", certificateFor(['elsewhere.example']), false, 'its certificate is for another host'],
  ])('says of a mail server whether its certificate is %s', async (_what, certificate, ok, message) => {
    const { received } = await mailBy(certificate);
    const found = await check('email', trusting());
    expect(found?.message).toContain(message);
    expect(found?.ok).toBe(ok);
    expect(received).toEqual([]);
  });

  test('says that the login is refused, without the password', async () => {
    await mailBy(certificateFor(['localhost']));
    writeFileSync(join(here.home, 'wrong'), 'hunter3', { mode: 0o600 });
    const found = await check('email', {
      ...trusting(),
      TWOFA_EMAIL_PASSWORD_FILE: join(here.home, 'wrong'),
    });
    expect(found).toMatchObject({ ok: false, hint: expect.stringContaining('email.passwordFile') });
    expect(found?.message).toContain('it refuses the login of mailer: 535');
    expect(found?.message).not.toContain('hunter');
  });

  test('sends a test message where it is told to', async () => {
    const { received } = await mailBy(certificateFor(['localhost']));
    const { stdout } = await here.run(['doctor', '--send-test', 'maria@northside.example', '--json'], {
      env: trusting(),
    });
    expect(JSON.parse(stdout).checks).toContainEqual(
      expect.objectContaining({
        id: 'send-test',
        ok: true,
        message: 'The email to m•••@northside.example was accepted',
      }),
    );
    expect(received.map(({ to, mail }) => [to, mail.subject])).toEqual([
      [['maria@northside.example'], 'Test message'],
    ]);
  });
});

describe('a code', () => {
  test('is in the language that was chosen for its reader', async () => {
    const { received } = await mailBy(certificateFor(['localhost']));
    await here.json(['user', 'update', 'jane', '--language', 'es', '-a', kid]);
    await here.json(send('jane'), 0, { env: trusting() });
    await here.json(send('david'), 0, { env: trusting() });
    const [jane, david] = received.map(({ mail }) => mail);
    expect(jane?.subject).toMatch(/^[0-9]{6} es su código de acceso para Northside Family Health$/);
    expect(jane?.headers.get('content-language')).toBe('es');
    expect(david?.subject).toMatch(/^[0-9]{6} is your sign-in code for Northside Family Health$/);
    expect(received.every(({ secure, user }) => secure && user === 'mailer')).toBe(true);
    await here.json(['user', 'update', 'jane', '--language', '', '-a', kid]);
  });

  test('does not go to a server whose certificate nobody vouches for, and tells so', async () => {
    const { received } = await mailBy(certificateFor(['localhost']));
    const error = await here.error(send('sam'), 10);
    expect(JSON.stringify(error)).toContain(
      'no trusted TLS connection: its certificate is vouched for by nobody known here',
    );
    expect(received).toEqual([]);
  });
});

describe('templates', () => {
  const folder = () => join(here.home, 'templates');
  const write = (name: string, text: string) => {
    mkdirSync(folder(), { recursive: true, mode: 0o755 });
    writeFileSync(join(folder(), name), text, { mode: 0o644 });
  };

  test('are what a message says, and doctor counts them', async () => {
    write('code.email.en.subject.txt', '{code} for {account}');
    write('code.sms.en.txt', `{code} ${'x'.repeat(160)}`);
    const { received } = await mailBy(certificateFor(['localhost']), `templates: ${folder()}\n`);
    await here.json(send('sam'), 0, { env: trusting() });
    expect(received[0]?.mail.subject).toMatch(/^[0-9]{6} for Northside Family Health$/);
    expect(await check('templates')).toEqual({
      id: 'templates',
      ok: true,
      message: `Templates in ${folder()}: 2; segments of a text message: code.sms.en.txt takes 2`,
      hint: null,
    });
  });

  test('that lack the code send nothing, with the file and the reason', async () => {
    write('code.email.en.subject.txt', 'Your code');
    const { received } = await mailBy(certificateFor(['localhost']), `templates: ${folder()}\n`);
    const file = join(folder(), 'code.email.en.subject.txt');
    const error = await here.error(send('sam'), 2, { env: trusting() });
    expect(error).toMatchObject({ code: 'invalid-configuration', message: `${file}: it lacks {code}.` });
    expect(await check('templates')).toMatchObject({ ok: false, message: `${file}: it lacks {code}.` });
    expect(received).toEqual([]);
  });

  test('that others can write are refused', async () => {
    write('code.email.en.subject.txt', '{code}');
    await mailBy(certificateFor(['localhost']), `templates: ${folder()}\n`);
    chmodSync(folder(), 0o777);
    expect(await check('templates')).toMatchObject({ ok: false, hint: `chmod go-w ${folder()}` });
    chmodSync(folder(), 0o755);
  });
});
