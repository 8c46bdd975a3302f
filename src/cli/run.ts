// What every command is given: its options read, a way to make requests, and a place for its results.
import type { Command } from 'commander';
import type { Request } from '../actions/perform.ts';
import { TwofaError } from '../errors.ts';
import type { Composed } from './compose.ts';
import type { Format, Out } from './out.ts';
import type { Reach } from './reach.ts';

/** Streams and surroundings of the process, passed in so that a test can give its own. */
export interface Surroundings {
  env: NodeJS.ProcessEnv;
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
}

/** The options that every command has. */
export interface CommonOptions {
  account?: string;
  json?: boolean;
  output?: Format;
  input: boolean;
  quiet?: boolean;
  color: boolean;
  debug?: boolean;
  profile?: string;
  database?: string;
}

export interface Context {
  around: Surroundings;
  common: CommonOptions;
  out: Out;
  /** What the caller has on their own machine, also where a service has the rest: files and configuration. */
  own: Pick<Composed, 'paths' | 'config' | 'databaseUrl' | 'keySource' | 'credential'>;
  /** The installation that the command is for: the one here, or a service's. */
  reach: Reach;
  /** The parts behind requests, for commands that work on the installation itself. Asking for them refuses a client. */
  readonly parts: Composed;
  /** Whether questions may be asked: stdin and stderr are a terminal, and --no-input was not given. */
  mayAsk: boolean;
  /** Makes a request for the operator. The exit code of its answer becomes the command's. */
  request<R>(name: string, options?: Record<string, unknown>): Promise<R>;
  /** The pages of a list request: as many as there are, or up to a limit. */
  pages<T>(name: string, options: Record<string, unknown>, list: Paging<T>): AsyncIterable<T[]>;
  /** Sets the exit code of a command that ends without an error. */
  exit(code: number): void;
  /**
   * What Ctrl-C does in place of ending the program at once, for commands that have something to put away; null for
   * ending it at once again.
   */
  onInterrupt(handler: (() => void) | null): void;
  /** What is said when Ctrl-C ends the program at once: how things stand then. */
  lastWords(words: string): void;
}

export interface Paging<T> {
  limit: string | undefined;
  after: string | number | undefined;
  keyOf(row: T): string | number;
}

/** Wraps a command's function, so that it gets the context before its arguments and options. */
export type Run = <A extends unknown[]>(
  handler: (context: Context, ...args: A) => Promise<void>,
) => (...args: [...A, ...unknown[]]) => Promise<void>;

/** Entries asked for at a time. */
const pageSize = 1000;

/** A whole number given as an option. @throws TwofaError `invalid-input` naming the option. */
export function wholeNumber(option: string, text: string): number {
  if (/^[0-9]{1,15}$/.test(text)) return Number(text);
  throw new TwofaError(
    'invalid-input',
    `${option} ${JSON.stringify(text.slice(0, 60))} must be a whole number.`,
    {
      details: { field: option },
    },
  );
}

async function* pages<T>(
  request: Context['request'],
  name: string,
  options: Record<string, unknown>,
  list: Paging<T>,
): AsyncGenerator<T[]> {
  let left = list.limit === undefined ? Number.POSITIVE_INFINITY : wholeNumber('limit', list.limit);
  let after = list.after;
  do {
    const page = await request<T[]>(name, {
      ...options,
      limit: Math.min(left, pageSize),
      ...(after === undefined ? {} : { after }),
    });
    yield page;
    left -= page.length;
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize) return;
    after = list.keyOf(last);
  } while (left > 0);
}

/** Commands whose result is a list: what CSV can show. */
const lists = new Set([
  ...['account list', 'practice list', 'user list', 'user export', 'find', 'token list'],
  ...['lockouts', 'reactivate', 'location list', 'audit list', 'notices list', 'config show'],
  'rollcall status',
]);

/** Commands that carry out many requests at a time, with the connections to PostgreSQL that these share. */
const connections: Record<string, number> = { batch: 8 };

function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}`.trim() : '';
}

/** @throws TwofaError for a format that the command's result cannot have, before the command does anything. */
function formatOf(common: CommonOptions, command: Command): Format {
  if (common.output === 'csv' && !lists.has(pathOf(command))) {
    throw new TwofaError('usage', 'CSV is for lists; the result of this command is none.', {
      hint: 'Use --json.',
    });
  }
  if (common.json && common.output !== undefined && common.output !== 'json') {
    throw new TwofaError('usage', `--json and --output ${common.output} contradict each other.`);
  }
  return common.json ? 'json' : (common.output ?? 'table');
}

/** Makes the context of one command. */
export async function contextOf(
  around: Surroundings,
  command: Command,
  controls: Pick<Context, 'exit' | 'onInterrupt' | 'lastWords'>,
): Promise<{ context: Context; close(): Promise<void> }> {
  const common = command.optsWithGlobals() as CommonOptions;
  const { Out, plain } = await import('./out.ts');
  const { wantsColor } = await import('./color.ts');
  const format = formatOf(common, command);
  const colored = format === 'table' && wantsColor(common.color, around.env, around.stdout);
  const paint = colored ? (await import('./paint.ts')).paint : plain;
  const out = new Out({ ...around, format, quiet: common.quiet ?? false, paint });
  const { compose } = await import('./compose.ts');
  const composed = compose(around, common, (text) => out.say(text), {
    connections: connections[pathOf(command)],
  });
  const { Reach } = await import('./reach.ts');
  const { env } = around;
  const reach = new Reach(composed, { env, database: common.database, say: (text) => out.say(text) });
  const account = common.account ?? env.TWOFA_ACCOUNT;

  const request = async <R>(name: string, options: Record<string, unknown> = {}): Promise<R> => {
    const door = await reach.door();
    const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
    const request: Request = { do: name, ...(account === undefined ? {} : { account }), ...given };
    const answer = await door.request(request, composed.credential).catch(async (error) => {
      if ((error as { code?: unknown }).code !== 'second-factor-required' || !context.mayAsk) throw error;
      const { proveSecondFactor } = await import('./second-factor.ts');
      await proveSecondFactor(context, async (name, options) => {
        const own = await door.request({ ...options, do: name }, composed.credential);
        return own.result as never;
      });
      return door.request(request, composed.credential);
    });
    if (answer.exit !== 0) controls.exit(answer.exit);
    return answer.result as R;
  };

  const context: Context = {
    around,
    common,
    out,
    own: composed,
    reach,
    get parts() {
      return reach.parts;
    },
    // Looked at when it matters: Node opens standard input when somebody first looks at it.
    get mayAsk() {
      return common.input && around.stdin.isTTY === true && around.stderr.isTTY === true;
    },
    request,
    pages: (name, options, list) => pages(request, name, options, list),
    ...controls,
  };
  return { context, close: composed.close };
}
