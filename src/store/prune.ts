// Finds and removes what nobody needs any more, a small batch of each kind at a time. The trail, users and tokens stay.
import type { Prunable } from '../actions/upkeep-store.ts';
import { type PrunedCounts, type PrunedKind, prunedKinds, retentionAt } from '../rules/retention.ts';
import { int } from './rows.ts';
import { on, type Session, sql } from './session.ts';

interface Pruning {
  table: string;
  key: readonly string[];
  /** When a row can go, by the instants of its {@link retentionAt}. */
  old: string;
  /** What never goes, however old. */
  unless?: string;
  /** Whether the key grows with time: then only the first rows are looked at, however many there are behind. */
  inTime?: boolean;
}

const used = (table: string) => `EXISTS (SELECT 1 FROM ${table} WHERE ${table}.message_id = messages.id)`;

const prunings: Record<PrunedKind, Pruning> = {
  codes: { table: 'codes', key: ['id'], old: 'created_at < :codes', inTime: true },
  requests: { table: 'requests', key: ['app', 'request_id'], old: 'created_at < :requests' },
  locations: {
    table: 'trusted_locations',
    key: ['user_id', 'location'],
    old: 'coalesce(ended_at, expires_at) < :history',
  },
  announcements: {
    table: 'announcements',
    key: ['user_id', 'day'],
    old: `day < :today AND EXISTS (SELECT 1 FROM messages
      WHERE messages.id = announcements.message_id AND messages.created_at < :history)`,
  },
  checkWords: {
    table: 'check_words',
    key: ['user_id', 'via'],
    old: '(ended_at < :checkWords OR created_at < :history)',
  },
  messages: {
    table: 'messages',
    key: ['id'],
    old: 'created_at < :history',
    unless: `${used('check_words')} OR ${used('announcements')}`,
    inTime: true,
  },
  notices: { table: 'notices', key: ['id'], old: 'created_at < :history', inTime: true },
};

function bindingsOf(session: Session, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { ...retentionAt(session.now), ...more };
}

function findOld({ table, key, old, unless, inTime }: Pruning): string {
  const columns = key.join(', ');
  const from = unless === undefined ? table : `${table} WHERE NOT (${unless})`;
  if (!inTime) return `SELECT ${columns} FROM ${from} WHERE ${old} LIMIT :limit`;
  return `SELECT ${columns} FROM (SELECT * FROM ${from} ORDER BY ${columns} LIMIT :limit) AS ${table} WHERE ${old}`;
}

async function ofEach<T>(find: (kind: PrunedKind) => Promise<T>): Promise<Record<PrunedKind, T>> {
  const found: Partial<Record<PrunedKind, T>> = {};
  for (const kind of prunedKinds) found[kind] = await find(kind);
  return found as Record<PrunedKind, T>;
}

/** The oldest rows of some kinds that can go now, at most `limit` of each. */
export function prunable(session: Session, kinds: readonly PrunedKind[], limit: number): Promise<Prunable> {
  return ofEach(async (kind) => {
    if (!kinds.includes(kind)) return [];
    const pruning = prunings[kind];
    const rows = await sql(session, findOld(pruning), bindingsOf(session, { limit }));
    return rows.map((row) => pruning.key.map((column) => row[column] as string | number));
  });
}

/** How many rows of each kind can go now; not the messages that others of them still refer to. */
export function countPrunable(session: Session): Promise<PrunedCounts> {
  return ofEach(async (kind) => {
    const { table, old, unless } = prunings[kind];
    const kept = unless === undefined ? '' : `AND NOT (${unless})`;
    const query = `SELECT count(*) AS count FROM ${table} WHERE ${old} ${kept}`;
    const [row] = await sql(session, query, bindingsOf(session));
    return int(row ?? {}, 'count');
  });
}

/** Removes rows by their keys, those that can still go. */
export function prune(session: Session, rows: Prunable): Promise<PrunedCounts> {
  return ofEach(async (kind) => {
    if (rows[kind].length === 0) return 0;
    const { table, key, old } = prunings[kind];
    return on(session, table)
      .whereIn([...key], rows[kind])
      .whereRaw(old, bindingsOf(session) as never)
      .delete();
  });
}
