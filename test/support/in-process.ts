// Runs the command line inside the test's own process, for what needs so many calls that a process each would be too slow.
import { PassThrough } from 'node:stream';
import { main } from '../../src/cli/main.ts';
import type { Surroundings } from '../../src/cli/run.ts';
import { environment, Installation, kid, type Ran, type RunOptions } from './program.ts';

function collected(stream: PassThrough): () => string {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString('utf8');
}

/** Runs a command as {@link Installation.run} does, without a process of its own. Its working folder is the test's. */
export async function runInProcess(
  home: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Ran> {
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  const stdout = collected(streams.stdout);
  const stderr = collected(streams.stderr);
  streams.stdin.end(options.input ?? '');
  const around = { env: environment(home, options.env), ...streams } as unknown as Surroundings;
  return { exit: await main(args, around), stdout: stdout(), stderr: stderr() };
}

/** An installation that is prepared in the test's process, and tested by the built program. */
export class Prepared extends Installation {
  /** Whether commands run in the test's process. */
  inProcess = false;

  override async run(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
    if (!this.inProcess) return super.run(args, options);
    const env = { ...(await this.store.environment()), ...options.env };
    return runInProcess(this.home, args, { ...options, env });
  }

  /** Prepares more of it, quickly: `json` runs in the test's process meanwhile. */
  async prepare(work: (json: Installation['json']) => Promise<void>): Promise<this> {
    this.inProcess = true;
    try {
      await work((args, exit, options) => this.json(args, exit, options));
      return this;
    } finally {
      this.inProcess = false;
    }
  }
}

async function fill(json: Installation['json']): Promise<void> {
  const run = (...args: string[]) => json(args);
  await run('init', '--sandbox');
  await run('account', 'create', kid, '--name', 'Northside Family Health');
  for (const name of ['Pediatrics', 'Cardiology']) {
    await run('practice', 'add', `Northside ${name}`, '-a', kid);
  }
  const people = [
    ['maria', 'Maria Lopez', '+12015550123', 'Pediatrics', '--system-administrator'],
    ['nina', 'Nina Petrova', '+12015550129', 'Cardiology', '--system-administrator'],
    ['jane', 'Jane Doe', '+12015550124', 'Pediatrics', 'Northside Cardiology'],
    ['david', 'David Okafor', '+12015550125', 'Cardiology'],
    ['sam', 'Sam Whitfield', '+12015550126', 'Pediatrics'],
  ] as const;
  for (const [username, name, phone, practice, ...more] of people) {
    const contact = ['--email', `${username}@northside.example`, '--phone', phone];
    const rest = ['--practice', `Northside ${practice}`, ...more, '-a', kid];
    await run('user', 'add', username, '--name', name, ...contact, ...rest);
  }
  for (const user of ['maria', 'nina']) {
    await run('token', 'create', '--role', 'system-administrator', '-a', kid, '--user', user, '--save', user);
  }
  for (const app of ['platform', 'pm']) {
    await run('token', 'create', '--role', 'application', '--app', app, '--save', app);
  }
  await run('token', 'create', '--role', 'customer-care', '--name', 'Care', '--save', 'care');
  await run('token', 'create', '--role', 'provisioner', '--name', 'CI', '--save', 'ci');
}

/** The installation that `northside` of program.ts makes, made quickly: what is tested on it runs the built program. */
export function quickNorthside(): Promise<Prepared> {
  return new Prepared().prepare(fill);
}

/** Makes the same of an installation that has nothing yet, with 2FA on. */
export async function prepareNorthside<I extends Prepared>(northside: I): Promise<I> {
  await northside.prepare(fill);
  return northside.prepare(async (json) => {
    await json(['enable', '--confirm', kid, '-a', kid, '-p', 'maria']);
    for (const user of ['maria', 'nina']) await northside.prove(user);
  });
}

/** The same as {@link quickNorthside} with 2FA on. */
export function quickEnabledNorthside(): Promise<Prepared> {
  return prepareNorthside(new Prepared());
}
