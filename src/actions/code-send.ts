// Issues a code and delivers it: committed first, then sent, then its delivery recorded (R6, R7).
import * as v from 'valibot';
import { TwofaError } from '../errors.ts';
import type { Channel } from '../rules/code.ts';
import { codeDigest, type Keyring } from '../rules/keyring.ts';
import { defaultLanguage, type Language } from '../rules/language.ts';
import { maskContact } from '../rules/mask.ts';
import { messageIdAt } from '../rules/message-id.ts';
import { decideSend, methodsOf, type SendDecision } from '../rules/sign-in.ts';
import { ceilingResetsAt } from '../rules/text-ceiling.ts';
import { type Instant, iso } from '../rules/time.ts';
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

/** What the rules decide, or that no code can leave the installation by the channel, or no more today. */
type Decision =
  | SendDecision
  | { outcome: 'delivery-not-configured' }
  | { outcome: 'too-many-texts'; retryAt: Instant };

/** A code that was committed and is to be delivered, or what kept it from being issued. */
interface Issued {
  decision: Decision;
  result: SendResult | null;
  accountName: string;
  username: string;
  language: Language;
  other: string | null;
  now: number;
}

function refusal(call: Call, decision: Decision, user: string, via: Channel): TwofaError | null {
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
    case 'too-many-texts':
      return new TwofaError(
        'too-many-texts',
        `Account ${call.kid} has had all the text messages that it may have today.`,
        {
          hint: `Send the code by email, or ask again after ${iso(decision.retryAt)}.`,
          details: { retryAt: iso(decision.retryAt) },
        },
      );
    case 'delivery-not-configured':
      return new TwofaError(
        'delivery-not-configured',
        `${via === 'email' ? 'Email' : 'Text message'} delivery is not configured.`,
        {
          hint: 'Whoever runs the installation sets it in the file that "twofa config path" names.',
        },
      );
    default:
      return null;
  }
}

function eventOf(decision: Decision, details: Record<string, unknown>): NewEvent | null {
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

/** A code made for one request, before it is known whether it may go out. */
interface Draft {
  via: Channel;
  app: string;
  ip: string | null;
  code: string;
  /** What its message's id is made of. */
  random: Buffer;
  keyring: Keyring;
  /** Whether messages go out by the channel: configured, or to a sandbox's file. */
  open: boolean;
}

/** What keeps a code that the rules allow from being sent: the installation's configuration. */
function kept(subject: SignInSubject, { open }: Draft, now: Instant): Decision | null {
  if (!open) return { outcome: 'delivery-not-configured' };
  return subject.textsSpent ? { outcome: 'too-many-texts', retryAt: ceilingResetsAt(now) } : null;
}

/** Decides whether the code of a draft is issued, with what is saved when it is. */
function issue(subject: SignInSubject, draft: Draft, now: Instant): SignInOutcome<Issued> {
  const { via, app } = draft;
  const messageId = messageIdAt(now, draft.random);
  // Read after the user's state, which may have made the ring known anew: the code is sealed by the same key.
  const { current: key } = draft.keyring;
  const decided = decideSend(subject.state, subject.userId, via, now);
  const decision = decided.outcome === 'sent' ? (kept(subject, draft, now) ?? decided) : decided;
  const { accountName, username } = subject;
  const language = subject.language ?? defaultLanguage;
  const issued = {
    decision,
    result: null,
    accountName,
    username,
    language,
    other: otherChannel(subject, via),
    now,
  };
  const ofIp = draft.ip === null ? {} : { ip: draft.ip };
  if (decision.outcome !== 'sent') return { answer: issued, event: eventOf(decision, { app, via, ...ofIp }) };
  const recipient = maskContact(via, decision.to);
  const result: SendResult = {
    result: 'sent',
    via,
    to: recipient,
    expiresAt: iso(decision.expiresAt),
    outstanding: decision.outstanding,
    attemptsLeft: decision.attemptsLeft,
    messageId,
  };
  return {
    answer: { ...issued, result },
    change: decision.change,
    code: { digest: codeDigest(key, subject.userId, draft.code), keyId: key.id, messageId, app, recipient },
    remember: { action: 'code.send', answer: result },
    event: eventOf(decision, { app, via, ...ofIp, messageId }),
  };
}

/** What is asked for: a code for a user by a channel, in an application's name. */
export interface SendRequest {
  user: string;
  via: Channel;
  app: string;
  ip: string | null;
  requestId: string | null;
}

/**
 * Issues a code and delivers it.
 * @throws TwofaError for what the rules refuse, and `delivery-failed` when it failed for good.
 */
export async function sendCode(call: Call, request: SendRequest): Promise<SendResult> {
  const { via, app, ip, requestId } = request;
  const delivery = await call.delivery();
  const { sandbox } = call.operator;
  const draft: Draft = {
    via,
    app,
    ip,
    code: call.random.code(),
    random: call.random.token(),
    keyring: await call.keyring(),
    open: sandbox || delivery.channels()[via],
  };
  const perUser = via === 'sms' ? delivery.textsPerUserPerDay() : null;
  const query = {
    ...{ user: request.user, location: null, app, requestId, codes: true },
    ...(perUser === null ? {} : { textsPerUser: perUser }),
  };
  const issued = await decideStep(call, query, (subject, now) => issue(subject, draft, now));
  const { decision, result, username: user, accountName, language, now: sentAt } = issued;
  if (decision.outcome === 'repeated') return repeated(decision.answer, user);
  if (decision.outcome !== 'sent' || !result) {
    throw refusal(call, decision, user, via) ?? new Error('A code was neither issued nor refused.');
  }
  const { to, expiresAt } = decision;
  const receipt = await delivery.send(
    {
      kind: 'code',
      via,
      to,
      code: draft.code,
      account: call.kid,
      accountName,
      user,
      language,
      sentAt,
      expiresAt,
    },
    call.operator.outlet,
  );
  await settle(call, issued, result, receipt, request);
  return result;
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
  ahead: ({ user, app, requestId }) => ({
    ...{ user, location: null, app: app ?? null, requestId: requestId ?? null, codes: true },
  }),
  async perform(call, { user, via, app, ip, requestId }) {
    return done(
      await sendCode(call, {
        user,
        via,
        app: applicationOf(call, app),
        ip: ip?.ip ?? null,
        requestId: requestId ?? null,
      }),
    );
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
  { app, requestId }: SendRequest,
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
    requestId === null ? {} : { remember: { app, id: requestId, answer } },
  );
  throw deliveryFailed(issued.username, failure);
}
