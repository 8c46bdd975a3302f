// Renames a user. The username left behind is never anybody else's.
import * as v from 'valibot';
import { userName, username } from './fields.ts';
import { done, operation } from './operation.ts';
import { theUser } from './refusals.ts';
import { userExists } from './roster.ts';
import { userView } from './views.ts';

export const userRename = operation({
  permission: 'roster',
  account: 'required',
  input: v.strictObject({ user: userName, newUsername: username }),
  async perform(call, input) {
    return call.write(async (tables) => {
      const user = await theUser(tables, call.kid, input.user);
      if (user.username === input.newUsername) return done({ ...userView(user, false), changed: false });
      const holder = await tables.usernameHolder(call.kid, input.newUsername);
      if (holder !== null && holder !== user.id) throw userExists(call.kid, input.newUsername);
      await tables.saveUser(
        user,
        { username: input.newUsername },
        { action: 'user.renamed', details: { to: input.newUsername } },
      );
      return done({ ...userView(await theUser(tables, call.kid, `usr_${user.id}`), false), changed: true });
    });
  },
});
