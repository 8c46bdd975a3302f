// Removes what nobody needs any more, in small transactions, so that sign-ins go on between them. Never the trail.
import { setTimeout as sleep } from 'node:timers/promises';
import * as v from 'valibot';
import {
  anyPruned,
  nonePruned,
  type PrunedCounts,
  type PrunedKind,
  prunedKinds,
  sumPruned,
} from '../rules/retention.ts';
import { flag } from './fields.ts';
import { type Call, done, operation } from './operation.ts';
import type { Prunable } from './upkeep-store.ts';

/** Rows of each kind that one transaction removes at the most. */
const batch = 500;
/** How long others have the store to themselves between two transactions, in milliseconds. */
const pauseMs = 50;

/** The kinds of which there may be more: what goes first may have kept messages from going. */
function leftAfter(rows: Prunable): PrunedKind[] {
  const freed = rows.announcements.length + rows.checkWords.length > 0;
  return prunedKinds.filter((kind) => rows[kind].length === batch || (kind === 'messages' && freed));
}

/** What one transaction removes, with its event. Rows that are of use again, or are gone already, are left out. */
function remove(call: Call, rows: Prunable): Promise<PrunedCounts> {
  return call.write(async (tables) => {
    const removed = await tables.prune(rows);
    if (anyPruned(removed)) {
      await tables.recordOnInstallation({ action: 'store.pruned', details: { ...removed } });
    }
    return removed;
  });
}

/** Removes all that can go now. @returns how much of each kind. */
export async function pruneAll(call: Call): Promise<PrunedCounts> {
  const store = await call.store();
  let total = nonePruned();
  for (let kinds: readonly PrunedKind[] = prunedKinds; kinds.length > 0; ) {
    if (kinds !== prunedKinds) await sleep(pauseMs);
    // Looked for before the transaction, which then lasts no longer than it takes to remove them.
    const rows = await store.read((tables) => tables.prunable(kinds, batch));
    if (prunedKinds.some((kind) => rows[kind].length > 0)) total = sumPruned(total, await remove(call, rows));
    kinds = leftAfter(rows);
  }
  await call.write((tables) => tables.noteTask('prune'));
  return total;
}

export const dbPrune = operation({
  permission: 'store',
  account: 'none',
  input: v.strictObject({ dryRun: v.optional(flag, false) }),
  async perform(call, { dryRun }) {
    if (!dryRun) {
      const removed = await pruneAll(call);
      return done({ ...removed, changed: anyPruned(removed) });
    }
    const store = await call.store();
    return done({ ...(await store.read((tables) => tables.countPrunable())), changed: false });
  },
});
