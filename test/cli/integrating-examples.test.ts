// The client of the topic integrating signs a user in as it is printed: Python runs it against the service.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { csharpClient, pythonClient } from '../../src/cli/topics/integrating-examples.ts';
import { helpTopic } from '../../src/cli/topics.ts';
import { type Prepared, quickEnabledNorthside } from '../support/in-process.ts';
import { kid } from '../support/program.ts';
import { type Service, startService, tokenOf } from '../support/running.ts';

let here: Prepared;
let service: Service;

beforeAll(async () => {
  here = await quickEnabledNorthside();
  service = await startService(here);
});
afterAll(async () => {
  await service.stop();
  await here.remove();
});

/** What the application does beside it: it takes the first method, and enters what the user reads, after mistakes. */
const application = `
import re
import sys

socket_path, token, outbox, user, ip, *mistakes = sys.argv[1:]


def enter(to):
    if mistakes:
        return mistakes.pop(0)
    last = json.loads(open(outbox).read().splitlines()[-1])
    return re.match("[0-9]{6}", last["text"]).group()


service = Twofa(socket_path, token)
print(second_step(service, "${kid}", user, ip, lambda methods: methods[0]["via"], enter))
`;

function run(...args: string[]): Promise<{ exit: number | null; stdout: string; stderr: string }> {
  const file = join(here.home, 'application.py');
  writeFileSync(file, pythonClient + application);
  return new Promise((done, failed) => {
    const child = spawn('python3', [file, ...args], { stdio: 'pipe' });
    const ran = { stdout: '', stderr: '' };
    child.stdout.on('data', (text) => {
      ran.stdout += text;
    });
    child.stderr.on('data', (text) => {
      ran.stderr += text;
    });
    child.on('error', failed);
    child.on('close', (exit) => done({ exit, ...ran }));
  });
}

describe('the client in Python', () => {
  const outbox = () => join(here.home, 'outbox.ndjson');
  const ask = async (
    user: string,
    { ip = '203.0.113.7', mistakes = [] as string[], socket = service.socket } = {},
  ) => (await run(socket, tokenOf(here, 'platform'), outbox(), user, ip, ...mistakes)).stdout.trim();

  test('lets a user in by a code, and then without one from the same place', async () => {
    expect(await ask('jane', { mistakes: ['12345', '000000'] })).toBe('True');
    const sent = here.codesOf('jane').length;
    expect(await ask('jane')).toBe('True');
    expect(here.codesOf('jane')).toHaveLength(sent);
  });

  test('keeps out whoever enters too many wrong ones, whom nobody knows, and everybody without the service', async () => {
    expect(await ask('sam', { mistakes: Array.from({ length: 7 }, () => 'x000000'.slice(1)) })).toBe('False');
    expect(await here.json(['user', 'show', 'sam', '-a', kid, '-p', 'owner'])).toMatchObject({
      status: 'locked',
    });
    expect(await ask('sam')).toBe('False');
    expect(await ask('nobody')).toBe('False');
    expect(await ask('jane', { socket: join(here.home, 'nowhere.sock') })).toBe('False');
  });
});

test('the topic shows both clients as they are', () => {
  const shown = (helpTopic('integrating') ?? '').split('\n').map((line) => line.replace(/^ {2}/, ''));
  for (const client of [pythonClient, csharpClient]) {
    const lines = client.trimEnd().split('\n');
    const from = shown.indexOf(lines[0] ?? '');
    expect(shown.slice(from, from + lines.length)).toEqual(lines);
  }
});
