// Several hosts: TLS by a certificate, a standby to look at, and its promotion when the primary is gone.
import { chownSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { certificateFor } from '../support/certificate.ts';
import { newDatabase, OwnServer } from '../support/postgres.ts';
import { Installation, kid, type Ran, type RunOptions } from '../support/program.ts';

/** Gives a server a certificate of its own name. */
function withTls(cert: { key: string; cert: string }): (data: string) => string[] {
  return (data) => {
    const { uid, gid } = statSync(data);
    for (const [name, text] of [
      ['server.key', cert.key],
      ['server.crt', cert.cert],
    ] as const) {
      writeFileSync(join(data, name), text, { mode: 0o600 });
      chownSync(join(data, name), uid, gid);
    }
    return ['-c', 'ssl=on', '-c', 'ssl_cert_file=server.crt', '-c', 'ssl_key_file=server.key'];
  };
}

let primary: OwnServer;
let standby: OwnServer;
let here: Installation;
let database: string;
let certificate: { key: string; cert: string };

const hosts = (...servers: OwnServer[]) => servers.map(({ port }) => `127.0.0.1:${port}`).join(',');
const urlOf = (...servers: OwnServer[]) => `postgres://twofa:twofa@${hosts(...servers)}/${database}`;

function run(args: string[], url: string, more: RunOptions = {}): Promise<Ran> {
  return here.run(args, { ...more, env: { TWOFA_DATABASE_URL: url, ...more.env } });
}

async function done(args: string[], url: string, more: RunOptions = {}) {
  const ran = await run([...args, '--json'], url, more);
  expect(ran, args.join(' ')).toMatchObject({ exit: 0 });
  return { ...ran, result: JSON.parse(ran.stdout) };
}

beforeAll(async () => {
  certificate = certificateFor(['127.0.0.1']);
  primary = await OwnServer.start(withTls(certificate));
  ({ name: database } = await newDatabase(primary, { testClock: false }));
  here = new Installation();
  await done(['init', '--sandbox'], urlOf(primary));
  await done(['account', 'create', kid, '--name', 'Northside'], urlOf(primary));
  standby = await primary.standby();
}, 300_000);

afterAll(async () => {
  here.remove();
  await standby.stop();
  await primary.stop();
});

describe('TLS', () => {
  test('a certificate that is trusted for this host is taken, another is not', async () => {
    const ca = join(here.home, 'ca.pem');
    writeFileSync(ca, certificate.cert);
    const verified = `${urlOf(primary)}?sslmode=verify-full`;
    await done(['account', 'show', '-a', kid], `${verified}&sslrootcert=${ca}`);
    const refused = await run(['account', 'show', '-a', kid, '--json'], verified);
    expect(refused).toMatchObject({ exit: 11, stdout: '' });
    expect(JSON.parse(refused.stderr).error).toMatchObject({ code: 'store-unavailable' });
    expect(refused.stderr).toContain('self-signed certificate');
    writeFileSync(ca, certificateFor(['127.0.0.1']).cert);
    expect(await run(['account', 'show', '-a', kid], `${verified}&sslrootcert=${ca}`)).toMatchObject({
      exit: 11,
    });
    rmSync(ca);
  });
});

describe('a standby', () => {
  /** Waits until the standby has what the primary has. */
  async function caughtUp(): Promise<void> {
    const { result } = await done(['account', 'list'], urlOf(primary));
    for (let tries = 0; ; tries += 1) {
      const { result: seen } = await done(['account', 'list'], urlOf(primary), {
        env: { TWOFA_DATABASE_READ_URL: urlOf(standby) },
      });
      if (seen.length === result.length) return;
      if (tries === 50) throw new Error('The standby does not follow.');
    }
  }

  test('is looked at for status and lists, and says how far it is behind', async () => {
    await caughtUp();
    const env = { TWOFA_DATABASE_READ_URL: urlOf(standby) };
    const { stderr, result } = await done(['account', 'list'], urlOf(primary), { env });
    expect(result).toHaveLength(1);
    expect(stderr).toMatch(/^Read from the standby, \d+\.\d s behind\.$/m);
  });

  test('is measured: metrics say how far behind what they are read from is', async () => {
    const metrics = async (env: Record<string, string>) => {
      const { result } = await done(['metrics'], urlOf(primary), { env });
      return (result as { metrics: { name: string; samples: { value: number }[] }[] }).metrics;
    };
    const lagOf = (all: Awaited<ReturnType<typeof metrics>>) =>
      all.find(({ name }) => name === 'twofa_standby_lag_seconds')?.samples;
    const [sample] = lagOf(await metrics({ TWOFA_DATABASE_READ_URL: urlOf(standby) })) ?? [];
    expect(sample?.value).toBeGreaterThanOrEqual(0);
    expect(lagOf(await metrics({}))).toEqual([]);
  });

  test('that does not answer is no reason for no answer', async () => {
    const env = { TWOFA_DATABASE_READ_URL: 'postgres://twofa@127.0.0.1:1/twofa' };
    const { stderr, result } = await done(['account', 'list'], urlOf(primary), { env });
    expect(result).toHaveLength(1);
    expect(stderr).toContain(
      'The standby does not answer (connect ECONNREFUSED 127.0.0.1:1): this is of the primary.',
    );
  });

  test('is passed over for what is written, wherever it stands in the URL', async () => {
    const both = urlOf(standby, primary);
    expect((await done(['practice', 'add', 'Cardiology', '-a', kid], both)).result.changed).toBe(true);
  });

  test('takes over once it is promoted: the next command finds it, with all that was acknowledged', async () => {
    const both = urlOf(primary, standby);
    await done(['practice', 'add', 'Oncology', '-a', kid], both);
    await caughtUp();
    primary.kill();
    const down = await run(['practice', 'add', 'Dental', '-a', kid, '--json'], both);
    expect(down).toMatchObject({ exit: 11, stdout: '' });
    await standby.admin('SELECT pg_promote()');
    const { result } = await done(['practice', 'list', '-a', kid], both);
    expect(result.map(({ name }: { name: string }) => name)).toEqual(['Cardiology', 'Oncology']);
    expect((await done(['practice', 'add', 'Dental', '-a', kid], both)).result.changed).toBe(true);
    expect((await done(['audit', 'verify'], both)).result).toMatchObject({ intact: true });
  });
});
