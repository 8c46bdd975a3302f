// Answers a shell that asks what may come next on a command line. Nothing is told on stderr, and it always ends well.

import type { Completion, Names, Word } from './completion.ts';
import { pathsOf } from './paths.ts';
import type { Surroundings } from './run.ts';

/** Names that are looked for in the store when the variable asks for it. */
const storeNames = 'TWOFA_COMPLETE_NAMES';

/** The account of a command line, so far as it is typed. */
function accountOf(typed: readonly string[], env: NodeJS.ProcessEnv): string | undefined {
  return optionIn(typed, '-a', '--account') ?? env.TWOFA_ACCOUNT;
}

function optionIn(typed: readonly string[], short: string, long: string): string | undefined {
  const at = typed.findIndex((word) => word === short || word === long);
  if (at !== -1 && at + 1 < typed.length - 1) return typed[typed[at + 1] === '=' ? at + 2 : at + 1];
  return typed.find((word) => word.startsWith(`${long}=`))?.slice(long.length + 1);
}

async function profileNames(around: Surroundings): Promise<string[]> {
  const { readProfiles } = await import('./profiles.ts');
  return Object.keys(readProfiles(pathsOf(around.env).profilesFile).profiles).sort();
}

/** Names from a store on this machine, of which SQLite reads an index's beginning; from no server, which may be slow. */
async function namesInStore(
  kind: 'accounts' | 'users',
  typed: readonly string[],
  around: Surroundings,
): Promise<string[]> {
  const { env } = around;
  if (env[storeNames] !== '1' || env.TWOFA_URL !== undefined) return [];
  const { compose } = await import('./compose.ts');
  const profile = optionIn(typed, '-p', '--profile');
  const common = { input: false, color: false, ...(profile === undefined ? {} : { profile }) };
  const composed = compose({ env }, common, () => {});
  try {
    if (!(await composed.databaseUrl()).startsWith('sqlite:')) return [];
    const { namesFor } = await import('../actions/names.ts');
    const account = accountOf(typed, env);
    const asked = { kind, begun: typed.at(-1) ?? '', ...(account === undefined ? {} : { account }) };
    return await namesFor(composed.services, composed.credential, asked);
  } finally {
    await composed.close();
  }
}

async function namesOf(
  kind: Names | null,
  typed: readonly string[],
  around: Surroundings,
): Promise<string[]> {
  try {
    if (kind === 'profiles') return await profileNames(around);
    if (kind === 'accounts' || kind === 'users') return await namesInStore(kind, typed, around);
  } catch {
    // Whatever keeps names from being found, a completion is no place to say so.
  }
  return [];
}

/** A line for a shell: no word with control characters, which would break it. */
function line({ word, says }: Word): string {
  return /\p{Cc}/u.test(word) ? '' : `${word}\t${says}\n`;
}

/** Prints what may come next after the words typed, the last of which is begun. @returns the exit code. */
export async function complete(typed: readonly string[], around: Surroundings): Promise<number> {
  const { programOf } = await import('./program.ts');
  const { completionOf } = await import('./completion.ts');
  const program = programOf(() => async () => {}, around);
  const found: Completion = completionOf(program, typed);
  const begun = typed.at(-1) ?? '';
  const names = await namesOf(found.names, typed, around);
  const words = [
    ...found.words,
    ...names.filter((name) => name.startsWith(begun)).map((word) => ({ word, says: '' })),
  ];
  const files = found.names === 'files' || found.names === 'folders' ? found.names : '';
  around.stdout.write(`${words.map(line).join('')}:${files}\n`);
  return 0;
}
