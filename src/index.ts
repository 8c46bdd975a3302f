// The library's face: the requests of the command line, in one's own process.
import type { Answer } from './actions/answer.ts';
import { compose } from './cli/compose.ts';
import { Reach } from './cli/reach.ts';
import type { RequestName, RequestOptions, RequestResult } from './requests.ts';

export type { ErrorCode, ErrorReport } from './errors.ts';
export { errorCodes, exitCodes, TwofaError } from './errors.ts';
export type { RequestName, RequestOptions, RequestResult, Requests } from './requests.ts';
export type { Answer };

export interface TwofaOptions {
  /** The variables by which configuration, key and store are found, as for the command line; `process.env` by default. */
  env?: Record<string, string | undefined>;
  /** The operator's access token; without it the one that the variables or the current profile give. */
  token?: string;
  /** Connections to PostgreSQL at a time; 8 by default. SQLite has one. */
  connections?: number;
  /** Is told what the command line would say on stderr. */
  notice?(text: string): void;
}

/** The options of a request as its last argument, which can be left out where none is needed. */
type Given<N extends RequestName> =
  Record<never, never> extends RequestOptions<N>
    ? [options?: RequestOptions<N>]
    : [options: RequestOptions<N>];

/** One installation, opened. */
export interface Twofa extends AsyncDisposable {
  /**
   * Makes a request: the command's name with dots, its options in camelCase, the account as `account`.
   * @returns exit code and result, as the command line has them. A code that is rejected is an answer (exit 8), not an error.
   * @throws TwofaError for what is refused or fails, with its `code`, `hint` and `exit`.
   */
  request<N extends RequestName>(name: N, ...given: Given<N>): Promise<Answer<RequestResult<N>>>;
  /** The same by a name that is known only when the program runs; what is no request is refused as `invalid-input`. */
  request<S extends string>(
    name: S extends RequestName ? never : S,
    options?: Record<string, unknown>,
  ): Promise<Answer>;
  /** Waits for what goes on in the background, such as notices by email, and closes the store. */
  close(): Promise<void>;
}

/** Connections to PostgreSQL of a process that makes many requests at a time. */
const libraryConnections = 8;

/**
 * Opens the installation that the variables name: the one here, whose key and store the process then needs, or that of
 * the service of `TWOFA_URL`. Nothing is read before the first request.
 */
export function openTwofa(options: TwofaOptions = {}): Twofa {
  const { env = process.env, token, connections = libraryConnections, notice = () => {} } = options;
  const common = { input: false, color: false };
  const composed = compose({ env }, common, notice, { connections });
  const credential = token === undefined ? composed.credential : async () => token;
  const reach = new Reach(composed, { env, say: notice });
  const request = async (name: string, given: Record<string, unknown> = {}) =>
    (await reach.door()).request({ ...given, do: name }, credential);
  const close = () => composed.close();
  return { request: request as Twofa['request'], close, [Symbol.asyncDispose]: close };
}
