// twofa reactivate
import type { Command } from 'commander';
import type { UserView } from '../../actions/views.ts';
import { column, userColumns } from '../columns.ts';
import type { Run } from '../run.ts';

type Reactivated = UserView & { changed: boolean };

export function reactivate(program: Command, run: Run): void {
  program
    .command('reactivate')
    .description('give locked users their seven attempts again, all of them or none')
    .argument('<user...>', 'usernames or ids')
    .requiredOption('--reason <text>', 'kept in the audit trail')
    .option('--deactivated', 'bring deactivated users back as well')
    .action(
      run(async ({ request, out }, users: string[], options: { reason: string; deactivated?: boolean }) => {
        const results = await request<Reactivated[]>('reactivate', { users, ...options });
        await out.list(
          results,
          [...userColumns, column('changed', 'changed', (row) => row.changed)],
          'Nobody.',
        );
      }),
    );
}
