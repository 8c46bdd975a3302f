// Reads requests from standard input, one a line, and writes their replies: the way in for an application that starts twofa once.
import type { Credential, Request } from '../actions/perform.ts';
import { Desk, type Taken, type Work } from './desk.ts';
import { localWork } from './desk-work.ts';
import { failureLines } from './failure.ts';
import { Replies } from './replies.ts';
import { readRequest, refusal, tooLong } from './reply.ts';
import { type RequestLine, requestLines } from './request-lines.ts';
import type { Context } from './run.ts';
import { onSignal } from './stopping.ts';

export interface BatchOptions {
  ordered: boolean;
  inFlight: number;
}

/** What is read, until it ends or somebody stops it. */
class Input {
  readonly #stream: NodeJS.ReadStream;
  #stopped = false;

  constructor(stream: NodeJS.ReadStream) {
    this.#stream = stream;
  }

  readonly stop = (): void => {
    this.#stopped = true;
    this.#stream.destroy();
  };

  async *lines(): AsyncGenerator<RequestLine> {
    try {
      for await (const line of requestLines(this.#stream)) {
        if (this.#stopped) return;
        yield line;
      }
    } catch (error) {
      // Reading that was stopped in the middle ends with an error.
      if (!this.#stopped) throw error;
    }
  }
}

/** Takes one line: a request to be carried out, or what is answered at once. */
async function take(
  line: RequestLine,
  {
    desk,
    replies,
    credential,
    account,
  }: { desk: Desk; replies: Replies; credential: Credential; account?: string },
): Promise<void> {
  const answer = replies.next();
  const read = line === null ? { id: null, error: tooLong() } : readRequest(line);
  if ('error' in read) {
    desk.refuse(refusal(read.id, read.error), answer);
    return;
  }
  const request: Request = account === undefined ? read.request : { account, ...read.request };
  await desk.take({ ...read, request, credential, bytes: line?.length ?? 0 }, answer);
}

/** How requests are carried out: here, or by the service that this process is a client of. */
async function workOf({ reach, around, common }: Context): Promise<Work<Taken>> {
  const failed = (error: unknown) => around.stderr.write(failureLines(error, common.debug ?? false));
  const service = await reach.service();
  if (!service) return localWork({ services: reach.parts.services, failed });
  const { serviceWork } = await import('./service-work.ts');
  return serviceWork(service, failed);
}

/**
 * Carries out the requests of standard input. It reads no further while so many are in flight, or while nobody takes the
 * replies; the end of the input, SIGTERM, Ctrl-C and a reader that went away end it once all that was taken is answered.
 * @throws TwofaError where there is no token.
 */
export async function runBatch(context: Context, { ordered, inFlight }: BatchOptions): Promise<void> {
  const { own, around, common, out } = context;
  const token = await own.credential();
  const account = common.account ?? around.env.TWOFA_ACCOUNT;
  const replies = new Replies(around.stdout, { ordered });
  const desk = new Desk({ work: await workOf(context), inFlight });
  const taking = {
    desk,
    replies,
    credential: async () => token,
    ...(account === undefined ? {} : { account }),
  };
  const input = new Input(around.stdin);
  const release = onSignal(context, (exit) => {
    context.exit(exit);
    out.say('What was begun is finished; a second signal ends it at once.');
    input.stop();
  });
  around.stdout.once('close', input.stop).once('error', input.stop);
  if (around.stdin.isTTY) out.say('Requests as JSON, one a line; Ctrl-D ends them.');
  try {
    for await (const line of input.lines()) {
      await take(line, taking);
      await desk.room();
      await replies.drained();
    }
    await desk.idle();
  } finally {
    release();
    around.stdout.off('close', input.stop).off('error', input.stop);
  }
}
