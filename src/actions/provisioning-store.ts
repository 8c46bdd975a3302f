// What provisioning asks of a store: many users of an account at a time, found by set.
import type { UserWithPractices } from './store.ts';

/** Each of these may be asked for any number of names. */
export interface ProvisioningReading {
  /** The users of many usernames, but for their spelling, by its key (`foldKey`). @throws TwofaError `audit-broken` */
  usersByKeys(kid: string, usernames: readonly string[]): Promise<Map<string, UserWithPractices>>;
  /** Those of many usernames, by their keys, that a user once had and gave up. */
  formerUsernames(kid: string, usernames: readonly string[]): Promise<Set<string>>;
  /** The active users who have any of these emails. */
  emailHolders(kid: string, emailKeys: readonly string[]): Promise<{ emailKey: string; username: string }[]>;
  /** The ids of the active, unlocked System Administrators. */
  administratorIds(kid: string): Promise<number[]>;
  activeUsernames(kid: string): Promise<string[]>;
  /** How many users are inactive. */
  inactiveUsers(kid: string): Promise<number>;
}
