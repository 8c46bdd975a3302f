// twofa tour
import type { Command } from 'commander';
import type { Run } from '../run.ts';

export function tour(program: Command, run: Run): void {
  program
    .command('tour')
    .description('walk through the whole lifecycle on a sample roster, in a new temporary home')
    .action(
      run(async (context) => {
        const { takeTour } = await import('../tour.ts');
        context.exit(await takeTour(context));
      }),
    );
}
