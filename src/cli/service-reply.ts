// What a service answered: a reply with a result, or the error that it reports, as this process would throw it.
import type { Answer } from '../actions/operation.ts';
import { type ErrorReport, TwofaError } from '../errors.ts';

/** The body of an answer. */
export interface Reply {
  exit: number;
  result?: unknown;
  error?: ErrorReport;
  /** What is to be said to the person at the terminal. */
  notices: string[];
}

/** An error as a service reports it. One that is newer than this program may have codes that it does not know. */
class ReportedError extends TwofaError {
  readonly #exit: number;

  constructor({ code, message, hint, details }: ErrorReport, exit: number) {
    super(code, message, { hint, ...(details === null ? {} : { details }) });
    this.#exit = exit;
  }

  override get exit(): number {
    return this.#exit;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function errorIn(value: unknown): ErrorReport | null {
  if (!isObject(value) || typeof value.code !== 'string' || typeof value.message !== 'string') return null;
  return {
    code: value.code as ErrorReport['code'],
    message: value.message,
    hint: typeof value.hint === 'string' ? value.hint : null,
    details: isObject(value.details) ? value.details : null,
  };
}

/** The JSON of a text, or undefined. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Reads the body of an answer; null for one that is no reply of a service. */
export function readReply(text: string): Reply | null {
  const body = jsonOf(text);
  if (!isObject(body) || !Number.isInteger(body.exit)) return null;
  const exit = Number(body.exit);
  const notices = Array.isArray(body.notices)
    ? body.notices.filter((each): each is string => typeof each === 'string')
    : [];
  const error = errorIn(body.error);
  if (error !== null) return { exit, error, notices };
  return 'result' in body ? { exit, result: body.result, notices } : null;
}

/** The answer that a reply is. @throws TwofaError the error that it reports */
export function answerOf({ exit, result, error }: Reply): Answer {
  if (error) throw new ReportedError(error, exit);
  return { exit, result };
}
