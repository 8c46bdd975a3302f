// Adds a user to an account (R10, R12). The same user again changes nothing; adding lifts no lock.
import * as v from 'valibot';
import { contact, flag, language, name, practiceName, username } from './fields.ts';
import { done, operation } from './operation.ts';
import { theAccount, theUser } from './refusals.ts';
import { differencesOf, newUser, rosterOf, userExists } from './roster.ts';
import { userView } from './views.ts';

export const userAdd = operation({
  permission: 'roster',
  account: 'required',
  input: v.strictObject({
    user: username,
    name,
    email: v.optional(contact),
    phone: v.optional(contact),
    language: v.optional(language),
    practices: v.optional(v.array(practiceName)),
    systemAdministrator: v.optional(flag, false),
  }),
  async perform(call, { user: username, ...wanted }) {
    return call.write(async (tables) => {
      const account = await theAccount(tables, call.kid);
      const roster = await rosterOf(tables, call.operator, account);
      const existing = await tables.user(call.kid, username);
      if (existing) {
        const same = existing.active && (await differencesOf(roster, existing, wanted)).fields.length === 0;
        if (!same) throw userExists(call.kid, username);
        return done({ ...userView(existing, false), changed: false });
      }
      if ((await tables.usernameHolder(call.kid, username)) !== null) throw userExists(call.kid, username);
      const values = await newUser(roster, username, wanted);
      await tables.addUsers(account, [values], {
        action: 'user.added',
        user: username,
        details: { systemAdministrator: values.systemAdministrator },
      });
      return done({ ...userView(await theUser(tables, call.kid, username), false), changed: true });
    });
  },
});
