// What the actions ask of a store that is put back, or that an export of its trail is compared with.
import type { ChainPosition, Subject } from '../rules/chain.ts';

export interface RestoreReading {
  /**
   * The number of the newest event that the store had when it was last put back: what comes after is of another course of
   * events than what happened after the backup. Null where it never was.
   */
  putBackAt(): Promise<number | null>;
  /** Where a subject's chain stood when an event was the newest; nowhere for one that was not there yet. */
  chainAt(subject: Subject, seq: number): Promise<ChainPosition>;
}
