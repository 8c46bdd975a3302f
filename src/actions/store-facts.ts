// What a store says of itself to whoever runs it.
import type { Instant } from '../rules/time.ts';

export interface TableFacts {
  name: string;
  rows: number;
  /** With its indexes. */
  bytes: number;
}

export interface StoreFacts {
  engine: 'sqlite' | 'postgresql';
  /** Of SQLite, or of the server. */
  version: string;
  /** Where it is, without a password. */
  place: string;
  /** Where the store has moved to; null while it is this one. */
  movedTo: string | null;
  schema: {
    /** Migrations by name, in their order. */
    applied: string[];
    /** Those of a newer program, which this one does not know and can do without. */
    unknown: string[];
    /** The oldest twofa that can use the store, and this one. */
    oldestProgram: string;
    program: string;
  };
  /** Since when it is a backup that was put back and is not accepted yet; null when it is none. */
  restoredAt: Instant | null;
  /** Whether it is a copy that sends nothing. */
  staging: boolean;
  bytes: number;
  /** The write-ahead log beside the file; null where the server keeps it. */
  walBytes: number | null;
  /** Whether rows are counted, or as many as the server reckons. */
  counted: 'exact' | 'estimated';
  tables: TableFacts[];
  trail: { events: number; newestSeq: number | null; newestAt: Instant | null };
  /** The ids of all keys that have sealed something. */
  keys: string[];
}
