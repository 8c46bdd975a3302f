// Shows accounts, with who is overdue with the mandatory 2FA (R4).
import * as v from 'valibot';
import { flag, kid, limit, searchText } from './fields.ts';
import { lookUp } from './lookup.ts';
import { done, operation } from './operation.ts';
import { accountNotFound, theAccount } from './refusals.ts';
import { accountView } from './views.ts';

export const accountList = operation({
  permission: 'see',
  account: 'optional',
  input: v.strictObject({
    overdue: v.optional(flag, false),
    awaiting: v.optional(flag, false),
    search: v.optional(searchText),
    limit: v.optional(limit, 1000),
    after: v.optional(kid),
  }),
  async perform(call, { search, after, ...filter }) {
    const only = {
      ...filter,
      ...(call.kid === '' ? {} : { kid: call.kid }),
      ...(search === undefined ? {} : { search }),
      ...(after === undefined ? {} : { after }),
    };
    const details = { searched: search !== undefined, overdue: filter.overdue };
    return done(
      await lookUp(call, 'accounts.viewed', details, async (tables) => ({
        result: (await tables.accounts(only)).map((account) => accountView(account, tables.now)),
        subject: null,
      })),
    );
  },
});

export const accountShow = operation({
  permission: 'see',
  account: 'required',
  input: v.strictObject({}),
  async perform(call) {
    return done(
      await lookUp(call, 'account.viewed', {}, async (tables) => {
        const [account] = await tables.accounts({ kid: call.kid, limit: 1 });
        if (!account) throw accountNotFound(call.kid);
        return {
          result: accountView(account, tables.now),
          subject: { account: await theAccount(tables, call.kid) },
        };
      }),
    );
  },
});
