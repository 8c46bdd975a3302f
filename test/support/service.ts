// A service that clients in tests are clients of: twofa serve, on the installation of a home.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { environment } from './program.ts';

const executable = resolve(import.meta.dirname, '../../bin/twofa.js');

export class Service {
  readonly socket: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  private constructor(socket: string, child: ChildProcess) {
    this.socket = socket;
    this.#child = child;
    this.#ended = once(child, 'close');
  }

  /**
   * Starts it, and waits until it listens.
   * @param folder where the socket is, which everybody can connect to who can enter that folder.
   */
  static async start(home: string, folder: string): Promise<Service> {
    const socket = join(folder, 'twofa.sock');
    const args = ['serve', '--socket', socket, '--socket-mode', '666'];
    const child = spawn(process.execPath, [executable, ...args], { env: environment(home), stdio: 'pipe' });
    const service = new Service(socket, child);
    let said = '';
    const listens = new Promise<void>((resolve) => {
      child.stderr.setEncoding('utf8').on('data', (text) => {
        said += text;
        if (said.includes('Serving on ')) resolve();
      });
    });
    const ended = service.#ended.then(() => Promise.reject(new Error(`The service does not start: ${said}`)));
    await Promise.race([listens, ended]);
    ended.catch(() => {});
    return service;
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    await this.#ended;
  }
}
