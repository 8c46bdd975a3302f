// twofa location
import type { Command } from 'commander';
import type { Run } from '../run.ts';
import { forget } from './location/forget.ts';
import { list } from './location/list.ts';

export function location(program: Command, run: Run): void {
  const group = program.command('location').description("a user's trusted locations");
  for (const declare of [list, forget]) declare(group, run);
}
