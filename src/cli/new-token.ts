// Shows a new token, once; or stores it as a profile without showing it.
import type { TokenView } from '../actions/views.ts';
import { saveProfile } from './profiles.ts';
import type { Context } from './run.ts';

type NewToken = TokenView & { token: string };

/** The JSON document always has the token; people see it unless it went into a profile. */
export async function tellToken(
  context: Context,
  token: NewToken,
  profile: string | undefined,
): Promise<void> {
  const { out, own } = context;
  if (profile !== undefined) saveProfile(own.paths.profilesFile, profile, token.token, false);
  await out.document(token, () => [
    ...out.pairs([
      ['Id', token.id],
      ['Role', token.role],
      ['Account', token.account],
      ['User', token.user],
      ['Application', token.app],
      ['Expires', token.expiresAt],
    ]),
    ...(profile === undefined
      ? [
          `${out.paint.dim('Token                ')}${token.token}`,
          'It is shown this once; store it with "twofa auth login".',
        ]
      : [`${out.paint.green('✓')} Stored as the profile ${profile}: use it with -p ${profile}.`]),
  ]);
}
