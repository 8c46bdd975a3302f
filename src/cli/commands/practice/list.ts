// twofa practice list
import type { Command } from 'commander';
import { column } from '../../columns.ts';
import type { Run } from '../../run.ts';

interface PracticeView {
  account: string;
  name: string;
  users: number;
}

export function list(program: Command, run: Run): void {
  program
    .command('list')
    .description('list the practices of the account')
    .action(
      run(async ({ request, out }) => {
        const practices = await request<PracticeView[]>('practice.list');
        const columns = [
          column<PracticeView>('name', 'name', (row) => row.name),
          column<PracticeView>('users', 'users', (row) => row.users),
        ];
        await out.list(practices, columns, 'No practice.');
      }),
    );
}
