// A check of "twofa doctor": carried out whatever became of the others, with what is wrong and what to do about it.
import { TwofaError } from '../errors.ts';

export interface Check {
  id: string;
  ok: boolean;
  message: string;
  hint: string | null;
}

/** Something to be done, though nothing has failed. */
export interface Advice {
  message: string;
  hint: string;
}

/** Carries out a check; what it throws, or advises, is what is wrong. */
export async function check(id: string, work: () => Promise<string | Advice>): Promise<Check> {
  try {
    const found = await work();
    if (typeof found !== 'string') return { id, ok: false, ...found };
    return { id, ok: true, message: found, hint: null };
  } catch (error) {
    const hint = error instanceof TwofaError ? error.hint : null;
    return { id, ok: false, message: (error as Error).message, hint };
  }
}
