// twofa user import
import type { Command } from 'commander';
import { exitCodes } from '../../../errors.ts';
import { safe } from '../../escape.ts';
import type { Run } from '../../run.ts';

const more = `
The whole file is checked first, and nothing is stored from one that is no roster. Then rows are stored 2000 at a
time, each part whole or not at all: after Ctrl-C (exit 130), a kill or a power cut the same command completes the
import, and a user who is as the file says already is left alone. The file may have a million rows: memory does not
grow with it but for some 30 bytes a row.

Rows are taken in their order. Once 2FA is on, an email that passes from one user to another is free once the row of
the one who gives it up has come; where it comes later, the row is rejected, and the rejected file imported again
takes it. Two users who change addresses with each other need a third one for a moment.
`;

export function importRoster(program: Command, run: Run): void {
  program
    .command('import')
    .description('add and update users from a CSV; exit 2 when rows were rejected')
    .argument('<file>', 'columns: username,name,email,phone,practices,system_administrator,language')
    .option('--dry-run', 'say what would happen and change nothing')
    .addHelpText('after', more)
    .action(
      run(async (context, file: string, { dryRun }: { dryRun?: boolean }) => {
        const { countsOf, importFile } = await import('../../roster-import.ts');
        const { result, rejections } = await importFile(context, file, dryRun ?? false);
        if (result.rejected > 0) context.exit(exitCodes.usage);
        await context.out.document(result, () => [
          `${result.read} read: ${countsOf(result)}`,
          ...rejections,
          ...(result.rejectedFile
            ? [`The rejected rows are in ${safe(result.rejectedFile)}: correct and import them.`]
            : []),
          ...(dryRun ? ['Dry run: nothing was changed.'] : []),
        ]);
      }),
    );
}
