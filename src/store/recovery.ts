// Reads and writes recovery codes, the wrong tries of them, and what the account's head seals of them.
import type { Account, NewEvent } from '../actions/store.ts';
import { TwofaError } from '../errors.ts';
import {
  noTries,
  type RecoveryCode,
  type RecoveryTries,
  workingCodesDigest,
} from '../rules/recovery-code.ts';
import { int, intOrNull, type Row, text } from './rows.ts';
import { first, on, type Query, rows, type Session } from './session.ts';
import { recordOnAccount } from './write-accounts.ts';

function recoveryCodeOf(row: Row): RecoveryCode {
  return {
    id: int(row, 'id'),
    digest: text(row, 'digest'),
    usedAt: intOrNull(row, 'used_at'),
    voidAt: intOrNull(row, 'void_at'),
  };
}

function working(session: Session, kid: string): Query {
  return on(session, 'recovery_codes')
    .where({ account_kid: kid })
    .whereNull('used_at')
    .whereNull('void_at')
    .orderBy('id');
}

/** Codes that work. @throws TwofaError `audit-broken` when they are not those that the account's head seals. */
export async function recoveryCodes(session: Session, account: Account): Promise<RecoveryCode[]> {
  const codes = (await rows(working(session, account.kid))).map(recoveryCodeOf);
  if (workingCodesDigest(codes.map((code) => code.digest)) === account.recoveryCodes) return codes;
  throw new TwofaError(
    'audit-broken',
    `The recovery codes of account ${account.kid} are not those that twofa made.`,
    {
      hint: '"twofa audit verify" names what is broken. Restore the store from a backup, or ask who has written to it.',
      details: { subject: `account:${account.kid}` },
    },
  );
}

export async function recoveryCode(
  session: Session,
  kid: string,
  digest: string,
): Promise<RecoveryCode | null> {
  const row = await first(on(session, 'recovery_codes').where({ account_kid: kid, digest }));
  return row && recoveryCodeOf(row);
}

export async function recoveryTries(session: Session, kid: string): Promise<RecoveryTries> {
  const row = await first(on(session, 'recovery_tries').where({ account_kid: kid }));
  return row ? { failures: int(row, 'failures'), lastFailedAt: int(row, 'last_failed_at') } : noTries;
}

async function forgetTries(session: Session, kid: string): Promise<void> {
  await on(session, 'recovery_tries').where({ account_kid: kid }).delete();
}

/** Voids the codes that work, and makes these in their place. */
export async function replaceRecoveryCodes(
  session: Session,
  account: Account,
  digests: readonly string[],
  event: NewEvent,
): Promise<Account> {
  await working(session, account.kid).clearOrder().update({ void_at: session.now });
  await on(session, 'recovery_codes').insert(
    digests.map((digest) => ({ account_kid: account.kid, digest, created_at: session.now })),
  );
  return recordOnAccount(session, account, event, { recoveryCodes: workingCodesDigest(digests) });
}

/** Voids the codes that work, and makes none. @returns how many there were. */
export async function voidRecoveryCodes(session: Session, account: Account, reason: string): Promise<number> {
  const voided = Number(await working(session, account.kid).clearOrder().update({ void_at: session.now }));
  const event: NewEvent = { action: 'recovery.voided', details: { reason, voided } };
  await recordOnAccount(session, account, event, { recoveryCodes: null });
  return voided;
}

/** Uses a code up. @throws TwofaError `audit-broken` */
export async function useRecoveryCode(
  session: Session,
  account: Account,
  code: RecoveryCode,
  event: NewEvent,
): Promise<Account> {
  const left = (await recoveryCodes(session, account)).filter((each) => each.id !== code.id);
  await on(session, 'recovery_codes')
    .where({ id: code.id })
    .update({ used_at: session.now, used_by: session.actor.actor });
  await forgetTries(session, account.kid);
  const digest = workingCodesDigest(left.map((each) => each.digest));
  return recordOnAccount(session, account, event, { recoveryCodes: digest });
}

export async function rejectRecovery(
  session: Session,
  account: Account,
  tries: RecoveryTries,
  event: NewEvent,
): Promise<void> {
  await on(session, 'recovery_tries')
    .insert({ account_kid: account.kid, failures: tries.failures, last_failed_at: tries.lastFailedAt })
    .onConflict('account_kid')
    .merge();
  await recordOnAccount(session, account, event);
}
