// What provisioning asks of a store: many users of an account at a time, found by set.
import type { UserWithPractices } from './store.ts';

/** Each of these may be asked for any number of names. */
export interface ProvisioningReading {
  /** The users who have these usernames, in whatever spelling. @throws TwofaError `audit-broken` */
  usersNamed(kid: string, usernames: readonly string[]): Promise<UserWithPractices[]>;
  /** The keys of those of these usernames that somebody had before a renaming. */
  formerUsernames(kid: string, usernames: readonly string[]): Promise<string[]>;
  /** The active users who have these emails, by their keys. */
  emailHolders(
    kid: string,
    emailKeys: readonly string[],
  ): Promise<{ emailKey: string; id: number; username: string }[]>;
  /** The ids of the active, unlocked System Administrators. */
  administratorIds(kid: string): Promise<number[]>;
  activeUsernames(kid: string): Promise<string[]>;
  /** How many users are inactive. */
  inactiveUsers(kid: string): Promise<number>;
}
