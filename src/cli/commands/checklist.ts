// twofa checklist
import type { Command } from 'commander';
import type { ChecklistItem } from '../../rules/checklist.ts';
import { count } from '../describe.ts';
import { safe } from '../escape.ts';
import type { Out } from '../out.ts';
import type { Run } from '../run.ts';

interface ChecklistResult {
  account: string;
  ready: boolean;
  blockers: number;
  warnings: number;
  items: ChecklistItem[];
}

/** Users named in a line; the JSON has up to a hundred. */
const namedUsers = 8;

function usersLine(item: ChecklistItem): string {
  const named = item.users.slice(0, namedUsers).map(safe).join(', ');
  const more = item.count - Math.min(item.count, namedUsers);
  return more > 0 ? `${named} and ${more} more` : named;
}

function itemLines(out: Out, item: ChecklistItem): string[] {
  const { paint } = out;
  const marks = { pass: paint.green('✓'), warn: paint.yellow('!'), fail: paint.red('✗') };
  const count = item.status === 'pass' || item.count === 0 ? '' : ` (${item.count})`;
  const lines = [`${marks[item.status]} ${item.title}${count}  ${paint.dim(item.id)}`];
  if (item.users.length > 0) lines.push(`    ${usersLine(item)}`);
  if (item.hint) lines.push(`    ${paint.dim(`→ ${item.hint}`)}`);
  return lines;
}

function summary(out: Out, result: ChecklistResult): string {
  const warnings = count(result.warnings, 'warning');
  if (result.ready) return out.paint.green(`Account ${result.account} is ready (${warnings}).`);
  const blockers = count(result.blockers, 'blocker');
  return out.paint.red(`Account ${result.account} is not ready: ${blockers}, ${warnings}.`);
}

export function checklist(program: Command, run: Run): void {
  program
    .command('checklist')
    .description('check that the account is prepared for 2FA: exit 0 ready, 6 not')
    .option('--fix', 'mend what fails, one user after the other, on a terminal')
    .action(
      run(async (context, { fix }: { fix?: boolean }) => {
        const { request, out } = context;
        if (fix) {
          const { mend } = await import('../mend.ts');
          await mend(context);
        }
        const result = await request<ChecklistResult>('checklist');
        await out.document(result, () => [
          ...result.items.flatMap((item) => itemLines(out, item)),
          '',
          summary(out, result),
        ]);
      }),
    );
}
