// Shows a new token, once; or stores it as a profile without showing it.
import type { TokenView } from '../actions/views.ts';
import { TwofaError } from '../errors.ts';
import { saveProfile } from './profiles.ts';
import type { Context } from './run.ts';

type NewToken = TokenView & { token: string };

/** @throws TwofaError `file-unwritable`, which says that the token is there and its text is lost */
function store({ own }: Context, { id, token }: NewToken, profile: string): void {
  try {
    saveProfile(own.paths.profilesFile, profile, token, false);
  } catch (error) {
    throw new TwofaError(
      'file-unwritable',
      `${id} was made, but could not be stored as a profile, and its text is lost: ${(error as Error).message}`,
      {
        hint: `Revoke it with "twofa token revoke ${id}", and make another.`,
        details: { id, changed: true },
        cause: error,
      },
    );
  }
}

/** The JSON document always has the token; people see it unless it went into a profile. */
export async function tellToken(
  context: Context,
  token: NewToken,
  profile: string | undefined,
): Promise<void> {
  const { out } = context;
  if (profile !== undefined) store(context, token, profile);
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
