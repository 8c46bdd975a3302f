// What is done by itself, as often as it is called: failed notices are tried again, and messages settled.
import * as v from 'valibot';
import { settleAbandoned, settleAccepted } from './message-outcomes.ts';
import { retryDue } from './notices-open.ts';
import { done, operation } from './operation.ts';

/** Messages and notices that one call sees to at the most. */
const atOnce = 1000;

export const maintain = operation({
  permission: 'store',
  account: 'none',
  input: v.strictObject({}),
  async perform(call) {
    const store = await call.store();
    const { now, awaited } = await store.read(async (tables) => ({
      now: tables.now,
      awaited: await tables.awaitedMessages(atOnce),
    }));
    const abandoned = await settleAbandoned(call, now, atOnce);
    const settled = await settleAccepted(call, awaited);
    const notices = await retryDue(call, atOnce);
    return done({
      messages: { abandoned, settled },
      notices: { retried: notices.retried, sent: notices.sent, failed: notices.failed },
      changed: abandoned + settled + notices.retried > 0,
    });
  },
});
