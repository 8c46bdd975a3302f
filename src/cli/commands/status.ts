// twofa status
import type { Command } from 'commander';
import type { MessageView } from '../../actions/message-outcomes.ts';
import type { AccountView, UserView } from '../../actions/views.ts';
import type { LockoutRow } from '../columns.ts';
import { accountPairs, count, userPairs } from '../describe.ts';
import { safe } from '../escape.ts';
import { messageLines } from '../message-lines.ts';
import type { Out } from '../out.ts';
import type { Run } from '../run.ts';

type AccountStatus = AccountView & {
  checklist: { ready: boolean; blockers: number; warnings: number };
  lockouts: LockoutRow[];
  sandbox: boolean;
  texts: { today: number; ceiling: number | null; resetsAt: string };
};

type UserStatus = UserView & {
  twoFactor: { enabled: boolean };
  methods: { via: string; to: string }[];
  outstandingCodes: number;
  trustedLocations: number;
  messages: MessageView[];
};

/** Messages that the screen has room for. */
const shownMessages = 3;

function accountLines(out: Out, status: AccountStatus): string[] {
  const { ready, blockers, warnings } = status.checklist;
  const checklist = ready
    ? `ready, ${count(warnings, 'warning')}`
    : `not ready: ${count(blockers, 'blocker')}, ${count(warnings, 'warning')}`;
  return [
    ...out.pairs([
      ...accountPairs(status),
      ['Checklist', checklist],
      [
        'Text messages today',
        status.texts.ceiling === null
          ? status.texts.today
          : `${status.texts.today} of at most ${status.texts.ceiling}`,
      ],
      ['Sandbox', status.sandbox],
    ]),
    ...status.lockouts.map(
      (each) => `  ${out.paint.red('locked')}  ${safe(each.username)}  ${each.lockedAt}`,
    ),
  ];
}

function userLines(out: Out, status: UserStatus): string[] {
  return out
    .pairs([
      ...userPairs(status),
      ['2FA of the account', status.twoFactor.enabled ? 'on' : 'not on'],
      ['Codes by', status.methods.map(({ via, to }) => `${via} ${to}`).join(', ')],
      ['Outstanding codes', status.outstandingCodes],
      ['Trusted locations', status.trustedLocations],
      ['Newest messages', status.messages.length === 0 ? 'none' : ''],
    ])
    .concat(messageLines(status.messages.slice(0, shownMessages)));
}

export function status(program: Command, run: Run): void {
  program
    .command('status')
    .description('how the account, or a user, stands')
    .argument('[user]', 'username or id')
    .action(
      run(async ({ request, out }, user: string | undefined) => {
        const found = await request<AccountStatus | UserStatus>('status', { user });
        await out.document(found, () =>
          'username' in found ? userLines(out, found) : accountLines(out, found),
        );
      }),
    );
}
