// How accounts, users, tokens and events look outside: the shapes of the JSON documents.
import { overdueDays, statusOf, type UserStatus } from '../rules/account.ts';
import type { Language } from '../rules/language.ts';
import { maskEmail, maskPhone } from '../rules/mask.ts';
import { type Instant, iso } from '../rules/time.ts';
import type { Account, AccountCounts, AuditEvent, Lockout, Token, UserWithPractices } from './store.ts';

export interface AccountView {
  kid: string;
  name: string;
  country: string;
  twoFactor: {
    enabled: boolean;
    enabledAt: string | null;
    enabledBy: string | null;
    /** Days since the account was created without 2FA; null once it is on. */
    overdue: number | null;
    wanted: boolean;
  };
  practices: number;
  users: number;
  lockedUsers: number;
  createdAt: string;
}

export function accountView(account: Account & AccountCounts, now: Instant): AccountView {
  return {
    kid: account.kid,
    name: account.name,
    country: account.country,
    twoFactor: {
      enabled: account.enabledAt !== null,
      enabledAt: iso(account.enabledAt),
      enabledBy: account.enabledBy,
      overdue: overdueDays(account, now),
      wanted: account.wanted,
    },
    practices: account.practices,
    users: account.users,
    lockedUsers: account.lockedUsers,
    createdAt: iso(account.createdAt),
  };
}

export interface UserView {
  id: string;
  account: string;
  username: string;
  name: string;
  email: string | null;
  phone: string | null;
  practices: string[];
  systemAdministrator: boolean;
  status: UserStatus;
  attemptsLeft: number;
  lockedAt: string | null;
  lastVerifiedAt: string | null;
  contactChangedAt: string | null;
  /** Of messages; null where none was chosen. */
  language: Language | null;
}

export function userView(user: UserWithPractices, masked: boolean): UserView {
  const shown = (value: string | null, mask: (value: string) => string) =>
    value === null || !masked ? value : mask(value);
  return {
    id: `usr_${user.id}`,
    account: user.accountKid,
    username: user.username,
    name: user.name,
    email: shown(user.email, maskEmail),
    phone: shown(user.phone, maskPhone),
    practices: user.practices,
    systemAdministrator: user.systemAdministrator,
    status: statusOf(user),
    attemptsLeft: user.attemptsLeft,
    lockedAt: iso(user.lockedAt),
    lastVerifiedAt: iso(user.lastVerifiedAt),
    contactChangedAt: iso(user.contactChangedAt),
    language: user.language,
  };
}

export interface TokenView {
  id: string;
  role: string;
  account: string | null;
  user: string | null;
  app: string | null;
  name: string;
  expiresAt: string | null;
}

export function tokenView(token: Token): TokenView {
  return {
    id: `tok_${token.id}`,
    role: token.role,
    account: token.accountKid,
    user: token.user,
    app: token.app,
    name: token.name,
    expiresAt: iso(token.expiresAt),
  };
}

export function lockoutView(lockout: Lockout) {
  const { user, lastApp, lastIp } = lockout;
  return {
    account: user.accountKid,
    username: user.username,
    name: user.name,
    practices: user.practices,
    lockedAt: iso(user.lockedAt),
    lastApp,
    lastIp,
  };
}

export function eventView(event: AuditEvent) {
  return {
    seq: event.seq,
    at: iso(event.at),
    actor: event.actor,
    role: event.role,
    tokenId: event.tokenId === null ? null : `tok_${event.tokenId}`,
    action: event.action,
    account: event.account,
    user: event.user,
    outcome: event.outcome,
    details: event.details,
  };
}
