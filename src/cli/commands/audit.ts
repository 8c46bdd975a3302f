// twofa audit
import type { Command } from 'commander';
import type { Run } from '../run.ts';
import { checkpoint } from './audit/checkpoint.ts';
import { exportTrail } from './audit/export.ts';
import { follow } from './audit/follow.ts';
import { list } from './audit/list.ts';
import { verify } from './audit/verify.ts';

export function audit(program: Command, run: Run): void {
  const group = program.command('audit').description('who did what, and that nothing of it was changed');
  for (const declare of [list, exportTrail, follow, verify, checkpoint]) declare(group, run);
}
