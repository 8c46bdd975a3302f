// twofa as a client of a service: the same output and exit codes for every command and every role.
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runInProcess } from '../support/in-process.ts';
import { environment, kid, type Ran } from '../support/program.ts';
import { type Service, startService } from '../support/running.ts';
import { argsOf, everyCommand, everySituation, profileOf, roles, type Situation } from './every-command.ts';

let situation: Situation;
/** A copy of the installation, which a service has. */
let served: string;
/** What a client has: its profiles. */
let client: string;
let service: Service;

beforeAll(async () => {
  situation = await everySituation();
  served = mkdtempSync(join(tmpdir(), 'twofa-served-'));
  client = mkdtempSync(join(tmpdir(), 'twofa-client-'));
  cpSync(situation.here.home, served, { recursive: true });
  cpSync(join(served, 'profiles.json'), join(client, 'profiles.json'));
  service = await startService({ home: served, environment: async () => environment(served) });
});
afterAll(async () => {
  await service.stop();
  situation.here.remove();
  for (const home of [served, client]) rmSync(home, { recursive: true, force: true });
});

/** What a client does not do: it works on key and store themselves. */
const notHere = ['init', 'serve', 'db migrate', 'db rekey', 'db backup', 'db copy'];
/** What tells of the caller's own machine, or of the service, in words of its own. */
const ofOnesOwn = ['health', 'doctor', 'config show', 'config path'];
/** Needs no installation, and makes one of its own; tried below. */
const never = ['tour'];

/** What differs between two installations that were asked the same, one after the other. */
function alike({ exit, stdout, stderr }: Ran) {
  const common = (text: string) =>
    text
      .replaceAll(/twofa-(test|served|client)-\w+/g, 'HOME')
      .replaceAll(/recovery-\d+/g, 'recovery-N')
      .replaceAll(/twofa_[0-9A-Za-z]{49}/g, 'TOKEN')
      .replaceAll(/\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z/g, 'INSTANT')
      .replaceAll(/\bmsg_[\w-]+/g, 'MESSAGE')
      .replaceAll(/"at":( ?)\d+/g, '"at":$1INSTANT')
      .replaceAll(/"(link|root|signature)": ?"[\w-]+"/g, '"$1":"HMAC"')
      .replaceAll(/\b(?:[0-9.]+ [KM]iB|[0-9]+ B)\b *|"(?:bytes|walBytes)": ?[0-9]+/g, 'SIZE');
  return { exit, stdout: common(stdout), stderr: common(stderr) };
}

/** Runs a command as a client of the service. */
function asClient(args: readonly string[], input = ''): Promise<Ran> {
  return runInProcess(client, args, { input, env: { TWOFA_URL: `unix:${service.socket}` } });
}

const same = Object.keys(everyCommand).filter((path) => ![...notHere, ...ofOnesOwn, ...never].includes(path));

describe('is as it is where the store is', () => {
  /** Every role's document, and the text for people of the first that is granted it. */
  const cells = same.flatMap((path) => {
    const grants = everyCommand[path]?.grants?.split(' ') ?? [];
    const granted =
      roles[
        Math.max(
          0,
          grants.findIndex((grant) => grant !== 'no'),
        )
      ] ?? 'owner';
    const documents = roles.map((role) => ({ path, role, format: 'json' }));
    return [...documents, { path, role: granted, format: 'table' }];
  });

  test.each(cells)('$path by $role, as $format', async ({ path, role, format }) => {
    const each = everyCommand[path];
    const options = [...(each?.about ? ['-a', kid] : []), '-p', profileOf[role], '-o', format];
    const input = each?.input?.(situation) ?? '';
    const here = await runInProcess(situation.here.home, [...argsOf(path, situation), ...options], { input });
    const there = await asClient([...argsOf(path, situation), ...options], input);
    expect(alike(there)).toEqual(alike(here));
  });
});

describe('is refused where it works on key and store themselves: exit 6', () => {
  test.each(notHere.filter((path) => path in everyCommand))('%s', async (path) => {
    const ran = await asClient([...argsOf(path, situation), '-p', 'owner', '--json']);
    expect(ran).toMatchObject({ exit: 6, stdout: '' });
    expect(JSON.parse(ran.stderr).error.code).toBe('not-here');
  });
});
