// Recovery codes that come with a service's answer: their file is made before the request, and filled after it.
import { closeSync, fsyncSync, ftruncateSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { TwofaError } from '../errors.ts';
import { syncFolder, writeAll } from './private-file.ts';
import { openNew, type ShownCodes, textOf, unwritable } from './recovery-codes.ts';

interface WithCodes {
  account: string;
  recoveryCodes: string[] | null;
}

/** What is in the file for as long as there is no answer, and for ever if this process ends before it. */
const noAnswerYet = [
  '# The service had not answered when this was written: there are no recovery codes in this file.',
  '# If it carried the request out, its codes are lost: make others with "twofa recovery renew".',
  '',
].join('\n');

/** Makes the file (0600), which must not be there yet, with room for the codes. @throws TwofaError `file-unwritable` */
function reserve(file: string): number {
  const descriptor = openNew(file);
  try {
    writeAll(descriptor, noAnswerYet);
    fsyncSync(descriptor);
    syncFolder(dirname(file));
    return descriptor;
  } catch (error) {
    closeSync(descriptor);
    rmSync(file, { force: true });
    throw unwritable(file, (error as Error).message, error);
  }
}

/** @throws TwofaError `file-unwritable`, which says that the codes are lost */
function fill(descriptor: number, file: string, account: string, codes: readonly string[]): void {
  try {
    ftruncateSync(descriptor, 0);
    writeAll(descriptor, textOf(account, codes));
    fsyncSync(descriptor);
  } catch (error) {
    throw new TwofaError(
      'file-unwritable',
      `It was done, but the recovery codes could not be written to ${file} and are lost: ${(error as Error).message}.`,
      {
        hint: `Make others: twofa recovery renew --recovery-codes-file FILE -a ${account}`,
        details: { file, changed: true },
        cause: error,
      },
    );
  }
}

/** An answer that was lost may have taken codes with it. */
function withCodesLost(error: unknown): unknown {
  if (!(error instanceof TwofaError) || error.code !== 'answer-lost') return error;
  return new TwofaError(error.code, error.message, {
    hint: 'Look with "twofa status". If it was done, its recovery codes are lost: make others with "twofa recovery renew".',
    ...(error.details === null ? {} : { details: error.details }),
    cause: error,
  });
}

/**
 * Makes a request of a service, and keeps the recovery codes of its answer in a new file. Nothing is asked when the file
 * cannot be made, and there is none where no codes were made.
 * @throws TwofaError
 */
export async function requestInto<R extends WithCodes>(
  file: string,
  ask: () => Promise<R>,
): Promise<Omit<R, 'recoveryCodes'> & { recoveryCodes: ShownCodes }> {
  const descriptor = reserve(file);
  try {
    const result = await ask();
    if (result.recoveryCodes === null) {
      rmSync(file, { force: true });
      return { ...result, recoveryCodes: null };
    }
    fill(descriptor, file, result.account, result.recoveryCodes);
    return { ...result, recoveryCodes: { file } };
  } catch (error) {
    rmSync(file, { force: true });
    throw withCodesLost(error);
  } finally {
    closeSync(descriptor);
  }
}
