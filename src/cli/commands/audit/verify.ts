// twofa audit verify
import type { Command } from 'commander';
import type { TrailVerdict } from '../../../actions/store.ts';
import { safe } from '../../escape.ts';
import type { Out } from '../../out.ts';
import type { Run } from '../../run.ts';

function verdictLines(out: Out, { events, intact, firstBroken }: TrailVerdict): string[] {
  if (intact) return [out.paint.green(`✓ The audit trail is intact: ${events} events.`)];
  const where = firstBroken?.seq == null ? '' : `, event ${firstBroken.seq}`;
  return [
    out.paint.red('✗ The audit trail is broken.'),
    `First at ${safe(firstBroken?.subject ?? '')}${where}: ${safe(firstBroken?.reason ?? '')}.`,
  ];
}

export function verify(program: Command, run: Run): void {
  program
    .command('verify')
    .description('check every event and every row against the trail: exit 0 intact, 6 broken')
    .action(
      run(async (context) => {
        const { withSpinner } = await import('../../spinner.ts');
        const verdict = await withSpinner(context, 'Verifying the audit trail', () =>
          context.request<TrailVerdict>('audit.verify'),
        );
        await context.out.document(verdict, () => verdictLines(context.out, verdict));
      }),
    );
}
