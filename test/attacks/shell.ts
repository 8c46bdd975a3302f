// A shell on the database, as an operator has it who has not the key; and a store that is worth the trouble.
import type Database from 'better-sqlite3';
import { fail, signIn } from '../scenarios/steps.ts';
import { type Prepared, quickEnabledNorthside } from '../support/in-process.ts';

export type Row = Record<string, string | number | bigint | Buffer | null>;

/** An account without 2FA, beside the one that has it. */
export const otherKid = '20967';

export interface Used {
  installation: Prepared;
  /** A token that was revoked. */
  revoked: string;
}

/** An installation with 2FA on: Jane trusts a location and has 5 attempts, Sam is locked, an owner's token is revoked. */
export async function usedInstallation(): Promise<Used> {
  const installation = await quickEnabledNorthside();
  let revoked = '';
  await installation.prepare(async (json) => {
    await json(['account', 'create', otherKid, '--name', 'Southside']);
    const owner = ['token', 'create', '--role', 'owner', '--name', 'leaver'];
    const { id, token } = await json<{ id: string; token: string }>(owner);
    revoked = token;
    await json(['token', 'revoke', id]);
  });
  await signIn(installation, 'jane');
  await fail(installation, 'jane', 2);
  await fail(installation, 'sam', 7);
  return { installation, revoked };
}

export function dropTriggers(database: Database.Database): void {
  const triggers = database.prepare("SELECT name FROM sqlite_master WHERE type = 'trigger'").pluck().all();
  for (const name of triggers) database.exec(`DROP TRIGGER "${name}"`);
}
