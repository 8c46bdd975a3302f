// twofa auth verify
import type { Command } from 'commander';
import type { Run } from '../../run.ts';
import type { OwnVerification } from '../../second-factor.ts';

export function verify(program: Command, run: Run): void {
  program
    .command('verify')
    .description('prove the code on standard input for your token: exit 0 verified, 8 rejected, 9 locked')
    .action(
      run(async (context) => {
        const { readSecret } = await import('../../prompt.ts');
        const code = await readSecret(context, 'code');
        const { out } = context;
        const answer = await context.request<OwnVerification>('auth.verify', { code });
        await out.document(answer, () =>
          out.pairs([
            ['Result', answer.result],
            ['Why', answer.why],
            ['Attempts left', answer.attemptsLeft],
            ['Verified until', answer.verifiedUntil],
          ]),
        );
      }),
    );
}
