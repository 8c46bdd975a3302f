// twofa apply
import type { Command } from 'commander';
import { TwofaError } from '../../errors.ts';
import type { PruneOptions } from '../provisioning.ts';
import type { Run } from '../run.ts';

interface Options extends PruneOptions {
  file?: string;
}

/** @throws TwofaError unless there is either a plan or a file. */
function requireOne(plan: string | undefined, { file, prune, pruneLimit }: Options): void {
  if (plan === undefined && file === undefined) {
    throw new TwofaError('missing-option', 'There is nothing to apply.', {
      hint: 'Give a provisioning file with -f FILE, or a plan that "twofa plan --out" wrote.',
      details: { field: 'file' },
    });
  }
  if (plan !== undefined && (file !== undefined || prune || pruneLimit !== undefined)) {
    throw new TwofaError('usage', 'A plan says all that is to be done: -f and --prune do not go with it.');
  }
}

export function apply(program: Command, run: Run): void {
  program
    .command('apply')
    .description('make accounts, practices and users as a provisioning file says; again changes nothing')
    .argument('[plan]', 'what "twofa plan --out" wrote: done exactly so, or not at all')
    .option('-f, --file <file>', 'YAML or JSON, one or more documents; - for standard input')
    .option('--prune', 'deactivate the users whom the file does not name')
    .option('--prune-limit <n>', 'so many of them at the most; else 5, and 5 % of the active users')
    .action(
      run(async (context, plan: string | undefined, options: Options) => {
        requireOne(plan, options);
        const { applyAll, confirmPruning, readGiven, readPlanned, resultLines } = await import(
          '../provisioning.ts'
        );
        const read =
          plan === undefined ? await readGiven(context, options.file ?? '', options) : readPlanned(plan);
        const result = await applyAll(context, await confirmPruning(context, read));
        const lines = resultLines(context, result.changes, true);
        await context.out.document(result, () => lines);
        for (const { action, account } of result.changes)
          if (action === 'enable')
            context.out.say(
              `2FA is on for account ${account}. Make its recovery codes, on a terminal or into a file: twofa recovery renew -a ${account}`,
            );
      }),
    );
}
