// twofa auth login
import type { Command } from 'commander';
import { authenticateAs, type OperatorView } from '../../operator.ts';
import { checkProfileName, saveProfile } from '../../profiles.ts';
import { readSecret } from '../../prompt.ts';
import type { Run } from '../../run.ts';

export function login(program: Command, run: Run): void {
  program
    .command('login')
    .description('store the access token on standard input as a profile, and use it')
    .action(
      run(async (context) => {
        const { common, out, parts } = context;
        if (common.profile !== undefined) checkProfileName(common.profile);
        const token = await readSecret(context, 'token');
        const operator: OperatorView = await authenticateAs(parts, token);
        const profile = common.profile ?? [operator.role, operator.account].filter(Boolean).join('-');
        saveProfile(parts.paths.profilesFile, profile, token, true);
        await out.document({ profile, ...operator, changed: true }, () => [
          `${out.paint.green('✓')} Stored the token of ${operator.user ?? operator.role} as the profile ${profile}, now the current one.`,
        ]);
      }),
    );
}
