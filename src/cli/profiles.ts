// The caller's own profiles: named access tokens, one of them current.
import { TwofaError } from '../errors.ts';
import { readIfThere, refuseReadable, refuseWritable, writePrivate } from './private-file.ts';

export interface Profiles {
  current: string | null;
  profiles: Record<string, { token: string }>;
}

export function readProfiles(file: string): Profiles {
  const text = readIfThere(file);
  if (text === null) return { current: null, profiles: {} };
  refuseReadable(file);
  try {
    const { current, profiles } = JSON.parse(text) as Profiles;
    return { current: current ?? null, profiles: profiles ?? {} };
  } catch (error) {
    throw new TwofaError('token-invalid', `${file} is damaged.`, {
      hint: 'Remove the file and store your token again with "twofa auth login".',
      cause: error,
    });
  }
}

/** @throws TwofaError `file-unwritable` */
function write(file: string, profiles: Profiles): void {
  try {
    writePrivate(file, `${JSON.stringify(profiles, null, 2)}\n`);
  } catch (error) {
    throw new TwofaError('file-unwritable', `${file} cannot be written: ${(error as Error).message}.`, {
      hint: 'Make room on its disk, and see that you may write in its folder.',
      details: { file },
      cause: error,
    });
  }
}

/** What a profile may be called: it is a key of a file and part of what people type. */
export function checkProfileName(name: string): void {
  if (/^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/.test(name) && name !== '__proto__') return;
  throw new TwofaError(
    'invalid-input',
    `profile ${JSON.stringify(name.slice(0, 60))} is no name for a profile.`,
    {
      hint: 'Use 1 to 64 letters, digits, ".", "_", "@" and "-".',
      details: { field: 'profile' },
    },
  );
}

/** Stores a token as a profile; `use` makes it the current one, as the first always is. */
export function saveProfile(file: string, name: string, token: string, use: boolean): void {
  const { current, profiles } = readProfiles(file);
  write(file, {
    current: use || current === null ? name : current,
    profiles: { ...profiles, [name]: { token } },
  });
}

/** Removes a profile. @returns whether there was one. */
export function removeProfile(file: string, name: string): boolean {
  const { current, profiles } = readProfiles(file);
  if (!Object.hasOwn(profiles, name)) return false;
  const { [name]: _, ...rest } = profiles;
  write(file, { current: current === name ? null : current, profiles: rest });
  return true;
}

function tokenFile(file: string): string {
  let text: string | null;
  try {
    text = readIfThere(file);
  } catch (error) {
    throw new TwofaError('token-invalid', `TWOFA_TOKEN_FILE: ${(error as Error).message}`, { cause: error });
  }
  if (text === null)
    throw new TwofaError('token-invalid', `TWOFA_TOKEN_FILE names ${file}, which does not exist.`);
  refuseWritable(file);
  return text.trim();
}

/**
 * The token of a call: the profile named, then TWOFA_TOKEN, TWOFA_TOKEN_FILE, the current profile.
 * A source that is set but bad is an error; it never falls through to the next.
 * @throws TwofaError with exit code 4.
 */
export function findToken(file: string, named: string | undefined, env: NodeJS.ProcessEnv): string {
  if (named !== undefined) {
    const profile = readProfiles(file).profiles;
    if (Object.hasOwn(profile, named)) return profile[named]?.token ?? '';
    throw new TwofaError('profile-not-found', `There is no profile ${JSON.stringify(named.slice(0, 60))}.`, {
      hint: 'Store a token in it with "twofa auth login -p PROFILE".',
    });
  }
  if (env.TWOFA_TOKEN !== undefined) return env.TWOFA_TOKEN.trim();
  if (env.TWOFA_TOKEN_FILE !== undefined) return tokenFile(env.TWOFA_TOKEN_FILE);
  const { current, profiles } = readProfiles(file);
  const token = current === null ? undefined : profiles[current]?.token;
  if (token !== undefined) return token;
  throw new TwofaError('not-signed-in', 'You are not signed in.', {
    hint: 'Store an access token with "twofa auth login", or set TWOFA_TOKEN; the first one comes from "twofa init".',
  });
}
