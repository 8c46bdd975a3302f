// Keeps checkpoints of the trail in a folder, a file for each day.
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checkpoints } from '../actions/operation.ts';
import { TwofaError } from '../errors.ts';
import { safeJson } from './escape.ts';
import { makePrivateFolder } from './private-file.ts';
import { writeWhole } from './whole-file.ts';

/** @throws TwofaError `file-unwritable` */
export function makeCheckpointFolder(folder: string): void {
  try {
    makePrivateFolder(folder);
  } catch (error) {
    throw new TwofaError(
      'file-unwritable',
      `There can be no folder ${JSON.stringify(folder)} for checkpoints: ${(error as Error).message}.`,
      { hint: 'Name one that you can write with --checkpoint-folder.', cause: error },
    );
  }
}

/** @param folder is made when the first checkpoint is kept; its files can be read by their owner alone. */
export function checkpointFolder(folder: string): Checkpoints {
  const fileOf = (day: string) => join(folder, `${day}.json`);
  const has = (day: string) =>
    lstat(fileOf(day)).then(
      () => true,
      () => false,
    );
  return {
    has,
    async keep(day, checkpoint) {
      makeCheckpointFolder(folder);
      try {
        await writeWhole(fileOf(day), (write) => write(`${safeJson(checkpoint, 2)}\n`));
      } catch (error) {
        if (await has(day)) return null;
        throw error;
      }
      return fileOf(day);
    },
  };
}
