// Walks the audit trail: every link of every chain, the head of every row, and the seals of what still counts. The first
// broken thing is named.
import type { TrailVerdict, VerifyOptions } from '../actions/store.ts';
import type { Subject } from '../rules/chain.ts';
import type { Keyring } from '../rules/keyring.ts';
import { checkpointBroken } from './checkpoint.ts';
import { IdSet } from './id-set.ts';
import { int, type Row, text } from './rows.ts';
import { recoveryBroken } from './verify-recovery.ts';
import { sealedBroken } from './verify-sealed.ts';
import { type Broken, type Kind, WalkedChain } from './walked-chain.ts';

/** Rows of a query, a portion at a time. */
export type Portions = Iterable<Row[]> | AsyncIterable<Row[]>;

/** What is read of the trail, in portions, so that memory stays bounded however long it is. */
export interface TrailSource {
  rows(query: string, bindings: Record<string, unknown>): Portions;
  /** All events of some subjects, by subject and place. */
  chains(subjects: readonly string[]): Portions;
  /** The last number given to an event where none is left out; null where a transaction that is rolled back leaves a gap. */
  numbered: number | null;
}

/** Rows whose chains are read by one query. */
const chainsAtOnce = 500;

/** Lets a spinner turn and a signal be heard between two portions. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * The users or tokens that an event says were added. Where the key of the event is lost, nothing has vouched for its
 * details yet, and they can be anything.
 */
function addedBy(action: string, details: string): { kind: 'user' | 'token'; ids: number[] } | 'unreadable' {
  const kind = action === 'token.created' ? 'token' : 'user';
  if (kind === 'user' && action !== 'user.added' && action !== 'users.imported') return { kind, ids: [] };
  try {
    const { id, ids } = JSON.parse(details) as { id?: unknown; ids?: unknown };
    const said = kind === 'token' ? [id] : ids;
    return Array.isArray(said) && said.every(isId) ? { kind, ids: said } : 'unreadable';
  } catch {
    return 'unreadable';
  }
}

function isId(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) > 0;
}

class Walk {
  events = 0;
  /** Events that only a break vouches for. */
  unproved = 0;
  /** The breaks of the first chain that is walked; every other one has the same. */
  breaks: TrailVerdict['breaks'] | null = null;
  /** Whether a key was lost. */
  #broke = false;
  readonly #keyring: Keyring;
  readonly #source: TrailSource;
  readonly #progress: (events: number) => void;
  /** Users and tokens that events of the installation and of accounts say were added. */
  readonly #added = { user: new IdSet(), token: new IdSet() };

  constructor(keyring: Keyring, source: TrailSource, progress: (events: number) => void) {
    this.#keyring = keyring;
    this.#source = source;
    this.#progress = progress;
  }

  async begin(): Promise<void> {
    const lost = `SELECT 1 AS found FROM audit_events WHERE subject = 'installation' AND action = 'chain.rekeyed' LIMIT 1`;
    this.#broke = (await this.#first(lost, {})) !== null;
  }

