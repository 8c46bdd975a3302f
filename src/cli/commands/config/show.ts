// twofa config show
import type { Command } from 'commander';
import { column } from '../../columns.ts';
import { safe } from '../../escape.ts';
import type { Run } from '../../run.ts';

export function show(program: Command, run: Run): void {
  program
    .command('show')
    .description('the effective configuration, and where each value comes from')
    .action(
      run(async ({ own, reach, common, out }) => {
        const { effective } = await import('../../config.ts');
        const shown = effective(await own.config());
        const values = shown.map((each) =>
          each.key === 'database' && (common.database !== undefined || each.value === null)
            ? { ...each, value: undefined, source: common.database === undefined ? 'default' : 'flag' }
            : each,
        );
        const database = await own.databaseUrl();
        const rows = values.map((each) => ({
          ...each,
          value: each.key === 'database' ? database : (each.value ?? null),
        }));
        type Shown = (typeof rows)[number];
        const service = await reach.service();
        if (service) {
          out.say(
            `Requests go to the service at unix:${safe(service.socket)}, which has a configuration of its own.`,
          );
        }
        await out.list(
          rows,
          [
            column<Shown>('key', 'key', (row) => row.key),
            column<Shown>('value', 'value', (row) => (row.value === null ? null : String(row.value))),
            column<Shown>('from', 'source', (row) => row.source),
            column<Shown>('variable', 'variable', (row) => row.variable),
          ],
          'No setting.',
        );
      }),
    );
}
