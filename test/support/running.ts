// Programs that go on for a while: batch, with its requests and replies, and the service on its socket.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { readProfiles } from '../../src/cli/profiles.ts';
import { executable, type Installation } from './program.ts';

/** A reply of batch or serve. */
export interface Reply {
  id: unknown;
  exit: number;
  // biome-ignore lint/suspicious/noExplicitAny: a result is a JSON document, which each test knows.
  result?: any;
  error?: { code: string; message: string; hint: string | null; details: Record<string, unknown> | null };
  notices?: string[];
}

/** A process of an installation that is still going on. */
class Running {
  readonly child: ChildProcessWithoutNullStreams;
  /** What it has said on stderr. */
  said = '';
  readonly ended: Promise<number | null>;

  constructor(child: ChildProcessWithoutNullStreams) {
    this.child = child;
    child.stderr.setEncoding('utf8').on('data', (text) => {
      this.said += text;
    });
    child.stdin.on('error', () => {});
    this.ended = once(child, 'close').then(([exit]) => exit as number | null);
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Waits until it has said something on stderr. */
  async until(words: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = words.exec(this.said);
      if (found) return found;
      const more = once(this.child.stderr, 'data').then(() => true);
      const ended = this.ended.then(() => false);
      if (!(await Promise.race([more, ended])) && !words.test(this.said))
        throw new Error(`The program ended without saying ${words}: ${this.said}`);
    }
  }
}

/** `twofa batch`, with both pipes open. */
export class Batch extends Running {
  /** The replies so far. */
  readonly replies: Reply[] = [];
  #more: () => void = () => {};

  constructor(child: ChildProcessWithoutNullStreams) {
    super(child);
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.replies.push(JSON.parse(line) as Reply);
      this.#more();
    });
  }

  /** Writes lines: requests, or whatever is to be tried as one. */
  send(...lines: (string | Buffer | Record<string, unknown>)[]): void {
    for (const line of lines) {
      const bytes = typeof line === 'string' || Buffer.isBuffer(line) ? line : JSON.stringify(line);
      this.child.stdin.write(bytes);
      this.child.stdin.write('\n');
    }
  }

  /** Waits until there are so many replies. */
  async untilReplies(count: number): Promise<Reply[]> {
    while (this.replies.length < count) {
      const more = new Promise<boolean>((resolve) => {
        this.#more = () => resolve(true);
      });
      if (!(await Promise.race([more, this.ended.then(() => false)])) && this.replies.length < count)
        throw new Error(`The program ended after ${this.replies.length} of ${count} replies: ${this.said}`);
    }
    return this.replies;
  }

  /** Ends the input, and waits for the end. @returns exit code and all replies. */
  async end(): Promise<{ exit: number | null; replies: Reply[] }> {
    this.child.stdin.end();
    return { exit: await this.ended, replies: this.replies };
  }
}

interface StartOptions {
  env?: Record<string, string>;
}

/** What a process works on. */
type Home = Pick<Installation, 'home' | 'environment'>;

async function start(here: Home, args: readonly string[], { env = {} }: StartOptions = {}) {
  return spawn(process.execPath, [executable, ...args], {
    cwd: here.home,
    env: await here.environment(env),
    stdio: 'pipe',
  });
}

export async function startBatch(
  here: Installation,
  args: readonly string[],
  options?: StartOptions,
): Promise<Batch> {
  return new Batch(await start(here, ['batch', ...args], options));
}

/** What an HTTP request came to. */
export interface Answered {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: Reply;
}

export interface AskOptions {
  token?: string | undefined;
  method?: string;
  path?: string;
  headers?: http.OutgoingHttpHeaders;
  agent?: http.Agent;
}

/** `twofa serve` on a socket of its own. */
export class Service extends Running {
  readonly socket: string;

  constructor(child: ChildProcessWithoutNullStreams, socket: string) {
    super(child);
    this.socket = socket;
  }

  /** Sends a body as it is. */
  post(
    body: string | Buffer,
    { token, method = 'POST', path = '/requests', headers, agent }: AskOptions = {},
  ) {
    return new Promise<Answered>((answered, failed) => {
      const request = http.request(
        {
          socketPath: this.socket,
          method,
          path,
          ...(agent ? { agent } : {}),
          headers: {
            'Content-Type': 'application/json',
            ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
            ...headers,
          },
        },
        (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (part) => {
            text += part;
          });
          response.on('error', failed);
          // An answer may come before all that was sent is known to have gone.
          request.on('close', () => {
            if (!response.complete) return;
            answered({ status: response.statusCode ?? 0, headers: response.headers, body: JSON.parse(text) });
          });
        },
      );
      request.on('error', failed);
      request.end(body);
    });
  }

  /** Makes a request with a token. @returns its reply. */
  async ask(token: string, request: Record<string, unknown>): Promise<Reply> {
    return (await this.post(JSON.stringify(request), { token })).body;
  }

  /** Stops it, and waits for the end. @returns its exit code. */
  stop(): Promise<number | null> {
    this.kill('SIGTERM');
    return this.ended;
  }
}

/** Starts the service, and waits until it listens: in a folder of its own, or in its home. */
export async function startService(
  here: Home,
  args: readonly string[] = [],
  { folder = here.home, ...options }: StartOptions & { folder?: string } = {},
): Promise<Service> {
  const socket = join(folder, 'twofa.sock');
  const service = new Service(await start(here, ['serve', '--socket', socket, ...args], options), socket);
  await service.until(/Serving on /);
  return service;
}

/** The token of a profile. */
export function tokenOf(here: Installation, profile: string): string {
  const { profiles } = readProfiles(join(here.home, 'profiles.json'));
  const token = profiles[profile]?.token;
  if (token === undefined) throw new Error(`There is no profile ${profile}.`);
  return token;
}
