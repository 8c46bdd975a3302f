// twofa code verify
import type { Command } from 'commander';
import type { Run } from '../../run.ts';

interface Options {
  ip: string;
  app?: string;
  requestId?: string;
}

interface VerifyResult {
  result: string;
  why: string | null;
  attemptsLeft: number;
  trustedUntil: string | null;
}

export function verify(program: Command, run: Run): void {
  program
    .command('verify')
    .description('verify the code on standard input: exit 0 verified, 8 rejected, 9 locked or inactive')
    .argument('<user>', 'username or id')
    .requiredOption('--ip <ip>', 'where the sign-in comes from')
    .option('--app <app>', "the application (implied by an application's own token)")
    .option('--request-id <id>', 'makes a repeat within 15 minutes harmless')
    .action(
      run(async (context, user: string, options: Options) => {
        const { readSecret } = await import('../../prompt.ts');
        const code = await readSecret(context, 'code');
        const answer = await context.request<VerifyResult>('code.verify', { user, code, ...options });
        await context.out.document(answer, () =>
          context.out.pairs([
            ['Result', answer.result],
            ['Why', answer.why],
            ['Attempts left', answer.attemptsLeft],
            ['Trusted until', answer.trustedUntil],
          ]),
        );
      }),
    );
}
