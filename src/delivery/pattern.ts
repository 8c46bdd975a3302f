// Matches a configured pattern with what a gateway answered, without ever hanging on it.
import { runInNewContext } from 'node:vm';

/** How much of an answer is looked at, in characters. */
const lookedAtMax = 4096;
const patienceMs = 250;

/**
 * Matches a pattern with the beginning of a text.
 * @returns the match with its groups, null for none; `slow` when the pattern does not come to an end on the text.
 */
export function matchBeginning(
  pattern: RegExp,
  text: string,
): readonly (string | undefined)[] | null | 'slow' {
  try {
    // A pattern such as (a+)+$ takes for ever on some texts; only a script of its own can be stopped.
    const context = { pattern, text: text.slice(0, lookedAtMax) };
    return runInNewContext('pattern.exec(text)', context, { timeout: patienceMs });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return 'slow';
    throw error;
  }
}
