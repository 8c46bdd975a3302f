// Updates a user: name, contact data, practices, the System Administrator's role (R5, R10, R12, R13).
import * as v from 'valibot';
import { TwofaError } from '../errors.ts';
import { contact, flag, language, name, practiceName, userName } from './fields.ts';
import { tellOfUpdate } from './notices.ts';
import { done, operation } from './operation.ts';
import { theAccount, theUser } from './refusals.ts';
import { rosterOf, updateOf } from './roster.ts';
import { userView } from './views.ts';

export const userUpdate = operation({
  permission: 'roster',
  account: 'required',
  input: v.strictObject({
    user: userName,
    name: v.optional(name),
    email: v.optional(contact),
    phone: v.optional(contact),
    language: v.optional(language),
    practices: v.optional(v.array(practiceName)),
    systemAdministrator: v.optional(flag),
  }),
  async perform(call, { user: named, ...wanted }) {
    if (Object.values(wanted).every((value) => value === undefined)) {
      throw new TwofaError('missing-option', 'There is nothing to change.', {
        hint: 'Give --name, --email, --phone, --language, --practice, --system-administrator or --no-system-administrator.',
      });
    }
    return call.write(async (tables) => {
      const account = await theAccount(tables, call.kid);
      const user = await theUser(tables, call.kid, named);
      const roster = await rosterOf(tables, call.operator, account);
      const { change, fields, details } = await updateOf(roster, user, wanted);
      if (fields.length === 0) return done({ ...userView(user, false), changed: false });
      const after = await tables.saveUser(user, change, { action: 'user.updated', details });
      await tellOfUpdate(call, tables, account, { before: user, after, fields });
      return done({ ...userView(await theUser(tables, call.kid, `usr_${user.id}`), false), changed: true });
    });
  },
});
