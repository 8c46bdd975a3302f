// twofa lockouts remind
import type { Command } from 'commander';
import { safe } from '../../escape.ts';
import type { Run } from '../../run.ts';

interface Reminded {
  account: string;
  username: string;
  administrators: number;
  remindedAt: string;
  changed: true;
}

export function remind(program: Command, run: Run): void {
  program
    .command('remind')
    .description("remind the account's System Administrators of a lockout, hourly at most")
    .argument('<user>', 'username or id')
    .action(
      run(async ({ request, out }, user: string) => {
        const reminded = await request<Reminded>('lockouts.remind', { user });
        const { username, administrators } = reminded;
        const who =
          administrators === 1 ? 'One System Administrator' : `${administrators} System Administrators`;
        await out.document(reminded, () => [
          administrators === 0
            ? `No System Administrator of the account has a valid email: nobody was reminded of ${safe(username)}.`
            : `${out.paint.green('✓')} ${who} of the account will be reminded of ${safe(username)} by email.`,
        ]);
      }),
    );
}
