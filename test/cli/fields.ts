// The fields of each command's JSON document, in their order, as they are published.

export const accountFields = [
  'kid',
  'name',
  'country',
  'twoFactor',
  'practices',
  'users',
  'lockedUsers',
  'createdAt',
];
export const twoFactorFields = ['enabled', 'enabledAt', 'enabledBy', 'overdue', 'wanted'];
export const practiceFields = ['account', 'name', 'users'];
export const userFields = [
  'id',
  'account',
  'username',
  'name',
  'email',
  'phone',
  'practices',
  'systemAdministrator',
  'status',
  'attemptsLeft',
  'lockedAt',
  'lastVerifiedAt',
  'contactChangedAt',
  'language',
];
export const importFields = ['read', 'added', 'updated', 'unchanged', 'rejected', 'rejectedFile', 'changed'];
/** A token in a list; where it is made, `token` follows. */
export const tokenFields = ['id', 'role', 'account', 'user', 'app', 'name', 'expiresAt'];
export const operatorFields = ['role', 'account', 'user', 'expiresAt', 'verifiedUntil'];
export const checklistFields = ['account', 'ready', 'blockers', 'warnings', 'items'];
export const itemFields = ['id', 'title', 'severity', 'status', 'count', 'users', 'mendedBy', 'hint'];
export const enableFields = [
  'account',
  'enabledAt',
  'enabledBy',
  'practicesAffected',
  'usersAffected',
  'plan',
  'impact',
  'recoveryCodes',
  'changed',
];
export const loginFields = ['result', 'reason', 'trustedUntil', 'methods', 'attemptsLeft'];
export const sendFields = ['result', 'via', 'to', 'expiresAt', 'outstanding', 'attemptsLeft', 'messageId'];
export const verifyFields = ['result', 'why', 'attemptsLeft', 'trustedUntil'];
export const lockoutFields = ['account', 'username', 'name', 'practices', 'lockedAt', 'lastApp', 'lastIp'];
export const eventFields = [
  'seq',
  'at',
  'actor',
  'role',
  'tokenId',
  'action',
  'account',
  'user',
  'outcome',
  'details',
];
export const errorFields = ['code', 'message', 'hint', 'details'];

/** An instant as every document shows it. */
export const instant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

/** The fields of a document that must be of exactly these names, sorted: for a comparison that does not look at their order. */
export function fieldsOf(document: object): string[] {
  return Object.keys(document).sort();
}

/** Published fields in the order of {@link fieldsOf}. */
export function exactly(fields: readonly string[], ...more: readonly string[]): string[] {
  return [...fields, ...more].sort();
}
