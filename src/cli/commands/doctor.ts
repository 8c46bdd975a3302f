// twofa doctor
import type { Command } from 'commander';
import { exitCodes } from '../../errors.ts';
import { safe } from '../escape.ts';
import type { Run } from '../run.ts';

export function doctor(program: Command, run: Run): void {
  program
    .command('doctor')
    .description('try everything for real: exit 0 all well, 6 something is not')
    .action(
      run(async ({ parts, out, exit }) => {
        const { examine } = await import('../doctor.ts');
        const checks = await examine(parts);
        const ok = checks.every((check) => check.ok);
        if (!ok) exit(exitCodes.refused);
        await out.document({ ok, checks }, () =>
          checks.flatMap((check) => [
            `${check.ok ? out.paint.green('✓') : out.paint.red('✗')} ${check.id.padEnd(10)} ${safe(check.message)}`,
            ...(check.hint === null ? [] : [`    ${out.paint.dim(`→ ${safe(check.hint)}`)}`]),
          ]),
        );
      }),
    );
}
