// From argv to an exit code: runs one command, and turns whatever goes wrong into words and a number.
import { CommanderError } from 'commander';
import { exitCodes, TwofaError } from '../errors.ts';
import { safe, safeJson } from './escape.ts';
import { programOf } from './program.ts';
import { contextOf, type Run, type Surroundings } from './run.ts';

/** How a failure is told: as text for people, or as the JSON document under `error`. */
interface Telling {
  json: boolean;
  debug: boolean;
}

/** Read from argv itself, since a failure may come before the options are known. */
function tellingOf(argv: readonly string[]): Telling {
  const end = argv.indexOf('--');
  const options = end === -1 ? argv : argv.slice(0, end);
  const after = (name: string) => options[options.indexOf(name) + 1];
  const format = options.includes('-o')
    ? after('-o')
    : options.includes('--output')
      ? after('--output')
      : undefined;
  const inline = options.some((option) => /^(--output=|-o=?)(json|ndjson)$/.test(option));
  return {
    json: options.includes('--json') || format === 'json' || format === 'ndjson' || inline,
    debug: options.includes('--debug'),
  };
}

function usageError(error: CommanderError): TwofaError {
  if (error.code === 'commander.help') {
    return new TwofaError('usage', 'The command is incomplete.', {
      hint: 'Add --help to it for the commands that it has.',
    });
  }
  const message = error.message.replace(/^error: /, '').replace(/\n\(Did you mean (.*)\?\)$/s, '');
  const meant = /\(Did you mean (?:one of )?(.*)\?\)/s.exec(error.message)?.[1];
  const missing =
    error.code === 'commander.missingMandatoryOptionValue' || error.code === 'commander.missingArgument';
  return new TwofaError(
    missing ? 'missing-option' : 'usage',
    `${message.charAt(0).toUpperCase()}${message.slice(1).replace(/\.$/, '')}.`,
    {
      hint: meant ? `Did you mean ${meant}?` : 'Add --help to the command for its options.',
    },
  );
}

function failureOf(error: unknown): TwofaError {
  if (error instanceof TwofaError) return error;
  if (error instanceof CommanderError) return usageError(error);
  if ((error as Error | null)?.name === 'ExitPromptError') {
    return new TwofaError('interrupted', 'Interrupted; nothing was changed.');
  }
  return new TwofaError(
    'unexpected-failure',
    `Something unexpected went wrong: ${(error as Error)?.message ?? error}`,
    {
      hint: 'Run the command again with --debug for the details.',
      cause: error,
    },
  );
}

function tell(error: TwofaError, { json, debug }: Telling, stderr: NodeJS.WritableStream): void {
  if (json) stderr.write(`${safeJson({ error: error.report() })}\n`);
  else {
    stderr.write(`twofa: ${safe(error.message)}\n`);
    if (error.hint) stderr.write(`${safe(error.hint)}\n`);
  }
  if (debug) stderr.write(`${safe(error.stack ?? '').replaceAll('\\u{a}', '\n')}\n`);
  if (debug && error.cause instanceof Error) {
    stderr.write(`Caused by: ${safe(error.cause.stack ?? '').replaceAll('\\u{a}', '\n')}\n`);
  }
}

/** A reader that goes away ends the program quietly. */
function endQuietlyOnClosedPipe(around: Surroundings): void {
  for (const stream of [around.stdout, around.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
}

/**
 * Runs the command of argv (without node and script).
 * @returns the exit code.
 */
export async function main(argv: readonly string[], around: Surroundings): Promise<number> {
  endQuietlyOnClosedPipe(around);
  if (argv.length === 0) return main(['--help'], around);
  if (argv[0] === '__complete') return (await import('./complete.ts')).complete(argv.slice(1), around);
  let exit: number = exitCodes.done;
  // What was saved is whole whenever the program ends, so that without more to put away it ends at once.
  const endAtOnce = (): void => process.exit(exitCodes.interrupted);
  let putAway = endAtOnce;
  const interrupt = () => putAway();
  process.on('SIGINT', interrupt);
  const run: Run =
    (handler) =>
    async (...args) => {
      const command = args.at(-1) as Parameters<typeof contextOf>[1];
      const { context, close } = await contextOf(around, command, {
        exit: (code) => {
          exit = code;
        },
        onInterrupt: (handler) => {
          putAway = handler ?? endAtOnce;
        },
        lastWords: (words) => {
          putAway = () => {
            around.stderr.write(`${words}\n`);
            process.exit(exitCodes.interrupted);
          };
        },
      });
      try {
        await handler(context, ...(args as never));
      } finally {
        await close();
      }
    };
  let help = '';
  const gotHelp = (text: string) => {
    help += text;
  };
  const program = programOf(run, around, gotHelp, argv[0]);
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.done;
    const telling = tellingOf(argv);
    if (help !== '' && !telling.json) {
      around.stderr.write(help);
      return exitCodes.usage;
    }
    const failure = failureOf(error);
    tell(failure, telling, around.stderr);
    return failure.exit;
  } finally {
    process.off('SIGINT', interrupt);
  }
  return exit;
}
