// What every database tells of a store in the same words: its schema, the end of its trail, the keys that sealed it.
import type { StoreFacts } from '../actions/store-facts.ts';
import { programVersion } from '../rules/program-version.ts';
import { intOrNull, kindOf, type Row, text } from './rows.ts';
import { unknownIn } from './version.ts';

export const newestEvent = 'SELECT seq, at FROM audit_events ORDER BY seq DESC LIMIT 1';

/** Each key has sealed an event of the installation: the one that made it the current key, or its owner's first token. */
export const keysUsed = `SELECT DISTINCT key_id FROM audit_events WHERE subject = 'installation' ORDER BY key_id`;

export function schemaFacts(migrations: readonly Row[], installation: Row): StoreFacts['schema'] {
  const applied = migrations.map((row) => text(row, 'name'));
  return {
    applied,
    unknown: unknownIn({ applied }),
    oldestProgram: text(installation, 'oldest_program'),
    program: programVersion,
  };
}

export function kindFacts(installation: Row): Pick<StoreFacts, 'movedTo' | 'restoredAt' | 'staging'> {
  const { movedTo, restoredAt, staging } = kindOf(installation);
  return { movedTo, restoredAt, staging };
}

export function trailFacts(events: number, newest: Row): StoreFacts['trail'] {
  return { events, newestSeq: intOrNull(newest, 'seq'), newestAt: intOrNull(newest, 'at') };
}
