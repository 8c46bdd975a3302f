// Recovery codes: made for an account, renewed, and used to reactivate a locked System Administrator (R10).
import * as v from 'valibot';
import { TwofaError } from '../errors.ts';
import { statusOf } from '../rules/account.ts';
import { reactivated } from '../rules/attempts.ts';
import { recoveryCodesMax } from '../rules/constants.ts';
import {
  decideRecovery,
  formatRecoveryCode,
  isToldOfFailure,
  type RecoveryCode,
  type RecoveryFailure,
  recoveryCodeDigest,
} from '../rules/recovery-code.ts';
import { type Instant, iso } from '../rules/time.ts';
import { addressesOf, tellAdministrators, tellUser } from './notices.ts';
import { type Call, done, operation } from './operation.ts';
import { theAccount, theUser } from './refusals.ts';
import type { Account, Reading, UserWithPractices, Writing } from './store.ts';
import { requirePasswordsChanged } from './triage.ts';
import { type UserView, userView } from './views.ts';

/**
 * Makes an account's recovery codes, in place of those it had, and has them kept before they count.
 * @returns the codes, which are nowhere else.
 * @throws whatever keeping them throws: then nothing is done.
 */
export async function makeRecoveryCodes(call: Call, tables: Writing, account: Account): Promise<string[]> {
  const replaced = (await tables.recoveryCodes(account)).length;
  const codes = Array.from({ length: recoveryCodesMax }, () => formatRecoveryCode(call.random.token()));
  await tables.replaceRecoveryCodes(account, codes.map(recoveryCodeDigest), {
    action: 'recovery.renewed',
    details: { made: codes.length, replaced },
  });
  await call.keepRecoveryCodes?.(call.kid, codes);
  await tellAdministrators(call, tables, account, { kind: 'recovery-codes-renewed', about: '' }, null);
  return codes;
}

export const recoveryRenew = operation({
  permission: 'recovery',
  account: 'required',
  input: v.strictObject({}),
  async perform(call) {
    return call.write(async (tables) => {
      const account = await theAccount(tables, call.kid);
      if (account.enabledAt === null) {
        throw new TwofaError('not-enabled', `2FA is not on for account ${call.kid}: nobody can be locked.`, {
          hint: '"twofa enable" makes the recovery codes.',
        });
      }
      const recoveryCodes = await makeRecoveryCodes(call, tables, account);
      return done({ account: call.kid, recoveryCodes, changed: true });
    });
  },
});

/** What a recovery code is to do. */
export interface Recovery {
  user: string;
  code: string;
  reason: string;
  passwordChanged: boolean;
}

/** A locked System Administrator uses a recovery code for nobody but themselves. @throws TwofaError `operator-locked` */
async function refuseLockedOperator(call: Call, tables: Reading, named: string): Promise<void> {
  const self = await tables.user(call.kid, `usr_${call.operator.token.userId}`);
  if (!self || self.lockedAt === null) return;
  if (named === self.username || named === `usr_${self.id}`) return;
  throw new TwofaError('operator-locked', `${self.username} is locked, and so is their token.`, {
    hint: 'A recovery code reactivates yourself first: twofa reactivate YOU --recovery-code',
  });
}

/** @throws TwofaError for a user whom a recovery code is not for. */
function requireRecoverable(user: UserWithPractices): void {
  if (!user.systemAdministrator) {
    throw new TwofaError('not-an-administrator', `${user.username} is no System Administrator.`, {
      hint: `Recovery codes are for System Administrators; "twofa reactivate ${user.username}" is for others.`,
    });
  }
  if (!user.active) {
    throw new TwofaError('user-deactivated', `${user.username} is deactivated, not locked.`, {
      hint: 'A recovery code lifts a lock alone. Another System Administrator can give --deactivated.',
    });
  }
}

const failures: Record<RecoveryFailure, string> = {
  wrong: 'is none of this account',
  used: 'was used before',
  replaced: 'is void: newer ones were made, or an older copy of the store was accepted',
};

