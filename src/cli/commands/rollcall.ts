// twofa rollcall
import type { Command } from 'commander';
import type { Run } from '../run.ts';
import { confirm } from './rollcall/confirm.ts';
import { start } from './rollcall/start.ts';
import { status } from './rollcall/status.ts';

export function rollcall(program: Command, run: Run): void {
  const group = program
    .command('rollcall')
    .description('before 2FA is on, have users prove that messages reach them');
  for (const declare of [start, confirm, status]) declare(group, run);
}
