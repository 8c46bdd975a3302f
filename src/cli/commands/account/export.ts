// twofa account export
import type { Command } from 'commander';
import type { Run } from '../../run.ts';

export function exportAccount(program: Command, run: Run): void {
  program
    .command('export')
    .description('print the account as a provisioning file, which apply takes back unchanged')
    .action(
      run(async (context) => {
        const account = await import('../../account-file.ts');
        await account.exportAccount(context);
      }),
    );
}
