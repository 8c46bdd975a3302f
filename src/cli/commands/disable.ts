// twofa disable
import type { Command } from 'commander';
import { TwofaError } from '../../errors.ts';
import type { Run } from '../run.ts';

export function disable(program: Command, run: Run): void {
  program
    .command('disable')
    .description('says that 2FA is never turned off')
    .action(
      run(async () => {
        throw new TwofaError('never-disabled', '2FA is mandatory and is never turned off.', {
          hint: 'A locked user is reactivated by a System Administrator: twofa reactivate USER --reason REASON',
        });
      }),
    );
}
