// twofa db
import type { Command } from 'commander';
import type { Run } from '../run.ts';
import { backup } from './db/backup.ts';
import { copy } from './db/copy.ts';
import { grants } from './db/grants.ts';
import { migrate } from './db/migrate.ts';
import { prune } from './db/prune.ts';
import { rekey } from './db/rekey.ts';
import { restore } from './db/restore.ts';
import { rotateKey } from './db/rotate-key.ts';
import { status } from './db/status.ts';

export function db(program: Command, run: Run): void {
  const group = program.command('db').description('the store and its key');
  for (const declare of [status, migrate, backup, restore, prune, copy, grants, rotateKey, rekey])
    declare(group, run);
}
