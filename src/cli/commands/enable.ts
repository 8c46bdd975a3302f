// twofa enable
import type { Command } from 'commander';
import type { Impact } from '../../actions/preview.ts';
import { TwofaError } from '../../errors.ts';
import { count } from '../describe.ts';
import { safe } from '../escape.ts';
import { impactLines } from '../impact.ts';
import type { Out } from '../out.ts';
import type { ShownCodes } from '../recovery-codes.ts';
import type { Context, Run } from '../run.ts';

export interface EnableResult {
  account: string;
  enabledAt: string | null;
  enabledBy: string | null;
  practicesAffected: number;
  usersAffected: number;
  plan: string;
  impact: Impact;
  recoveryCodes: string[] | null;
  changed: boolean;
}

interface Options {
  preview?: boolean;
  confirm?: string;
  plan?: string;
  recoveryCodesFile?: string;
}

type Result = Omit<EnableResult, 'recoveryCodes'> & { recoveryCodes: ShownCodes };

async function resultLines(out: Out, result: Result): Promise<string[]> {
  if (!result.changed)
    return [
      `2FA is on for account ${result.account} since ${result.enabledAt}, by ${safe(result.enabledBy ?? '')}.`,
    ];
  const { recoveryLines } = await import('../recovery-codes.ts');
  return [
    out.paint.green(
      `✓ 2FA is on for account ${result.account}: ${count(result.practicesAffected, 'practice')}, ${count(result.usersAffected, 'user')}.`,
    ),
    ...recoveryLines(out, result.account, result.recoveryCodes),
  ];
}

/** Shows what it means and has the KID typed, on a terminal only. @returns both, so that what was shown is what is enabled. */
async function askForKid(
  context: Context,
  plan: string | undefined,
): Promise<{ confirm?: string | undefined; plan?: string | undefined }> {
  const { request, out, mayAsk } = context;
  if (!mayAsk) return { plan };
  const preview = await request<EnableResult>('enable', { preview: true, plan });
  if (preview.enabledAt !== null) return {};
  const seen = { confirm: preview.account, plan: preview.plan };
  if (!preview.impact.ready) return seen;
  for (const line of impactLines(out, preview)) out.say(line);
  const { askText } = await import('../prompt.ts');
  const typed = await askText(context, 'Type the KID of the account to turn 2FA on:');
  if (typed === preview.account) return seen;
  throw new TwofaError('confirmation-mismatch', 'That is not the KID of the account; nothing was changed.');
}

async function turnOn(context: Context, options: Options): Promise<void> {
  const { request, out } = context;
  const { confirm, plan, recoveryCodesFile } = options;
  const { requestShowing, showingOf } = await import('../recovery-codes.ts');
  const showing = showingOf(context, recoveryCodesFile);
  const given = confirm === undefined ? await askForKid(context, plan) : { confirm, plan };
  const result = await requestShowing(context, showing, () =>
    request<EnableResult>('enable', { ...given, recoveryCodes: showing !== null }),
  );
  const lines = await resultLines(out, result);
  await out.document(result, () => lines);
  if (!result.changed || showing !== null) return;
  out.say(
    `No recovery codes were made, since nobody would have seen them. Make them on a terminal, or into a file: twofa recovery renew --recovery-codes-file FILE -a ${result.account}`,
  );
}

export function enable(program: Command, run: Run): void {
  program
    .command('enable')
    .description('turn 2FA on for the whole account, for ever')
    .option('--preview', 'show what it means and change nothing')
    .option('--confirm <kid>', 'the KID again, in place of typing it')
    .option('--plan <digest>', 'of a preview: refuse when anything that matters has changed since')
    .option('--recovery-codes-file <file>', 'write the recovery codes to this new file')
    .action(
      run(async (context, options: Options) => {
        if (!options.preview) return turnOn(context, options);
        const { plan } = options;
        const seen = await context.request<EnableResult>('enable', { preview: true, plan });
        await context.out.document(seen, () => impactLines(context.out, seen));
      }),
    );
}
