// What a monitoring system watches, as numbers over the whole installation.
import * as v from 'valibot';
import { dayMs } from '../rules/constants.ts';
import { metricsOf } from '../rules/metrics.ts';
import { done, operation } from './operation.ts';

/** How long before its end a token is counted as expiring. */
const expiresSoonMs = 14 * dayMs;
/** Tokens that are counted at the most. */
const countedMax = 10_000;

export const metrics = operation({
  permission: 'store',
  account: 'none',
  input: v.strictObject({}),
  async perform(call) {
    const store = await call.store();
    const measured = await store.look(async (tables) => {
      const at = async (task: 'maintain' | 'prune' | 'checkpoint') => (await tables.task(task))?.at ?? null;
      return {
        ...(await tables.gauges()),
        events: await tables.eventCounts(),
        expiringTokens: (await tables.expiringTokens(tables.now + expiresSoonMs, countedMax)).length,
        done: {
          maintain: await at('maintain'),
          prune: await at('prune'),
          checkpoint: await at('checkpoint'),
        },
      };
    });
    return done({ metrics: metricsOf(measured) });
  },
});
