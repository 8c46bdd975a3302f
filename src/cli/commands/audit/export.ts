// twofa audit export
import type { Command } from 'commander';
import type { ExportedEvent } from '../../../actions/store.ts';
import { count } from '../../describe.ts';
import { safe, safeJson } from '../../escape.ts';
import type { Run } from '../../run.ts';

const lines = (events: readonly ExportedEvent[]) => events.map((event) => `${safeJson(event)}\n`).join('');

export function exportTrail(program: Command, run: Run): void {
  program
    .command('export')
    .description('print all events with their links, one JSON document a line, to be verified elsewhere')
    .option('--file <file>', 'write them to a new file, in place of printing them')
    .option('--after <seq>', 'only those after this one')
    .action(
      run(async ({ pages, out }, { file, after }: { file?: string; after?: string }) => {
        const { wholeNumber } = await import('../../run.ts');
        const from = after === undefined ? undefined : wholeNumber('after', after);
        const keyOf = (event: ExportedEvent) => event.seq;
        const all = pages<ExportedEvent>('audit.export', {}, { limit: undefined, after: from, keyOf });
        if (file === undefined) {
          if (out.format === 'json') return out.list(all, [], '');
          for await (const page of out.whileRead(all)) await out.write(lines(page));
          return;
        }
        const { writeWhole } = await import('../../whole-file.ts');
        let events = 0;
        await writeWhole(file, async (write) => {
          for await (const page of all) {
            events += page.length;
            await write(lines(page));
          }
        });
        out.say(`${count(events, 'event')} are in ${safe(file)}.`);
      }),
    );
}
