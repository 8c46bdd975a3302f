// Deactivates a user: codes and trust end, and only a System Administrator brings them back (R10, R13).
import * as v from 'valibot';
import { userName } from './fields.ts';
import { addressesOf, tellAdministrators, tellUser } from './notices.ts';
import { type Call, done, operation } from './operation.ts';
import { theAccount, theUser } from './refusals.ts';
import { permitDeactivation, rosterOf } from './roster.ts';
import type { Account, User, Writing } from './store.ts';
import { userView } from './views.ts';

/** Deactivates an active user, which the rules permit, and tells those whom it concerns. */
export async function deactivate(call: Call, tables: Writing, account: Account, user: User): Promise<void> {
  await tables.saveUser(
    user,
    { active: false, endCodes: 'deactivated', endTrust: 'deactivated' },
    { action: 'user.deactivated' },
  );
  if (!user.systemAdministrator || account.enabledAt === null) return;
  const telling = { kind: 'user-deactivated' as const, about: user.username };
  await tellUser(call, tables, account, addressesOf(user), telling);
  await tellAdministrators(call, tables, account, telling);
}

export const userDeactivate = operation({
  permission: 'roster',
  account: 'required',
  input: v.strictObject({ user: userName }),
  async perform(call, input) {
    return call.write(async (tables) => {
      const account = await theAccount(tables, call.kid);
      const user = await theUser(tables, call.kid, input.user);
      if (!user.active) return done({ ...userView(user, false), changed: false });
      await permitDeactivation(await rosterOf(tables, call.operator, account), user);
      await deactivate(call, tables, account, user);
      return done({ ...userView(await theUser(tables, call.kid, `usr_${user.id}`), false), changed: true });
    });
  },
});
