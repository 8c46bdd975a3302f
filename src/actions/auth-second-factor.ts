// A System Administrator's own second factor: a code sent to them and verified for their token (R15, attempts by R8).
import * as v from 'valibot';
import { TwofaError } from '../errors.ts';
import { tokenVerificationMs } from '../rules/constants.ts';
import { iso } from '../rules/time.ts';
import { sendCode } from './code-send.ts';
import { verifyCode } from './code-verify.ts';
import { channel, code } from './fields.ts';
import { type Call, done, operation } from './operation.ts';

/** What the trail calls the application in which administrators prove their codes. */
const ownApplication = 'twofa';

/** The call, about the operator themselves. @throws TwofaError for an operator who is no user. */
function aboutThemselves(call: Call): { call: Call; user: string } {
  const { kid, username } = call.operator;
  if (kid !== null && username !== null) return { call: { ...call, kid }, user: username };
  throw new TwofaError('not-permitted', "Only a System Administrator's token has a second factor.", {
    hint: 'This token works without one.',
  });
}

export const authChallenge = operation({
  permission: 'second-factor',
  account: 'none',
  input: v.strictObject({ via: channel }),
  waives: () => ({ secondFactor: true }),
  async perform(call, { via }) {
    const own = aboutThemselves(call);
    const request = { user: own.user, via, app: ownApplication, ip: null, requestId: null };
    return done(await sendCode(own.call, request));
  },
});

/** No location is trusted by a code that was verified for a token. */
const nowhere = { key: '', trustable: false, ip: null };

export const authVerify = operation({
  permission: 'second-factor',
  account: 'none',
  input: v.strictObject({ code }),
  waives: () => ({ secondFactor: true }),
  async perform(call, input) {
    const own = aboutThemselves(call);
    const { answer, exit, at } = await verifyCode(own.call, {
      user: own.user,
      code: input.code,
      location: nowhere,
      app: ownApplication,
      requestId: null,
      verifiesToken: call.operator.tokenId,
    });
    const { result, why, attemptsLeft } = answer;
    const until = result === 'verified' ? at + tokenVerificationMs : null;
    return done({ result, why, attemptsLeft, verifiedUntil: iso(until) }, exit);
  },
});
