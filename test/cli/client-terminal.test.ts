// A client on a real terminal: it asks as it does where the store is, and shows recovery codes to whoever sits there.
import { copyFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Prepared, quickNorthside } from '../support/in-process.ts';
import { kid } from '../support/program.ts';
import { type Service, startService } from '../support/running.ts';
import { hasTerminal, onTerminal, readable, type Typing } from '../support/terminal.ts';

const skipped = hasTerminal ? '' : ' (skipped: there is no script of util-linux here)';
const maria = ['-a', kid, '-p', 'maria'];

describe.skipIf(!hasTerminal)(`a client on a terminal${skipped}`, () => {
  let here: Prepared;
  let service: Service;
  let home: string;

  beforeAll(async () => {
    here = await quickNorthside();
    service = await startService(here);
    home = mkdtempSync(join(tmpdir(), 'twofa-client-'));
    copyFileSync(join(here.home, 'profiles.json'), join(home, 'profiles.json'));
  });
  afterAll(async () => {
    await service.stop();
    await here.remove();
    rmSync(home, { recursive: true, force: true });
  });

  const run = (args: readonly string[], typing: readonly Typing[]) =>
    onTerminal(home, args, { typing, env: { TWOFA_URL: `unix:${service.socket}` } });

  test('turns 2FA on once the KID is typed, and shows the recovery codes', async () => {
    const { exit, screen } = await run(['enable', ...maria], [{ when: /Type the KID/, type: `${kid}\r` }]);
    expect(exit).toBe(0);
    expect(readable(screen)).toContain(`✓ 2FA is on for account ${kid}: 2 practices, 5 users.`);
    expect(readable(screen)).toMatch(/Recovery codes, shown this once.*\n( {2}[A-Z0-9-]{34}\n){2}/);
  });

  test('proves the second factor in place, as R15 asks, and then does what it was asked', async () => {
    const code: Typing = {
      when: /The code:/,
      get type() {
        return `${here.lastCode('maria')}\r`;
      },
    };
    const { exit, screen } = await run(['lockouts', ...maria], [{ when: /Send it by/, type: '\r' }, code]);
    expect(exit).toBe(0);
    expect(readable(screen)).toContain('A code is on its way to m•••@northside.example.');
    expect(readable(screen)).toContain('Nobody is locked.');
    expect(screen).not.toContain(here.lastCode('maria'));
  });

  test('Ctrl-C at the question is exit 130', async () => {
    const { exit } = await run(['auth', 'verify', '-p', 'maria'], [{ when: /The code:/, type: '\x03' }]);
    expect(exit).toBe(130);
  });

  test('has nothing but its profiles afterwards', () => {
    expect(readdirSync(home)).toEqual(['profiles.json']);
  });
});
