// Verifies a code (R7…R9, R11). The answer leaves only after the attempt that it used is durable.
import { timingSafeEqual } from 'node:crypto';
import * as v from 'valibot';
import { exitCodes } from '../errors.ts';
import type { Code } from '../rules/code.ts';
import { codeDigest, type Keyring } from '../rules/keyring.ts';
import { decideVerify, type VerifyAnswer, type VerifyDecision } from '../rules/sign-in.ts';
import { iso } from '../rules/time.ts';
import { application, code, location, requestId, userName } from './fields.ts';
import { done, operation } from './operation.ts';
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

function eventOf(decision: VerifyDecision, details: Record<string, unknown>): NewEvent | null {
  switch (decision.outcome) {
    case 'judged': {
      const { result, why, attemptsLeft } = decision.answer;
      const said = { ...details, via: decision.via, why, attemptsLeft };
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
        details: { ...details, why: decision.answer.result },
      };
    case 'not-enabled':
      return { action: 'code.rejected', outcome: 'refused', details: { ...details, why: 'not-enabled' } };
    default:
      return null;
  }
}

/** The answer as the JSON document has it. */
type VerifyResult = Omit<VerifyAnswer, 'trustedUntil'> & { trustedUntil: string | null };

function shown(answer: VerifyAnswer): VerifyResult {
  return { ...answer, trustedUntil: iso(answer.trustedUntil) };
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
  async perform(call, input) {
    const app = applicationOf(call, input.app);
    const keyring = await call.keyring();
    const query = {
      user: input.user,
      location: input.ip.key,
      app,
      requestId: input.requestId ?? null,
      codes: true,
    };
    const decision = await decideStep<VerifyDecision>(call, query, ({ state, userId }, now) => {
      const matches = comparison(keyring, userId, input.code);
      const decided = decideVerify(state, userId, input.ip, matches, now);
      const event = eventOf(decided, { app, ip: input.ip.ip });
      if (decided.outcome !== 'judged') return { answer: decided, event };
      const remember = { action: 'code.verify', answer: shown(decided.answer) };
      return { answer: decided, change: decided.change, remember, event };
    });
    switch (decision.outcome) {
      case 'request-id-reused':
        throw requestIdReused();
      case 'not-enabled':
        throw twoFactorNotEnabled(call.kid);
      case 'repeated': {
        const answer = decision.answer as VerifyResult;
        return done(answer, exits[answer.result]);
      }
      default:
        return done(shown(decision.answer), exits[decision.answer.result]);
    }
  },
});
