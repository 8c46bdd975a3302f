// twofa audit verify
import type { Command } from 'commander';
import type { VerdictView } from '../../../actions/audit-verify.ts';
import type { Checkpoint } from '../../../rules/checkpoint.ts';
import { count } from '../../describe.ts';
import { safe } from '../../escape.ts';
import type { Out } from '../../out.ts';
import type { Run } from '../../run.ts';

function breakLines({ breaks, unproved }: VerdictView): string[] {
  if (breaks.length === 0) return [];
  return [
    ...breaks.map(
      ({ seq, at, reason }) => `A key was lost: event ${seq} of ${at} closes the chains: ${safe(reason)}`,
    ),
    `${count(unproved, 'event')} before it cannot be proved any more; they are the ones that were there then.`,
  ];
}

function verdictLines(out: Out, verdict: VerdictView, checkpoint: Checkpoint | undefined): string[] {
  const { events, intact, firstBroken } = verdict;
  if (intact) {
    const since = checkpoint ? `, and goes on from the checkpoint of ${safe(checkpoint.at)}` : '';
    return [
      out.paint.green(`✓ The audit trail is intact${since}: ${events} events.`),
      ...breakLines(verdict),
    ];
  }
  const where = firstBroken?.seq == null ? '' : `, event ${firstBroken.seq}`;
  return [
    out.paint.red('✗ The audit trail is broken.'),
    `First at ${safe(firstBroken?.subject ?? '')}${where}: ${safe(firstBroken?.reason ?? '')}.`,
    ...breakLines(verdict),
  ];
}

export function verify(program: Command, run: Run): void {
  program
    .command('verify')
    .description('check every event and every row against the trail: exit 0 intact, 6 broken')
    .option('--checkpoint <file>', 'check also that the trail goes on from a checkpoint that was kept')
    .action(
      run(async (context, { checkpoint: file }: { checkpoint?: string }) => {
        const { withSpinner } = await import('../../spinner.ts');
        const { readDocument } = await import('../../document-file.ts');
        const checkpoint = file === undefined ? undefined : (readDocument(file) as Checkpoint);
        const doing = 'Verifying the audit trail';
        const verdict = await withSpinner(context, doing, (progress) => {
          const { local } = context.reach;
          if (local) local.services.progress = (events) => progress(`${doing}: ${events} events`);
          return context.request<VerdictView>('audit.verify', { checkpoint });
        });
        await context.out.document(verdict, () => verdictLines(context.out, verdict, checkpoint));
      }),
    );
}
