// twofa lockouts show
import type { Command } from 'commander';
import type { LockoutDetails } from '../../lockout-lines.ts';
import type { Run } from '../../run.ts';

export function show(program: Command, run: Run): void {
  program
    .command('show')
    .description('how a lockout came about, and what it looks like')
    .argument('<user>', 'username or id')
    .action(
      run(async ({ request, out }, user: string) => {
        const lockout = await request<LockoutDetails>('lockouts.show', { user });
        const { lockoutLines } = await import('../../lockout-lines.ts');
        await out.document(lockout, () => lockoutLines(out, lockout));
      }),
    );
}
