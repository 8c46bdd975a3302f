// Where all chains stand, by the subjects' rows, and where they stood at a checkpoint, by the events.
import { TwofaError } from '../errors.ts';
import { type Checkpoint, RootHash, type TrailRoot } from '../rules/checkpoint.ts';
import { iso } from '../rules/time.ts';
import { int, intOrNull, text } from './rows.ts';
import type { TrailSource } from './verify.ts';
import type { Broken } from './walked-chain.ts';

type Bindings = Record<string, unknown>;

// Subjects are ASCII: the databases' order by bytes is that of their characters.
const ofAccount = `(subject = 'account:' || :kid
  OR subject IN (SELECT 'user:' || id FROM users WHERE account_kid = :kid)
  OR subject IN (SELECT 'token:' || id FROM tokens WHERE account_kid = :kid))`;

function endsByRows(kid: string | null): string {
  const ends = (subject: string, table: string, column: string) =>
    `SELECT ${subject} AS subject, chain_count AS count, chain_link AS link FROM ${table}
     WHERE chain_count > 0 ${kid === null ? '' : `AND ${column} = :kid`}`;
  const all = [
    ends("'account:' || kid", 'accounts', 'kid'),
    ends("'user:' || id", 'users', 'account_kid'),
    ends("'token:' || id", 'tokens', 'account_kid'),
  ];
  if (kid === null) all.push(ends("'installation'", 'installation', ''));
  return `SELECT * FROM (${all.join(' UNION ALL ')}) AS ends ORDER BY subject`;
}

/** The last event of each chain as of `:seq`. Chains are walked before: their places have no gap, their order is that of seq. */
function endsByEvents(kid: string | null): string {
  return `SELECT subject, place AS count, link FROM audit_events AS event
    WHERE seq <= :seq ${kid === null ? '' : `AND ${ofAccount}`} AND NOT EXISTS (SELECT 1 FROM audit_events AS next
      WHERE next.subject = event.subject AND next.place = event.place + 1 AND next.seq <= :seq)
    ORDER BY subject`;
}

async function rootOf(
  source: TrailSource,
  query: string,
  bindings: Bindings,
  seq: number,
): Promise<TrailRoot> {
  const hash = new RootHash();
  for await (const rows of source.rows(query, bindings)) {
    for (const row of rows)
      hash.add(text(row, 'subject'), { count: int(row, 'count'), link: text(row, 'link') });
  }
  return hash.value(seq);
}

async function number(source: TrailSource, query: string, bindings: Bindings = {}): Promise<number | null> {
  for await (const rows of source.rows(query, bindings)) if (rows[0]) return intOrNull(rows[0], 'found');
  return null;
}

const newest = 'SELECT max(seq) AS found FROM audit_events';

const written = 'SELECT count(*) AS found FROM audit_events';

function plainlyBroken(): TwofaError {
  return new TwofaError('audit-broken', 'The audit trail is broken: it gets no checkpoint.', {
    hint: '"twofa audit verify" names what is broken.',
    details: { subject: 'store' },
  });
}

/**
 * Where all chains, or an account's, stand by the rows of their subjects.
 * @throws TwofaError `audit-broken` when rows and events do not even agree on how many events there are.
 */
export async function trailRoot(source: TrailSource, kid: string | null): Promise<TrailRoot> {
  const seq = (await number(source, newest)) ?? 0;
  const root = await rootOf(source, endsByRows(kid), kid === null ? {} : { kid }, seq);
  if (kid !== null || root.events === (await number(source, written))) return root;
  throw plainlyBroken();
}

/**
 * Where they stood at an event, by the events: where others write at the same time, the rows tell of newer ones already.
 * @throws TwofaError `audit-broken` as {@link trailRoot} does.
 */
export async function settledRoot(source: TrailSource, kid: string | null, seq: number): Promise<TrailRoot> {
  if (kid === null) {
    const told = `SELECT sum(count) AS found FROM (${endsByRows(null)}) AS told`;
    if ((await number(source, told)) !== (await number(source, written))) throw plainlyBroken();
  }
  return rootOf(source, endsByEvents(kid), { seq, ...(kid === null ? {} : { kid }) }, seq);
}

/** The last time after a checkpoint that the store was put back to before it, as the trail has it. */
async function putBackSince(source: TrailSource, { seq, at }: Pick<Checkpoint, 'seq' | 'at'>) {
  const query = `SELECT seq, at, details FROM audit_events
    WHERE subject = 'installation' AND action = 'store.put-back' ORDER BY seq DESC`;
  for await (const rows of source.rows(query, {})) {
    for (const row of rows) {
      const { newest: base } = JSON.parse(text(row, 'details')) as { newest: number };
      if (base < seq && int(row, 'at') >= Date.parse(at))
        return { seq: int(row, 'seq'), base, when: iso(int(row, 'at')) };
    }
  }
  return null;
}

/** Compares where the chains stood at a checkpoint with what it says; the chains themselves were walked before. */
export async function checkpointBroken(
  source: TrailSource,
  { account, at, ...then }: Pick<Checkpoint, 'account' | 'at' | keyof TrailRoot>,
): Promise<Broken | null> {
  const bindings = { seq: then.seq, ...(account === null ? {} : { kid: account }) };
  const found = await rootOf(source, endsByEvents(account), bindings, then.seq);
  if (found.root === then.root && found.events === then.events && found.subjects === then.subjects)
    return null;
  const restored = await putBackSince(source, { seq: then.seq, at });
  if (restored) {
    const { seq, base, when } = restored;
    const said = `event ${seq} of ${when} put back a backup that ends at event ${base}`;
    const reason = `${said}: what the checkpoint of ${at} saw after that, up to event ${then.seq}, is lost`;
    return { subject: 'checkpoint', seq, reason };
  }
  const last = (await number(source, newest)) ?? 0;
  const broken = (seq: number, reason: string): Broken => ({ subject: 'checkpoint', seq, reason });
  if (last < then.seq) {
    const put = 'an older copy of the store was put in its place, or the newest events were removed';
    return broken(
      last + 1,
      `the trail ends before event ${then.seq}, the newest at the checkpoint of ${at}: ${put}`,
    );
  }
  const gone =
    source.numbered !== null
      ? await number(
          source,
          `SELECT min(seq) AS found FROM (SELECT 1 AS seq UNION ALL SELECT seq + 1 FROM audit_events) AS next
         WHERE seq <= :seq AND seq NOT IN (SELECT seq FROM audit_events)`,
          { seq: then.seq },
        )
      : null;
  if (gone !== null) return broken(gone, `this event was there at the checkpoint of ${at}, and is gone`);
  return broken(then.seq, `up to this event the trail is not the one of the checkpoint of ${at}`);
}
