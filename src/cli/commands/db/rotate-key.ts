// twofa db rotate-key
import type { Command } from 'commander';
import { safe } from '../../escape.ts';
import type { Run } from '../../run.ts';

interface Rotated {
  key: string;
  previous: string;
  keptAt: string;
  changed: true;
}

const more = `
The new key seals whatever is written from now on, and the row of the installation
at once. It seals nothing again: older rows, events and codes stay under the key
that sealed them, and work as before. Older keys therefore stay in the ring for
ever, and are never dropped from it. Back the ring up again afterwards.

A rotation is no answer to a key that somebody else has read: what it once sealed
can still be forged with it. Then stop every application, put the key file away,
and run "twofa db rekey --lost-key".

Where keyCommand is configured, the ring is not this program's to write: add a key
there, make it current, and run this for the store to know it.`;

export function rotateKey(program: Command, run: Run): void {
  program
    .command('rotate-key')
    .description('give the installation another key; outstanding codes and the trail stay as they are')
    .addHelpText('after', more)
    .action(
      run(async ({ request, out }) => {
        const rotated = await request<Rotated>('db.rotate-key');
        await out.document(rotated, () => [
          `${out.paint.green('✓')} The key is ${rotated.key} from now on, in place of ${rotated.previous}.`,
          `Back it up, apart from the database: ${safe(rotated.keptAt)}`,
          'Older keys stay in the ring: what they sealed is verified by them. They are never dropped.',
        ]);
      }),
    );
}
