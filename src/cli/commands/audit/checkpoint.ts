// twofa audit checkpoint
import type { Command } from 'commander';
import type { Checkpoint } from '../../../rules/checkpoint.ts';
import { safe, safeJson } from '../../escape.ts';
import type { Run } from '../../run.ts';

export function checkpoint(program: Command, run: Run): void {
  program
    .command('checkpoint')
    .description(
      'print how far the trail is, signed; kept elsewhere, it finds what is removed or put back later',
    )
    .option('--file <file>', 'write it to a new file, in place of printing it')
    .action(
      run(async ({ request, out }, { file }: { file?: string }) => {
        const { requireNew, writeWhole } = await import('../../whole-file.ts');
        if (file !== undefined) await requireNew(file);
        const made = await request<Checkpoint>('audit.checkpoint');
        const text = `${safeJson(made, 2)}\n`;
        if (file === undefined)
          return out.format === 'table' ? out.write(text) : out.document(made, () => []);
        await writeWhole(file, (write) => write(text));
        await out.document(made, () => []);
        out.say(
          `The checkpoint of event ${made.seq} is in ${safe(file)}. Keep it where nobody of this machine can write.`,
        );
      }),
    );
}
