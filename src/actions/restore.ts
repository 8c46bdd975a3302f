// Accepts a store that is an older copy of itself: what it may have brought back to life ends, and what is lost is recorded.
import * as v from 'valibot';
import { iso } from '../rules/time.ts';
import { reason } from './fields.ts';
import { done, operation } from './operation.ts';

export interface Accepted {
  /** The events that the store had and has not any more, as far as this machine knew it. */
  lost: { from: number; to: number; until: string } | null;
  codesEnded: number;
  locationsEnded: number;
  recoveryCodesVoided: number;
  tokensRevoked: number;
  changed: boolean;
}

const nothing: Accepted = {
  lost: null,
  codesEnded: 0,
  locationsEnded: 0,
  recoveryCodesVoided: 0,
  tokensRevoked: 0,
  changed: false,
};

export const dbRestore = operation({
  permission: 'store',
  account: 'none',
  input: v.strictObject({ accept: v.literal(true, 'must be true'), reason }),
  async perform(call, input) {
    const known = await call.highWater?.lost();
    if (!known) return done(nothing);
    const result = await call.write<Accepted>(async (tables) => {
      // What was written to this copy since does not count as kept: it is newer than what this machine knew.
      const kept = await tables.newestBefore(known.at);
      const lost = { from: Math.min(kept + 1, known.seq), to: known.seq, until: iso(known.at) };
      const ended = await tables.endEverything(input.reason);
      await tables.recordOnInstallation({
        action: 'store.restored',
        details: { reason: input.reason, lost, newest: known.subject, ...ended },
      });
      return {
        lost,
        codesEnded: ended.codes,
        locationsEnded: ended.locations,
        recoveryCodesVoided: ended.recoveryCodes,
        tokensRevoked: ended.tokens,
        changed: true,
      };
    });
    await call.highWater?.accept();
    return done(result);
  },
});
