// twofa code send
import type { Command } from 'commander';
import type { SendResult } from '../../../actions/code-send.ts';
import type { Run } from '../../run.ts';

interface Options {
  via: string;
  app?: string;
  ip?: string;
  requestId?: string;
}

export function send(program: Command, run: Run): void {
  program
    .command('send')
    .description('send a user a code that works for 15 minutes')
    .argument('<user>', 'username or id')
    .requiredOption('--via <channel>', 'email or sms')
    .option('--app <app>', "the application (implied by an application's own token)")
    .option('--ip <ip>', 'where the sign-in comes from')
    .option('--request-id <id>', 'makes a repeat within 15 minutes harmless')
    .action(
      run(async ({ request, out }, user: string, options: Options) => {
        const sent = await request<SendResult>('code.send', { user, ...options });
        await out.document(sent, () =>
          out.pairs([
            ['Result', sent.result],
            ['To', `${sent.via} ${sent.to}`],
            ['Works until', sent.expiresAt],
            ['Outstanding codes', sent.outstanding],
            ['Attempts left', sent.attemptsLeft],
          ]),
        );
      }),
    );
}
