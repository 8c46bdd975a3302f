// Runs the built program as a process of its own, in a home of its own: arguments and input in, streams and exit code out.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type Sqlite from 'better-sqlite3';
import { inject } from 'vitest';
import { age, FileStore, type InstalledStore, ServerStore } from './installed-store.ts';

export const executable = resolve(import.meta.dirname, '../../bin/twofa.js');

export interface Ran {
  exit: number;
  stdout: string;
  stderr: string;
}

/**
 * What a process comes to.
 * @param heard is told all that it has said on standard output, each time that it says more.
 */
export function endOf(child: ChildProcess, heard = (_: string) => {}): Promise<Ran> {
  const ran: Ran = { exit: -1, stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text) => {
    ran.stdout += text;
    heard(ran.stdout);
  });
  child.stderr?.setEncoding('utf8').on('data', (text) => {
    ran.stderr += text;
  });
  return new Promise((done, fail) => {
    child.on('error', fail);
    child.on('close', (exit) => done({ ...ran, exit: exit ?? -1 }));
  });
}

export interface RunOptions {
  input?: string;
  env?: Record<string, string>;
  cwd?: string;
}

/** A message in the sandbox's outbox. */
export interface Sent {
  at: string;
  account: string;
  user: string;
  via: 'email' | 'sms';
  to: string;
  subject: string | null;
  text: string;
}

/** The environment of a test's process: nothing of the caller's own installation or terminal. */
export function environment(home: string, extra: Record<string, string> = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(TWOFA_|NO_COLOR|FORCE_COLOR|CLICOLOR|CI$)/.test(name),
  );
  return { ...Object.fromEntries(kept), TWOFA_HOME: home, ...extra };
}

/** One installation: a folder with key, store, profiles and outbox. */
export class Installation {
  readonly home = mkdtempSync(join(tmpdir(), 'twofa-test-'));
  readonly store: InstalledStore;

  constructor() {
    const server = inject('server');
    this.store = server === null ? new FileStore(this.home) : new ServerStore(server, this.home);
  }

  /** The environment of a process of this installation. */
  async environment(extra: Record<string, string> = {}): Promise<NodeJS.ProcessEnv> {
    return environment(this.home, { ...(await this.store.environment()), ...extra });
  }

  async run(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
    const env = await this.environment(options.env);
    const child = spawn(process.execPath, [executable, ...args], {
      cwd: options.cwd ?? this.home,
      env,
      stdio: 'pipe',
    });
    child.stdin.on('error', () => {});
    child.stdin.end(options.input ?? '');
    return endOf(child);
  }

  /** Runs with --json and gives the document; fails when the exit code is another than expected. */
  async json<T = Record<string, unknown>>(
    args: readonly string[],
    exit = 0,
    options: RunOptions = {},
  ): Promise<T> {
    const ran = await this.run([...args, '--json'], options);
    if (ran.exit !== exit) {
      throw new Error(
        `twofa ${args.join(' ')} ended with ${ran.exit}, not ${exit}: ${ran.stderr}${ran.stdout}`,
      );
    }
    return JSON.parse(ran.stdout) as T;
  }

  /** The error of a call that fails: stdout is empty, stderr the document. */
  async error(
    args: readonly string[],
    exit: number,
    options: RunOptions = {},
  ): Promise<{
    code: string;
    message: string;
    hint: string | null;
    details: Record<string, unknown> | null;
  }> {
    const ran = await this.run([...args, '--json'], options);
    if (ran.exit !== exit || ran.stdout !== '') {
      throw new Error(
        `twofa ${args.join(' ')} ended with ${ran.exit}, not ${exit}: ${ran.stderr}${ran.stdout}`,
      );
    }
    const last = ran.stderr.trim().split('\n').at(-1) ?? '';
    return JSON.parse(last).error;
  }

