// Counts events by kind: kept counts of those up to one of them, brought up to date a page at a time, and the rest as it is.
import type { Uncounted } from '../actions/upkeep-store.ts';
import { type EventCount, EventTally, kindOf } from '../rules/event-kind.ts';
import { int, type Row, text } from './rows.ts';
import { on, rows, type Session, sql } from './session.ts';
import { noteTask, taskDone } from './tasks.ts';

/** Events that are held in memory at a time. */
const pageSize = 5000;

function countOf(row: Row): EventCount {
  const { action, outcome, via, said } = { ...row } as Record<string, string>;
  return { action, outcome, via, said, count: int(row, 'count') } as EventCount;
}

async function countedUntil(session: Session): Promise<number> {
  return (await taskDone(session, 'count'))?.seq ?? 0;
}

async function pageAfter(session: Session, after: number, until: number, limit: number): Promise<Uncounted> {
  const found = await sql(
    session,
    `SELECT seq, action, outcome, details FROM audit_events WHERE seq > :after AND seq <= :until ORDER BY seq LIMIT :limit`,
    { after, until, limit },
  );
  const tally = new EventTally();
  for (const row of found) {
    tally.add(
      kindOf({ action: text(row, 'action'), outcome: text(row, 'outcome'), details: text(row, 'details') }),
    );
  }
  const last = found.at(-1);
  return {
    after,
    last: last ? int(last, 'seq') : after,
    events: found.length,
    counts: tally.counts,
  };
}

/** The next events that the kept counts lack. @param until a number before which no event comes any more. */
export async function uncounted(session: Session, until: number, limit: number): Promise<Uncounted> {
  return pageAfter(session, await countedUntil(session), until, limit);
}

/** Adds a page to the kept counts. @returns false when another process has counted these events. */
export async function addCounts(session: Session, page: Uncounted): Promise<boolean> {
  if ((await countedUntil(session)) !== page.after) return false;
  for (const { count, ...kind } of page.counts) {
    await on(session, 'event_counts')
      .insert({ ...kind, count })
      .onConflict(Object.keys(kind))
      .merge({ count: session.knex.raw('event_counts.count + excluded.count') });
  }
  await noteTask(session, 'count', page.last);
  return true;
}

/** All events by kind. It takes as long as there are events that the kept counts lack. */
export async function eventCounts(session: Session): Promise<EventCount[]> {
  const tally = new EventTally();
  for (const row of await rows(on(session, 'event_counts'))) {
    const { count, ...kind } = countOf(row);
    tally.add(kind, count);
  }
  for (let after = await countedUntil(session); ; ) {
    const page = await pageAfter(session, after, Number.MAX_SAFE_INTEGER, pageSize);
    for (const { count, ...kind } of page.counts) tally.add(kind, count);
    if (page.events < pageSize) return tally.counts;
    after = page.last;
  }
}
