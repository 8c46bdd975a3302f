// twofa version
import type { Command } from 'commander';
import type { Run } from '../run.ts';

export function version(program: Command, run: Run): void {
  program
    .command('version')
    .description('print the version')
    .action(
      run(async ({ out }) => {
        const version = program.version() ?? '';
        await out.document({ version, node: process.version }, () => [version]);
      }),
    );
}
