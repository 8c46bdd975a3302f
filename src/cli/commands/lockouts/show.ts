// twofa lockouts show
import type { Command } from 'commander';
import type { EventRow, LockoutRow } from '../../columns.ts';
import { safe } from '../../escape.ts';
import type { Run } from '../../run.ts';

type LockoutDetails = LockoutRow & { history: EventRow[] };

function eventLine(event: EventRow): string {
  const { app, ip, why, via, attemptsLeft } = event.details;
  const words = [via, why, app, ip, attemptsLeft === undefined ? undefined : `${attemptsLeft} left`];
  return `  ${event.at}  ${event.action.padEnd(17)}${safe(words.filter((word) => word != null).join('  '))}`;
}

export function show(program: Command, run: Run): void {
  program
    .command('show')
    .description('how a lockout came about')
    .argument('<user>', 'username or id')
    .action(
      run(async ({ request, out }, user: string) => {
        const lockout = await request<LockoutDetails>('lockouts.show', { user });
        await out.document(lockout, () => [
          ...out.pairs([
            ['User', `${lockout.username}  ${lockout.name}`],
            ['Practices', lockout.practices.join('; ')],
            ['Locked at', lockout.lockedAt],
            ['Last application', lockout.lastApp],
            ['Last address', lockout.lastIp],
          ]),
          ...lockout.history.map(eventLine),
          'Only a System Administrator of the account reactivates: twofa reactivate USER --reason REASON',
        ]);
      }),
    );
}
