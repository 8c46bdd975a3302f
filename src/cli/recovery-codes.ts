// Shows new recovery codes, once: on a terminal, or in a new file; never on a pipe, which may end in a log.
import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  lstatSync,
  openSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { TwofaError } from '../errors.ts';
import { safe } from './escape.ts';
import type { Out } from './out.ts';
import { syncFolder } from './private-file.ts';
import type { Context } from './run.ts';

/** Where new recovery codes go; null: nobody would see them. */
export type Showing = { to: 'terminal' } | { to: 'file'; file: string } | null;

export function unwritable(file: string, problem: string, cause?: unknown): TwofaError {
  return new TwofaError('file-unwritable', `The recovery codes cannot go to ${file}: ${problem}.`, {
    hint: 'Name a file that does not exist yet, in a folder that you can write. Nothing was done.',
    details: { file },
    cause,
  });
}

function exists(file: string): boolean {
  try {
    lstatSync(file);
    return true;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw unwritable(file, (error as Error).message, error);
  }
}

/** Looks before anything is done whether a new file can be made. @throws TwofaError `file-unwritable` */
function checkNew(file: string): void {
  if (exists(file)) throw unwritable(file, 'it exists');
  try {
    accessSync(dirname(file), constants.W_OK | constants.X_OK);
  } catch (error) {
    throw unwritable(file, 'its folder is not there or cannot be written', error);
  }
}

export function textOf(kid: string, codes: readonly string[]): string {
  return [
    `# Recovery codes of account ${kid} for twofa. Each lifts the lock of a System Administrator, once:`,
    `#   twofa reactivate USER --recovery-code --reason TEXT -a ${kid}`,
    '# Keep them on paper, in two places, apart from the mailbox and the phone that codes go to.',
    ...codes,
    '',
  ].join('\n');
}

/** Opens the file (0600), which must not be there yet. @throws TwofaError `file-unwritable` */
export function openNew(file: string): number {
  try {
    return openSync(file, 'wx', 0o600);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw unwritable(file, code === 'EEXIST' ? 'it exists' : message, error);
  }
}

/** Makes the file (0600), which must not be there yet, durably. @throws TwofaError `file-unwritable` */
function writeNew(file: string, text: string): void {
  const descriptor = openNew(file);
  try {
    try {
      writeFileSync(descriptor, text);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    syncFolder(dirname(file));
  } catch (error) {
    rmSync(file, { force: true });
    throw unwritable(file, (error as Error).message, error);
  }
}

/** Decides where codes would go, before anything is done. @throws TwofaError `file-unwritable` */
export function showingOf({ around }: Context, file: string | undefined): Showing {
  if (file === undefined) return around.stdout.isTTY === true ? { to: 'terminal' } : null;
  if (file === '') throw unwritable('""', 'it names no file');
  const path = resolve(file);
  checkNew(path);
  return { to: 'file', file: path };
}

/** What the document says of the codes: the codes themselves on a terminal, else the file that they are in. */
export type ShownCodes = readonly string[] | { file: string } | null;

/**
 * Makes a request that makes recovery codes. Those for a file are in it, durably, before they count; when they cannot
 * be written nothing is done, and when nothing is done there is no file. Of a service they come with its answer, so that
 * the file is made beforehand.
 */
export async function requestShowing<R extends { account: string; recoveryCodes: string[] | null }>(
  context: Context,
  showing: Showing,
  ask: () => Promise<R>,
): Promise<Omit<R, 'recoveryCodes'> & { recoveryCodes: ShownCodes }> {
  if (showing?.to !== 'file') return ask();
  const { file } = showing;
  const { local } = context.reach;
  if (!local) {
    const { requestInto } = await import('./recovery-code-answer.ts');
    return requestInto(file, ask);
  }
  const { services } = local;
  let written = false;
  services.keepRecoveryCodes = async (kid, codes) => {
    writeNew(file, textOf(kid, codes));
    written = true;
  };
  try {
    const result = await ask();
    return { ...result, recoveryCodes: written ? { file } : null };
  } catch (error) {
    if (written) rmSync(file, { force: true });
    throw error;
  } finally {
    delete services.keepRecoveryCodes;
  }
}

/** The codes in words for people. */
export function recoveryLines(out: Out, kid: string, shown: ShownCodes): string[] {
  if (shown === null) return [];
  if ('file' in shown)
    return [`${out.paint.green('✓')} The recovery codes are in ${safe(shown.file)} alone.`];
  return [
    out.paint.bold('Recovery codes, shown this once. Write them down, to be kept in two places:'),
    ...shown.map((code) => `  ${code}`),
    `Each lifts the lock of a System Administrator, once: twofa reactivate USER --recovery-code --reason TEXT -a ${kid}`,
  ];
}
