// How the store is: its engine, its tables, its trail, and when it was last seen to.
import * as v from 'valibot';
import { iso } from '../rules/time.ts';
import { done, operation } from './operation.ts';

export const dbStatus = operation({
  permission: 'store',
  account: 'none',
  input: v.strictObject({}),
  async perform(call) {
    const store = await call.store();
    const { trail, ...facts } = await store.facts();
    const tasks = await store.read(async (tables) => ({
      maintain: await tables.task('maintain'),
      prune: await tables.task('prune'),
      checkpoint: await tables.task('checkpoint'),
    }));
    const { checkpoint } = tasks;
    return done({
      ...facts,
      restoredAt: iso(facts.restoredAt),
      trail: { ...trail, newestAt: iso(trail.newestAt) },
      maintainedAt: iso(tasks.maintain?.at ?? null),
      prunedAt: iso(tasks.prune?.at ?? null),
      lastCheckpoint: checkpoint && { at: iso(checkpoint.at), seq: checkpoint.seq },
    });
  },
});
