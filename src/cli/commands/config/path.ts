// twofa config path
import type { Command } from 'commander';
import type { Run } from '../../run.ts';

export function path(program: Command, run: Run): void {
  program
    .command('path')
    .description('where the files are')
    .action(
      run(async ({ parts, out }) => {
        const { configFile, profilesFile, outboxFile } = parts.paths;
        const files = {
          config: configFile,
          profiles: profilesFile,
          key: (await parts.keySource()).place,
          database: await parts.databaseUrl(),
          outbox: outboxFile,
        };
        await out.document(files, () => out.pairs(Object.entries(files)));
      }),
    );
}