  /** That a subject exists is in its account's chain, or the installation's. */
  #note(subject: Subject, event: Row): Broken | null {
    const added = addedBy(text(event, 'action'), text(event, 'details'));
    if (added === 'unreadable') return { subject, seq: int(event, 'seq'), reason: 'the event was changed' };
    for (const id of added.ids) this.#added[added.kind].add(id);
    return null;
  }

  /** Walks the chains of some rows of a kind, and compares each row with its chain's end. */
  async #walk(kind: Kind, rows: readonly Row[]): Promise<Broken | null> {
    const walked = rows.map((row) => new WalkedChain(this.#keyring, kind, row, this.#broke));
    const chains = new Map(walked.map((chain) => [chain.subject, chain]));
    const adds = kind === 'installation' || kind === 'account';
    for await (const events of this.#source.chains([...chains.keys()])) {
      for (const event of events) {
        const subject = text(event, 'subject');
        const broken = chains.get(subject)?.next(event) ?? (adds ? this.#note(subject, event) : null);
        if (broken) return broken;
      }
      this.events += events.length;
      this.#progress(this.events);
      await breathe();
    }
    for (const [index, chain] of walked.entries()) {
      const broken = chain.end() ?? this.#unadded(kind, chain, rows[index]);
      if (broken) return broken;
      this.unproved += chain.walk.unproved;
      this.breaks ??= chain.walk.breaks;
    }
    return null;
  }

  /** Finds a row that no event brought about. */
  #unadded(kind: Kind, { subject }: WalkedChain, row: Row | undefined): Broken | null {
    if ((kind !== 'user' && kind !== 'token') || !row) return null;
    if (this.#added[kind].delete(int(row, 'id'))) return null;
    return { subject, seq: null, reason: 'no event of the trail added this row' };
  }

  /** Walks every subject of a kind. Of users and tokens, those that were added must all be there. */
  async subjects(kind: Kind, query: string, bindings: Record<string, unknown>): Promise<Broken | null> {
    for await (const rows of this.#source.rows(query, bindings)) {
      for (let from = 0; from < rows.length; from += chainsAtOnce) {
        const broken = await this.#walk(kind, rows.slice(from, from + chainsAtOnce));
        if (broken) return broken;
      }
    }
    const lost = kind === 'user' || kind === 'token' ? this.#added[kind].lowest() : null;
    return lost === null ? null : { subject: `${kind}:${lost}`, seq: null, reason: 'the row is gone' };
  }

  async #first(query: string, bindings: Record<string, unknown>): Promise<Row | null> {
    for await (const rows of this.#source.rows(query, bindings)) if (rows[0]) return rows[0];
    return null;
  }

  /** Finds an account that no event of the installation's chain brought about, and such an event whose account is gone. */
  async accounts(kid: string | null): Promise<Broken | null> {
    const bindings = kid === null ? {} : { kid };
    const created = `SELECT account FROM audit_events WHERE subject = 'installation' AND action = 'account.created'
      AND account IS NOT NULL ${kid === null ? '' : 'AND account = :kid'}`;
    const rows = `SELECT kid FROM accounts ${kid === null ? '' : 'WHERE kid = :kid'}`;
    const first = (of: string, except: string) =>
      this.#first(
        `SELECT kid FROM (${of}) AS these WHERE kid NOT IN (${except}) ORDER BY kid LIMIT 1`,
        bindings,
      );
    const unadded = await first(rows, created);
    if (unadded) {
      const reason = 'no event of the trail added this row';
      return { subject: `account:${text(unadded, 'kid')}`, seq: null, reason };
    }
    const gone = await first(created.replace('account FROM', 'account AS kid FROM'), rows);
    return gone && { subject: `account:${text(gone, 'kid')}`, seq: null, reason: 'the row is gone' };
  }

  /** Finds an event in the chain of a subject that has no row: chains are walked from the rows. */
  async strays(): Promise<Broken | null> {
    const counted = await this.#first('SELECT count(*) AS events FROM audit_events', {});
    if (counted && int(counted, 'events') === this.events) return null;
    const stray = await this.#first(
      `SELECT subject, seq FROM audit_events WHERE subject NOT IN (
         SELECT 'installation' UNION ALL SELECT 'account:' || kid FROM accounts
         UNION ALL SELECT 'user:' || id FROM users UNION ALL SELECT 'token:' || id FROM tokens)
       ORDER BY seq LIMIT 1`,
      {},
    );
    if (!stray) return null;
    return { subject: text(stray, 'subject'), seq: int(stray, 'seq'), reason: 'the event is about nobody' };
  }

  /** Finds a number that no event has: events were removed, together with what their subjects' rows said of them. */
  async gaps(): Promise<Broken | null> {
    const { numbered } = this.#source;
    if (numbered === null || numbered === this.events) return null;
    const gap = await this.#first(
      `SELECT min(seq) AS missing FROM (SELECT 1 AS seq UNION ALL SELECT seq + 1 FROM audit_events) AS next
       WHERE seq NOT IN (SELECT seq FROM audit_events)`,
      {},
    );
    const seq = gap && int(gap, 'missing');
    return { subject: 'store', seq, reason: 'the event of this number was removed' };
  }
}

/** Verifies all chains, or those of one account with its users and tokens; and where they stood at a checkpoint. */
export async function verifyTrail(
  keyring: Keyring,
  source: TrailSource,
  kid: string | null,
  { checkpoint, progress = () => {} }: VerifyOptions = {},
): Promise<TrailVerdict> {
  const walk = new Walk(keyring, source, progress);
  await walk.begin();
  const bindings = kid === null ? {} : { kid };
  const of = (column: string) => (kid === null ? '' : `WHERE ${column} = :kid`);
  const firstBroken =
    (kid === null ? await walk.subjects('installation', 'SELECT * FROM installation', {}) : null) ??
    (await walk.subjects('account', `SELECT * FROM accounts ${of('kid')} ORDER BY kid`, bindings)) ??
    (await walk.accounts(kid)) ??
    (await walk.subjects('user', `SELECT * FROM users ${of('account_kid')} ORDER BY id`, bindings)) ??
    (await walk.subjects('token', `SELECT * FROM tokens ${of('account_kid')} ORDER BY id`, bindings)) ??
    (await sealedBroken(keyring, source, kid)) ??
    (await recoveryBroken(source, kid)) ??
    (kid === null ? await walk.strays() : null) ??
    (checkpoint ? await checkpointBroken(source, checkpoint) : null) ??
    (kid === null ? await walk.gaps() : null);
  const { events, unproved, breaks } = walk;
  return { events, intact: firstBroken === null, firstBroken, breaks: breaks ?? [], unproved };
}
