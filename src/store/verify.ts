// Walks the audit trail: every link of every chain, and the head of every row. The first broken thing is named.
import type { TrailVerdict } from '../actions/store.ts';
import {
  accountState,
  type ChainPosition,
  type EventBody,
  headOf,
  installationState,
  nextLink,
  tokenState,
  userState,
} from '../rules/chain.ts';
import type { Keyring } from '../rules/keyring.ts';
import {
  accountOf,
  bool,
  chainOf,
  int,
  intOrNull,
  type Row,
  text,
  textOrNull,
  tokenOf,
  userOf,
} from './rows.ts';
import { subjectOf } from './trail.ts';

/** Streams the rows of a query, so that memory stays bounded. */
export type Stream = (text: string, bindings: Record<string, unknown>) => Iterable<Row> | AsyncIterable<Row>;

type Broken = NonNullable<TrailVerdict['firstBroken']>;

function bodyOfRow(row: Row): EventBody {
  return {
    at: int(row, 'at'),
    actor: text(row, 'actor'),
    role: text(row, 'role'),
    tokenId: intOrNull(row, 'token_id'),
    action: text(row, 'action') as EventBody['action'],
    account: textOrNull(row, 'account'),
    user: textOrNull(row, 'user'),
    outcome: text(row, 'outcome') as EventBody['outcome'],
    details: text(row, 'details'),
  };
}

/** What a subject's row claims of its chain, and the state that its head seals. */
interface Sealed {
  subject: string;
  claimed: ChainPosition;
  keyId: string;
  head: string;
  state: (string | number | boolean | null)[];
}

function sealedOf(kind: string, row: Row): Sealed {
  const common = { claimed: chainOf(row), keyId: text(row, 'key_id'), head: text(row, 'head') };
  switch (kind) {
    case 'user': {
      const user = userOf(row);
      return { ...common, subject: subjectOf.user(user.id), state: userState(user) };
    }
    case 'account': {
      const account = accountOf(row);
      return { ...common, subject: subjectOf.account(account.kid), state: accountState(account) };
    }
    case 'token': {
      const token = tokenOf(row);
      return { ...common, subject: subjectOf.token(token.id), state: tokenState(token) };
    }
    default:
      return {
        ...common,
        subject: subjectOf.installation,
        state: installationState({
          sandbox: bool(row, 'sandbox'),
          keyFingerprint: text(row, 'key_fingerprint'),
          createdAt: int(row, 'created_at'),
        }),
      };
  }
}

class Walk {
  events = 0;
  readonly #keyring: Keyring;
  readonly #stream: Stream;

  constructor(keyring: Keyring, stream: Stream) {
    this.#keyring = keyring;
    this.#stream = stream;
  }

