// twofa reactivate
import type { Command } from 'commander';
import type { UserView } from '../../actions/views.ts';
import { column, userColumns } from '../columns.ts';
import type { Run } from '../run.ts';

type Reactivated = UserView & { changed: boolean };

interface ReactivateOptions {
  reason: string;
  deactivated?: boolean;
  passwordChanged?: boolean;
  recoveryCode?: boolean;
}

export function reactivate(program: Command, run: Run): void {
  program
    .command('reactivate')
    .description('give locked users their seven attempts again, all of them or none')
    .argument('<user...>', 'usernames or ids')
    .requiredOption('--reason <text>', 'kept in the audit trail')
    .option('--deactivated', 'bring deactivated users back as well')
    .option('--password-changed', 'the password was changed: needed where it looks guessed')
    .option(
      '--recovery-code',
      'lift the lock of one System Administrator by the recovery code on standard input',
    )
    .action(
      run(async (context, users: string[], { recoveryCode, ...options }: ReactivateOptions) => {
        const { readSecret } = await import('../prompt.ts');
        const code = recoveryCode ? await readSecret(context, 'recovery code') : undefined;
        const results = await context.request<Reactivated[]>('reactivate', {
          users,
          ...options,
          recoveryCode: code,
        });
        await context.out.list(
          results,
          [...userColumns, column('changed', 'changed', (row) => row.changed)],
          'Nobody.',
        );
      }),
    );
}
