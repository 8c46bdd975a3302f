// twofa location list
import type { Command } from 'commander';
import { type LocationRow, locationColumns } from '../../columns.ts';
import type { Run } from '../../run.ts';

export function list(program: Command, run: Run): void {
  program
    .command('list')
    .description("list a user's trusted locations, ended ones included")
    .argument('<user>', 'username or id')
    .action(
      run(async ({ request, out }, user: string) => {
        const locations = await request<LocationRow[]>('location.list', { user });
        await out.list(locations, locationColumns, 'No trusted location.');
      }),
    );
}
