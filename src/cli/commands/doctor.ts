// twofa doctor
import type { Command } from 'commander';
import { exitCodes, TwofaError } from '../../errors.ts';
import type { Recipient } from '../doctor-delivery.ts';
import { safe } from '../escape.ts';
import type { Run } from '../run.ts';

/** @throws TwofaError `invalid-input` */
async function recipient(address: string): Promise<Recipient> {
  const { recipientOf } = await import('../doctor-delivery.ts');
  const found = await recipientOf(address);
  if (found) return found;
  throw new TwofaError(
    'invalid-input',
    `--send-test ${JSON.stringify(address.slice(0, 100))} is neither an email address nor a mobile phone with its country code, such as +12015550123.`,
    { details: { field: 'sendTest' } },
  );
}

export function doctor(program: Command, run: Run): void {
  program
    .command('doctor')
    .description('try everything for real: exit 0 all well, 6 something is not')
    .option('--send-test <address>', 'send a test message to this email address or phone')
    .action(
      run(async ({ parts, out, exit }, { sendTest }: { sendTest?: string }) => {
        const { examine } = await import('../doctor.ts');
        const checks = await examine(parts, sendTest === undefined ? undefined : await recipient(sendTest));
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
