// twofa auth login
import type { Command } from 'commander';
import type { Run } from '../../run.ts';

export function login(program: Command, run: Run): void {
  program
    .command('login')
    .description('store the access token on standard input as a profile, and use it')
    .action(
      run(async (context) => {
        const { authenticateAs } = await import('../../operator.ts');
        const { checkProfileName, saveProfile } = await import('../../profiles.ts');
        const { readSecret } = await import('../../prompt.ts');
        const { common, out, own, reach } = context;
        if (common.profile !== undefined) checkProfileName(common.profile);
        const token = await readSecret(context, 'token');
        const operator = await authenticateAs(await reach.door(), token);
        const profile = common.profile ?? [operator.role, operator.account].filter(Boolean).join('-');
        saveProfile(own.paths.profilesFile, profile, token, true);
        await out.document({ profile, ...operator, changed: true }, () => [
          `${out.paint.green('✓')} Stored the token of ${operator.user ?? operator.role} as the profile ${profile}, now the current one.`,
        ]);
      }),
    );
}
