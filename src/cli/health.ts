// Whether sign-ins can be served: the store answers, fits this program and its key, and is no older copy of itself.
import { refuseOlder } from '../actions/high-water.ts';
import { TwofaError } from '../errors.ts';
import { withoutPassword } from '../rules/database-url.ts';
import type { Composed } from './compose.ts';

export interface Health {
  ok: boolean;
  /** Where the store is, without a password. */
  store: string;
  /** The id of the current key, where there is one. */
  key: string | null;
  /** The newest migration of the store, where it can be used. */
  schema: string | null;
  problem: { code: string; message: string; hint: string | null } | null;
  /** How long looking took, in milliseconds; not the start of the program. */
  latencyMs: number;
}

/** Looks without writing anything, and without anybody's token. @throws TwofaError where the configuration names no store. */
export async function healthOf(parts: Composed): Promise<Health> {
  const begun = performance.now();
  const store = withoutPassword(await parts.databaseUrl());
  const found: Pick<Health, 'key' | 'schema' | 'problem'> = { key: null, schema: null, problem: null };
  try {
    found.key = (await parts.services.keyring()).current.id;
    found.schema = await (await parts.services.store()).check();
    await refuseOlder(parts.services);
  } catch (error) {
    if (!(error instanceof TwofaError)) throw error;
    const { code, message, hint } = error;
    found.problem = { code, message, hint };
  }
  return {
    ok: found.problem === null,
    store,
    ...found,
    latencyMs: Math.round(performance.now() - begun),
  };
}
