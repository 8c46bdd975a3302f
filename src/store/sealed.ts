// Makes sure that a row is the one that was written: its head or its seal fits, or it does not count.
import type { Account, Token, User } from '../actions/store.ts';
import { TwofaError } from '../errors.ts';
import {
  accountState,
  type ChainPosition,
  headOf,
  type Subject,
  sealOf,
  tokenState,
  userState,
} from '../rules/chain.ts';
import type { Keyring } from '../rules/keyring.ts';
import { accountOf, chainOf, int, type Row, text, textOrNull, tokenOf, userOf } from './rows.ts';
import { subjectOf } from './trail.ts';

type State = readonly (string | number | boolean | null)[];

/**
 * Whether the chain of a subject's row has gone on since, so that the row is an earlier one put back.
 * @param name what the row is called in the query: the table, or its alias.
 */
export function wentOn(table: 'accounts' | 'users' | 'tokens', name: string = table): string {
  const subject = {
    accounts: `'account:' || ${name}.kid`,
    users: `'user:' || ${name}.id`,
    tokens: `'token:' || ${name}.id`,
  };
  return `EXISTS (SELECT 1 FROM audit_events AS later WHERE later.subject = ${subject[table]}
    AND later.place = ${name}.chain_count + 1)`;
}

/** The same as a column `behind`. */
export function behind(table: 'accounts' | 'users' | 'tokens', name: string = table): string {
  return `${wentOn(table, name)} AS behind`;
}

export function notWritten(subject: Subject): TwofaError {
  return new TwofaError('audit-broken', `The row of ${subject} is not the one that twofa wrote.`, {
    hint: '"twofa audit verify" names what is broken. Restore the store from a backup, or ask who has written to it.',
    details: { subject },
  });
}

/**
 * What was changed behind the trail's back decides nothing, and is not sealed again by the next write.
 * @throws TwofaError `audit-broken`
 */
function requireHead(keyring: Keyring, subject: Subject, row: Row, state: State): void {
  if (row.behind === true || row.behind === 1) throw notWritten(subject);
  const key = keyring.get(text(row, 'key_id'));
  if (key && headOf(key.trail, subject, chainOf(row), state) === row.head) return;
  throw notWritten(subject);
}

/** A user's row as twofa wrote it. @throws TwofaError `audit-broken` */
export function sealedUser(keyring: Keyring, row: Row): User {
  const user = userOf(row);
  requireHead(keyring, subjectOf.user(user.id), row, userState(user));
  return user;
}

/** An account's row as twofa wrote it. @throws TwofaError `audit-broken` */
export function sealedAccount(keyring: Keyring, row: Row): Account {
  const account = accountOf(row);
  requireHead(keyring, subjectOf.account(account.kid), row, accountState(account));
  return account;
}

/** A token's row as twofa wrote it. @throws TwofaError `audit-broken` */
export function sealedToken(keyring: Keyring, row: Row): Token {
  const token = tokenOf(row);
  requireHead(keyring, subjectOf.token(token.id), row, tokenState(token));
  return token;
}

/** What a seal covers of a code: whose, and made when. Its end is not sealed. */
function codeParts(row: Row): State {
  return [
    'code',
    int(row, 'user_id'),
    text(row, 'message_id'),
    text(row, 'via'),
    text(row, 'digest'),
    int(row, 'created_at'),
  ];
}

function trustParts(row: Row): State {
  return [
    'trust',
    int(row, 'user_id'),
    text(row, 'location'),
    int(row, 'trusted_at'),
    int(row, 'expires_at'),
  ];
}

function requestParts(row: Row): State {
  return [
    'request',
    text(row, 'app'),
    text(row, 'request_id'),
    int(row, 'user_id'),
    text(row, 'action'),
    text(row, 'answer'),
    int(row, 'created_at'),
  ];
}

const partsOf = { codes: codeParts, trusted_locations: trustParts, requests: requestParts };
export type SealedTable = keyof typeof partsOf;

/**
 * Joins the event of the user's chain that made a row of these tables: its link is the row's `event_link`.
 * @param where which rows it is looked up for; all of them where it is absent.
 */
export function joinEvent(table: SealedTable, where?: string): string {
  const subject = `'user:' || ${table}.user_id`;
  const looked = where === undefined ? subject : `CASE WHEN ${where} THEN ${subject} END`;
  return `LEFT JOIN audit_events AS made ON made.subject = ${looked} AND made.place = ${table}.place`;
}

function sealed(trail: Buffer, table: SealedTable, row: Row, event: ChainPosition): string {
  return sealOf(trail, [...partsOf[table](row), event.count, event.link]);
}

/**
 * The row with its seal, by the current key.
 * @param event the event of the user's chain that makes the row. The seal fits with that event alone, so that a row of a
 * chain that was put back, and has gone on another way since, does not fit any more.
 */
export function withSeal<R extends Row>(
  keyring: Keyring,
  table: SealedTable,
  row: R,
  event: ChainPosition,
): R & { place: number; key_id: string; seal: string } {
  const { id, trail } = keyring.current;
  // Overwritten rather than added: V8 takes long to add to what was spread. A row that is sealed anew has these already.
  const next = { place: 0, key_id: '', seal: '', ...row };
  return Object.assign(next, { place: event.count, key_id: id, seal: sealed(trail, table, row, event) });
}

/** How far the chain of a row's user has come, and at which place the rows of its table ended last. */
export interface SealedUntil {
  reached: number;
  ended: number;
}

/** What is wrong with a row of these tables that has not ended, or null where it is one that counts. */
export function faultOf(
  keyring: Keyring,
  table: SealedTable,
  row: Row,
  { reached, ended }: SealedUntil,
): 'not reached' | 'ended before' | 'not as written' | null {
  const event = { count: int(row, 'place'), link: textOrNull(row, 'event_link') ?? '' };
  if (!(event.count >= 1 && event.count <= reached)) return 'not reached';
  if (event.count <= ended) return 'ended before';
  const key = keyring.get(text(row, 'key_id'));
  if (key && sealed(key.trail, table, row, event) === row.seal) return null;
  return 'not as written';
}
