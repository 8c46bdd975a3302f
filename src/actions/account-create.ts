// Creates an account. The same account again changes nothing.
import * as v from 'valibot';
import { TwofaError } from '../errors.ts';
import { country, kid, name } from './fields.ts';
import { done, operation } from './operation.ts';
import { accountNotFound } from './refusals.ts';
import { accountView } from './views.ts';

export const accountCreate = operation({
  permission: 'account.create',
  account: 'none',
  input: v.strictObject({ kid, name, country: v.optional(country, 'US') }),
  async perform(call, input) {
    const { isCountry } = await import('../rules/phone.ts');
    if (!isCountry(input.country)) {
      throw new TwofaError(
        'invalid-input',
        `country "${input.country}" is no country with telephone numbers.`,
        {
          details: { field: 'country' },
        },
      );
    }
    if (call.operator.kid !== null && call.operator.kid !== input.kid) throw accountNotFound(input.kid);
    return call.write(async (tables) => {
      const existing = await tables.account(input.kid);
      if (existing && (existing.name !== input.name || existing.country !== input.country)) {
        throw new TwofaError(
          'account-exists',
          `There is an account ${input.kid} already, with other values.`,
          {
            hint: `twofa account show -a ${input.kid}`,
          },
        );
      }
      if (!existing) {
        await tables.addAccount(input, {
          action: 'account.created',
          details: { name: input.name, country: input.country },
        });
      }
      const [account] = await tables.accounts({ kid: input.kid, limit: 1 });
      if (!account) throw accountNotFound(input.kid);
      return done({ ...accountView(account, tables.now), changed: !existing });
    });
  },
});
