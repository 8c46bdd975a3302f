// twofa config path
import type { Command } from 'commander';
import type { Run } from '../../run.ts';

export function path(program: Command, run: Run): void {
  program
    .command('path')
    .description('where the files are')
    .action(
      run(async ({ own, reach, out }) => {
        const { configFile, profilesFile, outboxFile } = own.paths;
        const service = await reach.service();
        const files = {
          config: configFile,
          profiles: profilesFile,
          key: service ? null : (await own.keySource()).place,
          database: service ? null : await own.databaseUrl(),
          outbox: service ? null : outboxFile,
          service: service && `unix:${service.socket}`,
        };
        await out.document(files, () => out.pairs(Object.entries(files)));
      }),
    );
}
