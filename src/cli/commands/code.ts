// twofa code
import type { Command } from 'commander';
import type { Run } from '../run.ts';
import { send } from './code/send.ts';
import { verify } from './code/verify.ts';

export function code(program: Command, run: Run): void {
  const group = program.command('code').description('issue and verify codes');
  for (const declare of [send, verify]) declare(group, run);
}
