// twofa db backup
import type { Command } from 'commander';
import type { BackupMade } from '../../../actions/backup.ts';
import { exitCodes } from '../../../errors.ts';
import type { DumpCommands } from '../../dump-commands.ts';
import { safe } from '../../escape.ts';
import type { Out } from '../../out.ts';
import type { Context, Run } from '../../run.ts';
import { sizeWords } from '../../size.ts';

interface Backup extends BackupMade {
  engine: 'sqlite' | 'postgresql';
  keyIncluded: false;
  /** Where the key is that the backup is worth nothing without. */
  keyAt: string;
  /** What to run in its place on PostgreSQL; null where a backup was made. */
  commands: DumpCommands | null;
}

const more = `
SQLite: copies the store as it is at one moment, beside running sign-ins, into a new
file for its owner alone (0600), which appears when it is whole and was checked. Every
sign-in that was answered before it began is in it.

PostgreSQL: no backup is made; the commands to make it with are printed, and it ends
with 6, so that no script takes it for done.

The key is not in the backup: keep a copy of it elsewhere, since without it nothing can
be restored. high-water.json beside it is best left out of the backups: by it this
machine notices that a store is an older one. Outstanding codes, and contact data in
clear, are in the backup: keep it as safe as the store.

  twofa db backup /var/backups/twofa/2026-03-01.sqlite
  twofa db restore /var/backups/twofa/2026-03-01.sqlite`;

async function make(context: Context, file: string): Promise<BackupMade> {
  const { backupTo } = await import('../../backup-file.ts');
  const { withSpinner } = await import('../../spinner.ts');
  const giveUp = new AbortController();
  context.onInterrupt(() => giveUp.abort());
  return withSpinner(context, 'Copying the store', async (say) => {
    const progress = (done: number) => say(`Copying the store: ${Math.floor(done * 100)} %`);
    context.parts.services.backup = await backupTo(file, { signal: giveUp.signal, progress });
    return context.request<BackupMade>('db.backup');
  });
}

function lines(out: Out, made: Backup): string[] {
  const key = `The key is not in it: back it up elsewhere, it is ${safe(made.keyAt)}`;
  if (made.commands) {
    const { dump, restore, password } = made.commands;
    return [
      'No backup was made: PostgreSQL makes its own. To back up, and to restore into a new database:',
      '',
      safe(dump),
      safe(restore),
      '',
      ...(password === null ? [] : [password]),
      'After it was restored, say so to twofa: twofa db restore --mark',
      key,
    ];
  }
  const reaches = made.newest === null ? 'no event' : `event ${made.newest.seq} of ${made.newest.at}`;
  return [
    `${out.paint.green('✓')} The backup is ${safe(made.file ?? '')} (${sizeWords(made.bytes ?? 0)}), up to ${reaches}.`,
    `SHA-256: ${made.sha256}`,
    key,
  ];
}

export function backup(program: Command, run: Run): void {
  program
    .command('backup')
    .argument('<file>', 'a new file')
    .description('copy the store into a file, beside running sign-ins; the key is not in it')
    .addHelpText('after', more)
    .action(
      run(async (context, file: string) => {
        const { parts, out } = context;
        const url = await parts.databaseUrl();
        const made = await make(context, file);
        const { dumpCommands } = await import('../../dump-commands.ts');
        const backup: Backup = {
          engine: url.startsWith('sqlite:') ? 'sqlite' : 'postgresql',
          ...made,
          keyIncluded: false,
          keyAt: (await parts.keySource()).place,
          commands: made.changed ? null : dumpCommands(url, file),
        };
        await out.document(backup, () => lines(out, backup));
        if (!backup.changed) context.exit(exitCodes.refused);
      }),
    );
}
