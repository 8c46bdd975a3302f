// Text messages by the built program: codes that a gateway takes or refuses, what is recorded of them, and what is loaded.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type GatewayServer, gatewayServer } from '../delivery/gateway-server.ts';
import { certificateFor } from '../support/certificate.ts';
import { type Prepared, quickEnabledNorthside } from '../support/in-process.ts';
import { Installation, kid } from '../support/program.ts';

let here: Prepared;
let server: GatewayServer | undefined;

beforeAll(async () => {
  here = await quickEnabledNorthside();
  writeFileSync(join(here.home, 'sms-password'), 'hunter2\n', { mode: 0o600 });
});
afterAll(() => here.remove());
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function gateway(...given: Parameters<typeof gatewayServer>): Promise<GatewayServer> {
  server = await gatewayServer(...given);
  return server;
}

/** Has text messages go to a server, as SPEC writes it down. */
function textTo(home: string, origin: string): void {
  const config = `domain: app.northside.example
sms:
  gateway: http
  http:
    method: GET
    url: ${origin}/cgi-bin/sendsms?username=u&password={password}&to={to}&text={text}
    passwordFile: ${join(here.home, 'sms-password')}
    success: "^(0|3): "
`;
  writeFileSync(join(home, 'config.yaml'), config, { mode: 0o600 });
}

const send = (user: string) => ['code', 'send', user, '--via', 'sms', '-a', kid, '-p', 'platform'];

