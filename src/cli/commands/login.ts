// twofa login
import type { Command } from 'commander';
import type { Method } from '../../rules/sign-in.ts';
import type { Run } from '../run.ts';

interface LoginResult {
  result: string;
  reason: string | null;
  trustedUntil: string | null;
  methods: Method[];
  attemptsLeft: number;
}

export function login(program: Command, run: Run): void {
  program
    .command('login')
    .description(
      'decide the second step of a sign-in: exit 0 granted, 7 a code is needed, 9 locked or inactive',
    )
    .argument('<user>', 'username or id, whose password was right')
    .requiredOption('--ip <ip>', 'where the sign-in comes from')
    .option('--app <app>', "the application (implied by an application's own token)")
    .action(
      run(async ({ request, out }, user: string, { ip, app }: { ip: string; app?: string }) => {
        const answer = await request<LoginResult>('login', { user, ip, app });
        await out.document(answer, () =>
          out.pairs([
            ['Result', answer.result],
            ['Reason', answer.reason],
            ['Trusted until', answer.trustedUntil],
            ['Codes by', answer.methods.map(({ via, to }) => `${via} ${to}`).join(', ')],
            ['Attempts left', answer.attemptsLeft],
          ]),
        );
      }),
    );
}
