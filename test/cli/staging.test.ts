// A copy for staging: nothing leaves it, whatever is configured, and nobody can take that back.
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RestoreResult } from '../../src/cli/restore-lines.ts';
import { gatewayServer } from '../delivery/gateway-server.ts';
import { type MailServer, mailServer } from '../delivery/mail-server.ts';
import { Prepared, quickEnabledNorthside } from '../support/in-process.ts';
import { kid } from '../support/program.ts';

let here: Prepared;
let staging: Prepared;
let mail: MailServer;
let gateway: Awaited<ReturnType<typeof gatewayServer>>;

const platform = ['-a', kid, '-p', 'platform'];
const ip = ['--ip', '203.0.113.7'];

beforeEach(async () => {
  here = await quickEnabledNorthside();
  here.inProcess = true;
  mail = await mailServer();
  gateway = await gatewayServer(() => ({ body: '0: Accepted' }));
  await here.json(['db', 'backup', join(here.home, 'backup.sqlite')]);
  staging = new Prepared();
  staging.inProcess = true;
  cpSync(join(here.home, 'key.json'), join(staging.home, 'key.json'));
  configure(staging);
});
afterEach(async () => {
  await here.remove();
  await staging.remove();
  await mail.close();
  await gateway.close();
});

/** Configures servers that would take every message. */
function configure({ home }: Prepared): void {
  const sms = `http://127.0.0.1:${gateway.port}/send?to={to}&text={text}`;
  const config = {
    email: { url: `smtp://127.0.0.1:${mail.port}`, tls: 'none', from: 'no-reply@northside.example' },
    sms: { gateway: 'http', http: { url: sms, success: '^0' } },
  };
  writeFileSync(join(home, 'config.yaml'), JSON.stringify(config), { mode: 0o600 });
}

const makeStaging = (home = staging) =>
  home.json<RestoreResult>(['db', 'restore', join(here.home, 'backup.sqlite'), '--as-staging']);

describe('a copy for staging', () => {
  test('sends nothing though mail server and gateway are configured', async () => {
    configure(here);
    await here.json(['code', 'send', 'jane', '--via', 'email', ...platform]);
    await here.json(['code', 'send', 'jane', '--via', 'sms', ...platform]);
    expect([mail.received.length, gateway.asked.length], 'the installation itself sends').toEqual([1, 1]);
    await makeStaging();
    await staging.json([
      'token',
      'create',
      '--role',
      'application',
      '--app',
      'platform',
      '--save',
      'platform',
    ]);
    for (const via of ['email', 'sms']) {
      const { stderr } = await staging.run(['code', 'send', 'jane', '--via', via, ...platform]);
      expect(stderr).toContain('outbox.ndjson');
    }
    await staging.json(['code', 'verify', 'jane', ...ip, ...platform], 0, {
      input: staging.lastCode('jane'),
    });
    const input = '000000';
    for (let each = 1; each <= 7; each += 1) {
      await staging.json(['code', 'verify', 'sam', ...ip, ...platform], each < 7 ? 8 : 9, { input });
    }
    await staging.run(['doctor', '--send-test', 'somebody@northside.example']);
    await staging.json(['notices', 'retry']);
    await staging.json(['maintain']);
    expect(staging.outbox().map(({ via }) => via)).toEqual(expect.arrayContaining(['email', 'sms']));
    expect(staging.outbox().some(({ subject }) => subject?.includes('locked'))).toBe(true);
    expect([mail.received.length, gateway.asked.length]).toEqual([1, 1]);
  });

  test('ends every code, trust and token, has an owner of its own, and says what it is', async () => {
    const result = await makeStaging();
    expect(result).toMatchObject({ staging: true, accepted: true, restored: { profile: 'staging' } });
    expect(result.tokensRevoked).toBeGreaterThan(5);
    expect(await staging.json(['auth', 'status'])).toMatchObject({ role: 'owner' });
    const { token } = await here.json<{ token: string }>(['token', 'create', '--role', 'owner']);
    const foreign = { env: { TWOFA_TOKEN: token } };
    expect((await staging.error(['token', 'list'], 4, foreign)).code).toBe('token-invalid');
    expect(await staging.json(['db', 'status'])).toMatchObject({ staging: true, restoredAt: null });
    const { checks } = JSON.parse((await staging.run(['doctor', '--json'])).stdout);
    expect(checks).toContainEqual(
      expect.objectContaining({
        id: 'delivery',
        message: expect.stringContaining('A copy for staging: nothing is sent'),
      }),
    );
    await staging.json(['audit', 'verify']);
    const { stdout } = await staging.run(['db', 'status']);
    expect(stdout).toContain('never: it is a copy for staging');
  });

  test('stays one, and neither takes the place of an installation that sends nor gives it one', async () => {
    await makeStaging();
    const database = staging.database();
    expect(() => database.exec('UPDATE installation SET staging = 0')).toThrow(
      'A copy for staging stays one.',
    );
    database.close();
    const go = ['--confirm', 'restore'];
    const into = ['db', 'restore', join(here.home, 'backup.sqlite'), ...go];
    expect((await staging.error(into, 6)).code).toBe('not-a-sandbox');
    expect((await here.error([...into, '--as-staging'], 6)).code).toBe('not-a-sandbox');
    await staging.json(['db', 'backup', join(staging.home, 'staging.sqlite')]);
    const back = ['db', 'restore', join(staging.home, 'staging.sqlite'), ...go];
    expect((await here.error(back, 6)).code).toBe('not-a-sandbox');
    expect(await here.json(['db', 'status'])).toMatchObject({ staging: false });
    expect(await staging.json([...back, '--accept', '--reason', 'back again'])).toMatchObject({
      accepted: true,
    });
  });

  test('does not touch what a machine knows of the installation beside the same key', async () => {
    const file = join(here.home, 'staging.sqlite');
    const there = ['--database', `sqlite:${file}`];
    const result = await here.json<RestoreResult>([
      ...['db', 'restore', join(here.home, 'backup.sqlite'), '--as-staging'],
      ...there,
    ]);
    expect(result.restored?.profile).toBe('staging');
    await here.json(['account', 'create', '30303', '--name', 'Third', ...there, '-p', 'staging']);
    expect(await here.json(['auth', 'status'])).toMatchObject({ role: 'owner' });
    expect(await here.json(['login', 'jane', ...ip, ...platform], 7)).toMatchObject({ reason: 'first' });
  });
});
