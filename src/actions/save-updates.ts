// Saves updates of several users together, and tells of them: what an import and a provisioning file do alike.
import { tellOfUpdates } from './notices.ts';
import type { Call } from './operation.ts';
import type { Update } from './roster.ts';
import type { Account, UserWithPractices, Writing } from './store.ts';

/** What a user is to become, as it was decided. */
export interface DecidedUpdate extends Update {
  user: UserWithPractices;
}

/**
 * Saves updates, each of another user and with an event of its own; once 2FA is on, tells of them.
 * @param by what they come from, as their events say.
 */
export async function saveUpdates(
  call: Call,
  tables: Writing,
  account: Account,
  updates: readonly DecidedUpdate[],
  by: 'import' | 'apply',
): Promise<void> {
  if (updates.length === 0) return;
  const administrators = async () =>
    account.enabledAt === null ? [] : await tables.administrators(account.kid);
  const before = await administrators();
  const saved = await tables.saveUsers(
    updates.map(({ user, change, details }) => ({
      user,
      change,
      event: { action: 'user.updated', details: { ...details, by } },
    })),
  );
  const told = updates.map(({ user, fields }, index) => ({
    before: user,
    after: saved[index] ?? user,
    fields,
  }));
  // Those who were administrators before are told as well: who takes the role away hides nothing else by it.
  await tellOfUpdates(call, tables, account, told, [...before, ...(await administrators())]);
}
