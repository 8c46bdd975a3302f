// twofa token
import type { Command } from 'commander';
import type { Run } from '../run.ts';
import { create } from './token/create.ts';
import { list } from './token/list.ts';
import { revoke } from './token/revoke.ts';
import { rotate } from './token/rotate.ts';

export function token(program: Command, run: Run): void {
  const group = program.command('token').description("operators' access tokens");
  for (const declare of [create, list, revoke, rotate]) declare(group, run);
}
