// twofa config
import type { Command } from 'commander';
import type { Run } from '../run.ts';
import { path } from './config/path.ts';
import { show } from './config/show.ts';

export function config(program: Command, run: Run): void {
  const group = program.command('config').description('the configuration of this installation');
  for (const declare of [show, path]) declare(group, run);
}
