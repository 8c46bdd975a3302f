// twofa rollcall confirm
import type { Command } from 'commander';
import type { Run } from '../../run.ts';

interface Confirmed {
  result: string;
  why: string | null;
  via: string;
  triesLeft: number | null;
  changed: boolean;
}

export function confirm(program: Command, run: Run): void {
  program
    .command('confirm')
    .description('confirm the two words on standard input that a user was sent: exit 0 confirmed, 8 rejected')
    .argument('<user>', 'username or id')
    .requiredOption('--via <channel>', 'how they were sent: email or sms')
    .action(
      run(async (context, user: string, { via }: { via: string }) => {
        const { readSecret } = await import('../../prompt.ts');
        const checkWord = await readSecret(context, 'check words');
        const answer = await context.request<Confirmed>('rollcall.confirm', { user, via, checkWord });
        await context.out.document(answer, () =>
          context.out.pairs([
            ['Result', answer.result],
            ['Why', answer.why],
            ['Channel', answer.via],
            ['Tries left', answer.triesLeft],
          ]),
        );
      }),
    );
}
