// What happened to a store after a backup of it: what of that is done again in the backup, and what is lost with it.
import type { Instant } from './time.ts';

/** An event after the backup, which fits its chain. */
export interface LaterEvent {
  seq: number;
  /** `installation`, `account:KID`, `user:ID` or `token:ID`. */
  subject: string;
  at: Instant;
  actor: string;
  action: string;
  account: string | null;
  user: string | null;
  outcome: string;
  /** JSON, contact data masked. */
  details: string;
}

/** What is done again: which event told of it, and what that said. */
export interface Told {
  seq: number;
  at: Instant;
  actor: string;
  details: Record<string, unknown>;
}

/** How a user was after all. */
export interface LaterUser {
  id: number;
  account: string;
  username: string;
  /** The lock that nobody lifted. */
  lock: Told | null;
  /** The deactivation that nobody took back. */
  deactivation: Told | null;
  /** The last reactivation. */
  reactivation: Told | null;
  /** The attempts that were left last, where one was used or given back. */
  attempts: (Told & { left: number }) | null;
}

export type LookReason =
  | 'added'
  | 'account-created'
  | 'contact-changed'
  | 'role-changed'
  | 'renamed'
  | 'reactivated'
  | 'last-administrator'
  | 'not-ready';

/** Something that a person has to look at. */
export interface Look {
  why: LookReason;
  seq: number;
  at: Instant;
  account: string | null;
  user: string | null;
  details: Record<string, unknown>;
}

function idsOf({ id, ids }: Record<string, unknown>): number[] {
  const said = Array.isArray(ids) ? ids : [id];
  return said.filter((each): each is number => Number.isSafeInteger(each));
}

function fieldsOf({ fields }: Record<string, unknown>): readonly unknown[] {
  return Array.isArray(fields) ? fields : [];
}

const ofUser = /^user:([0-9]+)$/;
const ofToken = /^token:([0-9]+)$/;

/** Takes the events after a backup in their order. Nothing that it gathers lifts a lock (R10). */
export class Replay {
  readonly enablings = new Map<string, Told>();
  readonly users = new Map<number, LaterUser>();
  readonly revocations = new Map<number, Told>();
  readonly look: Look[] = [];
  /** Events by action; those that are done again are among them. */
  readonly counts: Record<string, number> = {};
  first: LaterEvent | null = null;
  last: LaterEvent | null = null;
  /** Whoever was added after the backup is not in it; another may have got the number since. */
  readonly #added = { accounts: new Set<string>(), users: new Set<number>(), tokens: new Set<number>() };

  add(event: LaterEvent): void {
    this.first ??= event;
    this.last = event;
    this.counts[event.action] = (this.counts[event.action] ?? 0) + 1;
    const details = JSON.parse(event.details) as Record<string, unknown>;
    const told: Told = { seq: event.seq, at: event.at, actor: event.actor, details };
    this.#noteAdded(event, details);
    const user = ofUser.exec(event.subject)?.[1];
    const token = ofToken.exec(event.subject)?.[1];
    if (user !== undefined) this.#ofUser(Number(user), event, told);
    else if (token !== undefined) this.#ofToken(Number(token), event, told);
    else if (event.action === 'account.enabled') this.#ofAccount(event, told);
  }

  #noteAdded(event: LaterEvent, details: Record<string, unknown>): void {
    const { action, account } = event;
    if (action === 'account.created') {
      this.#added.accounts.add(account ?? '');
      this.#lookAt('account-created', event, details);
    }
    if (action === 'token.created') for (const id of idsOf(details)) this.#added.tokens.add(id);
    if (action === 'user.added' || action === 'users.imported') {
      for (const id of idsOf(details)) this.#added.users.add(id);
      if (!this.#added.accounts.has(account ?? '')) this.#lookAt('added', event, details);
    }
  }

  #lookAt(why: LookReason, event: LaterEvent, details: Record<string, unknown>): void {
    const { seq, at, account, user } = event;
    this.look.push({ why, seq, at, account, user, details });
  }

  #ofAccount(event: LaterEvent, told: Told): void {
    const kid = event.subject.slice('account:'.length);
    if (!this.#added.accounts.has(kid)) this.enablings.set(kid, told);
  }

  #ofToken(id: number, { action }: LaterEvent, told: Told): void {
    if (action === 'token.revoked' && !this.#added.tokens.has(id)) this.revocations.set(id, told);
  }

  #ofUser(id: number, event: LaterEvent, told: Told): void {
    if (this.#added.users.has(id)) return;
    const before = this.users.get(id);
    const user: LaterUser = before ?? {
      id,
      account: event.account ?? '',
      username: event.user ?? '',
      ...{ lock: null, deactivation: null, reactivation: null, attempts: null },
    };
    this.users.set(id, user);
    this.#lookAtUser(event, told.details);
    switch (event.action) {
      case 'user.locked':
        user.lock = told;
        break;
      case 'user.deactivated':
        user.deactivation = told;
        break;
      case 'user.reactivated':
        Object.assign(user, { lock: null, deactivation: null, reactivation: told, attempts: null });
        break;
      case 'code.verified':
        user.attempts = null;
        break;
      case 'code.rejected':
        if (event.outcome === 'failed' && typeof told.details.attemptsLeft === 'number')
          user.attempts = { ...told, left: told.details.attemptsLeft };
    }
  }

  #lookAtUser(event: LaterEvent, details: Record<string, unknown>): void {
    if (event.action === 'user.renamed') this.#lookAt('renamed', event, details);
    if (event.action !== 'user.updated') return;
    const fields = fieldsOf(details);
    if (fields.includes('email') || fields.includes('phone')) this.#lookAt('contact-changed', event, details);
    if (fields.includes('systemAdministrator')) this.#lookAt('role-changed', event, details);
  }
}
