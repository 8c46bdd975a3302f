// twofa metrics
import type { Command } from 'commander';
import type { Metric } from '../../rules/metrics.ts';
import type { Run } from '../run.ts';

const more = `
Prometheus reads the text (exposition format 0.0.4); --json has the same numbers. They
are of the whole installation: no label holds an account, a user or an address.

It reads, and changes nothing. Events are counted on from where "twofa maintain" last
counted: run that by cron, and a store of many years answers as fast as a new one.
"twofa help operations" has a unit that feeds a node exporter, and rules for alerts.`;

export function metrics(program: Command, run: Run): void {
  program
    .command('metrics')
    .description('print what is measured, for Prometheus')
    .addHelpText('after', more)
    .action(
      run(async ({ request, out }) => {
        const found = await request<{ metrics: Metric[] }>('metrics');
        if (out.format !== 'table') return out.document(found, () => []);
        const { expositionOf } = await import('../../rules/metrics.ts');
        return out.write(expositionOf(found.metrics));
      }),
    );
}
