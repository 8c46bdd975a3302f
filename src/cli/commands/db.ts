// twofa db
import type { Command } from 'commander';
import type { Run } from '../run.ts';
import { rekey } from './db/rekey.ts';
import { restore } from './db/restore.ts';
import { rotateKey } from './db/rotate-key.ts';

export function db(program: Command, run: Run): void {
  const group = program.command('db').description('the store and its key');
  for (const declare of [restore, rotateKey, rekey]) declare(group, run);
}
