// What a gateway of text messages does, and what an HTTP answer says of a message whoever the gateway is.
import type { Probe } from '../actions/delivery.ts';
import type { Receipt } from '../actions/store.ts';
import type { Answer, Exchange } from './http-exchange.ts';

/** A text message on its way to one number. */
export interface OutgoingText {
  /** One number in E.164, such as `+12015550123`. */
  to: string;
  text: string;
  /** How long it is of use, in whole seconds: the gateway is to give up then. */
  lifeSeconds: number;
}

/**
 * How a try ended. `transient`: surely not sent, another try may do; `refused-login`: likewise, because of the password;
 * `permanent`: surely not sent, for good; `unknown`: it may have gone out.
 */
export interface TryOutcome {
  status: 'accepted' | 'transient' | 'refused-login' | 'permanent' | 'unknown';
  said: string;
  /** The gateway's id of a message that it accepted. */
  gatewayId?: string;
  /** How long the gateway asks to wait before another try, in milliseconds. */
  waitMs?: number;
}

export interface Gateway {
  /** Tries to hand over a message; ends within `timeoutMs`. Never rejects. */
  tryOnce(outgoing: OutgoingText, password: string | null, timeoutMs: number): Promise<TryOutcome>;
  /** Asks what became of a message that it accepted: null while that is not final. Null itself where nothing can be asked. */
  statusOf: ((id: string, password: string | null, timeoutMs: number) => Promise<Receipt | null>) | null;
  /** Tries everything but a message; ends within `timeoutMs`. Never rejects. */
  probe(password: string | null, timeoutMs: number): Promise<Omit<Probe, 'via'>>;
}

/** What the header Retry-After asks for, in milliseconds: seconds, or a date, which the answer's own date is held against. */
export function retryAfterMs({ headers }: Pick<Answer, 'headers'>): number | null {
  const asked = headers['retry-after']?.trim() ?? '';
  if (/^[0-9]{1,9}$/.test(asked)) return Number(asked) * 1000;
  const wait = Date.parse(asked) - Date.parse(headers.date ?? '');
  return Number.isNaN(wait) ? null : Math.max(0, wait);
}

function tooMany(answer: Answer, said: string): TryOutcome {
  const waitMs = retryAfterMs(answer);
  if (waitMs === null) return { status: 'transient', said };
  return { status: 'transient', said: `${said} (it asks to wait ${Math.ceil(waitMs / 1000)} s)`, waitMs };
}

/** What an answer other than 2xx says of a message. @param said its explanation in words. */
function refusal(answer: Answer, said: string): TryOutcome {
  const { status } = answer;
  if (status === 401 || status === 403) return { status: 'refused-login', said };
  if (status === 408 || status === 429) return tooMany(answer, said);
  // Somebody between has passed the request on, and waited in vain for what became of it.
  if (status === 504) return { status: 'unknown', said };
  if (status >= 500) return tooMany(answer, said);
  return { status: 'permanent', said };
}

/**
 * What is known of a message by how its request ended.
 * @param explain words an answer other than 2xx.
 * @param taken says what an answer of 2xx means.
 */
export function verdictOf(
  ended: Exchange,
  { explain, taken }: { explain(answer: Answer): string; taken(answer: Answer): TryOutcome },
): TryOutcome {
  if (ended.kind === 'unsent')
    return { status: ended.permanent ? 'permanent' : 'transient', said: ended.said };
  if (ended.kind === 'lost') return unsettled(ended.said);
  if (ended.status >= 200 && ended.status < 300) return taken(ended);
  if (ended.status >= 300 && ended.status < 400)
    return {
      status: 'permanent',
      said: `it is answered by a redirect (${ended.status}), which is not followed`,
    };
  return refusal(ended, explain(ended));
}

/** The outcome of a message that was sent, and of which no more is known. */
export function unsettled(why: string): TryOutcome {
  return { status: 'unknown', said: `no verdict after the message was sent: ${why}` };
}
