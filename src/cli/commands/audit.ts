// twofa audit
import type { Command } from 'commander';
import type { Run } from '../run.ts';
import { list } from './audit/list.ts';
import { verify } from './audit/verify.ts';

export function audit(program: Command, run: Run): void {
  const group = program.command('audit').description('who did what, and that nothing of it was changed');
  for (const declare of [list, verify]) declare(group, run);
}
