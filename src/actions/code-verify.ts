// Verifies a code (R7…R9, R11). The answer leaves only after the attempt that it used is durable.
import { timingSafeEqual } from 'node:crypto';
import * as v from 'valibot';
import { exitCodes } from '../errors.ts';
import type { Code } from '../rules/code.ts';
import { codeDigest, type Keyring } from '../rules/keyring.ts';
import type { Location } from '../rules/location.ts';
import { decideVerify, type VerifyAnswer, type VerifyDecision } from '../rules/sign-in.ts';
import { type Instant, iso } from '../rules/time.ts';
import { application, code, location, requestId, userName } from './fields.ts';
import { type Call, done, operation } from './operation.ts';
import { applicationOf, decideStep, requestIdReused, twoFactorNotEnabled } from './sign-in.ts';
import type { NewEvent } from './store.ts';

const exits: Record<VerifyAnswer['result'], number> = {
  verified: exitCodes.done,
  rejected: exitCodes.codeRejected,
  locked: exitCodes.userBarred,
  inactive: exitCodes.userBarred,
};

/** Compares what was entered with a stored code, in constant time. */
function comparison(keyring: Keyring, userId: number, entered: string): (stored: Code) => boolean {
  const digests = new Map<string, Buffer>();
  return (stored) => {
    const key = keyring.get(stored.keyId);
    if (!key) return false;
    const digest = digests.get(key.id) ?? Buffer.from(codeDigest(key, userId, entered));
    digests.set(key.id, digest);
    const kept = Buffer.from(stored.digest);
    return kept.length === digest.length && timingSafeEqual(kept, digest);
  };
}

function eventOf(decision: VerifyDecision, app: string, ip: string | null): NewEvent | null {
  switch (decision.outcome) {
    case 'judged': {
      const { result, why, attemptsLeft } = decision.answer;
      const said = { app, ip, via: decision.via, why, attemptsLeft };
      if (result === 'verified') return { action: 'code.verified', details: said };
      return {
        action: result === 'locked' ? 'user.locked' : 'code.rejected',
        outcome: 'failed',
        details: said,
      };
    }
    case 'barred':
      return {
        action: 'code.rejected',
        outcome: 'refused',
        details: { app, ip, why: decision.answer.result },
      };
    case 'not-enabled':
      return { action: 'code.rejected', outcome: 'refused', details: { app, ip, why: 'not-enabled' } };
    default:
      return null;
  }
}

/** The answer as the JSON document has it. */
type VerifyResult = Omit<VerifyAnswer, 'trustedUntil'> & { trustedUntil: string | null };

function shown(answer: VerifyAnswer): VerifyResult {
  return { ...answer, trustedUntil: iso(answer.trustedUntil) };
}

/** What is verified: a code that a user entered, in an application's name. */
export interface VerifyRequest {
  user: string;
  code: string;
  location: Location & { ip: string | null };
  app: string;
  requestId: string | null;
  /** The System Administrator's token that a success proves (R15). */
  verifiesToken?: number;
}

/**
 * Verifies a code; the attempt that it used is durable before this answers.
 * @throws TwofaError where there is nothing to verify: no such user, 2FA not on, a request id of another.
 */
export async function verifyCode(
  call: Call,
  request: VerifyRequest,
): Promise<{ answer: VerifyResult; exit: number; at: Instant }> {
  const { user, location, app, requestId, verifiesToken } = request;
  const keyring = await call.keyring();
  // A success trusts the location, whatever is known of it so far.
  const query = { user, location: null, app, requestId, codes: true };
  type Decided = { decision: VerifyDecision; at: Instant };
  const { decision, at } = await decideStep<Decided>(call, query, ({ state, userId }, now) => {
    const matches = comparison(keyring, userId, request.code);
    const decision = decideVerify(state, userId, location, matches, now);
    const event = eventOf(decision, app, location.ip);
    if (decision.outcome !== 'judged') return { answer: { decision, at: now }, event };
    const { answer, change } = decision;
    const proves = answer.result === 'verified' && verifiesToken !== undefined ? { verifiesToken } : {};
    const remember = { action: 'code.verify', answer: shown(answer) };
    return { answer: { decision, at: now }, change, remember, event, ...proves };
  });
  switch (decision.outcome) {
    case 'request-id-reused':
      throw requestIdReused();
    case 'not-enabled':
      throw twoFactorNotEnabled(call.kid);
    case 'repeated': {
      const answer = decision.answer as VerifyResult;
      return { answer, exit: exits[answer.result], at };
    }
    default:
      return { answer: shown(decision.answer), exit: exits[decision.answer.result], at };
  }
}

export const codeVerify = operation({
  permission: 'sign-in',
  account: 'required',
  input: v.strictObject({
    user: userName,
    code,
    ip: location,
    app: v.optional(application),
    requestId: v.optional(requestId),
  }),
  ahead: ({ user, app, requestId }) => ({
    ...{ user, location: null, app: app ?? null, requestId: requestId ?? null, codes: true },
  }),
  async perform(call, input) {
    const app = applicationOf(call, input.app);
    const { user, code, ip, requestId } = input;
    const request = { user, code, location: ip, app, requestId: requestId ?? null };
    const { answer, exit } = await verifyCode(call, request);
    return done(answer, exit);
  },
});
