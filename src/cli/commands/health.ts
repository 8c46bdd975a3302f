// twofa health
import type { Command } from 'commander';
import { exitCodes } from '../../errors.ts';
import { safe } from '../escape.ts';
import type { Health } from '../health.ts';
import type { Context, Run } from '../run.ts';

const more = `
For a load balancer or a watchdog: it asks for no token, writes nothing, sends nothing
and waits for nobody. An older copy of the store is not healthy, since it refuses
sign-ins. "twofa doctor" tries everything else.`;

async function lookAt(context: Context): Promise<Health> {
  const service = await context.reach.service();
  if (service) return (await import('../client-health.ts')).healthBehind(service);
  return (await import('../health.ts')).healthOf(context.parts);
}

export function health(program: Command, run: Run): void {
  program
    .command('health')
    .description('whether store and key can be used: exit 0 they can, 11 they cannot')
    .addHelpText('after', more)
    .action(
      run(async (context) => {
        const { out, exit } = context;
        const found = await lookAt(context);
        if (!found.ok) exit(exitCodes.storeUnavailable);
        const { problem } = found;
        await out.document(found, () => [
          problem === null
            ? `${out.paint.green('✓')} ${safe(found.store)} answers${found.key === null ? '' : `, with the key ${safe(found.key)}`}, after ${found.latencyMs} ms.`
            : `${out.paint.red('✗')} ${safe(problem.message)}`,
          ...(problem?.hint ? [`    ${out.paint.dim(`→ ${safe(problem.hint)}`)}`] : []),
        ]);
      }),
    );
}
