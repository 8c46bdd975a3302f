// A whole lifecycle by the built program, outside a sandbox: over a real mail server and a real gateway, with all its secrets kept.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { expect } from 'vitest';
import { type GatewayServer, gatewayServer } from '../delivery/gateway-server.ts';
import { type MailServer, mailServer } from '../delivery/mail-server.ts';
import { checkWordsIn } from '../support/check-words.ts';
import { Installation, kid, otherThan, type Ran, type RunOptions } from '../support/program.ts';

/** An installation that is no sandbox, and keeps what its processes say. */
class Heard extends Installation {
  readonly said: string[] = [];

  override async run(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
    const ran = await super.run(args, options);
    // A token is shown by the command that makes it, and by no other.
    if (!/^token (create|rotate)/.test(args.join(' '))) this.said.push(ran.stdout, ran.stderr);
    return ran;
  }
}

export const here = new Heard();
const recoveryFile = join(tmpdir(), `twofa-test-recovery-${process.pid}.txt`);
let mail: MailServer;
let gateway: GatewayServer;
/** Somebody who reads all along, so that the write-ahead log stays. */
let reader: Database.Database;

/** Access tokens by whose they are. */
export const tokens: Record<string, string> = {};
export let recoveryCodes: string[];
/** The words of the roll call. */
export const checkWords: string[] = [];
/** The codes that were sent, by the user's address. */
export const codes: { to: string; code: string }[] = [];

async function mint(name: string, ...options: string[]): Promise<string> {
  const { token, id } = await here.json<{ token: string; id: string }>(['token', 'create', ...options]);
  tokens[name] = token;
  return id;
}

/** Runs a command for the operator of a token, which is in the process's environment alone. */
function as<T = Record<string, unknown>>(name: string, args: string[], exit = 0, input = ''): Promise<T> {
  return here.json<T>([...args, '-a', kid], exit, { input, env: { TWOFA_TOKEN: tokens[name] ?? '' } });
}

/** The messages that went out, by email and as text messages. */
export function messages(): { to: string; text: string }[] {
  const texted = gateway.asked.map(({ url }) => new URL(url, 'http://gateway.test').searchParams);
  return [
    ...mail.received.map((each) => ({ to: each.to[0] ?? '', text: each.mail.text ?? '' })),
    ...texted.map((query) => ({ to: query.get('to') ?? '', text: query.get('text') ?? '' })),
  ];
}

/** Has a code sent, and takes it from the message. */
async function codeBy(to: string, ask: () => Promise<unknown>): Promise<string> {
  await ask();
  const sent = messages().filter((each) => each.to === to && /^[0-9]{6}\b/.test(each.text));
  const known = codes.filter((each) => each.to === to).length;
  const code = sent[known]?.text.slice(0, 6) ?? '';
  expect(code).toMatch(/^[0-9]{6}$/);
  codes.push({ to, code });
  return code;
}

const people = {
  maria: ['maria@northside.example', '+12015550123', '--system-administrator'],
  nina: ['nina@northside.example', '+12015550129', '--system-administrator'],
  jane: ['jane@northside.example', '+12015550124'],
  sam: ['sam@northside.example', '+12015550126'],
} as const;

async function prepareAccount(): Promise<void> {
  writeFileSync(
    join(here.home, 'config.yaml'),
    `email:
  url: smtp://127.0.0.1:${mail.port}
  tls: none
  from: no-reply@northside.example
sms:
  gateway: http
  http:
    url: http://127.0.0.1:${gateway.port}/sendsms?to={to}&text={text}
    success: "^0: "
`,
    { mode: 0o600 },
  );
  await here.json(['init']);
  reader = here.database();
  reader.exec('BEGIN; SELECT * FROM accounts');
  await here.json(['account', 'create', kid, '--name', 'Northside Family Health']);
  await here.json(['practice', 'add', 'Pediatrics', '-a', kid]);
  for (const [user, [email, phone, ...more]] of Object.entries(people)) {
    const contact = ['--email', email, '--phone', phone, '--practice', 'Pediatrics'];
    await here.json(['user', 'add', user, '--name', user, ...contact, ...more, '-a', kid]);
  }
  for (const user of ['maria', 'nina']) {
    await mint(user, '--role', 'system-administrator', '-a', kid, '--user', user);
  }
  tokens.rotated = (
    await here.json<{ token: string }>([
      'token',
      'rotate',
      await mint('app', '--role', 'application', '--app', 'platform'),
    ])
  ).token;
}

async function callTheRoll(): Promise<void> {
  await as('maria', ['rollcall', 'start', '--per-minute', '6000']);
  checkWords.push(...messages().flatMap((message) => checkWordsIn(message) ?? []));
  await as('app', ['rollcall', 'confirm', 'jane', '--via', 'email'], 8, 'wrong words');
}

async function signInAndLock(): Promise<void> {
  const verify = ['code', 'verify', 'jane', '--ip', '203.0.113.7'];
  await as('app', ['login', 'jane', '--ip', '203.0.113.7'], 7);
  for (const via of ['sms', 'email'] as const) {
    const to = people.jane[via === 'sms' ? 1 : 0];
    const code = await codeBy(to, () => as('app', ['code', 'send', 'jane', '--via', via]));
    await as('app', verify, 8, otherThan(code));
    await as('app', [...verify, '--request-id', `sign-in-${via}`], 0, code);
  }
  // A code that nobody enters, and one that is typed with more behind it, which the error must not repeat.
  await codeBy(people.jane[1], () => as('rotated', ['code', 'send', 'jane', '--via', 'sms', '--debug']));
  await here.run([...verify, '-a', kid, '--debug'], { input: `${codes.at(-1)?.code} it says` });
  const wrong = otherThan(
    await codeBy(people.nina[0], () => as('app', ['code', 'send', 'nina', '--via', 'email'])),
  );
  for (const exit of [8, 8, 8, 8, 8, 8, 9]) {
    await as('app', ['code', 'verify', 'nina', '--ip', '198.51.100.23'], exit, wrong);
  }
  const recovering = ['reactivate', 'nina', '--recovery-code', '--reason', 'from the safe'];
  await as('maria', [...recovering, '--password-changed'], 0, recoveryCodes[0]);
}

/** Lives it, from `init` to a recovered lockout and a rotated key. */
export async function live(): Promise<void> {
  [mail, gateway] = [await mailServer(), await gatewayServer()];
  await prepareAccount();
  await callTheRoll();
  await as('maria', ['enable', '--confirm', kid, '--recovery-codes-file', recoveryFile]);
  recoveryCodes = readFileSync(recoveryFile, 'utf8').match(/([0-9A-Z]{4}-){6}[0-9A-Z]{4}/g) ?? [];
  const proof = await codeBy(people.maria[0], () => as('maria', ['auth', 'challenge', '--via', 'email']));
  await as('maria', ['auth', 'verify'], 0, proof);
  await signInAndLock();
  await here.json(['db', 'rotate-key']);
  await codeBy(people.sam[1], () => as('app', ['code', 'send', 'sam', '--via', 'sms']));
  await here.run(['audit', 'export', '--file', 'audit.ndjson']);
  await here.run(['audit', 'checkpoint', '--file', 'checkpoint.json']);
  for (const args of [['doctor'], ['config', 'show'], ['token', 'list'], ['audit', 'list'], ['maintain']]) {
    await here.run([...args, '--json', '--debug']);
  }
}

export async function end(): Promise<void> {
  reader.close();
  await Promise.all([mail.close(), gateway.close()]);
  here.remove();
  rmSync(recoveryFile, { force: true });
}
