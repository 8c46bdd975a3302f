// What is done by itself, as often as it is called: each step on its own, so that one that fails keeps none of the others.
import * as v from 'valibot';
import { type ErrorCode, errorCodes, TwofaError } from '../errors.ts';
import { anyPruned, pruneIntervalMs } from '../rules/retention.ts';
import { dayOf } from '../rules/time.ts';
import { checkpointOf } from './audit-copies.ts';
import { countEvents } from './count-events.ts';
import { settleAbandoned, settleAccepted } from './message-outcomes.ts';
import { retryDue } from './notices-open.ts';
import { type Call, done, operation } from './operation.ts';
import { pruneAll } from './prune.ts';

/** Messages and notices that one call sees to at the most. */
const atOnce = 1000;

/** A step that failed, and why. */
export interface Failed {
  step: string;
  code: ErrorCode;
  message: string;
  hint: string | null;
}

function failedOf(step: string, error: unknown): Failed {
  if (error instanceof TwofaError) {
    return { step, code: error.code, message: error.message, hint: error.hint };
  }
  return { step, code: 'unexpected-failure', message: (error as Error).message, hint: null };
}

async function settleMessages(call: Call) {
  const store = await call.store();
  const { now, awaited } = await store.read(async (tables) => ({
    now: tables.now,
    awaited: await tables.awaitedMessages(atOnce),
  }));
  const abandoned = await settleAbandoned(call, now, atOnce);
  return { abandoned, settled: await settleAccepted(call, awaited) };
}

async function retryNotices(call: Call) {
  const { retried, sent, failed } = await retryDue(call, atOnce);
  return { retried, sent, failed };
}

/** Prunes once an hour. @returns null where it is not due. */
async function pruneDue(call: Call) {
  const store = await call.store();
  const { now, last } = await store.read(async (tables) => ({
    now: tables.now,
    last: await tables.task('prune'),
  }));
  return last !== null && now < last.at + pruneIntervalMs ? null : pruneAll(call);
}

/**
 * Keeps a checkpoint of each day.
 * @returns where it is; null where there is one of today, or nowhere to keep it.
 */
async function keepCheckpoint(call: Call): Promise<string | null> {
  const { checkpoints } = call;
  if (!checkpoints) return null;
  const store = await call.store();
  const day = dayOf(await store.read(async (tables) => tables.now));
  if (await checkpoints.has(day)) return null;
  const checkpoint = await checkpointOf(call, null);
  const file = await checkpoints.keep(day, checkpoint);
  await call.write((tables) => tables.noteTask('checkpoint', checkpoint.seq));
  return file;
}

export const maintain = operation({
  permission: 'store',
  account: 'none',
  input: v.strictObject({}),
  async perform(call) {
    const failed: Failed[] = [];
    const step = async <T>(name: string, work: (call: Call) => Promise<T>): Promise<T | null> => {
      try {
        return await work(call);
      } catch (error) {
        failed.push(failedOf(name, error));
        return null;
      }
    };
    const messages = await step('messages', settleMessages);
    const notices = await step('notices', retryNotices);
    const pruned = await step('prune', pruneDue);
    const counted = await step('count', countEvents);
    const checkpoint = await step('checkpoint', keepCheckpoint);
    if (failed.length === 0) {
      await step('note', () => call.write((tables) => tables.noteTask('maintain')));
    }
    const [first] = failed;
    const changed =
      (messages !== null && messages.abandoned + messages.settled > 0) ||
      (notices !== null && notices.retried > 0) ||
      (pruned !== null && anyPruned(pruned)) ||
      checkpoint !== null;
    return done(
      { messages, notices, pruned, counted, checkpoint, failed, changed },
      first === undefined ? 0 : errorCodes[first.code],
    );
  },
});
