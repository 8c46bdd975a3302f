// twofa db migrate
import type { Command } from 'commander';
import { changeLine } from '../../describe.ts';
import { safe } from '../../escape.ts';
import type { Run } from '../../run.ts';

const more = `
Only this command changes the tables of a store that is there. It asks for no token:
the key of the store proves that it is its owner's to do. All of it takes effect at
once, or nothing; of several that start together one does it, and the others find it
done.

To upgrade without stopping: make a backup; run this with the new twofa on one host,
while the others go on with the old one; then update them one after the other. A
release says in the changelog when the one before cannot go on beside it: the store
knows the oldest twofa that can use it, and an older one stops with exit 11.

On PostgreSQL it needs the role that owns the tables; run what "twofa db grants"
prints again afterwards.`;

export function migrate(program: Command, run: Run): void {
  program
    .command('migrate')
    .description("bring the store's tables to this version of twofa")
    .option('--dry-run', 'say what would be done, and change nothing')
    .addHelpText('after', more)
    .action(
      run(async ({ parts, out }, { dryRun }: { dryRun?: true }) => {
        const { migrateInstallation } = await import('../../migration.ts');
        const migrated = await migrateInstallation(parts, dryRun ?? false);
        const { applied, oldestProgram, store } = migrated;
        const names = applied.join(', ');
        await out.document(migrated, () =>
          dryRun && applied.length > 0
            ? [
                `Would be applied to ${safe(store)}: ${safe(names)}. It would need twofa ${oldestProgram} or newer.`,
              ]
            : [
                changeLine(
                  out,
                  migrated.changed,
                  `Applied: ${names}. The store needs twofa ${oldestProgram} or newer.`,
                  'The store is up to date; nothing was changed.',
                ),
              ],
        );
      }),
    );
}
