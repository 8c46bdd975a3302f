// Refusals that several operations give, in the same words.
import { TwofaError } from '../errors.ts';
import type { Account, Reading, UserWithPractices } from './store.ts';

export function accountNotFound(kid: string): TwofaError {
  return new TwofaError('account-not-found', `There is no account ${JSON.stringify(kid)}.`, {
    hint: 'See "twofa account list".',
  });
}

export function userNotFound(kid: string, user: string, nearest: string | null = null): TwofaError {
  return new TwofaError('user-not-found', `There is no user ${JSON.stringify(user)} in account ${kid}.`, {
    hint: nearest
      ? `Usernames are exact: did you mean ${JSON.stringify(nearest)}?`
      : 'Usernames are exact; "twofa find" looks for anything else.',
  });
}

export function noticeNotFound(id: number): TwofaError {
  return new TwofaError('notice-not-found', `There is no notice ntc_${id} that did not go out.`, {
    hint: 'See "twofa notices list".',
  });
}

export function notLocked(kid: string, username: string): TwofaError {
  return new TwofaError('lockout-not-found', `${username} is not locked.`, {
    hint: `twofa status ${username} -a ${kid}`,
  });
}

/** The account of a call. @throws TwofaError `account-not-found`. */
export async function theAccount(tables: Reading, kid: string): Promise<Account> {
  const account = await tables.account(kid);
  if (!account) throw accountNotFound(kid);
  return account;
}

/** A user of an account, by username or id. @throws TwofaError `account-not-found` before `user-not-found`. */
export async function theUser(tables: Reading, kid: string, name: string): Promise<UserWithPractices> {
  const user = await tables.user(kid, name);
  if (user) return user;
  await theAccount(tables, kid);
  throw userNotFound(kid, name, (await tables.userByKey(kid, name))?.username);
}