  /** Compares an event with the one before it in its chain, whose number in the trail is lower. */
  #link(row: Row, before: ChainPosition, seqBefore: number): Broken | null {
    const subject = text(row, 'subject');
    const broken = (reason: string): Broken => ({ subject, seq: int(row, 'seq'), reason });
    if (int(row, 'place') !== before.count + 1) return broken('an event before this one is missing');
    const key = this.#keyring.get(text(row, 'key_id'));
    if (!key) return broken(`the key ring has no key "${text(row, 'key_id')}"`);
    if (nextLink(key.trail, subject, before, bodyOfRow(row)) !== text(row, 'link')) {
      return broken('the event was changed, moved or put in place of another');
    }
    if (int(row, 'seq') <= seqBefore) return broken('the event was moved in the order of the trail');
    return null;
  }

  /** Compares a row with its chain's end and with its head. */
  #head(sealed: Sealed, reached: ChainPosition): Broken | null {
    const broken = (reason: string): Broken => ({ subject: sealed.subject, seq: null, reason });
    if (reached.count !== sealed.claimed.count || reached.link !== sealed.claimed.link) {
      return broken('the newest event is missing, or one was added');
    }
    const key = this.#keyring.get(sealed.keyId);
    if (!key) return broken(`the key ring has no key "${sealed.keyId}"`);
    if (headOf(key.trail, sealed.subject, sealed.claimed, sealed.state) !== sealed.head) {
      return broken("the row was changed behind the trail's back");
    }
    return null;
  }

  /** Walks the chain and row of each subject of a kind, which the two queries give in the same order. */
  async subjects(kind: string, rows: string, bindings: Record<string, unknown>): Promise<Broken | null> {
    for await (const row of this.#stream(rows, bindings)) {
      const sealed = sealedOf(kind, row);
      let reached: ChainPosition = { count: 0, link: '' };
      let seq = 0;
      const chain = this.#stream('SELECT * FROM audit_events WHERE subject = :subject ORDER BY place', {
        subject: sealed.subject,
      });
      for await (const event of chain) {
        const broken = this.#link(event, reached, seq);
        if (broken) return broken;
        seq = int(event, 'seq');
        reached = { count: reached.count + 1, link: text(event, 'link') };
        this.events += 1;
      }
      const broken = this.#head(sealed, reached);
      if (broken) return broken;
    }
    return null;
  }

  /** Finds rows that no event of the parent's chain brought about, and such events whose row is gone. */
  async existence(kid: string | null): Promise<Broken | null> {
    const scope = kid === null ? '' : 'AND account = :kid';
    const bindings = kid === null ? {} : { kid };
    const users = new Set<number>();
    const tokens = new Set<number>();
    const accounts = new Set<string>();
    const added = this.#stream(
      `SELECT subject, action, account, details FROM audit_events
       WHERE (subject = 'installation' OR subject LIKE 'account:%')
       AND action IN ('user.added', 'users.imported', 'token.created', 'account.created') ${scope}`,
      bindings,
    );
    for await (const row of added) {
      const details = JSON.parse(text(row, 'details')) as { id?: number; ids?: number[] };
      if (text(row, 'action') === 'token.created') tokens.add(details.id ?? 0);
      else if (text(row, 'action') === 'account.created') accounts.add(text(row, 'account'));
      else for (const id of details.ids ?? []) users.add(id);
    }
    const where = kid === null ? '' : 'WHERE account_kid = :kid';
    return (
      (await this.#compare('user', `SELECT id FROM users ${where}`, bindings, users)) ??
      (await this.#compare('token', `SELECT id FROM tokens ${where}`, bindings, tokens)) ??
      (await this.#compareAccounts(kid, accounts))
    );
  }

  /** Finds an event in the chain of a subject that has no row: chains are walked from the rows. */
  async strays(): Promise<Broken | null> {
    for await (const row of this.#stream('SELECT count(*) AS events FROM audit_events', {})) {
      if (int(row, 'events') === this.events) return null;
    }
    const stray = this.#stream(
      `SELECT subject, seq FROM audit_events WHERE subject NOT IN (
         SELECT 'installation' UNION ALL SELECT 'account:' || kid FROM accounts
         UNION ALL SELECT 'user:' || id FROM users UNION ALL SELECT 'token:' || id FROM tokens)
       ORDER BY seq LIMIT 1`,
      {},
    );
    for await (const row of stray) {
      return { subject: text(row, 'subject'), seq: int(row, 'seq'), reason: 'the event is about nobody' };
    }
    return null;
  }

  async #compare(
    kind: 'user' | 'token',
    rows: string,
    bindings: Record<string, unknown>,
    expected: Set<number>,
  ): Promise<Broken | null> {
    for await (const row of this.#stream(rows, bindings)) {
      const id = int(row, 'id');
      if (!expected.delete(id)) {
        return { subject: `${kind}:${id}`, seq: null, reason: 'no event of the trail added this row' };
      }
    }
    const [lost] = expected;
    return lost === undefined ? null : { subject: `${kind}:${lost}`, seq: null, reason: 'the row is gone' };
  }

  async #compareAccounts(kid: string | null, expected: Set<string>): Promise<Broken | null> {
    const where = kid === null ? '' : 'WHERE kid = :kid';
    for await (const row of this.#stream(`SELECT kid FROM accounts ${where}`, kid === null ? {} : { kid })) {
      const found = text(row, 'kid');
      if (!expected.delete(found)) {
        return { subject: `account:${found}`, seq: null, reason: 'no event of the trail added this row' };
      }
    }
    const [lost] = expected;
    return lost === undefined ? null : { subject: `account:${lost}`, seq: null, reason: 'the row is gone' };
  }
}

/** Verifies all chains, or those of one account with its users and tokens. */
export async function verifyTrail(
  keyring: Keyring,
  stream: Stream,
  kid: string | null,
): Promise<TrailVerdict> {
  const walk = new Walk(keyring, stream);
  const bindings = kid === null ? {} : { kid };
  const of = (column: string) => (kid === null ? '' : `WHERE ${column} = :kid`);
  const firstBroken =
    (kid === null ? await walk.subjects('installation', 'SELECT * FROM installation', {}) : null) ??
    (await walk.subjects('account', `SELECT * FROM accounts ${of('kid')} ORDER BY kid`, bindings)) ??
    (await walk.subjects('user', `SELECT * FROM users ${of('account_kid')} ORDER BY id`, bindings)) ??
    (await walk.subjects('token', `SELECT * FROM tokens ${of('account_kid')} ORDER BY id`, bindings)) ??
    (await walk.existence(kid)) ??
    (kid === null ? await walk.strays() : null);
  return { events: walk.events, intact: firstBroken === null, firstBroken };
}
