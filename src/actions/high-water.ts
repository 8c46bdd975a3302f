// The newest event known to this machine, kept beside the key: by it an older copy of the store is recognised.
import { TwofaError } from '../errors.ts';
import { iso } from '../rules/time.ts';
import type { Operation } from './operation.ts';
import type { KnownEvent, Standing } from './store.ts';

export interface HighWater {
  /** The event that this machine knows and the store has not; null when the store is at least as new as it was. */
  lost(): Promise<KnownEvent | null>;
  /** Notes the newest event of a store that this machine's key is of, unless a newer one is noted. */
  note(standing: Standing): Promise<void>;
  /** Takes the store as it is for the newest, after its owner accepted that. */
  accept(): Promise<void>;
}

/** What is served whatever copy the store is: what only reads, and what accepts it. */
const served = new Set(['auth.status', 'token.list', 'metrics', 'db.status', 'db.restore', 'db.copy']);

/** Refuses a store that is an older copy of itself. @throws TwofaError `store-restored` */
export async function refuseOlder({ highWater }: { highWater?: HighWater }): Promise<void> {
  const lost = await highWater?.lost();
  if (!lost) return;
  throw new TwofaError(
    'store-restored',
    `The store is an older copy: event ${lost.seq} of ${iso(lost.at)}, which this machine knows, is not in it.`,
    {
      hint: 'Put the newest copy back. If it is lost, the owner accepts this one with "twofa db restore --accept", which ends all codes, recovery codes, trusted locations and tokens.',
      details: { seq: lost.seq, at: iso(lost.at) },
    },
  );
}

/**
 * Refuses a call that an older copy of the store is not to serve.
 * @throws TwofaError `store-restored`
 */
export async function requireNewest(
  services: { highWater?: HighWater },
  { permission }: Pick<Operation<unknown>, 'permission'>,
  name: string,
): Promise<void> {
  if (permission === 'see' || permission === 'audit' || served.has(name)) return;
  await refuseOlder(services);
}
