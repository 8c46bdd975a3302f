// Shows users: one, those of an account, or those whom a text finds over the accounts that the operator may see.
import * as v from 'valibot';
import { limit, practiceName, searchText, userId, userName, username } from './fields.ts';
import { lookUp } from './lookup.ts';
import { done, operation } from './operation.ts';
import { theAccount, theUser } from './refusals.ts';
import { userView } from './views.ts';

const status = v.picklist(['active', 'locked', 'inactive'], 'must be "active", "locked" or "inactive"');

export const userList = operation({
  permission: 'see',
  account: 'required',
  input: v.strictObject({
    status: v.optional(status),
    practice: v.optional(practiceName),
    search: v.optional(searchText),
    limit: v.optional(limit, 1000),
    after: v.optional(username),
  }),
  async perform(call, input) {
    const details = { view: 'users', searched: input.search !== undefined, status: input.status ?? null };
    return done(
      await lookUp(call, 'account.viewed', details, async (tables) => {
        const account = await theAccount(tables, call.kid);
        const users = await tables.users({
          kid: call.kid,
          limit: input.limit,
          wholeContacts: call.masked,
          ...(input.status === undefined ? {} : { status: input.status }),
          ...(input.practice === undefined ? {} : { practice: input.practice }),
          ...(input.search === undefined ? {} : { search: input.search }),
          ...(input.after === undefined ? {} : { after: input.after }),
        });
        return { result: users.map((user) => userView(user, call.masked)), subject: { account } };
      }),
    );
  },
});

export const userShow = operation({
  permission: 'see',
  account: 'required',
  input: v.strictObject({ user: userName }),
  async perform(call, input) {
    return done(
      await lookUp(call, 'user.viewed', {}, async (tables) => {
        const user = await theUser(tables, call.kid, input.user);
        return { result: userView(user, call.masked), subject: { user } };
      }),
    );
  },
});

export const find = operation({
  permission: 'see',
  account: 'optional',
  input: v.strictObject({ text: searchText, limit: v.optional(limit, 1000), after: v.optional(userId) }),
  async perform(call, input) {
    return done(
      await lookUp(call, 'users.searched', { search: call.masked ? null : input.text }, async (tables) => {
        const users = await tables.users({
          search: input.text,
          wholeContacts: call.masked,
          limit: input.limit,
          ...(call.kid === '' ? {} : { kid: call.kid }),
          ...(input.after === undefined ? {} : { afterId: input.after }),
        });
        return { result: users.map((user) => userView(user, call.masked)), subject: null };
      }),
    );
  },
});
