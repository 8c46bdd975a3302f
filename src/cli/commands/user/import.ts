// twofa user import
import type { Command } from 'commander';
import { exitCodes } from '../../../errors.ts';
import { safe } from '../../escape.ts';
import type { Run } from '../../run.ts';

export function importRoster(program: Command, run: Run): void {
  program
    .command('import')
    .description('add and update users from a CSV; exit 2 when rows were rejected')
    .argument('<file>', 'columns: username,name,email,phone,practices,system_administrator,language')
    .option('--dry-run', 'say what would happen and change nothing')
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
