// An export of the trail in a file, line by line.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { AuditExport } from '../actions/read-export.ts';
import { TwofaError } from '../errors.ts';

/** @throws TwofaError `file-unreadable`, when its lines are asked for. */
export function exportFile(file: string): AuditExport {
  return {
    name: file,
    async *lines() {
      const input = createReadStream(file, 'utf8');
      try {
        yield* createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
      } catch (error) {
        if (!(error as NodeJS.ErrnoException).syscall) throw error;
        throw new TwofaError(
          'file-unreadable',
          `${JSON.stringify(file)} cannot be read: ${(error as Error).message}.`,
          { details: { field: 'replay' }, cause: error },
        );
      } finally {
        input.destroy();
      }
    },
  };
}
