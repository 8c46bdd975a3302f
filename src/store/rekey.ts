// Goes on without the key that sealed a store: every chain is closed by a break, everything that it vouched for ends.
import type { ClosedChains, NewEvent } from '../actions/store.ts';
import { TwofaError } from '../errors.ts';
import type { ChainPosition, Subject } from '../rules/chain.ts';
import { type ChainBreak, chainDigest } from '../rules/chain-break.ts';
import { accountOf, chainOf, installationOf, int, type Row, text, tokenOf, userOf } from './rows.ts';
import { first, insertBatch, on, rows, type Session } from './session.ts';
import { bodyOf, linkedRow, sealAccount, sealInstallation, sealToken, sealUser, subjectOf } from './trail.ts';
import { linkedEventOf } from './verify-chain.ts';

/** How many rows are held in memory at a time. */
const pageSize = insertBatch;

/** Where a chain ends by its events, whatever its subject's row says. */
async function endOf(session: Session, subject: Subject): Promise<ChainBreak> {
  const digest = chainDigest();
  let position: ChainPosition = { count: 0, link: '' };
  for (;;) {
    const page = await rows(
      on(session, 'audit_events')
        .where({ subject })
        .where('place', '>', position.count)
        .orderBy('place')
        .limit(pageSize),
    );
    for (const row of page) digest.add(linkedEventOf(row));
    const last = page.at(-1);
    if (last) position = { count: int(last, 'place'), link: text(last, 'link') };
    if (page.length < pageSize) return { ...position, digest: digest.value() };
  }
}

/** The pages of a table, in the order of a column that is unique in it. */
async function* pagesOf(session: Session, table: string, column: string): AsyncGenerator<Row[]> {
  let after: string | null = null;
  for (;;) {
    const query = on(session, table).orderBy(column).limit(pageSize);
    const page = await rows(after === null ? query : query.where(column, '>', after));
    if (page.length === 0) return;
    yield page;
    after = page.at(-1)?.[column] as string;
  }
}

class Closing {
  readonly closed: ClosedChains = {
    accounts: 0,
    users: 0,
    codes: 0,
    locations: 0,
    tokens: 0,
    recoveryCodes: 0,
    events: 0,
    unfitting: 0,
  };
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /** The closing event of a subject's chain, as its row, and where the chain stands then. */
  async #break(subject: Subject, row: Row, event: Omit<NewEvent, 'action'>) {
    const from = await endOf(this.#session, subject);
    const claimed = chainOf(row);
    const fits = claimed.count === from.count && claimed.link === from.link;
    this.closed.events += from.count;
    if (!fits) this.closed.unfitting += 1;
    const details = { ...event.details, from, ...(fits ? {} : { claimed }) };
    const { keyring, actor, now } = this.#session;
    const body = bodyOf(actor, { ...event, action: 'chain.rekeyed', details }, now);
    return linkedRow(keyring, subject, from, body);
  }

