// twofa doctor
import type { Command } from 'commander';
import { exitCodes, TwofaError } from '../../errors.ts';
import type { Check } from '../check.ts';
import type { Recipient } from '../doctor-delivery.ts';
import { safe } from '../escape.ts';
import type { Context, Run } from '../run.ts';

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

/** Everything there is to try: of the installation, or of a client and the service that it asks. */
async function checksOf(context: Context, sendTest: string | undefined): Promise<Check[]> {
  const service = sendTest === undefined ? await context.reach.service() : null;
  if (service) {
    const { examineClient } = await import('../client-health.ts');
    return examineClient(context.own, service);
  }
  const { parts } = context;
  const { examine } = await import('../doctor.ts');
  return examine(parts, sendTest === undefined ? undefined : await recipient(sendTest));
}

export function doctor(program: Command, run: Run): void {
  program
    .command('doctor')
    .description('try everything for real: exit 0 all well, 6 something is not')
    .option('--send-test <address>', 'send a test message to this email address or phone')
    .action(
      run(async (context, { sendTest }: { sendTest?: string }) => {
        const { out, exit } = context;
        const checks = await checksOf(context, sendTest);
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
