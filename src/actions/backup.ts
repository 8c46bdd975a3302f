// Copies the whole store into a file, beside whatever goes on; that it was done is an event.
import * as v from 'valibot';
import { TwofaError } from '../errors.ts';
import { iso } from '../rules/time.ts';
import { done, operation } from './operation.ts';

/** What was made; all of it null where the database has to make its own backup. */
export interface BackupMade {
  file: string | null;
  bytes: number | null;
  sha256: string | null;
  /** The newest event that is in it. */
  newest: { seq: number; at: string } | null;
  changed: boolean;
}

const nothing: BackupMade = { file: null, bytes: null, sha256: null, newest: null, changed: false };

export const dbBackup = operation({
  permission: 'store',
  account: 'none',
  input: v.strictObject({}),
  async perform(call) {
    const { copyTo } = await call.store();
    if (copyTo === null) return done(nothing);
    if (!call.backup) {
      throw new TwofaError('usage', 'A backup goes into a file on the host of the store.', {
        hint: 'Run there: twofa db backup FILE',
      });
    }
    const { newest, ...kept } = await call.backup.keep(copyTo);
    await call.write((tables) =>
      tables.recordOnInstallation({
        action: 'store.backed-up',
        details: { ...kept, newest: newest?.seq ?? null },
      }),
    );
    const reaches = newest && { seq: newest.seq, at: iso(newest.at) };
    return done<BackupMade>({ ...kept, newest: reaches, changed: true });
  },
});
