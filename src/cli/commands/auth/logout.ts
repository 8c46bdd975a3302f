// twofa auth logout
import type { Command } from 'commander';
import { TwofaError } from '../../../errors.ts';
import type { Run } from '../../run.ts';

export function logout(program: Command, run: Run): void {
  program
    .command('logout')
    .description('forget the current profile, or the one that -p names; the token itself stays valid')
    .action(
      run(async ({ common, own, out }) => {
        const { readProfiles, removeProfile } = await import('../../profiles.ts');
        const file = own.paths.profilesFile;
        const profile = common.profile ?? readProfiles(file).current;
        if (profile === null) throw new TwofaError('not-signed-in', 'You are not signed in.');
        if (!removeProfile(file, profile)) {
          throw new TwofaError(
            'profile-not-found',
            `There is no profile ${JSON.stringify(profile.slice(0, 60))}.`,
          );
        }
        await out.document({ profile, changed: true }, () => [
          `${out.paint.green('✓')} Forgot the profile ${profile}.`,
        ]);
      }),
    );
}
