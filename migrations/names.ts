// The migrations in their order, apart from what they do, so that a start-up need not load them.

/**
 * Each by its name, with the oldest twofa that can use a store that has it. One that only expands (a table, a column with a
 * default, an index) leaves the former release running beside the new one; what it no longer needs is taken away one
 * release later, by a migration that names the release which stopped using it.
 */
const steps = [
  ['001-accounts-and-users', '0.1.0'],
  ['002-sign-in', '0.1.0'],
  ['003-tokens', '0.1.0'],
  ['004-audit-trail', '0.1.0'],
  ['005-recovery-codes', '0.1.0'],
  ['006-notices', '0.1.0'],
  ['007-roll-call', '0.1.0'],
  ['008-operations', '0.1.0'],
  ['009-moved', '0.1.0'],
  ['010-restored', '0.1.0'],
] as const;

export const migrationNames = steps.map(([name]) => name);

/** The oldest twofa that can use a store that has a migration. */
export const oldestPrograms: ReadonlyMap<string, string> = new Map(steps);
