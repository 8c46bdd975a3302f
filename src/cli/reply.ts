// A request as bytes, and its reply: the shapes that batch and serve have in common.
import type { Answer } from '../actions/operation.ts';
import type { Request } from '../actions/perform.ts';
import { type ErrorReport, TwofaError } from '../errors.ts';

/** Bytes that a request may have. */
export const requestBytesMax = 4 * 1024 * 1024;

/** What a request is answered with; `id` is that of the request. */
export type Reply = { id: unknown; exit: number } & ({ result: unknown } | { error: ErrorReport });

/** The reply where there is no result. */
export function refusal(id: unknown, error: TwofaError): Reply {
  return { id, exit: error.exit, error: error.report() };
}

function malformed(problem: string, field?: string): TwofaError {
  return new TwofaError('invalid-input', problem, field === undefined ? {} : { details: { field } });
}

/** The refusal of what is longer than a request may be. */
export function tooLong(): TwofaError {
  return malformed(`The request is longer than ${requestBytesMax} bytes.`);
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    // What the parser says repeats the text, in which there may be a code.
    return undefined;
  }
}

/** Whether a value can be answered with: one that is nested without end cannot. */
function canBeAnswered(value: unknown): boolean {
  try {
    return JSON.stringify(value) !== undefined;
  } catch {
    return false;
  }
}

/** Reads a request, or says why it is none. The id is null where there is none to be had. */
export function readRequest(
  bytes: Uint8Array,
): { id: unknown } & ({ request: Request } | { error: TwofaError }) {
  const value = parsed(bytes);
  if (value === undefined) return { id: null, error: malformed('The request is no JSON in UTF-8.') };
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { id: null, error: malformed('The request is no JSON object.') };
  const { id = null, ...request } = value as Record<string, unknown>;
  if (!canBeAnswered(id)) return { id: null, error: malformed('id is nested too deeply.', 'id') };
  if (typeof request.do !== 'string') {
    const problem = request.do === undefined ? 'do is missing.' : 'do must be text.';
    return { id, error: malformed(`${problem} It names a request, such as "code.verify".`, 'do') };
  }
  return { id, request: request as Request };
}

/**
 * The reply to a request. Whatever is refused or fails is a reply as well.
 * @param carryOut carries it out.
 * @param failed is told of what is no expected failure: whoever asked learns nothing of it.
 */
export async function replyTo(
  id: unknown,
  carryOut: () => Promise<Answer>,
  failed: (error: unknown) => void,
): Promise<Reply> {
  try {
    return { id, ...(await carryOut()) };
  } catch (error) {
    if (error instanceof TwofaError) return refusal(id, error);
    failed(error);
    return refusal(
      id,
      new TwofaError('unexpected-failure', 'Something unexpected went wrong with this request.', {
        hint: 'What it was is on the standard error of the program that carried it out.',
      }),
    );
  }
}
