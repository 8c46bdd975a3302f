// twofa db status
import type { Command } from 'commander';
import type { StoreFacts } from '../../../actions/store-facts.ts';
import { safe } from '../../escape.ts';
import type { Out } from '../../out.ts';
import type { Run } from '../../run.ts';
import { sizeWords } from '../../size.ts';

interface DbStatus extends Omit<StoreFacts, 'trail' | 'restoredAt'> {
  restoredAt: string | null;
  trail: { events: number; newestSeq: number | null; newestAt: string | null };
  maintainedAt: string | null;
  prunedAt: string | null;
  lastCheckpoint: { at: string; seq: number } | null;
}

async function tableLines({ tables, counted }: DbStatus): Promise<string[]> {
  const { lineOf, widthsOf } = await import('../../table.ts');
  const rows = tables.map(({ name, rows, bytes }) => [name, String(rows), sizeWords(bytes)]);
  const titles = ['TABLE', counted === 'exact' ? 'ROWS' : 'ROWS (ESTIMATED)', 'SIZE'];
  const widths = widthsOf([titles, ...rows]);
  return [titles, ...rows].map((row) => lineOf(row, widths));
}

function lines(out: Out, status: DbStatus): string[] {
  const { schema, trail, lastCheckpoint } = status;
  return [
    ...out.pairs([
      ['Store', status.place],
      ['Moved to', status.movedTo],
      ['Engine', `${status.engine} ${status.version}`],
      ['Put back', status.restoredAt && `${status.restoredAt}, and not accepted yet`],
      ['Sends messages', status.staging ? 'never: it is a copy for staging' : 'as configured'],
      ['Migrations', `${schema.applied.length}, the last is ${schema.applied.at(-1)}`],
      ['Of a newer twofa', schema.unknown.join(', ')],
      ['Needs twofa', `${schema.oldestProgram} or newer; this is ${schema.program}`],
      ['Size', sizeWords(status.bytes)],
      ['Write-ahead log', status.walBytes === null ? 'the server keeps it' : sizeWords(status.walBytes)],
      ['Events', trail.events],
      ['Newest event', trail.newestSeq === null ? null : `${trail.newestSeq} of ${trail.newestAt}`],
      ['Keys', status.keys.join(', ')],
      ['Maintained at', status.maintainedAt],
      ['Pruned at', status.prunedAt],
      ['Last checkpoint', lastCheckpoint && `of event ${lastCheckpoint.seq}, made ${lastCheckpoint.at}`],
    ]),
    '',
  ];
}

const more = `
On SQLite rows and sizes are counted, for which the whole file is read; on PostgreSQL
they are what the server reckons. The last checkpoint is that of "twofa maintain".`;

export function status(program: Command, run: Run): void {
  program
    .command('status')
    .description('how the store is: engine, version, tables, trail, when it was last seen to')
    .addHelpText('after', more)
    .action(
      run(async ({ request, out }) => {
        const found = await request<DbStatus>('db.status');
        const tables = await tableLines(found);
        await out.document(found, () => [...lines(out, found), ...tables.map(safe)]);
      }),
    );
}
