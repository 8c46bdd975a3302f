// How lists look: the columns of accounts, users, lockouts, tokens, locations, events and notices.
import type { NoticeView } from '../actions/notices-open.ts';
import type { AccountView, TokenView, UserView } from '../actions/views.ts';
import type { Column } from './out.ts';

export function column<T>(title: string, name: string, cell: Column<T>['cell']): Column<T> {
  return { title, name, cell };
}

/** The 2FA state of an account in words. */
export function twoFactorWords(account: AccountView): string {
  if (account.twoFactor.enabled) return 'on';
  const days = account.twoFactor.overdue ?? 0;
  const awaits = account.twoFactor.wanted ? ', awaits its administrator' : '';
  return `OVERDUE for ${days} ${days === 1 ? 'day' : 'days'}${awaits}`;
}

export const accountColumns: Column<AccountView>[] = [
  column('kid', 'kid', (row) => row.kid),
  column('name', 'name', (row) => row.name),
  column('2fa', 'two_factor', twoFactorWords),
  column('practices', 'practices', (row) => row.practices),
  column('users', 'users', (row) => row.users),
  column('locked', 'locked_users', (row) => row.lockedUsers),
  column('country', 'country', (row) => row.country),
  column('created', 'created_at', (row) => row.createdAt),
];

export const userColumns: Column<UserView>[] = [
  column('username', 'username', (row) => row.username),
  column('name', 'name', (row) => row.name),
  column('status', 'status', (row) => row.status),
  column('attempts', 'attempts_left', (row) => row.attemptsLeft),
  column('email', 'email', (row) => row.email),
  column('phone', 'phone', (row) => row.phone),
  column('practices', 'practices', (row) => row.practices.join('; ')),
  column('admin', 'system_administrator', (row) => row.systemAdministrator),
  column('id', 'id', (row) => row.id),
];

export const foundColumns: Column<UserView>[] = [
  column('account', 'account', (row) => row.account),
  ...userColumns,
];

export interface LockoutRow {
  account: string;
  username: string;
  name: string;
  practices: string[];
  lockedAt: string | null;
  lastApp: string | null;
  lastIp: string | null;
}

export const lockoutColumns: Column<LockoutRow>[] = [
  column('username', 'username', (row) => row.username),
  column('name', 'name', (row) => row.name),
  column('practices', 'practices', (row) => row.practices.join('; ')),
  column('locked', 'locked_at', (row) => row.lockedAt),
  column('last app', 'last_app', (row) => row.lastApp),
  column('last ip', 'last_ip', (row) => row.lastIp),
];

export const tokenColumns: Column<TokenView & { revoked: boolean }>[] = [
  column('id', 'id', (row) => row.id),
  column('name', 'name', (row) => row.name),
  column('role', 'role', (row) => row.role),
  column('account', 'account', (row) => row.account),
  column('user', 'user', (row) => row.user),
  column('app', 'app', (row) => row.app),
  column('expires', 'expires_at', (row) => row.expiresAt),
  column('revoked', 'revoked', (row) => row.revoked),
];

export interface EventRow {
  seq: number;
  at: string;
  actor: string;
  role: string;
  tokenId: string | null;
  action: string;
  account: string | null;
  user: string | null;
  outcome: string;
  details: Record<string, unknown>;
}

function detailWords(details: Record<string, unknown>): string {
  return Object.entries(details)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');
}

export const eventColumns: Column<EventRow>[] = [
  column('seq', 'seq', (row) => row.seq),
  column('at', 'at', (row) => row.at),
  column('actor', 'actor', (row) => row.actor),
  column('role', 'role', (row) => row.role),
  column('action', 'action', (row) => row.action),
  column('account', 'account', (row) => row.account),
  column('user', 'user', (row) => row.user),
  column('outcome', 'outcome', (row) => row.outcome),
  column('details', 'details', (row) => detailWords(row.details)),
];

export interface LocationRow {
  location: string;
  trusted: boolean;
  trustedAt: string;
  expiresAt: string;
  endedAt: string | null;
  endedReason: string | null;
}

export const locationColumns: Column<LocationRow>[] = [
  column('location', 'location', (row) => row.location),
  column('trusted', 'trusted', (row) => row.trusted),
  column('since', 'trusted_at', (row) => row.trustedAt),
  column('until', 'expires_at', (row) => row.expiresAt),
  column('ended', 'ended_at', (row) => row.endedAt),
  column('reason', 'ended_reason', (row) => row.endedReason),
];

export const noticeColumns: Column<NoticeView>[] = [
  column('id', 'id', (row) => row.id),
  column('account', 'account', (row) => row.account),
  column('what', 'kind', (row) => row.kind),
  column('about', 'about', (row) => row.about),
  column('to', 'user', (row) => row.user),
  column('email', 'to', (row) => row.to),
  column('status', 'status', (row) => row.status),
  column('tries', 'tries', (row) => row.tries),
  column('at', 'at', (row) => row.at),
  column('reason', 'reason', (row) => row.reason),
];
