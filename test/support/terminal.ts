// Runs the built program on a real terminal, by script of util-linux: what it shows comes back, what is typed goes in.
import { spawn, spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { environment } from './program.ts';

const executable = resolve(import.meta.dirname, '../../bin/twofa.js');

/** Whether there is a way to a terminal on this machine. */
export const hasTerminal = spawnSync('script', ['-qec', 'true', '/dev/null']).status === 0;

export interface Shown {
  exit: number;
  /** Everything the terminal was sent, stdout and stderr together. */
  screen: string;
}

/** What is typed once the screen shows something. */
export interface Typing {
  when: RegExp;
  /** What happens before it is typed. */
  before?: () => Promise<unknown>;
  /** What is typed; several texts one after the other, with a pause in which a prompt can answer each. */
  type: string | readonly string[];
}

const pauseMs = 300;

const quoted = (argument: string) => `'${argument.replaceAll("'", "'\\''")}'`;

/**
 * Runs a command on a terminal.
 * @param more what the shell is told behind the command, such as `2>/dev/null`.
 * @param columns how wide the terminal is; 0 for one that does not say.
 */
export function onTerminal(
  home: string,
  args: readonly string[],
  options: { typing?: readonly Typing[]; env?: Record<string, string>; more?: string; columns?: number } = {},
): Promise<Shown> {
  const { more = '', columns = 120 } = options;
  const command = `stty cols ${columns} rows 40; ${[process.execPath, executable, ...args].map(quoted).join(' ')} ${more}`;
  const env = { TERM: 'xterm-256color', ...environment(home, options.env) };
  return new Promise((done, fail) => {
    const child = spawn('script', ['-qec', command, '/dev/null'], {
      env,
      cwd: home,
    });
    const left = [...(options.typing ?? [])];
    let screen = '';
    /** Where the screen ended when something was last typed: a prompt is waited for behind it. */
    let typedAt = 0;
    child.stdout.setEncoding('utf8').on('data', (text) => {
      screen += text;
      const next = left[0];
      if (!next?.when.test(screen.slice(typedAt))) return;
      left.shift();
      typedAt = screen.length;
      const type = async () => {
        await next.before?.();
        for (const text of [next.type].flat()) {
          child.stdin.write(text);
          await setTimeout(pauseMs);
        }
      };
      type().catch(fail);
    });
    child.stdin.on('error', () => {});
    child.on('error', fail);
    child.on('close', (exit) => done({ exit: exit ?? -1, screen }));
  });
}

/** What a person reads of a screen: without colours and movements of the cursor. */
export function readable(screen: string): string {
  return screen.replace(/\x1b\[[0-9;?]*[A-Za-z]/g, '').replaceAll('\r\n', '\n');
}