function rejection(kid: string, why: RecoveryFailure, retryAt: Instant): TwofaError {
  return new TwofaError('recovery-code-rejected', `The recovery code ${failures[why]} (account ${kid}).`, {
    hint: `Nothing is used up by it. The next try is compared from ${iso(retryAt)} on.`,
    details: { why, retryAt: iso(retryAt) },
  });
}

function tooSoon(retryAt: Instant): TwofaError {
  return new TwofaError('too-soon', 'A recovery code was wrong just now: this one was not looked at.', {
    hint: `Try again from ${iso(retryAt)} on. Each wrong one doubles the wait, up to 15 minutes.`,
    details: { retryAt: iso(retryAt) },
  });
}

/** A code that works, and how many do when it is used up. */
interface Accepted {
  code: RecoveryCode;
  left: number;
}

async function reactivateWith(
  tables: Writing,
  account: Account,
  user: UserWithPractices,
  { code, left }: Accepted,
  { reason, passwordChanged }: Recovery,
): Promise<void> {
  await tables.useRecoveryCode(account, code, {
    action: 'recovery.used',
    user: user.username,
    details: { id: code.id, left },
  });
  const details = {
    reason,
    from: 'locked',
    by: 'recovery-code',
    ...(passwordChanged ? { passwordChanged } : {}),
  };
  await tables.saveUser(
    user,
    { ...reactivated(), endTrust: 'reactivated' },
    { action: 'user.reactivated', details },
  );
}

/** What an accepted code does for a user; it is used up only where there is a lock to lift. */
async function accept(
  call: Call,
  tables: Writing,
  account: Account,
  accepted: Accepted,
  recovery: Recovery,
): Promise<UserView & { changed: boolean }> {
  const user = await theUser(tables, call.kid, recovery.user);
  requireRecoverable(user);
  const masked = call.operator.verifiedUntil === null;
  if (statusOf(user) === 'active') return { ...userView(user, masked), changed: false };
  if (!recovery.passwordChanged) await requirePasswordsChanged(tables, call.kid, [recovery.user]);
  await reactivateWith(tables, account, user, accepted, recovery);
  const telling = { kind: 'recovery-code-used' as const, about: user.username };
  await tellAdministrators(call, tables, account, telling, null);
  await tellUser(call, tables, account, addressesOf(user), { ...telling, kind: 'user-reactivated' });
  return { ...userView(await theUser(tables, call.kid, `usr_${user.id}`), masked), changed: true };
}

/**
 * Reactivates a locked System Administrator by a recovery code. The operator, who may be that user, needs no second
 * factor for it (R15): so nothing is told of anybody before the code was right. Wrong codes use nothing up, and the
 * next is compared after a while; a failure is saved before it is told.
 * @throws TwofaError `recovery-code-rejected`, `too-soon`, or why the code is not for this user.
 */
export async function recover(call: Call, recovery: Recovery) {
  const outcome = await call.write(async (tables) => {
    const account = await theAccount(tables, call.kid);
    await refuseLockedOperator(call, tables, recovery.user);
    const working = (await tables.recoveryCodes(account)).length;
    const known = await tables.recoveryCode(call.kid, recoveryCodeDigest(recovery.code));
    const before = await tables.recoveryTries(call.kid);
    const decision = decideRecovery(before, known, tables.now);
    if (decision.outcome === 'too-soon') throw tooSoon(decision.retryAt);
    if (decision.outcome === 'accepted') {
      return accept(call, tables, account, { code: decision.code, left: working - 1 }, recovery);
    }
    const { why, tries, retryAt } = decision;
    await tables.rejectRecovery(account, tries, {
      action: 'recovery.rejected',
      outcome: 'failed',
      user: recovery.user,
      details: { why, failures: tries.failures },
    });
    if (isToldOfFailure(before, tables.now)) {
      const telling = { kind: 'recovery-code-rejected' as const, about: recovery.user };
      await tellAdministrators(call, tables, account, telling, null);
    }
    return rejection(call.kid, why, retryAt);
  });
  if (outcome instanceof TwofaError) throw outcome;
  return done([outcome]);
}
