// Appends events to the chains of their subjects, and seals the heads of the rows.
import type { Account, NewEvent, Token, User } from '../actions/store.ts';
import {
  accountState,
  type ChainPosition,
  type EventBody,
  headOf,
  installationState,
  nextLink,
  type SealedInstallation,
  type Subject,
  tokenState,
  userState,
} from '../rules/chain.ts';
import type { Keyring } from '../rules/keyring.ts';
import type { Instant } from '../rules/time.ts';
import { on, type Session } from './session.ts';

/** The columns that say where a chain stands and seal the row. */
export interface ChainColumns {
  chain_count: number;
  chain_link: string;
  key_id: string;
  head: string;
}

const start: ChainPosition = { count: 0, link: '' };

/** Writes an event as its row, linked to the one before. */
export function linkedRow(
  keyring: Keyring,
  subject: Subject,
  before: ChainPosition,
  event: EventBody,
): { row: Record<string, unknown>; position: ChainPosition } {
  const link = nextLink(keyring.current.trail, subject, before, event);
  const position = { count: before.count + 1, link };
  return {
    position,
    row: {
      subject,
      place: position.count,
      at: event.at,
      actor: event.actor,
      role: event.role,
      token_id: event.tokenId,
      action: event.action,
      account: event.account,
      user: event.user,
      outcome: event.outcome,
      details: event.details,
      key_id: keyring.current.id,
      link,
    },
  };
}

/** An event as said by an action, made complete with who and when. */
export function bodyOf(
  actor: { actor: string; role: string; tokenId: number | null },
  event: NewEvent,
  at: Instant,
): EventBody {
  return {
    at,
    actor: actor.actor,
    role: actor.role,
    tokenId: actor.tokenId,
    action: event.action,
    account: event.account ?? null,
    user: event.user ?? null,
    outcome: event.outcome ?? 'ok',
    details: JSON.stringify(event.details ?? {}),
  };
}

export async function append(
  session: Session,
  subject: Subject,
  before: ChainPosition,
  event: NewEvent,
): Promise<ChainPosition> {
  const { row, position } = linkedRow(
    session.keyring,
    subject,
    before,
    bodyOf(session.actor, event, session.now),
  );
  await on(session, 'audit_events').insert(row);
  return position;
}

function columns(
  keyring: Keyring,
  subject: Subject,
  position: ChainPosition,
  state: readonly (string | number | boolean | null)[],
): ChainColumns {
  return {
    chain_count: position.count,
    chain_link: position.link,
    key_id: keyring.current.id,
    head: headOf(keyring.current.trail, subject, position, state),
  };
}

export const subjectOf = {
  installation: 'installation',
  account: (kid: string): Subject => `account:${kid}`,
  user: (id: number): Subject => `user:${id}`,
  token: (id: number): Subject => `token:${id}`,
};

export function sealInstallation(keyring: Keyring, row: SealedInstallation, position = start): ChainColumns {
  return columns(keyring, subjectOf.installation, position, installationState(row));
}

export function sealAccount(
  keyring: Keyring,
  account: Omit<Account, 'chain'>,
  position = start,
): ChainColumns {
  return columns(keyring, subjectOf.account(account.kid), position, accountState(account));
}

export function sealUser(keyring: Keyring, user: Omit<User, 'chain'>, position = start): ChainColumns {
  return columns(keyring, subjectOf.user(user.id), position, userState(user));
}

export function sealToken(keyring: Keyring, token: Omit<Token, 'chain'>, position = start): ChainColumns {
  return columns(keyring, subjectOf.token(token.id), position, tokenState(token));
}
