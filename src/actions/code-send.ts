// Issues a code and delivers it: committed first, then sent, then its delivery recorded (R6, R7).
import * as v from 'valibot';
import { TwofaError } from '../errors.ts';
import type { Channel } from '../rules/code.ts';
import { codeDigest } from '../rules/keyring.ts';
import { maskContact } from '../rules/mask.ts';
import { decideSend, methodsOf, type SendDecision } from '../rules/sign-in.ts';
import { iso } from '../rules/time.ts';
import { application, channel, location, requestId, userName } from './fields.ts';
import { type Call, done, operation } from './operation.ts';
import { applicationOf, decideStep, requestIdReused, twoFactorNotEnabled } from './sign-in.ts';
import type { NewEvent, Receipt, SignInOutcome, SignInSubject } from './store.ts';

export interface SendResult {
  result: 'sent';
  via: Channel;
  /** The masked address. */
  to: string;
  expiresAt: string;
  outstanding: number;
  attemptsLeft: number;
  messageId: string;
}

/** What a repeat of a request whose message failed is told. */
interface RecordedFailure {
  result: 'undelivered';
  reason: string | null;
  other: string | null;
  to: string;
}

/** A code that was committed and is to be delivered, or what kept it from being issued. */
interface Issued {
  decision: SendDecision;
  result: SendResult | null;
  accountName: string;
  username: string;
  other: string | null;
  now: number;
}

function refusal(call: Call, decision: SendDecision, user: string, via: Channel): TwofaError | null {
  switch (decision.outcome) {
    case 'inactive':
      return new TwofaError('user-inactive', `${user} is deactivated and cannot sign in.`);
    case 'locked':
      return new TwofaError('user-locked', `${user} is locked: no code is sent.`, {
        hint: 'A System Administrator of the account can reactivate them: twofa reactivate USER --reason REASON.',
      });
    case 'not-enabled':
      return twoFactorNotEnabled(call.kid);
    case 'request-id-reused':
      return requestIdReused();
    case 'channel-unavailable':
      return new TwofaError(
        'channel-unavailable',
        `${user} has no valid ${via === 'email' ? 'email' : 'phone'}.`,
        {
          hint: 'A System Administrator can correct it with "twofa user update".',
        },
      );
    case 'too-many-codes':
      return new TwofaError('too-many-codes', `${user} has five codes that still work; any of them does.`, {
        hint: `Enter one of them, or ask again after ${iso(decision.retryAt)}.`,
        details: { retryAt: iso(decision.retryAt) },
      });
    default:
      return null;
  }
}

function eventOf(decision: SendDecision, details: Record<string, unknown>): NewEvent | null {
  switch (decision.outcome) {
    case 'sent':
      return { action: 'code.issued', details };
    case 'repeated':
    case 'request-id-reused':
      return null;
    default:
      return { action: 'code.refused', outcome: 'refused', details: { ...details, why: decision.outcome } };
  }
}

function otherChannel(subject: SignInSubject, via: Channel): string | null {
  const other = methodsOf(subject.state).find((method) => method.via !== via);
  return other ? `${other.via} (${other.to})` : null;
}

function deliveryFailed(user: string, failure: Omit<RecordedFailure, 'result'>): TwofaError {
  const reason = failure.reason === null ? '' : ` (${failure.reason})`;
  return new TwofaError(
    'delivery-failed',
    `The code for ${user} could not be delivered to ${failure.to}${reason}.`,
    {
      hint:
        failure.other === null
          ? 'No other channel is available for this user.'
          : `Try the other channel: ${failure.other}.`,
      details: { reason: failure.reason, otherChannel: failure.other },
    },
  );
}

