// twofa practice
import type { Command } from 'commander';
import type { Run } from '../run.ts';
import { add } from './practice/add.ts';
import { list } from './practice/list.ts';

export function practice(program: Command, run: Run): void {
  const group = program.command('practice').description("the account's practices");
  for (const declare of [add, list]) declare(group, run);
}