  async accounts(reason: string): Promise<void> {
    for await (const page of pagesOf(this.#session, 'accounts', 'kid')) {
      const events = [];
      for (const row of page) {
        const account = accountOf(row);
        const said = { account: account.kid, details: { reason } };
        const { row: event, position } = await this.#break(subjectOf.account(account.kid), row, said);
        events.push(event);
        await on(this.#session, 'accounts')
          .where({ kid: account.kid })
          .update({
            recovery_codes: null,
            ...sealAccount(this.#session.keyring, { ...account, recoveryCodes: null }, position),
          });
      }
      await on(this.#session, 'audit_events').insert(events);
      this.closed.accounts += page.length;
    }
  }

  /** Outstanding codes and trusted locations end by the place in the chain, which the row seals. */
  async users(): Promise<void> {
    for await (const page of pagesOf(this.#session, 'users', 'id')) {
      const events = [];
      for (const row of page) {
        const user = userOf(row);
        const said = { account: user.accountKid, user: user.username };
        const { row: event, position } = await this.#break(subjectOf.user(user.id), row, said);
        events.push(event);
        const next = { ...user, codesAfter: position.count, trustAfter: position.count };
        await on(this.#session, 'users')
          .where({ id: user.id })
          .update({
            codes_after: next.codesAfter,
            trust_after: next.trustAfter,
            ...sealUser(this.#session.keyring, next, position),
          });
      }
      await on(this.#session, 'audit_events').insert(events);
      this.closed.users += page.length;
    }
  }

  async tokens(): Promise<void> {
    const { keyring, now } = this.#session;
    for await (const page of pagesOf(this.#session, 'tokens', 'id')) {
      const events = [];
      for (const row of page) {
        const token = tokenOf(row);
        const said = { account: token.accountKid, details: { revoked: token.revokedAt === null } };
        const { row: event, position } = await this.#break(subjectOf.token(token.id), row, said);
        events.push(event);
        if (token.revokedAt === null) this.closed.tokens += 1;
        const next = { ...token, revokedAt: token.revokedAt ?? now };
        await on(this.#session, 'tokens')
          .where({ id: token.id })
          .update({ revoked_at: next.revokedAt, ...sealToken(keyring, next, position) });
      }
      await on(this.#session, 'audit_events').insert(events);
    }
  }

  /** Marks what the subjects' rows have ended, so that people see it too. */
  async endAll(): Promise<void> {
    const { knex, now } = this.#session;
    const open = (table: string) => on(this.#session, table).whereNull('ended_at');
    const ended = { ended_at: now, ended_reason: 'restored' };
    await open('codes')
      .where('expires_at', '<=', now)
      .update({ ended_at: knex.ref('expires_at'), ended_reason: 'expired' });
    this.closed.codes = await open('codes').update(ended);
    const live = await first(open('trusted_locations').where('expires_at', '>', now).count({ count: '*' }));
    this.closed.locations = int(live ?? {}, 'count');
    await open('trusted_locations').update(ended);
    await on(this.#session, 'requests').delete();
    this.closed.recoveryCodes = await on(this.#session, 'recovery_codes')
      .whereNull('used_at')
      .whereNull('void_at')
      .update({ void_at: now });
  }

  async installation(row: Row, reason: string): Promise<void> {
    const { keyring } = this.#session;
    const { codes, locations, tokens, recoveryCodes } = this.closed;
    const { id, fingerprint } = keyring.current;
    const details = { reason, to: id, fingerprint, ended: { codes, locations, tokens, recoveryCodes } };
    const { row: event, position } = await this.#break(subjectOf.installation, row, { details });
    await on(this.#session, 'audit_events').insert(event);
    const state = { ...installationOf(row), keyFingerprint: fingerprint };
    await on(this.#session, 'installation')
      .where({ id: 1 })
      .update({ key_fingerprint: fingerprint, ...sealInstallation(keyring, state, position) });
  }
}

/**
 * Closes every chain with a break that is sealed by the ring's current key, and goes on under it. Rows are taken as they
 * are: nobody can prove any more what they were. What the lost key vouched for ends: codes, trusted locations, tokens,
 * recovery codes.
 * Locks, attempts and 2FA stay as they are.
 * @throws TwofaError `key-not-lost` when the store has got another key in the meantime.
 */
export async function closeChains(
  session: Session,
  lostFingerprint: string,
  reason: string,
): Promise<ClosedChains> {
  const row = await first(on(session, 'installation').where({ id: 1 }));
  if (!row) throw new TwofaError('store-unavailable', 'This is not a whole store of twofa.');
  if (text(row, 'key_fingerprint') !== lostFingerprint) {
    throw new TwofaError(
      'key-not-lost',
      'The store has got another key in the meantime; nothing was changed.',
      {
        hint: 'Find out who else is mending this installation.',
      },
    );
  }
  const closing = new Closing(session);
  await closing.accounts(reason);
  await closing.users();
  await closing.tokens();
  await closing.endAll();
  await closing.installation(row, reason);
  return closing.closed;
}
