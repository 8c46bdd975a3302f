// twofa plan
import type { Command } from 'commander';
import { exitCodes } from '../../errors.ts';
import type { PruneOptions } from '../provisioning.ts';
import type { Run } from '../run.ts';

interface Options extends PruneOptions {
  file: string;
  out?: string;
  detailedExitcode?: boolean;
}

export function plan(program: Command, run: Run): void {
  program
    .command('plan')
    .description('show what applying a provisioning file would change, and change nothing')
    .requiredOption('-f, --file <file>', 'YAML or JSON, one or more documents; - for standard input')
    .option('--out <plan>', 'write the plan to this new file, for apply to do exactly that')
    .option('--prune', 'deactivate the users whom the file does not name')
    .option('--prune-limit <n>', 'so many of them at the most')
    .option('--detailed-exitcode', 'exit 3 when there is something to do')
    .action(
      run(async (context, options: Options) => {
        const { planAll, readGiven, resultLines } = await import('../provisioning.ts');
        const given = await readGiven(context, options.file, options);
        const { changes, file } = await planAll(context, given);
        if (options.out !== undefined) {
          const { writePlan } = await import('../plan-file.ts');
          await writePlan(options.out, file);
          const { safe } = await import('../escape.ts');
          const plan = safe(options.out);
          context.out.say(`The plan is in ${plan}. Carry it out with: twofa apply ${plan}`);
        }
        const { changesAnything } = await import('../../rules/planned-change.ts');
        if (options.detailedExitcode && changesAnything(changes)) context.exit(exitCodes.changesPending);
        const lines = resultLines(context, changes, false);
        await context.out.document({ changes, changed: false }, () => lines);
      }),
    );
}
