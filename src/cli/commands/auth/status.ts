// twofa auth status
import type { Command } from 'commander';
import type { OperatorView } from '../../operator.ts';
import type { Run } from '../../run.ts';

export function status(program: Command, run: Run): void {
  program
    .command('status')
    .description('who you are')
    .action(
      run(async ({ request, out }) => {
        const operator = await request<OperatorView>('auth.status');
        await out.document(operator, () =>
          out.pairs([
            ['Role', operator.role],
            ['Account', operator.account],
            ['User', operator.user],
            ['Token expires', operator.expiresAt],
            ['Verified until', operator.verifiedUntil],
          ]),
        );
      }),
    );
}
