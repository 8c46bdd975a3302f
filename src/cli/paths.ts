// Where twofa keeps its files: the XDG folders, or all of it under TWOFA_HOME.
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

export interface Paths {
  /** The folder of the configuration, the profiles and the key. */
  config: string;
  /** The folder of the database and the sandbox's outbox. */
  data: string;
  configFile: string;
  profilesFile: string;
  keyFile: string;
  databaseFile: string;
  outboxFile: string;
}

/** Relative values of XDG variables are to be ignored (XDG Base Directory Specification). */
function xdgFolder(value: string | undefined, fallback: string): string {
  return value && isAbsolute(value) ? join(value, 'twofa') : join(homedir(), fallback, 'twofa');
}

export function pathsOf(env: NodeJS.ProcessEnv): Paths {
  const home = env.TWOFA_HOME ? resolve(env.TWOFA_HOME) : null;
  const config = home ?? xdgFolder(env.XDG_CONFIG_HOME, '.config');
  const data = home ?? xdgFolder(env.XDG_DATA_HOME, join('.local', 'share'));
  return {
    config,
    data,
    configFile: join(config, 'config.yaml'),
    profilesFile: join(config, 'profiles.json'),
    keyFile: join(config, 'key.json'),
    databaseFile: join(data, 'twofa.sqlite'),
    outboxFile: join(data, 'outbox.ndjson'),
  };
}
