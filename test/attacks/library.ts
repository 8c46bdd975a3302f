// Sends requests through the built library, from a process of its own: for what needs more requests than processes can be started.
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { environment, type Installation } from '../support/program.ts';

const scripts = resolve(import.meta.dirname, '../support');

/** What a request came to, with its document or the code of its error. */
export interface Outcome {
  exit: number;
  // biome-ignore lint/suspicious/noExplicitAny: a result is a JSON document, which each test knows.
  result?: any;
  error?: string;
}

/** A {@link Outcome} of requests that were sent one after the other: the whole error, and how long it took. */
export interface Timed extends Omit<Outcome, 'error'> {
  error?: { code: string; message: string; hint: string | null; details: unknown };
  ms: number;
}

function through<T>(script: string, installation: Installation, document: object): Promise<T> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [resolve(scripts, script)], {
      env: environment(installation.home),
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
    child.on('error', fail);
    child.on('close', () => {
      try {
        done(JSON.parse(printed));
      } catch (error) {
        fail(error);
      }
    });
    child.stdin.end(JSON.stringify(document));
  });
}

/** Sends requests all at once: those in flight share commits. */
export function atOnce(
  installation: Installation,
  token: string,
  requests: readonly object[],
): Promise<Outcome[]> {
  return through('requests-at-once.js', installation, { token, requests });
}

/** Sends requests one after the other. */
export function inTurn(
  installation: Installation,
  token: string,
  requests: readonly object[],
): Promise<Timed[]> {
  return through('requests-in-turn.js', installation, { token, requests });
}

/** Mints a token, for the library to make requests with. @returns its secret. */
export async function mint(installation: Installation, ...options: string[]): Promise<string> {
  return (await installation.json<{ token: string }>(['token', 'create', ...options, '-p', 'owner'])).token;
}