describe('code send --via sms', () => {
  test('has the gateway send the code, which then signs the user in', async () => {
    const { asked, port } = await gateway(() => ({ status: 202, body: '0: Accepted for delivery' }));
    textTo(here.home, `http://127.0.0.1:${port}`);
    const sent = await here.json(send('jane'));
    expect(sent).toMatchObject({ result: 'sent', via: 'sms', to: '•••0124' });
    expect(asked).toHaveLength(1);
    const query = new URL(asked[0]?.url ?? '', 'http://127.0.0.1').searchParams;
    expect(Object.fromEntries(query)).toMatchObject({
      username: 'u',
      password: 'hunter2',
      to: '+12015550124',
    });
    const code = query.get('text')?.slice(0, 6) ?? '';
    expect(query.get('text')).toMatch(
      new RegExp(`^${code} is your .*\\n@app\\.northside\\.example #${code}$`),
    );
    expect(here.codesOf('jane')).toEqual([]);
    const verify = ['code', 'verify', 'jane', '--ip', '203.0.113.7', '-a', kid, '-p', 'platform'];
    expect(await here.json(verify, 0, { input: code })).toMatchObject({ result: 'verified' });
  });

  test('that the gateway refuses ends the code, and tells why and the other channel, without secrets', async () => {
    const { port } = await gateway(({ url }) => ({ status: 403, body: `Authorization failed: ${url}` }));
    textTo(here.home, `http://127.0.0.1:${port}`);
    const error = await here.error(send('david'), 10);
    expect(error).toMatchObject({
      code: 'delivery-failed',
      details: { otherChannel: 'email (d•••@northside.example)' },
    });
    const said = JSON.stringify(error);
    expect(said).toContain('the gateway answered 403: Authorization failed');
    expect(said).not.toMatch(/hunter2|2015550125|[0-9]{6} |#[0-9]{6}/);
    const shown = await here.json(['status', 'david', '-a', kid]);
    expect(JSON.stringify(shown)).toContain('Authorization failed');
    const trail = await here.run(['audit', 'list', '--user', 'david', '--json']);
    expect(trail.stdout).not.toMatch(/hunter2|2015550125/);
  });
});

test('outside a sandbox a gateway and a mail server make the account ready for delivery', async () => {
  const real = new Installation();
  try {
    const { port } = await gateway();
    await real.json(['init']);
    await real.json(['account', 'create', kid, '--name', 'Northside Family Health']);
    const deliveryItem = async () => {
      const { stdout } = await real.run(['checklist', '-a', kid, '--json']);
      const { items } = JSON.parse(stdout) as { items: { id: string; status: string }[] };
      return items.find(({ id }) => id === 'delivery')?.status;
    };
    textTo(real.home, `http://127.0.0.1:${port}`);
    expect(await deliveryItem()).toBe('fail');
    const email = {
      TWOFA_EMAIL_URL: 'smtp://127.0.0.1:2525',
      TWOFA_EMAIL_FROM: 'no-reply@northside.example',
    };
    const { stdout } = await real.run(['checklist', '-a', kid, '--json'], { env: email });
    expect(JSON.parse(stdout).items).toContainEqual(
      expect.objectContaining({ id: 'delivery', status: 'pass' }),
    );
  } finally {
    real.remove();
  }
});

describe('doctor', () => {
  const sms = async (env: Record<string, string> = {}) => {
    const { stdout } = await here.run(['doctor', '--json'], { env });
    const { checks } = JSON.parse(stdout) as { checks: { id: string; ok: boolean; message: string }[] };
    return checks.find(({ id }) => id === 'sms');
  };

  test.each([
    ['good', certificateFor(['localhost']), true, 'can be reached over TLS'],
    [
      'expired',
      certificateFor(['localhost'], { to: new Date(Date.now() - 60_000) }),
      false,
      'its certificate has expired',
    ],
    [
      'not yet valid',
      certificateFor(['localhost'], { from: new Date(Date.now() + 60_000) }),
      false,
      'its certificate is not valid yet',
    ],
    ["another host's", certificateFor(['elsewhere.example']), false, 'its certificate is for another host'],
  ])('says of a gateway whether its certificate is %s', async (_what, certificate, ok, message) => {
    const authority = join(here.home, 'authority.pem');
    writeFileSync(authority, certificate.cert);
    const { port, asked } = await gateway(undefined, certificate);
    textTo(here.home, `https://localhost:${port}`);
    const found = await sms({ NODE_EXTRA_CA_CERTS: authority });
    expect(found).toMatchObject({ ok });
    expect(found?.message).toContain(message);
    expect(asked).toEqual([]);
  });

  test('sends a test message where it is told to', async () => {
    const { port, asked } = await gateway();
    textTo(here.home, `http://127.0.0.1:${port}`);
    const { stdout } = await here.run(['doctor', '--send-test', '+12015550123', '--json']);
    const { checks } = JSON.parse(stdout) as { checks: object[] };
    expect(checks).toContainEqual(
      expect.objectContaining({
        id: 'send-test',
        ok: true,
        message: 'The text message to •••0123 was accepted',
      }),
    );
    expect(asked).toHaveLength(1);
  });
});

test('a code goes over TLS to a gateway whose authority is trusted, with a certificate that is verified', async () => {
  const certificate = certificateFor(['localhost']);
  const authority = join(here.home, 'authority.pem');
  writeFileSync(authority, certificate.cert);
  const { port, asked } = await gateway(undefined, certificate);
  textTo(here.home, `https://localhost:${port}`);
  await here.json(send('sam'), 0, { env: { NODE_EXTRA_CA_CERTS: authority } });
  expect(asked.map(({ headers }) => headers.host)).toEqual([`localhost:${port}`]);
  // The environment cannot turn verification off.
  const error = await here.error(send('sam'), 10, { env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' } });
  expect(JSON.stringify(error)).toContain('its certificate is vouched for by nobody known here');
  expect(asked).toHaveLength(1);
});

describe("Twilio's library", () => {
  const hook = `
    require('node:dns').lookup = (host) => {
      process.stderr.write('asked for ' + host + '\\n');
      process.exit(9);
    };
    process.on('exit', () => {
      const loaded = Object.keys(require.cache).some((file) => /node_modules.twilio/.test(file));
      process.stderr.write('twilio loaded: ' + loaded + '\\n');
    });`;

  test.each([
    ['by code send --via sms', send('nina'), true],
    ['not by login', ['login', 'nina', '--ip', '203.0.113.9', '-a', kid, '-p', 'platform'], false],
    ['not by status', ['status', 'nina', '-a', kid], false],
    [
      'not by code send --via email',
      ['code', 'send', 'nina', '--via', 'email', '-a', kid, '-p', 'platform'],
      false,
    ],
    ['not by config show', ['config', 'show'], false],
  ])('is loaded %s', async (_what, args, loaded) => {
    const folder = mkdtempSync(join(tmpdir(), 'twofa-hook-'));
    try {
      writeFileSync(join(folder, 'hook.cjs'), hook);
      writeFileSync(join(here.home, 'config.yaml'), '', { mode: 0o600 });
      // The program ends where it would leave this host.
      const { stderr } = await here.run(args, {
        env: {
          NODE_OPTIONS: `--require ${join(folder, 'hook.cjs')}`,
          TWOFA_SMS_GATEWAY: 'twilio',
          TWOFA_SMS_TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
          TWOFA_SMS_TWILIO_AUTH_TOKEN_COMMAND: JSON.stringify([process.execPath, '-p', '"token"']),
          TWOFA_SMS_TWILIO_FROM: '+12015550100',
        },
      });
      expect(stderr).toContain(`twilio loaded: ${loaded}\n`);
      expect(stderr.includes('asked for api.twilio.com\n')).toBe(loaded);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
