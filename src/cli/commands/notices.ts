// twofa notices
import type { Command } from 'commander';
import type { Run } from '../run.ts';
import { list } from './notices/list.ts';
import { retry } from './notices/retry.ts';

export function notices(program: Command, run: Run): void {
  const group = program
    .command('notices')
    .description('what administrators and users were to be told of by email, and were not');
  for (const declare of [list, retry]) declare(group, run);
}
