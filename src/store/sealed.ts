// Makes sure that a row is the one that was written: its head or its seal fits, or it does not count.
import type { Account, Token, User } from '../actions/store.ts';
import { TwofaError } from '../errors.ts';
import { accountState, headOf, type Subject, sealOf, tokenState, userState } from '../rules/chain.ts';
import type { Keyring } from '../rules/keyring.ts';
import { accountOf, chainOf, int, type Row, text, tokenOf, userOf } from './rows.ts';
import { subjectOf } from './trail.ts';

type State = readonly (string | number | boolean | null)[];

/**
 * What was changed behind the trail's back decides nothing, and is not sealed again by the next write.
 * @throws TwofaError `audit-broken`
 */
function requireHead(keyring: Keyring, subject: Subject, row: Row, state: State): void {
  const key = keyring.get(text(row, 'key_id'));
  if (key && headOf(key.trail, subject, chainOf(row), state) === row.head) return;
  throw new TwofaError('audit-broken', `The row of ${subject} is not the one that twofa wrote.`, {
    hint: '"twofa audit verify" names what is broken. Restore the store from a backup, or ask who has written to it.',
    details: { subject },
  });
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

/** What a seal covers of a code: whose, made when and at which place of the user's chain. Its end is not sealed. */
function codeParts(row: Row): State {
  return [
    'code',
    int(row, 'user_id'),
    text(row, 'message_id'),
    text(row, 'via'),
    text(row, 'digest'),
    int(row, 'created_at'),
    int(row, 'place'),
  ];
}

function trustParts(row: Row): State {
  return [
    'trust',
    int(row, 'user_id'),
    text(row, 'location'),
    int(row, 'trusted_at'),
    int(row, 'expires_at'),
    int(row, 'place'),
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

/** The row with its seal, by the current key. */
export function withSeal<R extends Row>(
  keyring: Keyring,
  table: SealedTable,
  row: R,
): R & { key_id: string; seal: string } {
  const { id, trail } = keyring.current;
  return { ...row, key_id: id, seal: sealOf(trail, partsOf[table](row)) };
}

/** Whether a row of these tables is one that twofa wrote. */
export function hasSeal(keyring: Keyring, table: SealedTable, row: Row): boolean {
  const key = keyring.get(text(row, 'key_id'));
  return key !== undefined && sealOf(key.trail, partsOf[table](row)) === row.seal;
}
