// The names of the migrations in their order, apart from what they do, so that a start-up need not load them.
export const migrationNames = [
  '001-accounts-and-users',
  '002-sign-in',
  '003-tokens',
  '004-audit-trail',
  '005-recovery-codes',
  '006-notices',
  '007-roll-call',
] as const;
