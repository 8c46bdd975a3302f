// An installation whose processes are listened to, since under load none of them may complain of the store.
import { expect } from 'vitest';
import { Installation, type Ran, type RunOptions } from '../support/program.ts';

const complaint = /database is (locked|busy)|SQLITE_|store-busy|\n {4}at /i;

/** Keeps what its processes say on stderr. */
export class Watched extends Installation {
  readonly heard: string[] = [];

  override async run(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
    const ran = await super.run(args, options);
    this.heard.push(ran.stderr);
    return ran;
  }

  /** The trail is intact, and no process complained of the store or showed a stack. */
  async expectWhole(): Promise<void> {
    const verdict = await this.json(['audit', 'verify', '-p', 'owner']);
    expect(verdict).toMatchObject({ intact: true, firstBroken: null });
    expect(this.heard.join('')).not.toMatch(complaint);
  }
}
