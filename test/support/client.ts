// A client of a service: another user of the system where this one may become one, with profiles and nothing else.
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { endOf, environment, type Ran, type RunOptions } from './program.ts';

const executable = resolve(import.meta.dirname, '../../bin/twofa.js');

interface User {
  uid: number;
  gid: number;
}

/** Nobody: a user who owns no file. */
const nobody: User = { uid: 65534, gid: 65534 };

/** Only root can start a process as somebody else, who then has to be able to read the program. */
function stranger(): User | null {
  if (process.getuid?.() !== 0) return null;
  const { status } = spawnSync(process.execPath, [executable, 'version'], nobody);
  return status === 0 ? nobody : null;
}

/** A folder that everybody can enter, and only this user can write: the place of a socket. */
export function socketFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'twofa-run-'));
  chmodSync(folder, 0o755);
  return folder;
}

export class Client {
  readonly home = mkdtempSync(join(tmpdir(), 'twofa-client-'));
  readonly #user = stranger();

  /** @param profiles the file of the profiles that it gets a copy of. */
  constructor(profiles: string) {
    const own = join(this.home, 'profiles.json');
    copyFileSync(profiles, own);
    if (!this.#user) return;
    for (const path of [own, this.home]) chownSync(path, this.#user.uid, this.#user.gid);
  }

  /** Starts the built program; what is said on stderr is told as it comes. */
  start(args: readonly string[], { env, input = '' }: RunOptions = {}, heard = (_: string) => {}) {
    const child = spawn(process.execPath, [executable, ...args], {
      ...this.#user,
      cwd: this.home,
      env: environment(this.home, env),
      stdio: 'pipe',
    });
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    return { child, ended: endOf(child, heard) };
  }

  run(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
    return this.start(args, options).ended;
  }

  remove(): void {
    rmSync(this.home, { recursive: true, force: true });
  }
}
