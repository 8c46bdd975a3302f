// Ends gently what would go on for long: the first signal has it finish what it began, the second one ends it at once.
import { exitCodes } from '../errors.ts';
import type { Context } from './run.ts';

/**
 * Has SIGTERM and Ctrl-C stop something.
 * @param stop is called once, with the exit code that goes with the signal.
 * @returns what undoes it.
 */
export function onSignal(
  { onInterrupt }: Pick<Context, 'onInterrupt'>,
  stop: (exit: number) => void,
): () => void {
  const release = () => {
    process.off('SIGTERM', terminate);
    onInterrupt(null);
  };
  const end = (exit: number) => () => {
    release();
    stop(exit);
  };
  const terminate = end(exitCodes.done);
  process.on('SIGTERM', terminate);
  onInterrupt(end(exitCodes.interrupted));
  return release;
}
