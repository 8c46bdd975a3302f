// twofa account
import type { Command } from 'commander';
import type { Run } from '../run.ts';
import { create } from './account/create.ts';
import { exportAccount } from './account/export.ts';
import { list } from './account/list.ts';
import { show } from './account/show.ts';

export function account(program: Command, run: Run): void {
  const group = program.command('account').description('create accounts and see them');
  for (const declare of [create, list, show, exportAccount]) declare(group, run);
}
