// twofa auth challenge
import type { Command } from 'commander';
import type { SendResult } from '../../../actions/code-send.ts';
import type { Run } from '../../run.ts';

export function challenge(program: Command, run: Run): void {
  program
    .command('challenge')
    .description('send yourself a code, to prove for your own token: once 2FA is on it works 12 hours by one')
    .requiredOption('--via <channel>', 'email or sms')
    .action(
      run(async ({ request, out }, { via }: { via: string }) => {
        const sent = await request<SendResult>('auth.challenge', { via });
        await out.document(sent, () => [
          `${out.paint.green('✓')} Sent to ${sent.via} ${sent.to}. Enter it with "twofa auth verify".`,
        ]);
      }),
    );
}
