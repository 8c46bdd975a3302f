// Decides whether a sign-in needs the second step (R9, R11, R14). Each answer is an event.
import * as v from 'valibot';
import { exitCodes } from '../errors.ts';
import type { AuditAction } from '../rules/chain.ts';
import { decideLogin, type LoginAnswer } from '../rules/sign-in.ts';
import { iso } from '../rules/time.ts';
import { application, location, userName } from './fields.ts';
import { done, operation } from './operation.ts';
import { applicationOf, decideStep } from './sign-in.ts';

const actions: Record<LoginAnswer['result'], AuditAction> = {
  granted: 'login.granted',
  challenge: 'login.challenged',
  locked: 'login.refused',
  inactive: 'login.refused',
};

const exits: Record<LoginAnswer['result'], number> = {
  granted: exitCodes.done,
  challenge: exitCodes.secondFactorRequired,
  locked: exitCodes.userBarred,
  inactive: exitCodes.userBarred,
};

export const login = operation({
  permission: 'sign-in',
  account: 'required',
  input: v.strictObject({ user: userName, ip: location, app: v.optional(application) }),
  ahead: ({ user, ip, app }) => ({ user, location: ip.key, app: app ?? null, requestId: null, codes: false }),
  async perform(call, input) {
    const app = applicationOf(call, input.app);
    const query = { user: input.user, location: input.ip.key, app, requestId: null, codes: false };
    const answer = await decideStep(call, query, ({ state }, now) => {
      const decided = decideLogin(state, input.ip, now);
      const refused = decided.result === 'locked' || decided.result === 'inactive';
      return {
        answer: decided,
        event: {
          action: actions[decided.result],
          outcome: refused ? ('refused' as const) : ('ok' as const),
          details: { app, ip: input.ip.ip, result: decided.result, reason: decided.reason },
        },
      };
    });
    return done({ ...answer, trustedUntil: iso(answer.trustedUntil) }, exits[answer.result]);
  },
});
