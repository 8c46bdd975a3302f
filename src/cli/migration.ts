// Brings the store to this program's version: by the key, since the tokens of a store that is behind cannot be read yet.
import { TwofaError } from '../errors.ts';
import { withoutPassword } from '../rules/database-url.ts';
import { identify, migrateStore } from '../store/open.ts';
import type { Composed } from './compose.ts';

export interface Migration {
  /** Where the store is, without a password. */
  store: string;
  applied: string[];
  oldestProgram: string;
  changed: boolean;
}

/** @throws TwofaError where there is no store, for another key than its own, or for a store of a newer program. */
export async function migrateInstallation(parts: Composed, dryRun: boolean): Promise<Migration> {
  const url = await parts.databaseUrl();
  const store = withoutPassword(url);
  if (!(await identify(url))) {
    throw new TwofaError('not-initialised', `There is no store at ${store} yet.`, {
      hint: 'Make one with "twofa init".',
    });
  }
  const keyring = await parts.services.keyring();
  const migrated = await migrateStore({ url, keyring, clock: parts.clock }, dryRun);
  return { store, ...migrated, changed: !dryRun && migrated.applied.length > 0 };
}
