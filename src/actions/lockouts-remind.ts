// Reminds an account's System Administrators that a user is locked: all that Customer Care can do about it (R10).
import * as v from 'valibot';
import { TwofaError } from '../errors.ts';
import { reminderIntervalMs } from '../rules/constants.ts';
import { iso } from '../rules/time.ts';
import { userName } from './fields.ts';
import { tellAdministrators } from './notices.ts';
import { done, operation } from './operation.ts';
import { notLocked, theAccount, theUser } from './refusals.ts';

export const lockoutsRemind = operation({
  permission: 'lockout.remind',
  account: 'required',
  input: v.strictObject({ user: userName }),
  async perform(call, input) {
    return call.write(async (tables) => {
      const user = await theUser(tables, call.kid, input.user);
      if (user.lockedAt === null || !user.active) throw notLocked(call.kid, user.username);
      const { remindedAt } = user;
      // A reminder of an earlier lock does not count, nor one from a clock that was ahead.
      const recent =
        remindedAt !== null &&
        remindedAt >= user.lockedAt &&
        remindedAt <= tables.now &&
        tables.now < remindedAt + reminderIntervalMs;
      if (recent) {
        const retryAt = iso(remindedAt + reminderIntervalMs);
        throw new TwofaError('too-soon', `The administrators were reminded of ${user.username} already.`, {
          hint: `Remind them again after ${retryAt}; until then, have the user ask them.`,
          details: { retryAt },
        });
      }
      const account = await theAccount(tables, call.kid);
      const telling = { kind: 'lockout-reminder', about: user.username } as const;
      const administrators = await tellAdministrators(call, tables, account, {
        ...telling,
        details: { since: iso(user.lockedAt) },
      });
      await tables.saveUser(
        user,
        { remindedAt: tables.now },
        { action: 'lockout.reminded', details: { administrators } },
      );
      return done({
        account: call.kid,
        username: user.username,
        administrators,
        remindedAt: iso(tables.now),
        changed: true,
      });
    });
  },
});
