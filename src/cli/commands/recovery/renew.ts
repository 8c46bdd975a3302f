// twofa recovery renew
import type { Command } from 'commander';
import { TwofaError } from '../../../errors.ts';
import type { Run } from '../../run.ts';

interface Renewed {
  account: string;
  recoveryCodes: string[];
  changed: boolean;
}

export function renew(program: Command, run: Run): void {
  program
    .command('renew')
    .description('make two new recovery codes, shown once; the old ones are worthless from then on')
    .option('--recovery-codes-file <file>', 'write them to this new file in place of showing them')
    .action(
      run(async (context, { recoveryCodesFile }: { recoveryCodesFile?: string }) => {
        const { recoveryLines, requestShowing, showingOf } = await import('../../recovery-codes.ts');
        const showing = showingOf(context, recoveryCodesFile);
        if (showing === null) {
          throw new TwofaError('missing-option', 'Recovery codes are shown on a terminal alone.', {
            hint: 'Give --recovery-codes-file FILE, a new file that only you can read.',
            details: { field: 'recovery-codes-file' },
          });
        }
        const renewed = await requestShowing(context, showing, () =>
          context.request<Renewed>('recovery.renew'),
        );
        await context.out.document(renewed, () => [
          'The recovery codes that there were are worthless now.',
          ...recoveryLines(context.out, renewed.account, renewed.recoveryCodes),
        ]);
      }),
    );
}
