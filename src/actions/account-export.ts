// Exports an account as a provisioning document, which apply takes back unchanged, a part of its users at a time.
import * as v from 'valibot';
import { limit, username } from './fields.ts';
import { done, operation } from './operation.ts';
import { theAccount } from './refusals.ts';
import type { UserWithPractices } from './store.ts';

/** Users looked at in one request at the most. */
const usersAtOnce = 5000;

/** A user as a file states them: with nothing of locks and attempts. */
function stated({
  username,
  name,
  email,
  phone,
  language,
  practices,
  systemAdministrator,
}: UserWithPractices) {
  return {
    username,
    name,
    email: email ?? '',
    phone: phone ?? '',
    ...(language === null ? {} : { language }),
    practices,
    ...(systemAdministrator ? { systemAdministrator } : {}),
  };
}

export type ExportedUser = ReturnType<typeof stated>;

/** A document with a part of the account's users. */
export interface ExportedPart {
  document: {
    account: { kid: string; name: string; country: string; twoFactor?: { wanted: true } };
    practices: string[];
    users: ExportedUser[];
  };
  /** Inactive users, who are left out: a file would bring them back to life elsewhere. */
  inactive: number;
  /** The user after whom the next part begins; null after the last. */
  after: string | null;
}

export const accountExport = operation({
  permission: 'roster',
  account: 'required',
  input: v.strictObject({ limit: v.optional(limit, usersAtOnce), after: v.optional(username) }),
  async perform(call, input) {
    const store = await call.store();
    return store.read(async (tables) => {
      const { kid, name, country, enabledAt, wanted } = await theAccount(tables, call.kid);
      const atOnce = Math.min(input.limit, usersAtOnce);
      const after = input.after === undefined ? {} : { after: input.after };
      const users = await tables.users({ kid, limit: atOnce, ...after });
      const twoFactor = enabledAt !== null || wanted ? { twoFactor: { wanted: true as const } } : {};
      const result: ExportedPart = {
        document: {
          account: { kid, name, country, ...twoFactor },
          practices: (await tables.practices(kid)).map((practice) => practice.name),
          users: users.filter((user) => user.active).map(stated),
        },
        inactive: await tables.inactiveUsers(kid),
        after: users.length < atOnce ? null : (users.at(-1)?.username ?? null),
      };
      return done(result);
    });
  },
});
