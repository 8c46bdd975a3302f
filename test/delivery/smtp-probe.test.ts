// What is found out about a mail server without sending anything: greeting, TLS, login, each in words with what to do.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EmailConfig } from '../../src/delivery/config.ts';
import { probeMailServer } from '../../src/delivery/smtp-probe.ts';
import { certificateFor } from '../support/certificate.ts';
import { mailServer, scriptedServer, willing } from './mail-server.ts';
import { emailTo } from './messages.ts';

const ending: (() => Promise<void>)[] = [];
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'twofa-probe-'));
});
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
  rmSync(folder, { recursive: true, force: true });
});

async function serving<T extends { close(): Promise<void> }>(starting: Promise<T>): Promise<T> {
  const server = await starting;
  ending.push(() => server.close());
  return server;
}

function signedIn(port: number, password: string, changes: Partial<EmailConfig> = {}): EmailConfig {
  const file = join(folder, 'password');
  writeFileSync(file, password, { mode: 0o600 });
  return emailTo(port, { password: { file }, ...changes }, 'mailer');
}

const taking = () =>
  mailServer({
    authOptional: false,
    onAuth: (auth, _session, done) => {
      if (auth.password === 'right') done(null, { user: 'mailer' });
      else done(Object.assign(new Error(`no: ${auth.password}`), { responseCode: 535 }));
    },
  });

describe('a server that can be used', () => {
  it('greets, speaks TLS and accepts the login; nothing is sent', async () => {
    const server = await serving(taking());
    expect(await probeMailServer(signedIn(server.port, 'right'))).toEqual({
      via: 'email',
      ok: true,
      message: `The mail server at 127.0.0.1:${server.port} answers over TLS, whatever its certificate and accepts the login of mailer`,
      hint: null,
    });
    expect(server.received).toEqual([]);
    expect(server.connections).toBe(1);
  });

  it('is left by QUIT, without a message begun', async () => {
    const server = await serving(scriptedServer(willing));
    const found = await probeMailServer(emailTo(server.port));
    expect(found).toMatchObject({
      ok: true,
      message: `The mail server at 127.0.0.1:${server.port} answers without TLS`,
    });
    expect(server.heard.map((line) => line.split(' ')[0])).toEqual(['EHLO', 'QUIT']);
  });
});

describe('a server that cannot be used', () => {
  const failing = async (email: EmailConfig, budgetMs?: number) => {
    const found = await probeMailServer(email, budgetMs);
    expect(found).toMatchObject({ via: 'email', ok: false });
    const { host, port } = email.server;
    const beginning = `The mail server cannot be used. ${host}:${port}: `;
    expect(found.message.startsWith(beginning)).toBe(true);
    return { what: found.message.slice(beginning.length), hint: found.hint };
  };

  it('refuses the login: by whom, and what to correct, without the password', async () => {
    const server = await serving(taking());
    expect(await failing(signedIn(server.port, 'hunter2'))).toEqual({
      what: 'it refuses the login of mailer: 535 no: •••.',
      hint: 'Correct the user in email.url, or what email.passwordFile names.',
    });
  });

  it('offers no login', async () => {
    const server = await serving(scriptedServer(willing));
    const { what } = await failing(signedIn(server.port, 'right', { tls: 'none' }));
    expect(what).toBe('the mail server offers no sign-in on this connection.');
  });

  it('has a certificate that nobody vouches for', async () => {
    const server = await serving(mailServer({ ...certificateFor(['127.0.0.1']) }));
    const { what, hint } = await failing(emailTo(server.port, { tls: 'required' }));
    expect(what).toBe('its certificate is vouched for by nobody known here.');
    expect(hint).toContain('NODE_EXTRA_CA_CERTS');
  });

  it('offers no TLS where that is required', async () => {
    const server = await serving(
      scriptedServer((line) => (line === 'STARTTLS' ? '502 not here' : willing(line))),
    );
    const { what, hint } = await failing(emailTo(server.port, { tls: 'required' }));
    expect(what).toBe('it offers no TLS: 502 not here.');
    expect(hint).toContain('email.tls: optional');
  });

  it('speaks no TLS from the first byte, though smtps:// says so', async () => {
    const server = await serving(scriptedServer(willing));
    const email = emailTo(server.port, { tls: 'required' });
    const { what, hint } = await failing({ ...email, server: { ...email.server, secure: true } });
    expect(what).toBe('no TLS can be agreed on with it.');
    expect(hint).toContain('for 587, write smtp://');
  });

  it('is not there', async () => {
    const server = await mailServer();
    await server.close();
    expect(await failing(emailTo(server.port))).toEqual({
      what: 'the connection was refused.',
      hint: 'Correct email.url, or the network.',
    });
  });

  it('has a name that nobody knows', async () => {
    const email = emailTo(587);
    const { hint } = await failing({ ...email, server: { ...email.server, host: 'mail.northside.invalid' } });
    expect(hint).toBe('Correct email.url, or the network.');
  });

  it('does not greet, as one does that wants TLS first', async () => {
    const server = await serving(mailServer({ secure: true }));
    const { what, hint } = await failing(emailTo(server.port), 600);
    expect(what).toBe('it takes the connection and does not greet.');
    expect(hint).toContain('a server on port 465 wants smtps://');
  });

  it('refuses with its greeting', async () => {
    const server = await serving(scriptedServer(() => '554 no service for you'));
    const { what } = await failing(emailTo(server.port));
    expect(what).toBe('it refuses: 554 no service for you.');
  });

  it('stalls, which is not waited for longer than is allowed', async () => {
    const server = await serving(scriptedServer((line) => (line === '' ? '220 hello' : 'silence')));
    const { what } = await failing(emailTo(server.port), 500);
    expect(what).toMatch(/in time|does not greet/);
  });

  it('cannot be signed in to without the password', async () => {
    const command = [process.execPath, '-e', 'process.exit(3)'] as const;
    const server = await serving(taking());
    const { what, hint } = await failing(emailTo(server.port, { password: { command } }, 'mailer'));
    expect(what).toBe(`the password command ${process.execPath} failed (3).`);
    expect(hint).toBe('Correct email.passwordCommand, or what it names.');
    expect(server.connections).toBe(0);
  });
});
