// How rows become objects: the one place that knows snake_case, 0 and 1, and counts that come as text.
import type { Account, AuditEvent, Installation, Token, User } from '../actions/store.ts';
import type { Role } from '../rules/authority.ts';
import type { ChainPosition } from '../rules/chain.ts';
import type { Language } from '../rules/language.ts';
import type { TrustEnd, TrustedLocation } from '../rules/location.ts';
import type { PhoneProblem } from '../rules/phone.ts';

/** A row as a driver gives it. */
export type Row = Record<string, unknown>;

export function text(row: Row, column: string): string {
  return String(row[column]);
}

export function textOrNull(row: Row, column: string): string | null {
  const value = row[column];
  return value === null || value === undefined ? null : String(value);
}

export function int(row: Row, column: string): number {
  return Number(row[column]);
}

export function intOrNull(row: Row, column: string): number | null {
  const value = row[column];
  return value === null || value === undefined ? null : Number(value);
}

export function bool(row: Row, column: string): boolean {
  const value = row[column];
  return value === true || value === 1;
}

export function chainOf(row: Row): ChainPosition {
  return { count: int(row, 'chain_count'), link: text(row, 'chain_link') };
}

export function languageOf(row: Row): Language | null {
  return textOrNull(row, 'language') as Language | null;
}

/** What kind of installation a store is of, and whether it is to be used here. */
export type InstallationKind = Pick<Installation, 'sandbox' | 'staging' | 'restoredAt' | 'movedTo'>;

/** A store that is not up to date yet has not all of these columns. */
export function kindOf(row: Row): InstallationKind {
  return {
    sandbox: bool(row, 'sandbox'),
    staging: bool(row, 'staging'),
    restoredAt: intOrNull(row, 'restored_at'),
    movedTo: textOrNull(row, 'moved_to'),
  };
}

export function installationOf(row: Row): Installation {
  return {
    ...kindOf(row),
    keyFingerprint: text(row, 'key_fingerprint'),
    createdAt: int(row, 'created_at'),
  };
}

export function identityOf(row: Row): Pick<Installation, 'sandbox' | 'staging' | 'keyFingerprint'> {
  const { sandbox, staging, keyFingerprint } = installationOf(row);
  return { sandbox, staging, keyFingerprint };
}

export function accountOf(row: Row): Account {
  return {
    kid: text(row, 'kid'),
    name: text(row, 'name'),
    country: text(row, 'country'),
    enabledAt: intOrNull(row, 'enabled_at'),
    enabledBy: textOrNull(row, 'enabled_by'),
    wanted: bool(row, 'wanted'),
    createdAt: int(row, 'created_at'),
    recoveryCodes: textOrNull(row, 'recovery_codes'),
    chain: chainOf(row),
  };
}

export function userOf(row: Row): User {
  return {
    id: int(row, 'id'),
    accountKid: text(row, 'account_kid'),
    username: text(row, 'username'),
    name: text(row, 'name'),
    email: textOrNull(row, 'email'),
    emailKey: textOrNull(row, 'email_key'),
    emailProblem: textOrNull(row, 'email_problem'),
    phone: textOrNull(row, 'phone'),
    phoneKey: textOrNull(row, 'phone_key'),
    phoneProblem: textOrNull(row, 'phone_problem') as PhoneProblem | null,
    language: languageOf(row),
    systemAdministrator: bool(row, 'system_administrator'),
    active: bool(row, 'active'),
    attemptsLeft: int(row, 'attempts_left'),
    lockedAt: intOrNull(row, 'locked_at'),
    lastVerifiedAt: intOrNull(row, 'last_verified_at'),
    contactChangedAt: intOrNull(row, 'contact_changed_at'),
    remindedAt: intOrNull(row, 'reminded_at'),
    createdAt: int(row, 'created_at'),
    codesAfter: int(row, 'codes_after'),
    trustAfter: int(row, 'trust_after'),
    chain: chainOf(row),
  };
}

export function tokenOf(row: Row): Token {
  return {
    id: int(row, 'id'),
    digest: text(row, 'digest'),
    role: text(row, 'role') as Role,
    accountKid: textOrNull(row, 'account_kid'),
    userId: intOrNull(row, 'user_id'),
    user: textOrNull(row, 'user_username'),
    app: textOrNull(row, 'app'),
    name: text(row, 'name'),
    mayContacts: bool(row, 'may_contacts'),
    lifetimeMs: intOrNull(row, 'lifetime_ms'),
    createdAt: int(row, 'created_at'),
    expiresAt: intOrNull(row, 'expires_at'),
    revokedAt: intOrNull(row, 'revoked_at'),
    verifiedAt: intOrNull(row, 'verified_at'),
    verifiedPlace: intOrNull(row, 'verified_place'),
    chain: chainOf(row),
  };
}

export function trustOf(row: Row): TrustedLocation {
  return {
    location: text(row, 'location'),
    trustedAt: int(row, 'trusted_at'),
    expiresAt: int(row, 'expires_at'),
    endedAt: intOrNull(row, 'ended_at'),
    endedReason: textOrNull(row, 'ended_reason') as TrustEnd | null,
  };
}

export function eventOf(row: Row): AuditEvent {
  return {
    seq: int(row, 'seq'),
    at: int(row, 'at'),
    actor: text(row, 'actor'),
    role: text(row, 'role'),
    tokenId: intOrNull(row, 'token_id'),
    action: text(row, 'action'),
    account: textOrNull(row, 'account'),
    user: textOrNull(row, 'user'),
    outcome: text(row, 'outcome'),
    details: JSON.parse(text(row, 'details')),
  };
}

/** A text for LIKE … ESCAPE '\' that finds exactly these characters anywhere. */
export function containing(search: string): string {
  return `%${search.replace(/[\\%_]/g, '\\$&')}%`;
}
