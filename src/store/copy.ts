// Moves a store from SQLite to PostgreSQL: the source is sealed, and the copy appears whole, compared and verified, or not at all.
import type { Knex } from 'knex';
import type { Actor } from '../actions/store.ts';
import type { Copied, CopyProgress, Moved } from '../actions/store-copy.ts';
import {
  copyIsThere,
  failedSealed,
  movesElsewhere,
  notEmpty,
  requireSameMigrations,
} from './copy-refusals.ts';
import { type Copy, carryOver, confirm, type Made, verifySource } from './copy-rows.ts';
import { CopySource, type SourceOptions } from './copy-source.ts';
import { CopyTarget } from './copy-target.ts';
import { migrate } from './migrate.ts';
import { withDatabase } from './postgres-open.ts';

/** Works in one transaction of the target. */
function inTarget<T>(
  url: string,
  work: (target: CopyTarget, transaction: Knex.Transaction) => Promise<T>,
  config?: Knex.TransactionConfig,
): Promise<T> {
  return withDatabase(url, (knex) =>
    knex.transaction(async (transaction) => {
      const target = await CopyTarget.on(transaction, url);
      await target.takeAnyTime();
      return work(target, transaction);
    }, config),
  );
}

/** The target alone in its place, which is where the source moves to, if it moves already. */
async function claimed(
  target: CopyTarget,
  source: CopySource,
): Promise<{ to: string; movedTo: string | null }> {
  await target.claim();
  const to = await target.place();
  const { movedTo } = source.installation();
  if (movedTo !== null && movedTo !== to) throw movesElsewhere(movedTo);
  return { to, movedTo };
}

async function migrated(transaction: Knex.Transaction): Promise<string[]> {
  await migrate(transaction);
  return (await transaction('migrations').select('name')).map(({ name }) => String(name));
}

/** Makes the copy, all of it in one transaction of the target. @returns null where it is there already. */
async function make(copy: Copy): Promise<Made | null> {
  const { source, url, actor } = copy;
  let sealed = source.installation().movedTo !== null;
  try {
    return await inTarget(url, async (target, transaction) => {
      const { to } = await claimed(target, source);
      const content = await target.content(source.installation(), source.newest());
      if (content.kind === 'copy') return null;
      if (content.kind !== 'empty') throw notEmpty(url, content);
      await target.requireUnicode();
      requireSameMigrations(source.migrations(), await migrated(transaction));
      if (!sealed) {
        await verifySource(copy);
        await source.seal(actor, to);
        sealed = true;
      }
      return carryOver(copy, target, transaction);
    });
  } catch (error) {
    throw sealed ? failedSealed(error, url) : error;
  }
}

/** See `Copying.copyTo`. */
export function copyTo(
  options: SourceOptions,
  actor: Actor,
  url: string,
  tell: (progress: CopyProgress) => void,
): Promise<Copied> {
  return CopySource.with(options, async (source) => {
    const copy = { options, actor, url, source, tell };
    const made = await make(copy);
    const found =
      made ??
      (await inTarget(url, (target) => confirm(copy, target), {
        isolationLevel: 'repeatable read',
        readOnly: true,
      }));
    const { to, tables, events, standing } = found;
    return { from: source.place, to, tables, events, intact: true, changed: made !== null, standing };
  });
}

/** See `Copying.undo`. While the target is claimed, nobody can be about to finish a copy there. */
export function undoCopy(options: SourceOptions, actor: Actor, url: string): Promise<Moved> {
  return CopySource.with(options, (source) =>
    inTarget(url, async (target) => {
      const { to, movedTo } = await claimed(target, source);
      if (movedTo === null) return { from: source.place, to, changed: false };
      const content = await target.content(source.installation(), source.newest());
      if (content.kind === 'copy' || content.kind === 'former') throw copyIsThere(url);
      await source.reopen(actor, to);
      return { from: source.place, to, changed: true };
    }),
  );
}
