// A spinner on stderr while a person waits, on a terminal only.
import type { Context } from './run.ts';

/** How work tells what it is doing. */
export type Progress = (text: string) => void;

/** Runs work under a spinner; without a terminal, or with --quiet, nothing is shown. */
export async function withSpinner<T>(
  { around, common }: Pick<Context, 'around' | 'common'>,
  text: string,
  work: (progress: Progress) => Promise<T>,
): Promise<T> {
  if (common.quiet || around.stderr.isTTY !== true) return work(() => {});
  const { default: ora } = await import('ora');
  const spinner = ora({
    text,
    stream: around.stderr,
    discardStdin: false,
    color: common.color ? 'cyan' : false,
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
