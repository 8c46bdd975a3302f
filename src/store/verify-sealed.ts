// Compares what sign-ins left, and what still counts of it, with the events that made it: codes, trusted locations, answers.
import type { Keyring } from '../rules/keyring.ts';
import { int, type Row } from './rows.ts';
import { faultOf, joinEvent, type SealedTable } from './sealed.ts';
import { subjectOf } from './trail.ts';
import type { TrailSource } from './verify.ts';
import type { Broken } from './walked-chain.ts';

interface Sealed {
  table: SealedTable;
  /** One such row, in words. */
  what: string;
  /** The place of the user's chain at which such rows ended last. */
  ended: string;
  /** Rows that have ended decide nothing. */
  live: string;
  order: string;
}

const kinds: readonly Sealed[] = [
  {
    table: 'codes',
    what: 'a code',
    ended: 'users.codes_after',
    live: 'codes.ended_at IS NULL',
    order: 'codes.user_id, codes.id',
  },
  {
    table: 'trusted_locations',
    what: 'a trusted location',
    ended: 'users.trust_after',
    live: 'trusted_locations.ended_at IS NULL',
    order: 'trusted_locations.user_id, trusted_locations.location',
  },
  {
    table: 'requests',
    what: 'a recorded answer',
    ended: '0',
    live: 'true',
    order: 'requests.app, requests.request_id',
  },
];

const reasons: Record<NonNullable<ReturnType<typeof faultOf>>, string> = {
  'not reached': 'is of no event of this chain',
  'ended before': 'was brought back after its end',
  'not as written': "was put in or changed behind the trail's back",
};

function queryOf({ table, ended, live, order }: Sealed, kid: string | null): string {
  return `SELECT ${table}.*, made.link AS event_link, users.chain_count AS reached, ${ended} AS ended_place
    FROM ${table} LEFT JOIN users ON users.id = ${table}.user_id ${joinEvent(table)}
    WHERE ${live} ${kid === null ? '' : 'AND users.account_kid = :kid'} ORDER BY ${order}`;
}

function brokenOf(keyring: Keyring, { table, what }: Sealed, row: Row): Broken | null {
  const until = { reached: int(row, 'reached'), ended: int(row, 'ended_place') };
  const fault = faultOf(keyring, table, row, until);
  if (fault === null) return null;
  return { subject: subjectOf.user(int(row, 'user_id')), seq: null, reason: `${what} ${reasons[fault]}` };
}

/**
 * The first code, trusted location or recorded answer that has not ended and is not what an event of its user's chain made,
 * or null. The chains and the users' rows were verified before.
 */
export async function sealedBroken(
  keyring: Keyring,
  source: TrailSource,
  kid: string | null,
): Promise<Broken | null> {
  for (const kind of kinds) {
    for await (const rows of source.rows(queryOf(kind, kid), kid === null ? {} : { kid })) {
      for (const row of rows) {
        const broken = brokenOf(keyring, kind, row);
        if (broken) return broken;
      }
    }
  }
  return null;
}
