// Who is locked, and how it came about (R9).
import * as v from 'valibot';
import { statusOf } from '../rules/account.ts';
import { limit, userName, username } from './fields.ts';
import { lookUp } from './lookup.ts';
import { currentMessages, messagesOf } from './message-outcomes.ts';
import { done, operation } from './operation.ts';
import { notLocked, theAccount, theUser } from './refusals.ts';
import { triageOf, triageView } from './triage.ts';
import { eventView, lockoutView } from './views.ts';

export const lockouts = operation({
  permission: 'see',
  account: 'required',
  input: v.strictObject({ limit: v.optional(limit, 1000), after: v.optional(username) }),
  async perform(call, input) {
    return done(
      await lookUp(call, 'account.viewed', { view: 'lockouts' }, async (tables) => {
        const account = await theAccount(tables, call.kid);
        const found = await tables.lockouts({
          kid: call.kid,
          limit: input.limit,
          ...(input.after === undefined ? {} : { after: input.after }),
        });
        return { result: found.map(lockoutView), subject: { account } };
      }),
    );
  },
});

/** Events of sign-ins that tell how a lockout came about. */
const telling = new Set([
  'code.issued',
  'code.undelivered',
  'code.verified',
  'code.rejected',
  'user.locked',
  'user.reactivated',
]);

/** Events shown of a lockout's history at the most: the newest. */
const shownEvents = 50;

export const lockoutShow = operation({
  permission: 'see',
  account: 'required',
  input: v.strictObject({ user: userName }),
  async perform(call, input) {
    const { userId, messages, now, ...rest } = await lookUp(
      call,
      'user.viewed',
      { view: 'lockout' },
      async (tables) => {
        const user = await theUser(tables, call.kid, input.user);
        if (statusOf(user) !== 'locked') {
          throw notLocked(call.kid, user.username);
        }
        const lockout = await tables.lockout(user);
        const history = (await tables.userHistory(user.id, 500)).filter((event) => telling.has(event.action));
        const result = {
          ...lockoutView(lockout),
          ...triageView(await triageOf(tables, user)),
          userId: user.id,
          messages: await messagesOf(tables, user.id),
          now: tables.now,
          history: history.slice(-shownEvents).map(eventView),
        };
        return { result, subject: { user } };
      },
    );
    return done({ ...rest, messages: await currentMessages(call, userId, { messages, now }) });
  },
});
