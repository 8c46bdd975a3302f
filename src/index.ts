// The library's face: the requests of the command line, in one's own process.
import type { Answer } from './actions/operation.ts';
import { compose } from './cli/compose.ts';
import { Reach } from './cli/reach.ts';

export { errorCodes, exitCodes, TwofaError } from './errors.ts';
export type { Answer };

export interface TwofaOptions {
  /** The variables by which configuration, key and store are found, as for the command line; `process.env` by default. */
  env?: NodeJS.ProcessEnv;
  /** The operator's access token; without it the one that the variables or the current profile give. */
  token?: string;
  /** Connections to PostgreSQL at a time; 8 by default. SQLite has one. */
  connections?: number;
  /** Is told what the command line would say on stderr. */
  notice?(text: string): void;
}

export interface Twofa {
  /**
   * Makes a request: the command's name with dots, its options in camelCase, the account as `account`.
   * @returns exit code and result, as the command line has them.
   * @throws TwofaError for what is refused or fails.
   */
  request(name: string, options?: Record<string, unknown>): Promise<Answer>;
  close(): Promise<void>;
}

/** Connections to PostgreSQL of a process that makes many requests at a time. */
const libraryConnections = 8;

/**
 * Opens the installation that the variables name: the one here, or that of the service of `TWOFA_URL`. Nothing is read
 * before the first request.
 */
export function openTwofa(options: TwofaOptions = {}): Twofa {
  const { env = process.env, token, connections = libraryConnections, notice = () => {} } = options;
  const common = { input: false, color: false };
  const composed = compose({ env }, common, notice, { connections });
  const reach = new Reach(composed, { env, say: notice });
  const credential = token === undefined ? composed.credential : async () => token;
  return {
    request: async (name, given = {}) => (await reach.door()).request({ ...given, do: name }, credential),
    close: () => composed.close(),
  };
}
