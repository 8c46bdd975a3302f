// twofa db copy
import type { Command } from 'commander';
import type { Copied, Moved } from '../../../actions/store-copy.ts';
import { count } from '../../describe.ts';
import { safe } from '../../escape.ts';
import type { Out } from '../../out.ts';
import type { Run } from '../../run.ts';

const more = `
From SQLite to an empty database on PostgreSQL, which has the encoding UTF8. The URL
names the role that is to own the tables; its password comes from PGPASSWORD, from
PGPASSFILE or from ~/.pgpass, as for psql, never from the URL.

  1. The trail of the source is verified, while sign-ins go on.
  2. The source is sealed. From here on every request to it ends with exit 11 and
     says where the store has moved, also in programs that have it open.
  3. Everything is copied in one transaction; every table's rows are compared, and
     the trail of the copy is verified. Only then the copy is there, all of it.

When it fails, is interrupted or killed in between, nothing is left in the database,
and the source stays sealed. Run the same command again: it begins again, or finds
the copy there, compares its events and verifies it. With --undo as well the source is
the store again; that is refused once the copy is there, since users may have used
attempts in it.

Afterwards name the database on every host, in TWOFA_DATABASE_URL or as "database" in
the configuration, with the role that "twofa db grants" makes for the program. Each
host needs the key, which stays the same. The source stays where it is, sealed.

Nothing goes back to SQLite. From one PostgreSQL to another: pg_dump and pg_restore,
with every program stopped.`;

const interrupted =
  'Interrupted. "twofa db status" says whether the source is sealed: then run the same command again to go on, or with --undo as well to stay in the source.';

function undoneLines(out: Out, { from, to, changed }: Moved): string[] {
  if (!changed) return [out.paint.dim(`· ${safe(from)} is not sealed; nothing was changed.`)];
  return [`${out.paint.green('✓')} ${safe(from)} is the store again; there is no copy in ${safe(to)}.`];
}

function copiedLines(out: Out, { from, to, tables, events, changed }: Copied, keptAt: string): string[] {
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  const compared = `${count(rows, 'row')} compared, and the trail is intact: ${count(events, 'event')}`;
  return [
    changed
      ? `${out.paint.green('✓')} The store is in ${safe(to)}: ${compared}.`
      : `${out.paint.dim('·')} The store is in ${safe(to)} already: ${compared}.`,
    `Set TWOFA_DATABASE_URL, or "database" in the configuration, on every host: ${safe(to)}`,
    `Every host needs the key, which stays the same: ${safe(keptAt)}`,
    'What the program\'s own role needs there, "twofa db grants" prints.',
    `${safe(from)} stays as it is, sealed.`,
  ];
}

export function copy(program: Command, run: Run): void {
  program
    .command('copy')
    .description('move the store from SQLite to an empty database on PostgreSQL; the source is sealed')
    .argument('<url>', 'where it moves, such as postgres://twofa_owner@db.northside.example/twofa')
    .option('--undo', 'take the seal off the source, where no copy is there')
    .addHelpText('after', more)
    .action(
      run(async (context, url: string, { undo }: { undo?: true }) => {
        const { refusePassword } = await import('../../compose.ts');
        refusePassword(url, 'url', 'Leave it out, and put it in PGPASSWORD or in the file of PGPASSFILE.');
        const { out, parts } = context;
        parts.services.copied = () => undefined;
        if (undo) {
          const undone = await context.request<Moved>('db.copy', { url, undo });
          return out.document(undone, () => undoneLines(out, undone));
        }
        // What the server has of it, it undoes once it notices.
        context.lastWords(interrupted);
        const { withSpinner } = await import('../../spinner.ts');
        const { CopyWords } = await import('../../copy-progress.ts');
        const words = new CopyWords(() => performance.now());
        const copied = await withSpinner(context, 'Looking at the database', (progress) => {
          parts.services.copied = (far) => progress(words.of(far));
          return context.request<Copied>('db.copy', { url });
        });
        const { place } = await parts.keySource();
        await out.document(copied, () => copiedLines(out, copied, place));
      }),
    );
}
