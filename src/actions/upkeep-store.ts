// What the actions ask of a store to go on for years: what can be pruned, what is counted, when a task was done last.
import type { EventCount } from '../rules/event-kind.ts';
import type { Gauges } from '../rules/metrics.ts';
import type { PrunedCounts, PrunedKind } from '../rules/retention.ts';
import type { Instant } from '../rules/time.ts';

/** Rows that can go, by the values of their keys. */
export type Prunable = Record<PrunedKind, (string | number)[][]>;

/** Events that are not in the kept counts yet, a page of them. */
export interface Uncounted {
  /** The last event that was counted before, and the last of these; the same where there is none. */
  after: number;
  last: number;
  events: number;
  counts: EventCount[];
}

/** What is done again and again, and noted. */
export type TaskName = 'count' | 'prune' | 'checkpoint' | 'maintain';

export interface TaskDone {
  at: Instant;
  /** The newest event that it saw to, where it is about events. */
  seq: number | null;
}

export interface UpkeepReading {
  /** What can go now of some kinds, at most so many rows of each; the oldest. */
  prunable(kinds: readonly PrunedKind[], limit: number): Promise<Prunable>;
  /** How much can go now in all; it looks at every row of the tables concerned. */
  countPrunable(): Promise<PrunedCounts>;
  /** The next events that the kept counts lack, up to a number; at most so many. */
  uncounted(until: number, limit: number): Promise<Uncounted>;
  /** All events by kind: the kept counts, and what came since. */
  eventCounts(): Promise<EventCount[]>;
  task(name: TaskName): Promise<TaskDone | null>;
  gauges(): Promise<Gauges>;
}

export interface UpkeepWriting {
  /** Removes rows, unless they are of use again. @returns how many went. */
  prune(rows: Prunable): Promise<PrunedCounts>;
  /** Adds a page of events to the kept counts, unless another process has done so. @returns whether it was added. */
  addCounts(page: Uncounted): Promise<boolean>;
  /** Notes that a task was done now. */
  noteTask(name: TaskName, seq?: number): Promise<void>;
}
