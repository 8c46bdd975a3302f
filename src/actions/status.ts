// How an account or a user stands, on one screen.
import * as v from 'valibot';
import { trustedUntil } from '../rules/location.ts';
import { methodsOf } from '../rules/sign-in.ts';
import { ceilingResetsAt } from '../rules/text-ceiling.ts';
import { iso } from '../rules/time.ts';
import { checklistOf } from './checklist.ts';
import { userName } from './fields.ts';
import { lookUp } from './lookup.ts';
import { currentMessages, messagesOf } from './message-outcomes.ts';
import { type Call, done, operation } from './operation.ts';
import { accountNotFound, theAccount, theUser } from './refusals.ts';
import { accountView, lockoutView, userView } from './views.ts';

/** Locked users that the account's status names at the most. */
const shownLockouts = 20;

async function accountStatus(call: Call) {
  const perUser = (await call.delivery()).textsPerUserPerDay();
  return lookUp(call, 'account.viewed', { view: 'status' }, async (tables) => {
    const [account] = await tables.accounts({ kid: call.kid, limit: 1 });
    if (!account) throw accountNotFound(call.kid);
    const { ready, blockers, warnings } = await checklistOf(call, tables);
    const lockouts = await tables.lockouts({ kid: call.kid, limit: shownLockouts });
    const { sandbox } = call.operator;
    const result = {
      ...accountView(account, tables.now),
      checklist: { ready, blockers, warnings },
      lockouts: lockouts.map(lockoutView),
      texts: {
        today: await tables.textsToday(call.kid),
        ceiling: perUser === null ? null : perUser * account.users,
        resetsAt: iso(ceilingResetsAt(tables.now)),
      },
      sandbox,
    };
    return { result, subject: { account } };
  });
}

async function userStatus(call: Call, name: string) {
  const { userId, messages, now, ...rest } = await lookUp(
    call,
    'user.viewed',
    { view: 'status' },
    async (tables) => {
      const user = await theUser(tables, call.kid, name);
      const account = await theAccount(tables, call.kid);
      const trusted = (await tables.locations(user.id)).filter(
        (each) => trustedUntil(each, tables.now) !== null,
      );
      const usable = {
        email: user.emailProblem === null ? user.email : null,
        phone: user.phoneProblem === null ? user.phone : null,
      };
      const result = {
        ...userView(user, call.masked),
        twoFactor: { enabled: account.enabledAt !== null, enabledAt: iso(account.enabledAt) },
        methods: methodsOf(usable),
        outstandingCodes: await tables.outstandingCodes(user.id),
        trustedLocations: trusted.length,
        userId: user.id,
        messages: await messagesOf(tables, user.id),
        now: tables.now,
      };
      return { result, subject: { user } };
    },
  );
  return { ...rest, messages: await currentMessages(call, userId, { messages, now }) };
}

export const status = operation({
  permission: 'see',
  account: 'required',
  input: v.strictObject({ user: v.optional(userName) }),
  async perform(call, { user }) {
    return done(user === undefined ? await accountStatus(call) : await userStatus(call, user));
  },
});
