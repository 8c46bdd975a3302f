// twofa user export
import type { Command } from 'commander';
import type { UserView } from '../../../actions/views.ts';
import { userColumns } from '../../columns.ts';
import type { Run } from '../../run.ts';

export function exportRoster(program: Command, run: Run): void {
  program
    .command('export')
    .description('print the roster as CSV, which import takes back unchanged')
    .action(
      run(async ({ pages, out }) => {
        const users = pages<UserView>(
          'user.list',
          {},
          { limit: undefined, after: undefined, keyOf: (row) => row.username },
        );
        if (out.format !== 'table' && out.format !== 'csv') return out.list(users, userColumns, 'No user.');
        const { rosterHeader, rosterRow } = await import('../../csv-cells.ts');
        await out.csv(rosterHeader, users, rosterRow);
      }),
    );
}
