// Text messages by Twilio: sends one by its SDK, asks what became of one, and whether the credentials are accepted.
import type { Receipt } from '../actions/store.ts';
import type { HttpServer } from './http-connection.ts';
import type { Answer } from './http-exchange.ts';
import type { TwilioAccount } from './sms-config.ts';
import { type Gateway, type OutgoingText, type TryOutcome, unsettled, verdictOf } from './sms-gateway.ts';
import { withoutNumbers } from './sms-reason.ts';
import { type TwilioClient, twilioClient, twilioServer } from './twilio-client.ts';
import { inTwilioWords } from './twilio-words.ts';

/** How long Twilio keeps a message at the most, in seconds. */
const validityMaxSeconds = 36_000;
/** Codes of too many messages at once, whatever the status beside them: the same message may be taken a moment later. */
const tooManyCodes: readonly number[] = [14107, 20429, 21611];
/** The limit of a day, which comes with the status of too many requests: no moment later is late enough. */
const limitOfADay = 63038;

/** What the SDK throws for an answer other than 2xx: Twilio's code and words. */
function codeAndWords(error: unknown): { code: number | null; said: string | null } {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return {
    code: typeof code === 'number' && code > 0 ? code : null,
    said: typeof message === 'string' && message !== '' ? message : null,
  };
}

/** How a try ended that the SDK threw for. */
function judge(error: unknown, ended: ReturnType<TwilioClient['last']>): TryOutcome {
  const { code, said } = codeAndWords(error);
  if (ended === null) return { status: 'permanent', said: `the request could not be made: ${said}` };
  const outcome = verdictOf(ended, {
    explain: ({ status }: Answer) =>
      code === null ? `Twilio answered ${status}` : inTwilioWords(code, said),
    taken: () => unsettled('the answer could not be read'),
  });
  if (code !== null && tooManyCodes.includes(code)) return { ...outcome, status: 'transient' };
  if (code === limitOfADay) return { ...outcome, status: 'permanent' };
  return outcome;
}

interface MessageState {
  sid: string;
  status: string;
  errorCode: number | null;
  errorMessage: string | null;
}

const failed: readonly string[] = ['undelivered', 'failed', 'canceled'];

/** What a message's state says for good; null while it is on its way. */
function receiptOf({ status, errorCode, errorMessage }: MessageState): Receipt | null {
  if (status === 'delivered' || status === 'read') return { status: 'delivered', reason: null };
  if (!failed.includes(status)) return null;
  return { status: 'undelivered', reason: withoutNumbers(inTwilioWords(errorCode, errorMessage)) };
}

/** @param server where Twilio's interface is; a test has its own. */
export function twilioGateway(account: TwilioAccount, server: HttpServer = twilioServer): Gateway {
  const client = (password: string | null, timeoutMs: number) =>
    twilioClient(account, password ?? '', { server, timeoutMs });

  async function send({ sdk }: TwilioClient, { to, text, lifeSeconds }: OutgoingText): Promise<TryOutcome> {
    const message = await sdk.messages.create({
      to,
      body: text,
      ...account.sender,
      validityPeriod: Math.min(lifeSeconds, validityMaxSeconds),
    });
    const receipt = receiptOf(message);
    if (receipt?.status === 'undelivered') return { status: 'permanent', said: receipt.reason ?? '' };
    return { status: 'accepted', said: '', gatewayId: message.sid };
  }

  /** The account itself; what an API key may see is its messages. */
  async function lookAtAccount({ sdk }: TwilioClient): Promise<string> {
    if (account.apiKey !== null) {
      await sdk.messages.page({ pageSize: 1 });
      return 'active';
    }
    return (await sdk.api.v2010.accounts(account.accountSid).fetch()).status;
  }

  return {
    async tryOnce(outgoing, password, timeoutMs) {
      const asking = await client(password, timeoutMs);
      return send(asking, outgoing).catch((error: unknown) => judge(error, asking.last()));
    },
    async statusOf(id, password, timeoutMs) {
      if (!/^(SM|MM)[0-9a-f]{32}$/.test(id)) return null;
      const { sdk } = await client(password, timeoutMs);
      return sdk
        .messages(id)
        .fetch()
        .then(receiptOf, () => null);
    },
    async probe(password, timeoutMs) {
      const asking = await client(password, timeoutMs);
      try {
        const status = await lookAtAccount(asking);
        if (status === 'active') return { ok: true, message: 'Twilio accepts the credentials', hint: null };
        return {
          ok: false,
          message: `The account at Twilio is ${status}.`,
          hint: 'See to it in the console of Twilio.',
        };
      } catch (error) {
        const { said } = judge(error, asking.last());
        return {
          ok: false,
          message: `Twilio does not answer as it should: ${said}.`,
          hint: 'Correct what stands under sms.twilio, or see to the account in the console of Twilio.',
        };
      }
    },
  };
}
