// twofa schema
import type { Command } from 'commander';
import type { Run } from '../run.ts';

export function schema(program: Command, run: Run): void {
  program
    .command('schema')
    .description('print the JSON Schema of provisioning files, for editors and checks')
    .action(
      run(async ({ out }) => {
        const { provisioningSchema } = await import('../../actions/provisioning-file.ts');
        const found = await provisioningSchema();
        await out.document(found, () => [JSON.stringify(found, null, 2)]);
      }),
    );
}
