// What the preview and the recovery codes ask of a store.
import type { Admission } from '../rules/impact.ts';
import type { RecoveryCode, RecoveryTries } from '../rules/recovery-code.ts';
import type { Account, NewEvent } from './store.ts';

/** A digest of each aspect of an account's roster, over its active users. */
export type RosterDigests = Record<'practices' | 'users' | 'roles' | 'contacts' | 'locks', string>;

export interface RecoveryReading {
  /** A digest of each of what enabling depends on in the roster. */
  rosterDigests(kid: string): Promise<RosterDigests>;
  /** Active users who are locked or whom no channel reaches: how many, and the first of them. */
  keptOut(kid: string): Promise<{ count: number; users: (Admission & { username: string })[] }>;
  /** The recovery codes of an account that work. @throws TwofaError `audit-broken` when they are not those that were made. */
  recoveryCodes(account: Account): Promise<RecoveryCode[]>;
  /** The code of an account by its digest, whatever became of it. */
  recoveryCode(kid: string, digest: string): Promise<RecoveryCode | null>;
  recoveryTries(kid: string): Promise<RecoveryTries>;
}

/** Each is an event in the account's chain, and seals the account's head. */
export interface RecoveryWriting {
  /** Makes new recovery codes in place of those that work. */
  replaceRecoveryCodes(account: Account, digests: readonly string[], event: NewEvent): Promise<Account>;
  /** Uses a recovery code up, and forgets the wrong tries before it. */
  useRecoveryCode(account: Account, code: RecoveryCode, event: NewEvent): Promise<Account>;
  /** Keeps the wrong tries of an account's recovery codes. */
  rejectRecovery(account: Account, tries: RecoveryTries, event: NewEvent): Promise<void>;
}
