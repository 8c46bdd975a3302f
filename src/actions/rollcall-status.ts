// Shows who is reachable by each channel, who not, and whose message bounced.
import * as v from 'valibot';
import type { StandingState } from '../rules/check-word.ts';
import type { Channel } from '../rules/code.ts';
import { iso } from '../rules/time.ts';
import { limit, practiceName, username } from './fields.ts';
import { done, operation } from './operation.ts';
import { theAccount } from './refusals.ts';
import { standing } from './roll-call.ts';
import { requirePractice, rosterOf } from './roster.ts';

/** How a user stands by a channel, as the document has it. */
export interface StandingView {
  state: StandingState;
  at: string | null;
  reason: string | null;
}

/** A user in the roll call. */
export interface RollCallView {
  username: string;
  name: string;
  practices: string[];
  email: StandingView;
  sms: StandingView;
}

export const rollcallStatus = operation({
  permission: 'rollcall',
  account: 'required',
  input: v.strictObject({
    practice: v.optional(practiceName),
    limit: v.optional(limit, 1000),
    after: v.optional(username),
  }),
  async perform(call, input) {
    const store = await call.store();
    return store.read(async (tables) => {
      const account = await theAccount(tables, call.kid);
      const { practice, after } = input;
      if (practice !== undefined)
        await requirePractice(await rosterOf(tables, call.operator, account), practice);
      const entries = await tables.rollCall({ kid: call.kid, practice, after, limit: input.limit });
      const keyring = await call.keyring();
      return done(
        entries.map((entry): RollCallView => {
          const view = (via: Channel): StandingView => {
            const { state, at, reason } = standing(entry, via, keyring, tables.now);
            return { state, at: iso(at), reason };
          };
          const { username, name, practices } = entry.user;
          return { username, name, practices, email: view('email'), sms: view('sms') };
        }),
      );
    });
  },
});