  /** All messages in the sandbox's outbox. */
  outbox(): Sent[] {
    const text = readFileSync(join(this.home, 'outbox.ndjson'), 'utf8');
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Sent);
  }

  /** The messages with a code to a user, oldest first. */
  codesOf(user: string): Sent[] {
    return this.outbox().filter((sent) => sent.user === user && /^[0-9]{6}\b/.test(sent.text));
  }

  /** The code that a user was sent last. */
  lastCode(user: string): string {
    const code = this.codesOf(user).at(-1)?.text.slice(0, 6);
    if (code !== undefined) return code;
    throw new Error(`The outbox has no code for ${user}.`);
  }

  /** The database file itself, as an operator with a shell on it has it. */
  database(): Sqlite.Database {
    if (this.store instanceof FileStore) return this.store.open();
    throw new Error('The store of this installation is on a server.');
  }

  /** Moves time: everything that sign-ins left becomes older. */
  age(ms: number): Promise<void> {
    return age(this.store, this.home, ms);
  }

  /** Proves a code of a System Administrator for their token, as R15 asks once 2FA is on. */
  async prove(user: string): Promise<void> {
    await this.json(['auth', 'challenge', '--via', 'email', '-p', user]);
    await this.json(['auth', 'verify', '-p', user], 0, { input: this.lastCode(user) });
  }

  async remove(): Promise<void> {
    rmSync(this.home, { recursive: true, force: true });
    await this.store.remove();
  }
}

/** Another code than the one given. */
export function otherThan(code: string, step = 1): string {
  return String((Number(code) + step) % 1_000_000).padStart(6, '0');
}

export const kid = '10482';

/**
 * An installation with the account 10482, two practices, and users: maria and nina (System Administrators), jane, david
 * and sam; profiles owner, maria, nina, platform, pm, care and ci. Ready, but 2FA is not on.
 */
export async function northside(): Promise<Installation> {
  const installation = new Installation();
  const { run } = { run: (...args: string[]) => installation.json(args) };
  await run('init', '--sandbox');
  await run('account', 'create', kid, '--name', 'Northside Family Health');
  await run('practice', 'add', 'Northside Pediatrics', '-a', kid);
  await run('practice', 'add', 'Northside Cardiology', '-a', kid);
  const add = (username: string, name: string, phone: string, ...more: string[]) =>
    run(
      'user',
      'add',
      username,
      '--name',
      name,
      '--email',
      `${username}@northside.example`,
      '--phone',
      phone,
      '-a',
      kid,
      ...more,
    );
  await add(
    'maria',
    'Maria Lopez',
    '+12015550123',
    '--practice',
    'Northside Pediatrics',
    '--system-administrator',
  );
  await add(
    'nina',
    'Nina Petrova',
    '+12015550129',
    '--practice',
    'Northside Cardiology',
    '--system-administrator',
  );
  await add('jane', 'Jane Doe', '+12015550124', '--practice', 'Northside Pediatrics', 'Northside Cardiology');
  await add('david', 'David Okafor', '+12015550125', '--practice', 'Northside Cardiology');
  await add('sam', 'Sam Whitfield', '+12015550126', '--practice', 'Northside Pediatrics');
  for (const user of ['maria', 'nina']) {
    await run('token', 'create', '--role', 'system-administrator', '-a', kid, '--user', user, '--save', user);
  }
  for (const app of ['platform', 'pm']) {
    await run('token', 'create', '--role', 'application', '--app', app, '--save', app);
  }
  await run('token', 'create', '--role', 'customer-care', '--name', 'Care', '--save', 'care');
  await run('token', 'create', '--role', 'provisioner', '--name', 'CI', '--save', 'ci');
  return installation;
}

/** The same with 2FA on. */
export async function enabledNorthside(): Promise<Installation> {
  const installation = await northside();
  await installation.json(['enable', '--confirm', kid, '-a', kid, '-p', 'maria']);
  for (const user of ['maria', 'nina']) await installation.prove(user);
  return installation;
}
