// Ends what an older copy of the store may have brought back to life: codes, trusted locations, tokens, recovery codes.
import type { Writing } from '../actions/store.ts';
import { tokens } from './read-tokens.ts';
import { voidRecoveryCodes } from './recovery.ts';
import { int, text } from './rows.ts';
import { sealedAccount, sealedUser } from './sealed.ts';
import { first, on, rows, type Session, sql } from './session.ts';
import { saveToken } from './write-tokens.ts';
import { saveUser } from './write-users.ts';

type Ended = Awaited<ReturnType<Writing['endEverything']>>;

/** Tokens that are read at a time. */
const pageSize = 500;

async function outstanding(session: Session, table: 'codes' | 'trusted_locations'): Promise<number> {
  const query = on(session, table).whereNull('ended_at').where('expires_at', '>', session.now);
  return int((await first(query.count({ count: '*' }))) ?? {}, 'count');
}

async function endSignIns(session: Session, reason: string): Promise<Pick<Ended, 'codes' | 'locations'>> {
  const codes = await outstanding(session, 'codes');
  const locations = await outstanding(session, 'trusted_locations');
  const found = await sql(
    session,
    `SELECT user_id FROM codes WHERE ended_at IS NULL
     UNION SELECT user_id FROM trusted_locations WHERE ended_at IS NULL ORDER BY user_id`,
    {},
  );
  for (const { user_id: id } of found) {
    const [row] = await rows(on(session, 'users').where({ id }));
    if (!row) continue;
    const ends = { endCodes: 'restored', endTrust: 'restored' } as const;
    await saveUser(session, sealedUser(session.keyring, row), ends, {
      action: 'codes.ended',
      details: { reason },
    });
  }
  // An answer that let somebody in would be given again.
  await on(session, 'requests').delete();
  return { codes, locations };
}

async function revokeTokens(session: Session, reason: string): Promise<number> {
  let revoked = 0;
  for (let after = 0; ; ) {
    const page = await tokens(session, { after, limit: pageSize });
    for (const token of page) {
      after = token.id;
      if (token.revokedAt !== null || token.id === session.actor.tokenId) continue;
      const about = { account: token.accountKid, user: token.user, details: { reason } };
      await saveToken(session, token, { revokedAt: session.now }, { action: 'token.revoked', ...about });
      revoked += 1;
    }
    if (page.length < pageSize) return revoked;
  }
}

async function voidAllRecoveryCodes(session: Session, reason: string): Promise<number> {
  const found = await sql(
    session,
    `SELECT DISTINCT account_kid FROM recovery_codes WHERE used_at IS NULL AND void_at IS NULL ORDER BY account_kid`,
    {},
  );
  let voided = 0;
  for (const each of found) {
    const row = await first(on(session, 'accounts').where({ kid: text(each, 'account_kid') }));
    if (row) voided += await voidRecoveryCodes(session, sealedAccount(session.keyring, row), reason);
  }
  return voided;
}

/** Ends all of it, each with its event; the token of the operator stays. */
export async function endEverything(session: Session, reason: string): Promise<Ended> {
  const ended = await endSignIns(session, reason);
  const recoveryCodes = await voidAllRecoveryCodes(session, reason);
  return { ...ended, recoveryCodes, tokens: await revokeTokens(session, reason) };
}
