// Scenario of the tour: the whole lifecycle by one command, which touches nothing of an installation of one's own.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Installation } from '../support/program.ts';

let installation: Installation;
let temporary: string;

beforeEach(() => {
  installation = new Installation();
  temporary = mkdtempSync(join(tmpdir(), 'twofa-test-'));
});

afterEach(async () => {
  await installation.remove();
  rmSync(temporary, { recursive: true });
});

describe('the whole tour', () => {
  it('goes through from the roster to the trail, ignores TWOFA_* and leaves nothing behind', async () => {
    const { exit, stdout, stderr } = await installation.run(['tour'], {
      env: {
        TMPDIR: temporary,
        TWOFA_ACCOUNT: '99999',
        TWOFA_TOKEN: 'twofa_nobody',
        TWOFA_TOKEN_FILE: '/nowhere/token',
        TWOFA_DATABASE_URL: 'sqlite:/nowhere/twofa.sqlite',
        TWOFA_KEY_FILE: '/nowhere/key.json',
        TWOFA_EMAIL_URL: 'smtp://127.0.0.1:1',
      },
    });
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    expect(stdout.match(/^[0-9]+\. .*$/gm)).toEqual([
      '1. An installation, an account, its roster',
      '2. The checklist, and what it takes to be ready',
      '3. Enabling: for the whole account, for ever',
      '4. Sign-ins: by email, by text message, and seven days without',
      '5. Seven failures over all applications, and the lock',
      '6. Who may help, and who may not',
      '7. The trail',
    ]);
    expect(stdout).toContain('This looks like guessing, by somebody who knows the password.');
    expect(stdout).toMatch(
      /Somebody else seems to know the password of sam.*\n.*--password-changed.*\n\(exit 6\)/,
    );
    expect(stdout).toContain('The audit trail is intact');
    expect(stdout).toContain('That was the whole lifecycle.');
    expect(stdout).not.toContain('99999');
    expect(stdout).not.toContain('/nowhere/');
    expect(readdirSync(temporary)).toEqual([]);
    expect(readdirSync(installation.home)).toEqual([]);
  });
});
