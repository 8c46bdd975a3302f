// twofa enable
import type { Command } from 'commander';
import { TwofaError } from '../../errors.ts';
import { count } from '../describe.ts';
import { safe } from '../escape.ts';
import type { Out } from '../out.ts';
import type { Context, Run } from '../run.ts';

interface EnableResult {
  account: string;
  enabledAt: string | null;
  enabledBy: string | null;
  practicesAffected: number;
  usersAffected: number;
  plan: string;
  impact: {
    practices: { name: string; users: number }[];
    ready: boolean;
    findings: { id: string; status: string; count: number; users: string[] }[];
  };
  changed: boolean;
}

function impactLines(out: Out, result: EnableResult): string[] {
  const { paint } = out;
  const { findings, practices } = result.impact;
  return [
    paint.bold(
      `2FA for account ${result.account}: ${count(result.practicesAffected, 'practice')}, ${count(result.usersAffected, 'user')}`,
    ),
    ...practices.map((practice) => `  ${safe(practice.name)}: ${count(practice.users, 'user')}`),
    ...findings.map((each) => {
      const mark = each.status === 'fail' ? paint.red('✗') : paint.yellow('!');
      return `  ${mark} ${each.id}${each.count > 0 ? ` (${each.count}): ${each.users.slice(0, 8).map(safe).join(', ')}` : ''}`;
    }),
    'From then on every user of every practice is asked for a code when they sign in.',
    paint.bold('It can never be turned off again.'),
  ];
}

function resultLines(out: Out, result: EnableResult): string[] {
  if (!result.changed)
    return [
      `2FA is on for account ${result.account} since ${result.enabledAt}, by ${safe(result.enabledBy ?? '')}.`,
    ];
  return [
    out.paint.green(
      `✓ 2FA is on for account ${result.account}: ${count(result.practicesAffected, 'practice')}, ${count(result.usersAffected, 'user')}.`,
    ),
  ];
}

/** Shows what it means and has the KID typed; on a terminal only. */
async function askForKid({ request, out, mayAsk, ...context }: Context): Promise<string | undefined> {
  if (!mayAsk) return undefined;
  const preview = await request<EnableResult>('enable', { preview: true });
  if (preview.enabledAt !== null) return undefined;
  if (!preview.impact.ready) return preview.account;
  for (const line of impactLines(out, preview)) out.say(line);
  const { askText } = await import('../prompt.ts');
  const typed = await askText(
    { request, out, mayAsk, ...context },
    'Type the KID of the account to turn 2FA on:',
  );
  if (typed === preview.account) return typed;
  throw new TwofaError('confirmation-mismatch', 'That is not the KID of the account; nothing was changed.');
}

export function enable(program: Command, run: Run): void {
  program
    .command('enable')
    .description('turn 2FA on for the whole account, for ever')
    .option('--preview', 'show what it means and change nothing')
    .option('--confirm <kid>', 'the KID again, in place of typing it')
    .action(
      run(async (context, { preview, confirm }: { preview?: boolean; confirm?: string }) => {
        const { request, out } = context;
        if (preview) {
          const seen = await request<EnableResult>('enable', { preview: true });
          return out.document(seen, () => impactLines(out, seen));
        }
        const result = await request<EnableResult>('enable', {
          confirm: confirm ?? (await askForKid(context)),
        });
        await out.document(result, () => resultLines(out, result));
      }),
    );
}
