// twofa user
import type { Command } from 'commander';
import type { Run } from '../run.ts';
import { add } from './user/add.ts';
import { deactivate } from './user/deactivate.ts';
import { exportRoster } from './user/export.ts';
import { importRoster } from './user/import.ts';
import { list } from './user/list.ts';
import { rename } from './user/rename.ts';
import { show } from './user/show.ts';
import { update } from './user/update.ts';

export function user(program: Command, run: Run): void {
  const group = program.command('user').description("the account's users, their contact data and roles");
  for (const declare of [add, update, rename, deactivate, list, show, importRoster, exportRoster]) {
    declare(group, run);
  }
}
