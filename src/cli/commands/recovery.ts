// twofa recovery
import type { Command } from 'commander';
import type { Run } from '../run.ts';
import { renew } from './recovery/renew.ts';

export function recovery(program: Command, run: Run): void {
  const group = program.command('recovery').description("an account's recovery codes");
  for (const declare of [renew]) declare(group, run);
}
