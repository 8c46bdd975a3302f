// What provisioning asks of a store beside the sets of users that an import asks for.

export interface ProvisioningReading {
  /** The ids of the active, unlocked System Administrators. */
  administratorIds(kid: string): Promise<number[]>;
  activeUsernames(kid: string): Promise<string[]>;
  /** How many users are inactive. */
  inactiveUsers(kid: string): Promise<number>;
}
