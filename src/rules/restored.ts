// A store that was put back from a backup: what is said of it until its owner accepts it.
import { type Instant, iso } from './time.ts';

/** What an error says: its message, and what goes with it. */
type Said = [message: string, more: { hint: string; details: Record<string, unknown> }];

const whatAcceptingEnds =
  'the owner accepts this one with "twofa db restore --accept", which ends all codes, recovery codes, trusted locations and tokens.';

/** Of a store that was put back and is not accepted yet. */
export function notAccepted(restoredAt: Instant): Said {
  const at = iso(restoredAt);
  return [
    `The store was put back from a backup at ${at}, and is not accepted yet.`,
    {
      hint: `What happened after the backup is not in it; ${whatAcceptingEnds}`,
      details: { restoredAt: at },
    },
  ];
}

/** Of a store that lacks an event which this machine knows. */
export function olderCopy(lost: { seq: number; at: Instant }): Said {
  const at = iso(lost.at);
  return [
    `The store is an older copy: event ${lost.seq} of ${at}, which this machine knows, is not in it.`,
    {
      hint: `Put the newest copy back. If it is lost, ${whatAcceptingEnds}`,
      details: { seq: lost.seq, at },
    },
  ];
}
