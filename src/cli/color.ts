// Decides in one place whether output is coloured.

/** The flag, then NO_COLOR, FORCE_COLOR, CLICOLOR_FORCE and CLICOLOR, then whether it is a terminal. */
export function wantsColor(flag: boolean, env: NodeJS.ProcessEnv, stream: { isTTY?: boolean }): boolean {
  if (!flag || env.NO_COLOR) return false;
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  if (env.CLICOLOR_FORCE !== undefined && env.CLICOLOR_FORCE !== '0') return true;
  if (env.CLICOLOR === '0' || env.TERM === 'dumb') return false;
  return stream.isTTY === true;
}
