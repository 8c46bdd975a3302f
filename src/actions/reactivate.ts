// Reactivates locked or deactivated users, all of them or none: the only door, for the account's System Administrators (R10).
import * as v from 'valibot';
import { TwofaError } from '../errors.ts';
import { statusOf } from '../rules/account.ts';
import { reactivated } from '../rules/attempts.ts';
import { flag, reason, recoveryCode, userName } from './fields.ts';
import { addressesOf, tellUser } from './notices.ts';
import { type Call, done, operation } from './operation.ts';
import { recover } from './recovery.ts';
import { theAccount, theUser } from './refusals.ts';
import { requireReachable } from './roster.ts';
import type { Account, Writing } from './store.ts';
import { requirePasswordsChanged } from './triage.ts';
import { userView } from './views.ts';

async function reactivateOne(
  call: Call,
  tables: Writing,
  account: Account,
  name: string,
  input: { reason: string; deactivated: boolean; passwordChanged: boolean },
) {
  const user = await theUser(tables, call.kid, name);
  const before = statusOf(user);
  if (before === 'active') return { ...userView(user, false), changed: false };
  if (before === 'inactive') {
    if (!input.deactivated) {
      throw new TwofaError('user-deactivated', `${user.username} is deactivated, not locked.`, {
        hint: 'Give --deactivated to bring a deactivated user back.',
      });
    }
    await requireReachable(tables, account, user, user.id);
  }
  await tables.saveUser(
    user,
    { ...reactivated(), active: true, endTrust: 'reactivated' },
    {
      action: 'user.reactivated',
      details: {
        reason: input.reason,
        from: before,
        ...(input.passwordChanged ? { passwordChanged: true } : {}),
      },
    },
  );
  const telling = { kind: 'user-reactivated' as const, about: user.username };
  if (account.enabledAt !== null) await tellUser(call, tables, account, addressesOf(user), telling);
  return { ...userView(await theUser(tables, call.kid, `usr_${user.id}`), false), changed: true };
}

export const reactivate = operation({
  permission: 'reactivate',
  account: 'required',
  input: v.pipe(
    v.strictObject({
      users: v.pipe(
        v.array(userName),
        v.minLength(1, 'must name a user'),
        v.maxLength(1000, 'must name at most 1000 users'),
      ),
      reason,
      deactivated: v.optional(flag, false),
      passwordChanged: v.optional(flag, false),
      recoveryCode: v.optional(recoveryCode),
    }),
    v.forward(
      v.check(
        (input) => input.recoveryCode === undefined || input.users.length === 1,
        'must be one user where a recovery code is given',
      ),
      ['users'],
    ),
    v.forward(
      v.check(
        (input) => input.recoveryCode === undefined || !input.deactivated,
        'does not go with a recovery code, which lifts a lock alone',
      ),
      ['deactivated'],
    ),
  ),
  waives: (input) => (input.recoveryCode === undefined ? {} : { lock: true, secondFactor: true }),
  async perform(call, input) {
    const { users, recoveryCode: code } = input;
    if (code !== undefined) return recover(call, { ...input, code, user: users[0] ?? '' });
    return call.write(async (tables) => {
      const account = await theAccount(tables, call.kid);
      if (!input.passwordChanged) await requirePasswordsChanged(tables, call.kid, input.users);
      const results = [];
      for (const name of new Set(input.users)) {
        results.push(await reactivateOne(call, tables, account, name, input));
      }
      return done(results);
    });
  },
});