async function ensureDeliverable(call: Call, via: Channel): Promise<boolean> {
  const delivery = await call.delivery();
  const store = await call.store();
  const { sandbox } = await store.read((tables) => tables.installation());
  if (!sandbox && !delivery.channels()[via]) {
    const what = via === 'email' ? 'Email' : 'Text message';
    throw new TwofaError('delivery-not-configured', `${what} delivery is not configured.`, {
      hint: 'Whoever runs the installation sets it in the file that "twofa config path" names.',
    });
  }
  return sandbox;
}

export const codeSend = operation({
  permission: 'sign-in',
  account: 'required',
  input: v.strictObject({
    user: userName,
    via: channel,
    app: v.optional(application),
    ip: v.optional(location),
    requestId: v.optional(requestId),
  }),
  async perform(call, input) {
    const app = applicationOf(call, input.app);
    const sandbox = await ensureDeliverable(call, input.via);
    const key = (await call.keyring()).current;
    const code = call.random.code();
    const messageId = `msg_${call.random.token().subarray(0, 16).toString('base64url')}`;

    const decide = (subject: SignInSubject, now: number): SignInOutcome<Issued> => {
      const decision = decideSend(subject.state, subject.userId, input.via, now);
      const { accountName, username } = subject;
      const issued = {
        decision,
        result: null,
        accountName,
        username,
        other: otherChannel(subject, input.via),
        now,
      };
      const details = { app, via: input.via, ...(input.ip ? { ip: input.ip.ip } : {}) };
      const event = eventOf(decision, decision.outcome === 'sent' ? { ...details, messageId } : details);
      if (decision.outcome !== 'sent') return { answer: issued, event };
      const recipient = maskContact(input.via, decision.to);
      const result: SendResult = {
        result: 'sent',
        via: input.via,
        to: recipient,
        expiresAt: iso(decision.expiresAt),
        outstanding: decision.outstanding,
        attemptsLeft: decision.attemptsLeft,
        messageId,
      };
      return {
        answer: { ...issued, result },
        change: decision.change,
        code: { digest: codeDigest(key, subject.userId, code), keyId: key.id, messageId, app, recipient },
        remember: { action: 'code.send', answer: result },
        event,
      };
    };

    const query = { user: input.user, location: null, app, requestId: input.requestId ?? null, codes: true };
    const issued = await decideStep(call, query, decide);
    const { decision, result } = issued;
    if (decision.outcome === 'repeated') return done(repeated(decision.answer, issued.username));
    if (decision.outcome !== 'sent' || !result) {
      throw (
        refusal(call, decision, issued.username, input.via) ??
        new Error('A code was neither issued nor refused.')
      );
    }
    const delivery = await call.delivery();
    const receipt = await delivery.send(
      {
        kind: 'code',
        via: input.via,
        to: decision.to,
        code,
        account: call.kid,
        accountName: issued.accountName,
        user: issued.username,
        sentAt: issued.now,
        expiresAt: decision.expiresAt,
      },
      sandbox,
    );
    await settle(call, issued, result, receipt, app, input.requestId);
    return done(result);
  },
});

function repeated(answer: unknown, user: string): SendResult {
  const recorded = answer as SendResult | RecordedFailure;
  if (recorded.result === 'undelivered') throw deliveryFailed(user, recorded);
  return recorded;
}

/** Records how the message fared. @throws TwofaError `delivery-failed` when it failed for good; the code is ended. */
async function settle(
  call: Call,
  issued: Issued,
  result: SendResult,
  receipt: Receipt,
  app: string,
  request: string | undefined,
): Promise<void> {
  const store = await call.store();
  if (receipt.status !== 'undelivered') {
    await store.settleMessage(call.operator, result.messageId, receipt);
    return;
  }
  const failure = { reason: receipt.reason, other: issued.other, to: result.to };
  const answer: RecordedFailure = { result: 'undelivered', ...failure };
  await store.settleMessage(
    call.operator,
    result.messageId,
    receipt,
    request === undefined ? undefined : { app, id: request, answer },
  );
  throw deliveryFailed(issued.username, failure);
}
