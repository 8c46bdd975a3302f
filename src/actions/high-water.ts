// The newest event known to this machine, kept beside the key: by it an older copy of the store is recognised.
import { TwofaError } from '../errors.ts';
import { notAccepted, olderCopy } from '../rules/restored.ts';
import type { Operation, Operator, Services } from './operation.ts';
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

async function refuseLost({ highWater }: Pick<Services, 'highWater'>): Promise<void> {
  const lost = await highWater?.lost();
  if (lost) throw new TwofaError('store-restored', ...olderCopy(lost));
}

/** Refuses a store that was put back and is not accepted, or is an older copy of itself. @throws TwofaError `store-restored` */
export async function refuseOlder(services: Pick<Services, 'highWater' | 'store'>): Promise<void> {
  const { restoredAt } = await (await services.store()).standing(null);
  if (restoredAt !== null) throw new TwofaError('store-restored', ...notAccepted(restoredAt));
  await refuseLost(services);
}

/** Whether a call is served by whatever copy the store is. */
export function servesAnyCopy({ permission }: Pick<Operation<unknown>, 'permission'>, name: string): boolean {
  return permission === 'see' || permission === 'audit' || served.has(name);
}

/**
 * Refuses a call that an older copy of the store is not to serve.
 * @throws TwofaError `store-restored`
 */
export async function requireNewest(
  services: Pick<Services, 'highWater'>,
  { restoredAt }: Pick<Operator, 'restoredAt'>,
  operation: Pick<Operation<unknown>, 'permission'>,
  name: string,
): Promise<void> {
  if (servesAnyCopy(operation, name)) return;
  if (restoredAt !== null) throw new TwofaError('store-restored', ...notAccepted(restoredAt));
  await refuseLost(services);
}
