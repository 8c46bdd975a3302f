// The audit trail's arithmetic: how an event is linked to the one before it, and how a row's head seals its state.
import { hmac } from './hmac.ts';
import type { Instant } from './time.ts';

/** The published list of audit actions. */
export const auditActions = [
  'store.migrated',
  'store.moved',
  'store.arrived',
  'store.reopened',
  'store.pruned',
  'store.backed-up',
  'store.put-back',
  'store.restored',
  'key.rotated',
  'chain.rekeyed',
  'token.created',
  'token.revoked',
  'token.rotated',
  'token.verified',
  'account.created',
  'account.updated',
  'account.enabled',
  'account.viewed',
  'accounts.viewed',
  'practice.added',
  'user.added',
  'users.imported',
  'user.updated',
  'user.renamed',
  'user.deactivated',
  'user.reactivated',
  'user.viewed',
  'users.searched',
  'login.granted',
  'login.challenged',
  'login.refused',
  'code.issued',
  'code.refused',
  'code.sent',
  'code.undelivered',
  'code.verified',
  'code.rejected',
  'codes.ended',
  'attempts.replayed',
  'user.locked',
  'lockout.reminded',
  'location.forgotten',
  'rollcall.called',
  'rollcall.confirmed',
  'rollcall.rejected',
  'announcement.sent',
  'recovery.renewed',
  'recovery.used',
  'recovery.voided',
  'recovery.rejected',
  'call.refused',
] as const;

export type AuditAction = (typeof auditActions)[number];
export type Outcome = 'ok' | 'refused' | 'failed';

/** What an event says, before it is linked. `details` is the exact JSON text that is stored and linked. */
export interface EventBody {
  at: Instant;
  actor: string;
  role: string;
  tokenId: number | null;
  action: AuditAction;
  account: string | null;
  user: string | null;
  outcome: Outcome;
  details: string;
}

/** Where the chain of a subject stands. */
export interface ChainPosition {
  count: number;
  /** The last link; empty when there is no event yet. */
  link: string;
}

/** Whom a chain is about: `installation`, `account:KID`, `user:ID` or `token:ID`. */
export type Subject = string;

function seal(key: Buffer, parts: readonly unknown[]): string {
  return hmac(key, JSON.stringify(parts));
}

/** The seal of a row that is no subject of its own: a code, a trusted location, a recorded answer. */
export function sealOf(key: Buffer, parts: readonly (string | number | boolean | null)[]): string {
  return seal(key, ['seal', ...parts]);
}

/** The link of the next event of a subject: an HMAC over the subject, the place, the link before and the event. */
export function nextLink(key: Buffer, subject: Subject, before: ChainPosition, event: EventBody): string {
  return seal(key, [
    subject,
    before.count + 1,
    before.link,
    event.at,
    event.actor,
    event.role,
    event.tokenId,
    event.action,
    event.account,
    event.user,
    event.outcome,
    event.details,
  ]);
}

/** The head of a subject's row: an HMAC over count, last link and the row's security state. */
export function headOf(
  key: Buffer,
  subject: Subject,
  position: ChainPosition,
  state: readonly (string | number | boolean | null)[],
): string {
  return seal(key, ['head', subject, position.count, position.link, ...state]);
}

export interface SealedUser {
  accountKid: string;
  username: string;
  active: boolean;
  systemAdministrator: boolean;
  attemptsLeft: number;
  lockedAt: Instant | null;
  email: string | null;
  phone: string | null;
  /** Codes issued at this place of the chain or before have ended. */
  codesAfter: number;
  /** Locations trusted at this place of the chain or before are trusted no more. */
  trustAfter: number;
}

/** The security state of a user's row, in the order in which it is sealed. */
export function userState(user: SealedUser): (string | number | boolean | null)[] {
  return [
    user.accountKid,
    user.username,
    user.active,
    user.systemAdministrator,
    user.attemptsLeft,
    user.lockedAt,
    user.email,
    user.phone,
    user.codesAfter,
    user.trustAfter,
  ];
}

export interface SealedAccount {
  kid: string;
  name: string;
  country: string;
  enabledAt: Instant | null;
  enabledBy: string | null;
  createdAt: Instant;
  /** A digest of the recovery codes that work; null when none does. */
  recoveryCodes: string | null;
}

/** The security state of an account's row. */
export function accountState(account: SealedAccount): (string | number | boolean | null)[] {
  return [
    account.kid,
    account.name,
    account.country,
    account.enabledAt,
    account.enabledBy,
    account.createdAt,
    account.recoveryCodes,
  ];
}

export interface SealedToken {
  digest: string;
  role: string;
  accountKid: string | null;
  userId: number | null;
  app: string | null;
  mayContacts: boolean;
  expiresAt: Instant | null;
  revokedAt: Instant | null;
  /** When a code was verified for it last, and at which place of its user's chain (R15). */
  verifiedAt: Instant | null;
  verifiedPlace: number | null;
}

/** The security state of a token's row. */
export function tokenState(token: SealedToken): (string | number | boolean | null)[] {
  return [
    token.digest,
    token.role,
    token.accountKid,
    token.userId,
    token.app,
    token.mayContacts,
    token.expiresAt,
    token.revokedAt,
    token.verifiedAt,
    token.verifiedPlace,
  ];
}

export interface SealedInstallation {
  sandbox: boolean;
  keyFingerprint: string;
  createdAt: Instant;
  /** Where the store has moved to; null while it is this one. */
  movedTo: string | null;
  /** Since when it is a backup that was put back and is not accepted yet; null when it is none. */
  restoredAt: Instant | null;
  /** Whether it is a copy that sends nothing. */
  staging: boolean;
}

/** The security state of the installation's row. What is not so of most leaves their heads as they were before it was known. */
export function installationState(row: SealedInstallation): (string | number | boolean | null)[] {
  return [
    ...[row.sandbox, row.keyFingerprint, row.createdAt],
    ...(row.movedTo === null ? [] : ['moved', row.movedTo]),
    ...(row.restoredAt === null ? [] : ['restored', row.restoredAt]),
    ...(row.staging ? ['staging'] : []),
  ];
}
