// What is asked of a store that is to move to another database.
import type { Actor, Standing } from './records.ts';

/** How far a copy is. */
export interface CopyProgress {
  step: 'verifying' | 'copying' | 'comparing' | 'verifying-copy';
  /** Rows that the step has behind it, or events where it verifies. */
  done: number;
  /** Rows or events in all. */
  total: number;
}

export interface CopiedTable {
  name: string;
  rows: number;
  /** SHA-256 over the rows in the order of their key, the same on both sides; in hexadecimal. */
  digest: string;
}

/** Where a store was and is. */
export interface Moved {
  /** Without a password, as is `to`. */
  from: string;
  to: string;
  changed: boolean;
}

export interface Copied extends Moved {
  /** What was compared: every table, or, where the copy was there already and may have been used since, the events. */
  tables: CopiedTable[];
  /** Events of the copy, all of whose chains were verified. */
  events: number;
  intact: true;
  /** How far the copy is. */
  standing: Standing;
}

export interface Copying {
  /**
   * Seals the store and copies it, all or nothing; the copy counts once every row was compared and its trail verified.
   * A copy that did not come to an end is begun again. One that is there already is only compared and verified.
   * @param url of an empty database on PostgreSQL.
   * @throws TwofaError `store-exists` for a database that is not empty, `store-moved` for a store that has moved elsewhere,
   * `audit-broken`, `copy-differs`, `store-busy` while another one copies.
   */
  copyTo(actor: Actor, url: string, progress: (progress: CopyProgress) => void): Promise<Copied>;
  /**
   * Takes the seal off a store whose copy did not come to an end.
   * @throws TwofaError `store-exists` where there is a copy: then that one is the store.
   */
  undo(actor: Actor, url: string): Promise<Moved>;
}
