// A spinner on stderr while a person waits, on a terminal only.
import { wantsColor } from './color.ts';
import type { Context } from './run.ts';

/** How work tells what it is doing. */
export type Progress = (text: string) => void;

/** Runs work under a spinner; without a terminal, on one of no width, or with --quiet, nothing is shown. */
export async function withSpinner<T>(
  { around, common }: Pick<Context, 'around' | 'common'>,
  text: string,
  work: (progress: Progress) => Promise<T>,
): Promise<T> {
  // On a terminal that does not know its width, ora would count the lines to clear for ever.
  if (common.quiet || around.stderr.isTTY !== true || !around.stderr.columns) return work(() => {});
  const { default: ora } = await import('ora');
  const spinner = ora({
    text,
    stream: around.stderr,
    discardStdin: false,
    color: wantsColor(common.color, around.env, around.stderr) ? 'cyan' : false,
  });
  spinner.start();
  try {
    return await work((progress) => {
      spinner.text = progress;
    });
  } finally {
    spinner.stop();
  }
}
